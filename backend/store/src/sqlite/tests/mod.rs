//! The SQLite store against its contract, in directories of their own.

mod commit;
mod journal;
mod keep;
mod open;
mod outbox;
mod rollups;

use plumbline_model::{
    EntityName, Finding, FindingId, Key, Observation, ReceivedTime, Record, ReplicaName, Rule, SourceTime, Subject,
    Tick,
    finding::{Detail, Severity},
    journal::JournalPosition,
    verdict::Reason,
};
use tempfile::TempDir;

use super::{Options, SqliteStore};
use crate::{Commit, prelude::*};

/// A time on the 21st of November 2026, so many seconds after 10:00 UTC.
fn at(seconds: i64) -> ReceivedTime {
    ReceivedTime(ReceivedTime::parse("2026-11-21T10:00:00Z").unwrap().0 + seconds * 1_000_000_000)
}

/// A scratch directory and the store in it.
async fn store() -> (TempDir, SqliteStore) {
    let dir = TempDir::new().unwrap();
    let store = open(&dir).await;
    (dir, store)
}

async fn open(dir: &TempDir) -> SqliteStore {
    SqliteStore::open(dir, Options { durable: false, ..Options::default() }).await.unwrap()
}

fn observed(observations: impl IntoIterator<Item = Observation>) -> Record {
    Record::Observations(observations.into_iter().collect())
}

fn tick(seconds: i64) -> Record {
    Record::Tick(Tick { now: at(seconds) })
}

fn upto(position: u64) -> Commit<'static> {
    Commit { position: JournalPosition(position), changes: &[], rollups: &[], incidents: &[] }
}

fn diverged(id: u64, key: &str, opened: i64) -> Finding {
    Finding {
        id: FindingId(id),
        rule: Rule::Convergence,
        subject: Subject::Replica {
            entity: EntityName::new("order"),
            key: Key::new(key),
            replica: ReplicaName::new("view"),
        },
        severity: Severity::High,
        since: Some(SourceTime(at(opened - 5).0)),
        due: None,
        opened: at(opened),
        resolution: None,
        detail: Detail::Divergence {
            reason: Reason::Stale,
            fields: Vec::new(),
            behind: Some(1),
            expected_version: None,
            held_version: None,
        },
        evidence: Vec::new(),
        frontiers: Vec::new(),
    }
}

/// A store whose journal has `records` ticks.
async fn with_ticks(records: i64) -> (TempDir, SqliteStore) {
    let (dir, store) = store().await;
    let ticks: Vec<_> = (0..records).map(tick).collect();
    store.append(at(0), &ticks).await.unwrap();
    (dir, store)
}
