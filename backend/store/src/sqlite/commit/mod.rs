//! The commit (STO-1): findings, rollups, sagas, traces, incidents and messages in one transaction with `applied`.

mod findings;
mod incidents;
mod rollups;
mod sagas;
mod traces;

use async_trait::async_trait;
use plumbline_model::{Change, journal::JournalPosition};
use sqlx::Connection;

pub(super) use self::{
    rollups::{Amounts, series_id},
    sagas::{ENDED, badness},
    traces::{operation, service},
};
use super::{SqliteStore, file::InFile, marks};
use crate::{Commit, Commits, Committed, StoreError};

#[async_trait]
impl Commits for SqliteStore {
    async fn commit(&self, commit: Commit<'_>) -> Result<Committed, StoreError> {
        let inner = &*self.inner;
        if commit.position > inner.days.end() {
            let (position, end) = (commit.position.0, inner.days.end().0);
            return Err(StoreError::Order(format!("commit of position {position}, but the journal ends at {end}")));
        }
        let told = Told::of(commit.changes);
        let name = &inner.main.name;
        let mut writer = inner.main.writer().await?;
        let mut amounts = inner.amounts.lock().await;
        let mut tx = writer.begin_with("BEGIN IMMEDIATE").await.in_file(name)?;
        let applied = marks::position(marks::get(&mut tx, marks::APPLIED, name).await?);
        if commit.position <= applied {
            inner.marks.set_applied(applied);
            return Ok(Committed::Already);
        }
        findings::write(&mut tx, name, told.findings).await?;
        sagas::write(&mut tx, name, &told.sagas).await?;
        traces::write(&mut tx, name, &told.traces).await?;
        incidents::write(&mut tx, name, commit.incidents).await?;
        let rollups = told.rollups.into_iter().chain(commit.rollups);
        amounts.write(&mut tx, name, rollups).await?;
        marks::set(&mut tx, marks::APPLIED, commit.position.0 as i64, name).await?;
        tx.commit().await.in_file(name)?;
        amounts.committed();
        inner.marks.set_applied(commit.position);
        Ok(Committed::Done)
    }

    fn applied(&self) -> JournalPosition {
        self.inner.marks.applied()
    }
}

/// The changes by what they change. Of several to one thing the last is what stays.
#[derive(Default)]
struct Told<'a> {
    findings: findings::Changed<'a>,
    sagas: sagas::Changed<'a>,
    traces: traces::Changed<'a>,
    rollups: Vec<&'a plumbline_model::rollup::Rollup>,
}

impl<'a> Told<'a> {
    fn of(changes: &'a [Change]) -> Self {
        let mut told = Self::default();
        for change in changes {
            match change {
                Change::Opened(finding) | Change::Revised(finding) => told.findings.set(finding),
                Change::Resolved { id, resolution } => told.findings.resolve(*id, resolution),
                Change::Rollup(rollup) => told.rollups.push(rollup),
                Change::Saga(instance) => told.sagas.set(instance),
                Change::Trace(trace) => {
                    told.traces.insert(trace.trace, trace);
                }
                Change::ProbeWanted { .. } => {}
            }
        }
        told
    }
}
