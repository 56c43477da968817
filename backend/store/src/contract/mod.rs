//! The contract of a store, one trait for each concern. Nothing here knows a database.

mod commit;
mod findings;
mod incidents;
mod issues;
mod journal;
mod meta;
mod outbox;
mod page;
mod rollups;
mod sagas;
mod state;
mod traces;

pub use self::{
    commit::{Commit, Commits, Committed},
    findings::{FindingFilter, FindingOrder, FindingRow, OpenCount, ReadFindings},
    incidents::{IncidentFilter, ReadIncidents},
    issues::{Issue, IssueCounts, IssueLog, IssueRow, MAX_ISSUE_BYTES},
    journal::{Appended, Block, BlockStream, Ident, Journal, Lookup, Sighting},
    meta::Meta,
    outbox::{Attempt, Delivery, DeliveryState, DueMessage, Outbox, ReceiverCounts, Tried},
    page::{Cursor, Page, Paging},
    rollups::{Levels, ReadRollups, RollupPoint, RollupQuery, SeriesKind},
    sagas::{ReadSagas, SagaCount, SagaFilter, SagaOrder},
    state::{Keeper, KeptState, Pruned, Retention, Space},
    traces::{ReadTraces, TraceFilter, TraceOrder},
};

/// Everything that a store does. PostgreSQL will stand behind the same trait.
pub trait Store:
    Journal
    + Commits
    + Keeper
    + ReadFindings
    + ReadRollups
    + ReadSagas
    + ReadTraces
    + ReadIncidents
    + Outbox
    + IssueLog
    + Meta
    + std::fmt::Debug
    + 'static
{
}

impl<T> Store for T where
    T: Journal
        + Commits
        + Keeper
        + ReadFindings
        + ReadRollups
        + ReadSagas
        + ReadTraces
        + ReadIncidents
        + Outbox
        + IssueLog
        + Meta
        + std::fmt::Debug
        + 'static
{
}
