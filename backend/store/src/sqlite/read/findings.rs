//! Lists of findings, one finding, counts.

use async_trait::async_trait;
use plumbline_model::{FindingId, incident::IncidentId};
use sqlx::{Row, sqlite::SqliteRow};

use super::{
    super::{SqliteStore, file::InFile},
    Select,
};
use crate::{FindingFilter, FindingOrder, FindingRow, OpenCount, Page, Paging, ReadFindings, StoreError, rows};

/// Sort keys first: of both orders, so that one `read` serves them.
const BY_OPENED: &str = "SELECT finding.opened, finding.id, finding.incident, incident.number, finding.body \
                         FROM finding LEFT JOIN incident ON incident.id = finding.incident";
const BY_BEGAN: &str = "SELECT finding.closed, finding.began, finding.id, finding.incident, incident.number, \
                        finding.body FROM finding LEFT JOIN incident ON incident.id = finding.incident";

#[async_trait]
impl ReadFindings for SqliteStore {
    async fn findings(
        &self,
        filter: &FindingFilter,
        order: FindingOrder,
        paging: &Paging,
    ) -> Result<Page<FindingRow>, StoreError> {
        let main = &self.inner.main;
        match order {
            FindingOrder::Newest => {
                let mut select = Select::new(BY_OPENED);
                narrow(&mut select, filter);
                let keys = ["finding.opened", "finding.id"];
                select.page(main, paging, keys, '<', |row| read(row, 2, &main.name)).await
            }
            FindingOrder::Longest => {
                let mut select = Select::new(BY_BEGAN);
                narrow(&mut select, filter);
                let keys = ["finding.closed", "finding.began", "finding.id"];
                select.page(main, paging, keys, '>', |row| read(row, 3, &main.name)).await
            }
        }
    }

    async fn finding(&self, id: FindingId) -> Result<Option<FindingRow>, StoreError> {
        let main = &self.inner.main;
        let rows = Select::new(BY_OPENED).and("finding.id =", id.0 as i64).all(main).await?;
        rows.first().map(|row| read(row, 2, &main.name)).transpose()
    }

    async fn count_findings(&self, filter: &FindingFilter, at_most: u64) -> Result<u64, StoreError> {
        let main = &self.inner.main;
        let mut select = Select::new("SELECT count(*) FROM (SELECT 1 FROM finding");
        narrow(&mut select, filter);
        let limit = i64::try_from(at_most).unwrap_or(i64::MAX);
        select.push(" LIMIT ").0.push_bind(limit).push(")");
        let rows = select.all(main).await?;
        let count: i64 = rows.first().map_or(Ok(0), |row| row.try_get(0)).in_file(&main.name)?;
        Ok(count as u64)
    }

    async fn open_counts(&self) -> Result<Vec<OpenCount>, StoreError> {
        let main = &self.inner.main;
        let name = &main.name;
        let sql = "SELECT rule, reason, entity, replica, saga, step, count FROM open_finding WHERE count > 0 \
                   ORDER BY rule, reason, entity, replica, saga, step";
        let mut counts = Vec::new();
        for row in sqlx::query(sql).fetch_all(&main.readers).await.in_file(name)? {
            // An absent name is empty there.
            let named = |index: usize| {
                row.try_get::<&str, _>(index).map(|it| Some(it).filter(|it| !it.is_empty())).in_file(name)
            };
            counts.push(OpenCount {
                rule: rows::from_word(row.try_get(0).in_file(name)?, name)?,
                reason: row.try_get(1).in_file(name)?,
                entity: named(2)?.map(Into::into),
                replica: named(3)?.map(Into::into),
                saga: named(4)?.map(Into::into),
                step: named(5)?.map(Into::into),
                count: row.try_get::<i64, _>(6).in_file(name)? as u64,
            });
        }
        Ok(counts)
    }

    async fn open_ids(&self) -> Result<Vec<FindingId>, StoreError> {
        let main = &self.inner.main;
        let rows = sqlx::query("SELECT id FROM finding WHERE closed = 0").fetch_all(&main.readers).await;
        let ids: Result<Vec<_>, _> = rows
            .in_file(&main.name)?
            .iter()
            .map(|row| row.try_get::<i64, _>(0).map(|id| FindingId(id as u64)).in_file(&main.name))
            .collect();
        // Ids are unsigned, their column is not.
        ids.map(|mut ids| {
            ids.sort_unstable();
            ids
        })
    }
}

fn narrow(select: &mut Select, filter: &FindingFilter) {
    let text = |it: &str| it.to_owned();
    select
        .and_some("finding.closed =", filter.open.map(|open| i64::from(!open)))
        .and_some("finding.rule =", filter.rule.map(|rule| rows::word(&rule)))
        .and_some("finding.reason =", filter.reason.clone())
        .and_some("finding.entity =", filter.entity.as_ref().map(|it| text(it.as_str())))
        .and_some("finding.replica =", filter.replica.as_ref().map(|it| text(it.as_str())))
        .and_some("finding.key =", filter.key.as_ref().map(|it| text(it.as_str())))
        .and_some("finding.saga =", filter.saga.as_ref().map(|it| text(it.as_str())))
        .and_some("finding.instance =", filter.instance.as_ref().map(|it| text(it.as_str())))
        .and_some("finding.step =", filter.step.as_ref().map(|it| text(it.as_str())))
        .and_some("finding.service =", filter.service.as_ref().map(|it| text(it.as_str())))
        .and_some("finding.operation =", filter.operation.as_ref().map(|it| text(it.as_str())))
        .and_some("finding.incident =", filter.incident.map(|it| it.0 as i64))
        .and_some("finding.opened <", filter.opened_before.map(|it| it.0));
    if let Some(after) = filter.open_after {
        select.push(" AND (finding.closed = 0 OR").0.push(" finding.resolved >= ").push_bind(after.0).push(")");
    }
}

/// `from` is the index of the first column behind the sort keys.
fn read(row: &SqliteRow, from: usize, file: &str) -> Result<FindingRow, StoreError> {
    let incident: Option<i64> = row.try_get(from).in_file(file)?;
    let number: Option<i64> = row.try_get(from + 1).in_file(file)?;
    let finding = rows::unpack(row.try_get(from + 2).in_file(file)?, file, "a finding")?;
    let incident = incident.zip(number).map(|(id, number)| (IncidentId(id as u64), number as u32));
    Ok(FindingRow { finding, incident })
}
