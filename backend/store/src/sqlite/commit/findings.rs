//! Findings of a commit: opened and revised ones replace their row; a resolution is written into the one that is there.

use std::collections::BTreeMap;

use plumbline_model::{Finding, FindingId, Resolution, api::FindingView};
use sqlx::{Row, SqliteConnection};

use super::super::{
    file::InFile,
    insert::{Statement, Target},
};
use crate::{StoreError, rows};

const FINDING: Target<'_> = Target {
    table: "finding",
    columns: "id, rule, reason, entity, replica, key, saga, instance, step, service, operation, began, opened, closed, \
              resolved, body",
    conflict: "ON CONFLICT (id) DO UPDATE SET rule = excluded.rule, reason = excluded.reason, entity = excluded.entity, \
               replica = excluded.replica, key = excluded.key, saga = excluded.saga, instance = excluded.instance, \
               step = excluded.step, service = excluded.service, operation = excluded.operation, \
               began = excluded.began, opened = excluded.opened, closed = excluded.closed, \
               resolved = excluded.resolved, body = excluded.body",
};

/// What became of findings: the whole of one, or how one ended that was told before.
#[derive(Default)]
pub(super) struct Changed<'a> {
    whole: BTreeMap<FindingId, (&'a Finding, Option<&'a Resolution>)>,
    ended: BTreeMap<FindingId, &'a Resolution>,
}

impl<'a> Changed<'a> {
    pub(super) fn set(&mut self, finding: &'a Finding) {
        self.ended.remove(&finding.id);
        self.whole.insert(finding.id, (finding, finding.resolution.as_ref()));
    }

    pub(super) fn resolve(&mut self, id: FindingId, resolution: &'a Resolution) {
        match self.whole.get_mut(&id) {
            Some(known) => known.1 = Some(resolution),
            None => {
                self.ended.insert(id, resolution);
            }
        }
    }
}

pub(super) async fn write(tx: &mut SqliteConnection, file: &str, changed: Changed<'_>) -> Result<(), StoreError> {
    let mut rows = Vec::with_capacity(changed.whole.len() + changed.ended.len());
    for (finding, resolution) in changed.whole.into_values() {
        rows.push(FindingColumns::of(Finding { resolution: resolution.cloned(), ..finding.clone() }));
    }
    for (id, resolution) in changed.ended {
        match read(tx, file, id).await? {
            Some(finding) => rows.push(FindingColumns::of(Finding { resolution: Some(resolution.clone()), ..finding })),
            // Retention may have taken what was resolved before; anything else is a mistake that should be seen.
            None => tracing::warn!(%id, "a finding was resolved that is not in the store"),
        }
    }
    FINDING.insert(tx, &rows, FindingColumns::bind).await.in_file(file)
}

async fn read(tx: &mut SqliteConnection, file: &str, id: FindingId) -> Result<Option<Finding>, StoreError> {
    let row = sqlx::query("SELECT body FROM finding WHERE id = ?").bind(id.0 as i64);
    let Some(row) = row.fetch_optional(tx).await.in_file(file)? else { return Ok(None) };
    rows::unpack(row.try_get(0).in_file(file)?, file, "a finding").map(Some)
}

/// A finding and the words that it is filtered by: those of the API, so that both mean the same.
struct FindingColumns {
    finding: Finding,
    view: FindingView,
    body: Vec<u8>,
}

impl FindingColumns {
    fn of(finding: Finding) -> Self {
        Self { view: FindingView::new(&finding, String::new(), None), body: rows::pack(&finding), finding }
    }

    fn bind<'q>(statement: Statement<'q>, row: &Self) -> Statement<'q> {
        let (finding, subject) = (&row.finding, &row.view.subject);
        let service = subject.service.clone().or_else(|| subject.edge.as_ref().map(|edge| edge.from.clone()));
        statement
            .bind(finding.id.0 as i64)
            .bind(row.view.rule.clone())
            .bind(row.view.reason.clone())
            .bind(subject.entity.clone())
            .bind(subject.replica.clone())
            .bind(subject.key.clone())
            .bind(subject.saga.clone())
            .bind(subject.instance.clone())
            .bind(subject.step.clone())
            .bind(service)
            .bind(subject.operation.clone())
            .bind(finding.since.map_or(i64::MIN, |since| since.0))
            .bind(finding.opened.0)
            .bind(i64::from(finding.resolution.is_some()))
            .bind(finding.resolution.as_ref().map(|resolution| resolution.found.0))
            .bind(row.body.clone())
    }
}
