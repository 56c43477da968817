//! What is counted over all instances (ENG-5): passages of steps, runs by outcome, and how many stand how. Amounts are
//! gathered between ticks and told sorted, so that neither batches nor partitions show (SEM-11, SEM-14).
//!
//! An event is counted once, in the minute of its source time, as what it was when it was first seen to do something.

use std::collections::BTreeMap;

use plumbline_model::{
    Change,
    rollup::{Amount, Red, Rollup, SagaCounts, Series},
    saga::{SagaRole, SagaState},
    time::{Minute, ReceivedTime},
};
use serde::{Deserialize, Serialize};

use super::{event::Seen, instance::Instance, plan::Plan, split::Split};

/// Amounts since the last tick, and the standing counts.
#[derive(Default)]
pub(super) struct Tally {
    /// By saga and declared type, both by number.
    steps: BTreeMap<(Minute, u16, u16), Red>,
    runs: BTreeMap<(Minute, u16), SagaCounts>,
    /// What was counted under other numbers: before a restart, or by other rules.
    amounts: BTreeMap<(Minute, Series), Amount>,
    /// The minute of the last tick.
    pub minute: Option<Minute>,
    /// Per saga in declared order.
    pub standing: Vec<Standing>,
}

/// How the runs of one saga stand now.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub(super) struct Standing {
    pub open: u64,
    pub stuck: u64,
    pub unknown: u64,
}

impl Standing {
    pub fn add(&mut self, state: &SagaState) {
        let (open, stuck, unknown) = Self::of(state);
        self.open += open;
        self.stuck += stuck;
        self.unknown += unknown;
    }

    pub fn remove(&mut self, state: &SagaState) {
        let (open, stuck, unknown) = Self::of(state);
        self.open = self.open.saturating_sub(open);
        self.stuck = self.stuck.saturating_sub(stuck);
        self.unknown = self.unknown.saturating_sub(unknown);
    }

    fn of(state: &SagaState) -> (u64, u64, u64) {
        let stuck = matches!(state, SagaState::Stuck { .. } | SagaState::CompensationOwed { .. });
        let unknown = matches!(state, SagaState::Unknown { .. });
        (u64::from(state.is_open()), u64::from(stuck), u64::from(unknown))
    }
}

impl Tally {
    /// Counts what of the events was not counted before. `saga` is the plan's number.
    pub fn count(&mut self, events: &mut [Seen], split: &Split, saga: u16) {
        for at in 0..events.len() {
            let (run, role) = split.roles[at];
            let seen = events[at];
            let nothing = matches!(role, SagaRole::Undeclared | SagaRole::Repeated | SagaRole::AfterEnd);
            if nothing || seen.counted() && seen.timed() {
                continue;
            }
            let Some(kind) = seen.kind().as_declared() else { continue };
            let run = &split.runs[usize::from(run)];
            if run.start.is_none() && matches!(role, SagaRole::Completed | SagaRole::Failed) {
                // It counts once the start is seen, so that no more runs end than begin.
                continue;
            }
            let since = match role {
                SagaRole::Step => before_step(run, at),
                SagaRole::Compensation => {
                    let step = run.undone.iter().position(|undone| *undone == Some(at));
                    step.and_then(|step| run.owed_from(step))
                }
                SagaRole::Completed | SagaRole::Failed => run.furthest().and_then(|step| run.done[step]).or(run.start),
                _ => None,
            };
            // Within the clocks' errors a step may stand behind the end; what is undone before the failure waited for nothing.
            let time = since.filter(|since| *since < at && !seen.timed()).map(|since| seen.at.since(events[since].at));
            if seen.counted() && time.is_none() {
                continue;
            }
            let minute = seen.at.minute();
            let red = self.steps.entry((minute, saga, kind as u16)).or_default();
            red.count += u64::from(!seen.counted());
            if let Some(time) = time {
                red.duration.add(time);
            }
            if !seen.counted() && matches!(role, SagaRole::Start | SagaRole::Completed | SagaRole::Failed) {
                let runs = self.runs.entry((minute, saga)).or_default();
                runs.started += u64::from(role == SagaRole::Start);
                runs.completed += u64::from(role == SagaRole::Completed);
                runs.failed += u64::from(role == SagaRole::Failed);
            }
            events[at].mark(true, time.is_some());
        }
    }

    /// Counts each run once that went on after its end, in the minute in which it did.
    pub fn count_zombies(&mut self, instance: &mut Instance, split: &Split) {
        for (book, run) in instance.runs.iter_mut().zip(&split.runs) {
            let Some(at) = run.went_on.filter(|_| run.start.is_some() && !book.zombie) else { continue };
            book.zombie = true;
            self.runs.entry((instance.events[at].at.minute(), instance.saga)).or_default().zombie += 1;
        }
    }

    /// At the first tick of a minute: how the runs stood at the end of the one before.
    pub fn close_minute(&mut self, now: ReceivedTime) {
        let minute = now.minute();
        if self.minute.is_some_and(|last| last < minute) {
            for (standing, saga) in self.standing.iter().zip(0..) {
                let counts = self.runs.entry((Minute(minute.0 - 1), saga)).or_default();
                counts.open += standing.open;
                counts.stuck += standing.stuck;
                counts.unknown += standing.unknown;
            }
        }
        self.minute = Some(minute);
    }

    pub fn tell(&mut self, plans: &[Plan], out: &mut Vec<Change>) {
        self.name(plans);
        for ((minute, series), amount) in std::mem::take(&mut self.amounts) {
            out.push(Change::Rollup(Box::new(Rollup { minute, series, amount })));
        }
    }

    /// Puts names to what was counted by number; to be called before the numbers change.
    pub fn name(&mut self, plans: &[Plan]) {
        for ((minute, saga, kind), red) in std::mem::take(&mut self.steps) {
            let plan = &plans[usize::from(saga)];
            let event = plan.declared[usize::from(kind)].event.clone();
            self.add(minute, Series::Step { saga: plan.rule.name.clone(), event }, Amount::Red(red));
        }
        for ((minute, saga), counts) in std::mem::take(&mut self.runs) {
            let saga = plans[usize::from(saga)].rule.name.clone();
            self.add(minute, Series::Saga { saga }, Amount::Saga(counts));
        }
    }

    /// What is to be kept until the next tick.
    pub fn pending(&mut self, plans: &[Plan]) -> Vec<Rollup> {
        self.name(plans);
        let rollup = |((minute, series), amount): (&(Minute, Series), &Amount)| Rollup {
            minute: *minute,
            series: series.clone(),
            amount: amount.clone(),
        };
        self.amounts.iter().map(rollup).collect()
    }

    pub fn restore(&mut self, pending: Vec<Rollup>, minute: Option<Minute>) {
        self.minute = minute;
        for Rollup { minute, series, amount } in pending {
            self.add(minute, series, amount);
        }
    }

    fn add(&mut self, minute: Minute, series: Series, amount: Amount) {
        match self.amounts.entry((minute, series)) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(amount);
            }
            std::collections::btree_map::Entry::Occupied(mut entry) => {
                entry.get_mut().add(&amount);
            }
        }
    }
}

/// What came before a step: known only once the step before it, or the start of the run, was seen.
fn before_step(run: &super::split::Run, at: usize) -> Option<usize> {
    let step = run.done.iter().position(|done| *done == Some(at))?;
    match step {
        0 => run.start,
        _ => run.done[step - 1],
    }
}
