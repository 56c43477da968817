//! Judging one instance again, and taking over what came of it: books, findings, counts, and when to look next.

use plumbline_model::{Change, Lag, SourceTime, finding::Resolved, saga::SagaState, time::ReceivedTime};
use smallvec::SmallVec;

use super::{
    Sagas,
    event::Seen,
    instance::{Instance, MAX_RUNS, RunBook},
    judge::{NEVER, Verdict, judge},
    ledger::{self, Basis},
    promise::World,
    sources::SourceIndex,
    split::{Split, split},
    view,
};
use crate::Context;

impl Sagas {
    /// Judges everybody where the rules changed or the process began anew; otherwise does nothing.
    pub(super) fn catch_up(&mut self, cx: &Context<'_>, out: &mut Vec<Change>) {
        if !self.reconfigured && !self.restored {
            return;
        }
        let lost = if self.reconfigured { Resolved::EngineChanged } else { Resolved::Disproved };
        (self.reconfigured, self.restored) = (false, false);
        out.append(&mut self.farewells);
        // As things stood when the last record was stepped: the tick that may come now has its own turn.
        let then = Context { now: self.now, ..*cx };
        for at in self.instances.sorted() {
            self.review(at, &then, None, lost, out);
        }
    }

    /// Judges one instance as things stand. `event` is the one that just came, if one did.
    pub(super) fn review(
        &mut self,
        at: u32,
        cx: &Context<'_>,
        event: Option<&Seen>,
        lost: Resolved,
        out: &mut Vec<Change>,
    ) {
        let Some(mut instance) = self.instances.take(at) else { return };
        if instance.events.is_empty() {
            return self.instances.put(at, instance);
        }
        let told_before = out.len();
        let split = self.bounded_split(&mut instance, event, cx, out);
        let number = usize::from(instance.saga);
        let plan = &self.plans[number];
        let forgotten = instance.forgotten_runs > 0;
        let world = World { sources: &self.sources, clock: SourceTime(cx.now.0) };
        let runs = split.runs.iter().enumerate();
        let verdicts: SmallVec<[Verdict<'_>; 1]> =
            runs.map(|(index, run)| judge(run, &instance.events, plan, world, forgotten && index == 0)).collect();
        let basis = Basis { plan, sources: &self.sources, now: cx.now, lost };
        ledger::reconcile(&mut instance, &split, &verdicts, basis, out);
        if event.is_some() {
            self.tally.count(&mut instance.events, &split, instance.saga);
        }

        let settled = verdicts.iter().all(|verdict| !verdict.state.is_open() && verdict.wakes.is_empty())
            && instance.told().iter().all(|told| !told.open);
        let wakes: SmallVec<[_; 2]> = verdicts.iter().flat_map(|it| it.wakes.iter().copied()).collect();
        let clock = verdicts.iter().map(|it| it.clock).min().unwrap_or(NEVER);
        let states: SmallVec<[(SagaState, bool); 1]> =
            verdicts.into_iter().map(|verdict| (verdict.state, verdict.checked)).collect();

        let queued = instance.is_changed();
        let mut moved = self.keep_books(&mut instance, &split, states, event);
        if event.is_some() {
            self.tally.count_zombies(&mut instance, &split);
        }
        moved |= event.is_some() || told_before != out.len();
        self.watch(&mut instance, at, wakes.into_iter());
        self.instances.schedule_clock(&mut instance, at, clock);
        if event.is_some() || settled != instance.settled || instance.forget_at().is_none() {
            moved = true;
            instance.settled = settled;
            let forget = self.forget_after(&instance, &split).map(|delay| cx.now.plus(delay));
            // Before the first tick there is no time to count from.
            let forget = forget.filter(|_| cx.now != ReceivedTime::default());
            self.instances.schedule_forget(&mut instance, at, forget);
        }
        // It may be among them twice where what had changed was forgotten; telling drops repetitions.
        if !queued && instance.is_changed() {
            self.changed.push(at);
        }
        if moved {
            self.mark_dirty(&mut instance, at);
        }
        self.instances.put(at, instance);
    }

    /// Keeps the instance at the next opportunity.
    pub(super) fn mark_dirty(&mut self, instance: &mut Instance, at: u32) {
        if !std::mem::replace(&mut instance.dirty, true) {
            self.dirty.push(at);
        }
    }

    /// Reads the runs, letting go of what exceeds the bounds of one correlation id.
    fn bounded_split(
        &mut self,
        instance: &mut Instance,
        event: Option<&Seen>,
        cx: &Context<'_>,
        out: &mut Vec<Change>,
    ) -> Split {
        let number = usize::from(instance.saga);
        loop {
            let forgotten = instance.forgotten_runs > 0;
            let split = split(&instance.events, &self.plans[number], &self.sources, forgotten);
            if event.is_none() {
                return split;
            }
            if split.runs.len() > MAX_RUNS {
                self.forget_oldest_run(instance, &split, cx, out);
                continue;
            }
            let superfluous =
                (0..split.runs.len().max(1)).find_map(|run| Some((run, instance.superfluous(&split, run)?)));
            let Some((run, spare)) = superfluous else { return split };
            instance.remove(spare);
            if let Some(book) = instance.runs.get_mut(run) {
                book.omitted = book.omitted.saturating_add(1);
            }
        }
    }

    /// Takes the new states over. Returns whether any differs.
    fn keep_books(
        &mut self,
        instance: &mut Instance,
        split: &Split,
        states: SmallVec<[(SagaState, bool); 1]>,
        event: Option<&Seen>,
    ) -> bool {
        let number = usize::from(instance.saga);
        let standing = &mut self.tally.standing[number];
        let coverage = &mut self.coverage[number];
        let more_or_fewer = instance.runs.len() != states.len();
        for gone in instance.runs.drain(states.len().min(instance.runs.len())..) {
            standing.remove(&gone.state.get());
        }
        let touched = event.and_then(|event| {
            let at = instance.events.binary_search_by(|known| self.sources.order(known, event)).ok()?;
            split.roles.get(at).map(|role| usize::from(role.0))
        });
        let mut moved = more_or_fewer;
        for (index, (state, checked)) in states.into_iter().enumerate() {
            let new = index >= instance.runs.len();
            if new {
                standing.add(&state);
                coverage.runs += 1;
                let state = state.clone().into();
                instance.runs.push(RunBook { state, checked: false, zombie: false, changed: true, omitted: 0 });
            }
            let book = &mut instance.runs[index];
            let before = book.state.get();
            if before != state {
                standing.remove(&before);
                standing.add(&state);
                book.state = state.into();
                book.changed = true;
                moved = true;
            }
            book.changed |= more_or_fewer || touched == Some(index);
            coverage.checked += u64::from(checked && !book.checked);
            moved |= checked && !book.checked;
            book.checked |= checked;
        }
        moved
    }

    /// Waits for these sources too, unless the instance will be looked at earlier anyway.
    fn watch(&mut self, instance: &mut Instance, at: u32, wakes: impl Iterator<Item = (SourceIndex, SourceTime)>) {
        for (source, until) in wakes {
            let waits = &mut instance.entries.waits;
            match waits.iter_mut().find(|wait| wait.0 == source) {
                Some(wait) if wait.1 <= until => continue,
                Some(wait) => {
                    self.sources.stop_waiting(source, wait.1, at);
                    wait.1 = until;
                }
                None => waits.push((source, until)),
            }
            self.sources.wait(source, until, at);
        }
    }

    /// How long after the last that happened the instance is forgotten.
    fn forget_after(&self, instance: &Instance, split: &Split) -> Option<Lag> {
        use super::memory::{ABANDONED_AFTER, ENDED_REMEMBERED, STRAY_REMEMBERED, UNDECLARED_REMEMBERED};
        let plan = &self.plans[usize::from(instance.saga)];
        Some(match split.runs.iter().any(|run| run.start.is_some()) {
            _ if split.runs.is_empty() => UNDECLARED_REMEMBERED,
            _ if instance.settled => ENDED_REMEMBERED,
            true => ABANDONED_AFTER.max(Lag(view::longest_wait(plan).0.saturating_mul(2))),
            false => STRAY_REMEMBERED,
        })
    }
}
