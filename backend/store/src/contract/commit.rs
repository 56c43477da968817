//! The commit: everything that one stretch of the journal made true, in one transaction with its position (STO-1).

use async_trait::async_trait;
use plumbline_model::{Change, incident::IncidentChange, journal::JournalPosition, rollup::Rollup};

use crate::StoreError;

/// What the folds told of the records up to `position`.
#[derive(Clone, Copy, Debug)]
pub struct Commit<'a> {
    /// The last record that was stepped: becomes `applied`.
    pub position: JournalPosition,
    /// Findings, rollups, sagas and traces. `ProbeWanted` is the collectors' business and not kept.
    pub changes: &'a [Change],
    /// Amounts that are not the engine's (records of a source, duplicates).
    pub rollups: &'a [Rollup],
    /// Incidents, memberships, decisions and messages.
    pub incidents: &'a [IncidentChange],
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Committed {
    Done,
    /// The position was applied before: nothing was changed.
    Already,
}

#[async_trait]
pub trait Commits: Send + Sync {
    /// Commits all of it or, on error, none. Repeating a commit changes nothing.
    async fn commit(&self, commit: Commit<'_>) -> Result<Committed, StoreError>;

    /// The position up to which everything was told; 0 before the first commit.
    fn applied(&self) -> JournalPosition;
}
