//! What is counted over all instances (ENG-5): passages of steps, runs by outcome, and how many stand how. Amounts are
//! gathered between ticks and told sorted, so that neither batches nor partitions show (SEM-11, SEM-14).
//!
//! An event is counted once, in the minute of its source time, as what it was when it was first seen to do something.

use std::collections::BTreeMap;

use plumbline_model::{
    Change, EventType, Lag, SagaName,
    rollup::{Amount, Red, Rollup, SagaCounts, Series},
    saga::{SagaRole, SagaState},
    time::{Minute, ReceivedTime},
};
use serde::{Deserialize, Serialize};

use super::{event::Seen, plan::Plan, split::Split};

/// Amounts since the last tick, and the standing counts.
#[derive(Default)]
pub(super) struct Tally {
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
    /// Counts what of the events was not counted before.
    pub fn count(&mut self, events: &mut [Seen], split: &Split, plan: &Plan) {
        for at in 0..events.len() {
            let (run, role) = split.roles[at];
            let marks = events[at].marks;
            if (marks.counted && marks.timed) || matches!(role, SagaRole::Undeclared | SagaRole::Repeated) {
                continue;
            }
            let Some(meaning) = plan.meaning(events[at].kind) else { continue };
            if !marks.counted {
                self.runs(&plan.rule.name, events[at], role);
            }
            let run = &split.runs[usize::from(run)];
            let since = match role {
                SagaRole::AfterEnd => continue,
                SagaRole::Step => before_step(run, at),
                SagaRole::Compensation => run.end.map(|(end, _)| end),
                SagaRole::Completed | SagaRole::Failed => run.furthest().and_then(|step| run.done[step]).or(run.start),
                _ => None,
            };
            let time =
                since.filter(|since| *since != at && !marks.timed).map(|since| events[at].at.since(events[since].at));
            let amount = Red { count: u64::from(!marks.counted), ..Red::default() };
            if !marks.counted || time.is_some() {
                self.step(&plan.rule.name, &meaning.event, events[at], amount, time);
            }
            events[at].marks.counted = true;
            events[at].marks.timed |= time.is_some();
        }
    }

    fn step(&mut self, saga: &SagaName, event: &EventType, seen: Seen, mut amount: Red, time: Option<Lag>) {
        if let Some(time) = time {
            amount.duration.add(time);
        }
        let series = Series::Step { saga: saga.clone(), event: event.clone() };
        self.add(seen.at.minute(), series, Amount::Red(amount));
    }

    fn runs(&mut self, saga: &SagaName, seen: Seen, role: SagaRole) {
        let mut counts = SagaCounts::default();
        match role {
            SagaRole::Start => counts.started = 1,
            SagaRole::Completed => counts.completed = 1,
            SagaRole::Failed => counts.failed = 1,
            _ => return,
        }
        self.add(seen.at.minute(), Series::Saga { saga: saga.clone() }, Amount::Saga(counts));
    }

    /// At the first tick of a minute: how the runs stood at the end of the one before.
    pub fn close_minute(&mut self, now: ReceivedTime, plans: &[Plan]) {
        let minute = now.minute();
        if self.minute.is_some_and(|last| last < minute) {
            for (plan, standing) in plans.iter().zip(self.standing.clone()) {
                let Standing { open, stuck, unknown } = standing;
                let counts = SagaCounts { open, stuck, unknown, ..SagaCounts::default() };
                let series = Series::Saga { saga: plan.rule.name.clone() };
                self.add(Minute(minute.0 - 1), series, Amount::Saga(counts));
            }
        }
        self.minute = Some(minute);
    }

    pub fn tell(&mut self, out: &mut Vec<Change>) {
        for ((minute, series), amount) in std::mem::take(&mut self.amounts) {
            out.push(Change::Rollup(Box::new(Rollup { minute, series, amount })));
        }
    }

    /// What is to be kept until the next tick.
    pub fn pending(&self) -> Vec<Rollup> {
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
