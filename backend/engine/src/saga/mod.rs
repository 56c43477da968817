//! Sagas: business transactions over several services, declared by start, steps, deadlines and compensations. This checker
//! says which runs will not finish by themselves, at which step, waiting for whom, and what is owed (DESIGN 4, SEM-16, SEM-17).
//!
//! The way of one event: `observe` puts it among the events of its instance, by source time (`instance.rs`); `split.rs`
//! and `roles.rs` read runs and roles from them; `promise.rs` decides every deadline as far as the sources were seen (`sources.rs`);
//! `judge.rs` makes the run's state of that; `ledger.rs` tells what changed among its findings. An instance is judged
//! again only when something that its verdict rests on has moved: an event, a source, a gap, the clock, the rules. Judging
//! twice tells nothing the second time, which is what makes a restart invisible.
//!
//! Runs that changed and amounts that were counted are told at the next tick, sorted; findings at once.

mod agenda;
mod event;
mod finding;
mod held;
mod instance;
mod instances;
mod judge;
mod kept;
mod ledger;
mod memory;
mod plan;
mod promise;
mod review;
mod roles;
mod sources;
mod split;
mod tally;
mod view;

use std::collections::BTreeSet;

use plumbline_model::{
    Change, FindingId, Observation, Route, SagaName, SourceTime, finding::Resolved, journal::StateEntry,
    observation::EventFact, rules::Rules, saga::SagaInstance, time::ReceivedTime,
};

use self::{
    event::Seen,
    instance::Instance,
    instances::Instances,
    kept::{Piece, Shared},
    plan::Plan,
    sources::Sources,
    tally::{Standing, Tally},
};
use crate::{Context, RestoreError};

pub use view::at_input_end;

/// The saga checker.
#[derive(Default)]
pub struct Sagas {
    plans: Vec<Plan>,
    sources: Sources,
    instances: Instances,
    tally: Tally,
    /// Per saga in declared order.
    coverage: Vec<SagaCoverage>,
    /// Instances with runs to tell at the next tick.
    changed: Vec<u32>,
    /// Instances to keep, and keys of those that are gone.
    dirty: Vec<u32>,
    gone: BTreeSet<Vec<u8>>,
    /// What remains to be told of sagas that are no longer configured.
    farewells: Vec<Change>,
    /// The rules changed, and nobody was judged by them yet.
    reconfigured: bool,
    /// Instances were loaded and nobody waits for anything yet.
    restored: bool,
    evicted: u64,
    now: ReceivedTime,
}

/// How much of a saga was checked (SEM-4).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SagaCoverage {
    pub saga: SagaName,
    /// Runs of which anything was seen.
    pub runs: u64,
    /// Of those, runs of which a deadline or the end was decided.
    pub checked: u64,
}

impl Sagas {
    pub fn configure(&mut self, rules: &Rules) {
        let errors_changed = self.sources.configure(rules);
        let plans: Vec<Plan> = rules.sagas.iter().map(|rule| Plan::new(rule, rules, &mut self.sources)).collect();
        let same = plans.len() == self.plans.len() && plans.iter().zip(&self.plans).all(|(new, old)| new.same(old));
        if same && !errors_changed {
            return;
        }
        self.tally.name(&self.plans);
        let old = std::mem::replace(&mut self.plans, plans);
        self.coverage = (self.plans.iter())
            .map(|plan| {
                let saga = plan.rule.name.clone();
                let known = self.coverage.iter().find(|known| known.saga == saga);
                known.cloned().unwrap_or(SagaCoverage { saga, runs: 0, checked: 0 })
            })
            .collect();
        self.tally.standing = vec![Standing::default(); self.plans.len()];
        self.move_instances(&old);
    }

    pub(crate) fn observe(
        &mut self,
        cx: &Context<'_>,
        observation: &Observation,
        event: &EventFact,
        out: &mut Vec<Change>,
    ) {
        let Route::Saga { saga, id } = &observation.route else { return };
        let Some(number) = self.plans.iter().position(|plan| plan.rule.name == *saga) else { return };
        self.catch_up(cx, out);
        let place = self.sources.place(&observation.id.source, &observation.id.partition);
        let at = match self.instances.find(number as u16, id) {
            Some(at) => at,
            None => {
                self.gone.remove(&kept::key(saga, id));
                self.instances.insert(Instance::new(number as u16, id.clone()))
            }
        };
        let Some(mut instance) = self.instances.take(at) else { return };
        let kind = instance.kind(&self.plans[number], &event.event_type);
        let seen = Seen::new(observation, place, kind);
        let new = instance.insert(seen, &self.sources);
        self.instances.put(at, instance);
        if new {
            self.review(at, cx, Some(&seen), Resolved::Disproved, out);
        }
    }

    /// Decides what the frontiers now allow to be decided.
    pub(crate) fn advance(&mut self, cx: &Context<'_>, out: &mut Vec<Change>) {
        self.catch_up(cx, out);
        let mut advanced = self.sources.advance(cx);
        for (at, source) in &advanced.waited {
            if let Some(instance) = self.instances.get_mut(*at) {
                instance.entries.waits.retain(|wait| wait.0 != *source);
            }
            advanced.instances.push(*at);
        }
        if advanced.everybody {
            advanced.instances = self.instances.sorted();
        } else {
            self.instances.sort(&mut advanced.instances);
        }
        for at in advanced.instances {
            self.review(at, cx, None, Resolved::Disproved, out);
        }
    }

    pub(crate) fn tick(&mut self, cx: &Context<'_>, out: &mut Vec<Change>) {
        self.catch_up(cx, out);
        let first = self.now == ReceivedTime::default();
        self.now = cx.now;
        self.tally.close_minute(cx.now);
        let mut late = self.instances.clocks_up_to(SourceTime(cx.now.0));
        if first {
            // What came before the first tick could not say when it is to be forgotten.
            late = self.instances.sorted();
        }
        self.instances.sort(&mut late);
        for at in late {
            self.review(at, cx, None, Resolved::Disproved, out);
        }
        self.forget(cx, out);
        let mut changed = std::mem::take(&mut self.changed);
        self.instances.sort(&mut changed);
        for at in changed {
            self.tell_runs(at, cx.now, out);
        }
        self.tally.tell(&self.plans, out);
    }

    /// The runs that are still open, as they stand, sorted by saga and correlation id. At the end of recorded input
    /// [`at_input_end`] says what remains unsaid of each (SEM-4).
    pub fn open(&self) -> Vec<SagaInstance> {
        let mut open = Vec::new();
        for at in self.instances.sorted() {
            let Some(instance) = self.instances.get(at) else { continue };
            let plan = &self.plans[usize::from(instance.saga)];
            let wanted = |index: usize| instance.runs[index].state.is_open();
            open.extend(view::runs(instance, plan, &self.sources, self.now, wanted));
        }
        open
    }

    /// The findings that are open, by saga and correlation id.
    pub fn open_findings(&self) -> impl Iterator<Item = FindingId> + '_ {
        let told = self.instances.sorted().into_iter().filter_map(|at| self.instances.get(at));
        told.flat_map(Instance::told).filter(|told| told.open).map(|told| told.id)
    }

    /// How much of each configured saga was seen and checked.
    pub fn coverage(&self) -> &[SagaCoverage] {
        &self.coverage
    }

    /// Correlation ids remembered now, and how many had to be let go before their time (LIM-1).
    pub fn remembered(&self) -> (usize, u64) {
        (self.instances.len(), self.evicted)
    }

    pub(crate) fn take_dirty(&mut self, entries: &mut Vec<StateEntry>) {
        let mut pieces: Vec<StateEntry> = std::mem::take(&mut self.gone).iter().map(|key| kept::gone(key)).collect();
        for at in std::mem::take(&mut self.dirty) {
            // A place may have been left and taken again in between.
            if let Some(instance) = self.instances.get_mut(at).filter(|instance| instance.dirty) {
                instance.dirty = false;
                pieces.push(kept::instance(instance, &self.plans[usize::from(instance.saga)], &self.sources));
            }
        }
        let coverage = self.coverage.iter().map(|it| (it.saga.clone(), it.runs, it.checked));
        pieces.push(kept::shared(&Shared {
            reaches: self.sources.reaches(),
            rollups: self.tally.pending(&self.plans),
            minute: self.tally.minute,
            coverage: coverage.collect(),
            farewells: self.farewells.clone(),
            reconfigured: self.reconfigured,
            evicted: self.evicted,
            now: self.now,
        }));
        pieces.sort_by(|one, other| one.key.cmp(&other.key));
        entries.append(&mut pieces);
    }

    pub(crate) fn load(&mut self, entry: &StateEntry) -> Result<(), RestoreError> {
        match kept::load(entry, &self.plans, &mut self.sources)? {
            None => {}
            Some(Piece::Instance(instance)) => {
                self.restored = true;
                self.adopt(*instance);
            }
            Some(Piece::Shared(shared)) => {
                self.sources.restore(shared.reaches);
                self.tally.restore(shared.rollups, shared.minute);
                self.farewells = shared.farewells;
                self.reconfigured = shared.reconfigured;
                self.evicted = shared.evicted;
                self.now = shared.now;
                for (saga, runs, checked) in shared.coverage {
                    if let Some(known) = self.coverage.iter_mut().find(|known| known.saga == saga) {
                        (known.runs, known.checked) = (runs, checked);
                    }
                }
            }
        }
        Ok(())
    }
}
