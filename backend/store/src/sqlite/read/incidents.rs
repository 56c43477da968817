//! Lists of incidents, one of them, what was decided about it.

use async_trait::async_trait;
use plumbline_model::incident::{Decision, Incident, IncidentId, IncidentState};
use sqlx::{Row, sqlite::SqliteRow};

use super::{
    super::{SqliteStore, file::InFile},
    Select,
};
use crate::{IncidentFilter, Page, Paging, ReadIncidents, StoreError, rows};

#[async_trait]
impl ReadIncidents for SqliteStore {
    async fn incidents(&self, filter: &IncidentFilter, paging: &Paging) -> Result<Page<Incident>, StoreError> {
        let main = &self.inner.main;
        let mut select = Select::new("SELECT number, body FROM incident");
        select
            .and_in("state", filter.states.iter().map(rows::word))
            .and_some("rule =", filter.rule.map(|rule| rows::word(&rule)))
            .and_some("opened <", filter.opened_before.map(|it| it.0));
        if let Some(after) = filter.open_after {
            select.push(" AND (resolved IS NULL OR").0.push(" resolved >= ").push_bind(after.0).push(")");
        }
        select.page(main, paging, ["number"], '<', |row| read(row, 1, &main.name)).await
    }

    async fn incident(&self, number: u32) -> Result<Option<Incident>, StoreError> {
        self.one_incident("number =", i64::from(number)).await
    }

    async fn incident_by_id(&self, id: IncidentId) -> Result<Option<Incident>, StoreError> {
        self.one_incident("id =", id.0 as i64).await
    }

    async fn decisions(&self, incident: IncidentId) -> Result<Vec<Decision>, StoreError> {
        let main = &self.inner.main;
        let mut select = Select::new("SELECT body FROM decision");
        select.and("incident =", incident.0 as i64).push(" ORDER BY row DESC LIMIT 1000");
        let rows = select.all(main).await?;
        let body = |row: &SqliteRow| rows::unpack(row.try_get(0).in_file(&main.name)?, &main.name, "a decision");
        rows.iter().rev().map(body).collect()
    }

    async fn incident_counts(&self) -> Result<Vec<(IncidentState, u64)>, StoreError> {
        let main = &self.inner.main;
        let name = &main.name;
        let rows = sqlx::query("SELECT state, count(*) FROM incident GROUP BY state ORDER BY state")
            .fetch_all(&main.readers)
            .await
            .in_file(name)?;
        let count = |row: &SqliteRow| {
            let state = rows::from_word(row.try_get(0).in_file(name)?, name)?;
            Ok((state, row.try_get::<i64, _>(1).in_file(name)? as u64))
        };
        rows.iter().map(count).collect()
    }
}

impl SqliteStore {
    async fn one_incident(&self, column: &str, value: i64) -> Result<Option<Incident>, StoreError> {
        let main = &self.inner.main;
        let rows = Select::new("SELECT body FROM incident").and(column, value).all(main).await?;
        rows.first().map(|row| read(row, 0, &main.name)).transpose()
    }
}

fn read(row: &SqliteRow, body: usize, file: &str) -> Result<Incident, StoreError> {
    rows::unpack(row.try_get(body).in_file(file)?, file, "an incident")
}
