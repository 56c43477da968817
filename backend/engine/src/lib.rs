//! The checkers: pure and deterministic. `Engine::step` takes records of the journal and tells what changed.
//! Nothing in this crate does I/O, is async, reads a clock, draws random numbers or lets hash order reach its output (ENG-1).

mod context;
pub mod convergence;
pub mod frontier;
pub mod incident;
pub mod latency;
pub mod lineage;
pub mod saga;

use plumbline_model::{
    Change, Fact, FindingId, Observation, Record, Route, journal::StateEntry, rules::Rules, time::ReceivedTime,
};
use thiserror::Error;

pub use crate::context::Context;
use crate::{convergence::Convergence, frontier::Frontiers, latency::Latency, saga::Sagas};

/// One partition of the engine: all state of the routing keys that belong to it, and a copy of what has no key.
#[derive(Default)]
pub struct Engine {
    rules: Rules,
    now: ReceivedTime,
    frontiers: Frontiers,
    convergence: Convergence,
    sagas: Sagas,
    latency: Latency,
}

/// A kept piece of state could not be read; the journal must be stepped from an older one.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("engine state {key:?} cannot be read: {reason}")]
pub struct RestoreError {
    pub key: String,
    pub reason: String,
}

impl Engine {
    pub fn new(rules: Rules) -> Self {
        let mut engine = Self::default();
        engine.configure(&rules, &mut Vec::new());
        engine
    }

    /// Steps over records of the journal, in order. What is told does not depend on how they are cut into calls (SEM-11).
    pub fn step(&mut self, records: &[Record]) -> Vec<Change> {
        let mut changes = Vec::new();
        for record in records {
            self.step_one(record, &mut changes);
        }
        changes
    }

    fn step_one(&mut self, record: &Record, changes: &mut Vec<Change>) {
        match record {
            Record::Observations(observations) => observations.iter().for_each(|it| self.observe(it, changes)),
            Record::Progress(progress) => {
                self.frontiers.progress(progress);
                let context = Context { rules: &self.rules, frontiers: &self.frontiers, now: self.now };
                self.convergence.progress(&context, progress, changes);
                self.advance(changes);
            }
            Record::Gap(gap) => {
                self.frontiers.gap(gap);
                let context = Context { rules: &self.rules, frontiers: &self.frontiers, now: self.now };
                self.convergence.gap(&context, gap, changes);
                self.advance(changes);
            }
            Record::Snapshot(snapshot) => {
                let context = Context { rules: &self.rules, frontiers: &self.frontiers, now: self.now };
                self.convergence.snapshot(&context, snapshot, changes);
            }
            Record::Tick(tick) => {
                self.now = self.now.max(tick.now);
                self.advance(changes);
                let context = Context { rules: &self.rules, frontiers: &self.frontiers, now: self.now };
                self.convergence.tick(&context, changes);
                self.sagas.tick(&context, changes);
                self.latency.tick(&context, changes);
            }
            Record::Command(command) => {
                let context = Context { rules: &self.rules, frontiers: &self.frontiers, now: self.now };
                self.convergence.command(&context, command, changes);
            }
            // Every day of the journal begins with the configuration in force: said again, it changes nothing.
            Record::Config(config) if config.rules == self.rules => {}
            Record::Config(config) => self.configure(&config.rules, changes),
        }
    }

    fn observe(&mut self, observation: &Observation, changes: &mut Vec<Change>) {
        let context = Context { rules: &self.rules, frontiers: &self.frontiers, now: self.now };
        match &observation.fact {
            Fact::State(state) => self.convergence.observe(&context, observation, state, changes),
            Fact::Event(event) => self.sagas.observe(&context, observation, event, changes),
            // In a trace that it only links to (SEM-15) a span is seen, and counts nowhere.
            Fact::Span(span) if observation.route == Route::Trace(span.trace) => {
                self.latency.observe(&context, observation, span, changes);
            }
            Fact::Span(_) => {}
            Fact::Log(log) => self.latency.observe_log(&context, observation, log),
            Fact::Metric(_) => {}
        }
    }

    /// Decides what the frontiers and the clock now allow to be decided.
    fn advance(&mut self, changes: &mut Vec<Change>) {
        let context = Context { rules: &self.rules, frontiers: &self.frontiers, now: self.now };
        self.sagas.advance(&context, changes);
        self.latency.advance(&context, changes);
    }

    fn configure(&mut self, rules: &Rules, changes: &mut Vec<Change>) {
        self.rules = rules.clone();
        self.frontiers.configure(rules);
        let context = Context { rules: &self.rules, frontiers: &self.frontiers, now: self.now };
        self.convergence.configure(&context, rules, changes);
        self.sagas.configure(rules);
        self.latency.configure(rules);
    }

    /// The pieces of state that changed since the last call; kept together with the journal position (SEM-12).
    pub fn take_dirty(&mut self) -> Vec<StateEntry> {
        let mut entries = vec![context::save_now(self.now, &self.rules)];
        self.frontiers.take_dirty(&mut entries);
        self.convergence.take_dirty(&mut entries);
        self.sagas.take_dirty(&mut entries);
        self.latency.take_dirty(&mut entries);
        entries
    }

    /// Rebuilds an engine from every piece that `take_dirty` ever gave and that was not replaced.
    ///
    /// # Errors
    /// When a piece was written by another version of the engine or is damaged.
    pub fn restore(entries: impl IntoIterator<Item = StateEntry>) -> Result<Self, RestoreError> {
        let mut engine = Self::default();
        let entries = entries.into_iter();
        let mut pieces = Vec::with_capacity(entries.size_hint().0);
        for entry in entries {
            match context::load_now(&entry)? {
                Some((now, rules)) => {
                    engine.now = now;
                    engine.configure(&rules, &mut Vec::new());
                }
                None => pieces.push(entry),
            }
        }
        // What others refer to sorts before them.
        pieces.sort_by(|left, right| left.key.cmp(&right.key));
        engine.convergence.expect_keys(pieces.len());
        // Each is dropped as soon as it is loaded: what it took is what the next one needs.
        for entry in pieces {
            match entry.key.first() {
                Some(b'f') => engine.frontiers.load(&entry)?,
                Some(b'c') => engine.convergence.load(&entry)?,
                Some(b's') => engine.sagas.load(&entry)?,
                Some(b'l') => engine.latency.load(&entry)?,
                _ => return Err(context::bad(&entry, "no checker has this letter")),
            }
        }
        Ok(engine)
    }

    /// The findings that the checkers hold to be open: recovery ends those that only the store still has (SEM-12).
    pub fn open_findings(&self) -> impl Iterator<Item = FindingId> + '_ {
        self.convergence.open_findings().chain(self.sagas.open_findings())
    }

    pub fn rules(&self) -> &Rules {
        &self.rules
    }
    pub fn now(&self) -> ReceivedTime {
        self.now
    }
    pub fn frontiers(&self) -> &Frontiers {
        &self.frontiers
    }
    /// What the checkers' questions need to be asked with.
    pub fn context(&self) -> Context<'_> {
        Context { rules: &self.rules, frontiers: &self.frontiers, now: self.now }
    }
    pub fn convergence(&self) -> &Convergence {
        &self.convergence
    }
    pub fn sagas(&self) -> &Sagas {
        &self.sagas
    }
}
