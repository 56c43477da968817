//! The way of a record from the ingest loop to what people are told, and back after a crash: append (durable), acknowledge, step,
//! commit (STO-1). Whoever calls it keeps that order; every stage may be the last one that happens.
//!
//! `append` makes records durable; then the caller acknowledges their sources; then `apply` steps what was appended and commits
//! what it changed. `save` keeps the engine's state, so that a restart steps little. `recover` is the way back (SEM-12).

mod dedup;
mod fold;
mod recover;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use plumbline_engine::{Engine, incident::Silence};
use plumbline_model::{
    Change, EntityName, ReceivedTime, Record, ReplicaName, SourceName,
    incident::IncidentChange,
    journal::{Config, JournalPosition},
    rollup::{Keys, Rollup, Series, SourceCounts},
    rules::Rules,
};
use plumbline_store::{Commit, Space, StoreError, prelude::*};
use tokio::time::Instant;
use tracing::Instrument as _;

pub use self::{dedup::Dedup, fold::Folds, recover::Recovered};

/// How a pipeline is set up.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Engine partitions in this process. Changing it makes the kept state void.
    pub partitions: u32,
    /// Where people reach the dashboard, without a slash at the end: for links in messages.
    pub public_url: String,
    /// The name of what is watched, for messages.
    pub environment: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { partitions: 1, public_url: "http://127.0.0.1:8080".to_owned(), environment: String::new() }
    }
}

/// Steps between two keepings of the state at most: recovery of so many observations takes seconds (SEM-12).
const SAVE_EVERY_OBSERVATIONS: u64 = 1_000_000;
/// Time between two keepings of the state at most.
const SAVE_EVERY_NS: i64 = 10_000_000_000;

/// All engine partitions of this process, the folds behind them, and the store.
pub struct Pipeline {
    store: Arc<dyn Store>,
    engines: Vec<Engine>,
    folds: Folds,
    dedup: Dedup,
    /// What records are decoded by, for the begin of each day of the journal.
    config: Option<Record>,
    /// Appended and not stepped yet.
    waiting: Vec<Record>,
    /// The last position that was stepped.
    stepped: JournalPosition,
    /// What was stepped and is not committed yet: a commit that failed is tried again with the same.
    told: Told,
    observations_since_save: u64,
    saved: ReceivedTime,
    stepping: Duration,
}

/// What stepping told, until it is committed.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Told {
    pub changes: Vec<Change>,
    pub incidents: Vec<IncidentChange>,
    pub rollups: Vec<Rollup>,
}

/// What became of appended records.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Taken {
    /// Observations that the journal had already, by source.
    pub duplicates: BTreeMap<SourceName, u64>,
}

impl Pipeline {
    /// Says what records are decoded by. Every day of the journal begins with it, because retention takes whole days and a day
    /// that does not say it could be stepped by nobody.
    pub fn carry(&mut self, config: Config) {
        self.config = Some(Record::Config(Box::new(config)));
    }

    /// Makes records durable. Nothing of them is told, and nothing may be acknowledged, if this fails.
    ///
    /// # Errors
    /// `StoreError::Full` and others; the journal is as it was.
    #[tracing::instrument(name = "append", skip_all, fields(records = records.len()))]
    pub async fn append(&mut self, now: ReceivedTime, mut records: Vec<Record>) -> Result<Taken, StoreError> {
        let duplicates = self.dedup.drop_known(&mut records);
        if !records.is_empty() {
            if self.store.begins_day(now) && !matches!(records[0], Record::Config(_)) {
                records.splice(0..0, self.config.clone());
            }
            self.store.append(now, &records).await?;
            self.dedup.journaled(&records, now);
            self.waiting.append(&mut records);
        }
        Ok(Taken { duplicates })
    }

    /// Steps what was appended and commits what it changed. After an error it may be called again: nothing is stepped twice.
    ///
    /// # Errors
    /// When the commit failed; what was stepped waits for the next call.
    pub async fn apply(&mut self, counted: Vec<Rollup>) -> Result<Told, StoreError> {
        let records = std::mem::take(&mut self.waiting);
        let told = self.step(&records);
        self.told.changes.extend(told.changes);
        self.told.incidents.extend(told.incidents);
        self.told.rollups.extend(counted);
        if self.store.applied() >= self.stepped {
            // A commit needs a position of its own: what there is to tell waits for the next record.
            return Ok(Told::default());
        }
        let commit = Commit {
            position: self.stepped,
            changes: &self.told.changes,
            rollups: &self.told.rollups,
            incidents: &self.told.incidents,
        };
        let commit = self.store.commit(commit).instrument(tracing::info_span!("commit", position = self.stepped.0));
        commit.await?;
        Ok(std::mem::take(&mut self.told))
    }

    /// How long the engine worked in the last call of `apply`.
    pub const fn stepping(&self) -> Duration {
        self.stepping
    }

    /// Steps records through all partitions and the folds. The changes do not depend on how records are cut into calls.
    #[tracing::instrument(name = "step", skip_all, fields(records = records.len()))]
    fn step(&mut self, records: &[Record]) -> Told {
        let started = Instant::now();
        let mut told = Told::default();
        for record in records {
            self.stepped.0 += 1;
            if let Record::Observations(observations) = record {
                self.observations_since_save += observations.len() as u64;
            }
            let changes = step_partitions(&mut self.engines, record);
            let behind = self.folds.after(record, &changes, &self.engines);
            told.changes.extend(changes);
            told.changes.extend(behind.changes);
            told.incidents.extend(behind.incidents);
        }
        self.stepping = started.elapsed();
        told
    }

    /// Keeps the state if it is time to. To be called behind a tick that was applied: the folds carry nothing over then.
    ///
    /// # Errors
    /// When it could not be written; the older state stays.
    pub async fn save_if_due(&mut self, now: ReceivedTime) -> Result<bool, StoreError> {
        let old = now.0 - self.saved.0 >= SAVE_EVERY_NS;
        if !old && self.observations_since_save < SAVE_EVERY_OBSERVATIONS {
            return Ok(false);
        }
        self.save(now).await.map(|()| true)
    }

    /// Keeps the state now.
    ///
    /// # Errors
    /// As `save_if_due`. What was not written is written with the next.
    pub async fn save(&mut self, now: ReceivedTime) -> Result<(), StoreError> {
        let mut entries = std::mem::take(&mut self.folds.unsaved);
        for (index, engine) in self.engines.iter_mut().enumerate() {
            entries.extend(engine.take_dirty().into_iter().map(|entry| (Space(index as u32), entry)));
        }
        entries.extend(self.folds.take_dirty().into_iter().map(|entry| (Space::FOLDS, entry)));
        if let Err(error) = self.store.save_state(self.stepped, &entries).await {
            self.folds.unsaved = entries;
            return Err(error);
        }
        self.saved = now;
        self.observations_since_save = 0;
        Ok(())
    }

    /// The rules that are in force.
    pub fn rules(&self) -> &Rules {
        self.engines[0].rules()
    }

    /// Silences in force as of the last tick.
    pub fn silences(&self) -> &[Silence] {
        self.folds.silences()
    }

    /// How the keys of every copy stand now, over all partitions. Every key is judged: this takes time.
    pub fn standing(&self) -> BTreeMap<(EntityName, ReplicaName), Keys> {
        let mut standing: BTreeMap<_, Keys> = BTreeMap::new();
        for engine in &self.engines {
            for it in engine.convergence().summary(&engine.context()) {
                let sum = standing.entry((it.entity, it.replica)).or_default();
                sum.converged += it.keys.converged;
                sum.lagging += it.keys.lagging;
                sum.diverged += it.keys.diverged;
                sum.unknown += it.keys.unknown;
            }
        }
        standing
    }

    /// Any partition's frontiers: they are the same in all.
    pub fn engine(&self) -> &Engine {
        &self.engines[0]
    }
}

/// A record with a key goes to its partition, one without to all of them (SEM-14).
fn step_partitions(engines: &mut [Engine], record: &Record) -> Vec<Change> {
    if let [only] = engines {
        return only.step(std::slice::from_ref(record));
    }
    let count = engines.len() as u32;
    let mut changes = Vec::new();
    for (index, engine) in engines.iter_mut().enumerate() {
        changes.extend(match record {
            Record::Observations(observations) => {
                let own = observations.iter().filter(|it| it.route.partition(count) == index as u32);
                engine.step(&[Record::Observations(own.cloned().collect())])
            }
            keyless => engine.step(std::slice::from_ref(keyless)),
        });
    }
    changes
}

/// Records of a source as a rollup, in the minute in which they were received.
pub fn counted(source: &SourceName, counts: SourceCounts, now: ReceivedTime) -> Rollup {
    let minute = plumbline_model::SourceTime(now.0).minute();
    Rollup {
        minute,
        series: Series::Source { source: source.clone() },
        amount: plumbline_model::rollup::Amount::Source(counts),
    }
}
