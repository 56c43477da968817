//! What is forgotten and when (LIM-1), and how instances move between rules. What is forgotten leaves the number of its
//! runs behind for a day, so that a straggler is `Unknown{forgotten}` and a new start opens the next run (SEM-17).

use plumbline_model::{Change, EventType, Lag, finding::Resolved, time::ReceivedTime};

use super::{
    Sagas,
    event::Seen,
    held::Held,
    instance::{Entries, Instance},
    kept, ledger,
    plan::Plan,
    split::Split,
    view,
};
use crate::Context;

/// An ended run, with nothing owed or open, is remembered for so long: shorter, and late events of a slow source would not
/// be known as such; longer, and a busy saga would fill memory with what is done.
pub(super) const ENDED_REMEMBERED: Lag = Lag::from_secs(3600);
/// Events that the saga does not declare, without one that it does: of a busy stream nearly all belong to other flows. No
/// verdict rests on them; they are shown in the run if one comes of it.
pub(super) const UNDECLARED_REMEMBERED: Lag = Lag::from_secs(600);
/// Events without a start: as long as a start could still arrive late.
pub(super) const STRAY_REMEMBERED: Lag = Lag::from_secs(24 * 3600);
/// An open run without any event for so long, or twice its longest deadline if that is more, is abandoned.
pub(super) const ABANDONED_AFTER: Lag = Lag::from_secs(30 * 24 * 3600);
/// That there were runs is remembered for so long.
const REMEMBRANCE: Lag = Lag::from_secs(24 * 3600);
/// Correlation ids remembered at most, about 600 MB; beyond it those that would be forgotten first are let go and counted.
const MAX_INSTANCES: usize = 2_000_000;

impl Sagas {
    /// Forgets what is to be forgotten by now.
    pub(super) fn forget(&mut self, cx: &Context<'_>, out: &mut Vec<Change>) {
        let mut due = self.instances.forgets_up_to(cx.now);
        self.instances.sort(&mut due);
        for at in due {
            self.forget_one(at, cx, out);
        }
        let excess = self.instances.len().saturating_sub(MAX_INSTANCES);
        if excess > 0 {
            let mut first = self.instances.next_forgets(excess);
            self.instances.sort(&mut first);
            first.sort_by_key(|at| self.instances.get(*at).and_then(Instance::forget_at));
            for at in first.into_iter().take(excess) {
                self.evicted += 1;
                self.let_go(at, cx, out);
                self.drop_instance(at);
            }
        }
    }

    /// The first time the events go, the second time the remembrance; where there was no run there is nothing to remember.
    fn forget_one(&mut self, at: u32, cx: &Context<'_>, out: &mut Vec<Change>) {
        let nothing_was = |it: &Instance| it.events.is_empty() || it.runs.is_empty() && it.forgotten_runs == 0;
        if self.instances.get(at).is_some_and(nothing_was) {
            self.drop_instance(at);
        } else {
            self.let_go(at, cx, out);
        }
    }

    /// Lets the events and runs of an instance go; what was still open is abandoned.
    fn let_go(&mut self, at: u32, cx: &Context<'_>, out: &mut Vec<Change>) {
        let Some(mut instance) = self.instances.take(at) else { return };
        let standing = &mut self.tally.standing[usize::from(instance.saga)];
        for book in &mut instance.runs {
            standing.remove(&book.state.get());
            if book.state.is_open() {
                book.state = Held::Abandoned;
                book.changed = true;
            }
        }
        let plan = &self.plans[usize::from(instance.saga)];
        let wanted = |index: usize| instance.runs[index].changed;
        let told = view::runs(&instance, plan, &self.sources, cx.now, wanted);
        for index in 0..instance.runs.len() {
            let run = instance.run_number(index);
            ledger::give_up(&mut instance, run, cx.now, out);
        }
        out.extend(told.into_iter().map(|run| Change::Saga(Box::new(run))));
        instance.forgotten_runs = instance.run_number(instance.runs.len()).saturating_sub(1);
        instance.runs.clear();
        instance.events = Vec::new();
        instance.rare = None;
        instance.settled = true;
        self.instances.release(&mut instance, at, &mut self.sources);
        self.instances.schedule_forget(&mut instance, at, Some(cx.now.plus(REMEMBRANCE)));
        self.mark_dirty(&mut instance, at);
        self.instances.put(at, instance);
    }

    fn drop_instance(&mut self, at: u32) {
        if let Some(instance) = self.instances.remove(at, &mut self.sources) {
            let plan = &self.plans[usize::from(instance.saga)];
            self.gone.insert(kept::key(&plan.rule.name, &instance.id));
        }
    }

    /// Lets the oldest run go where one correlation id has too many.
    pub(super) fn forget_oldest_run(
        &mut self,
        instance: &mut Instance,
        split: &Split,
        cx: &Context<'_>,
        out: &mut Vec<Change>,
    ) {
        let plan = &self.plans[usize::from(instance.saga)];
        if !instance.runs.is_empty() {
            let changed = instance.runs[0].changed;
            let told = view::runs(instance, plan, &self.sources, cx.now, |index| index == 0 && changed);
            out.extend(told.into_iter().map(|run| Change::Saga(Box::new(run))));
            let book = instance.runs.remove(0);
            self.tally.standing[usize::from(instance.saga)].remove(&book.state.get());
        }
        let run = instance.run_number(0);
        ledger::give_up(instance, run, cx.now, out);
        let mut roles = split.roles.iter();
        let mut kept = Vec::with_capacity(instance.events.len());
        for event in &instance.events {
            if roles.next().is_some_and(|role| role.0 > 0) {
                kept.push(*event);
            }
        }
        instance.events = kept;
        instance.forgotten_runs = instance.forgotten_runs.saturating_add(1);
    }

    /// Tells the runs of an instance that changed since the last tick.
    pub(super) fn tell_runs(&mut self, at: u32, now: ReceivedTime, out: &mut Vec<Change>) {
        let Some(mut instance) = self.instances.take(at) else { return };
        let plan = &self.plans[usize::from(instance.saga)];
        let told = view::runs(&instance, plan, &self.sources, now, |index| instance.runs[index].changed);
        out.extend(told.into_iter().map(|run| Change::Saga(Box::new(run))));
        instance.runs.iter_mut().for_each(|book| book.changed = false);
        self.mark_dirty(&mut instance, at);
        self.instances.put(at, instance);
    }

    /// Takes an instance in that was kept, or that comes from other rules.
    pub(super) fn adopt(&mut self, instance: Instance) {
        let standing = &mut self.tally.standing[usize::from(instance.saga)];
        instance.runs.iter().for_each(|book| standing.add(&book.state.get()));
        let at = self.instances.insert(instance);
        let Some(mut instance) = self.instances.take(at) else { return };
        let forget = instance.forget_at();
        self.instances.schedule_forget(&mut instance, at, forget);
        if instance.is_changed() {
            self.changed.push(at);
        }
        if instance.dirty {
            self.dirty.push(at);
        }
        self.instances.put(at, instance);
    }

    /// Moves every instance from the old plans to the present ones; of sagas that are gone it remains
    /// to be told that nothing is held any more.
    pub(super) fn move_instances(&mut self, old: &[Plan]) {
        if self.instances.is_empty() {
            return;
        }
        self.reconfigured = true;
        self.sources.stop_all_waiting();
        let all = std::mem::take(&mut self.instances).into_sorted();
        self.changed.clear();
        self.dirty.clear();
        for mut instance in all {
            let before = &old[usize::from(instance.saga)];
            let now = self.plans.iter().position(|plan| plan.rule.name == before.rule.name);
            // Where the new rules declare nothing of it there is no run any more, as if there were no saga.
            let names = event_names(&instance, before);
            let now = now.filter(|number| {
                instance.runs.is_empty() || names.iter().any(|name| self.plans[*number].kind(name).is_some())
            });
            let Some(number) = now else {
                self.say_farewell(&mut instance, before);
                self.gone.insert(kept::key(&before.rule.name, &instance.id));
                continue;
            };
            rename_kinds(&mut instance, &names, &self.plans[number]);
            instance.saga = number as u16;
            instance.entries = Entries::default();
            instance.dirty = true;
            self.adopt(instance);
        }
    }
}

impl Sagas {
    /// What remains to be told of an instance whose saga is no longer configured.
    fn say_farewell(&mut self, instance: &mut Instance, plan: &Plan) {
        let open = instance.told().iter().filter(|told| told.open);
        self.farewells.extend(open.map(|told| ledger::resolved(told.id, Resolved::EngineChanged, None, self.now)));
        for book in &mut instance.runs {
            if book.state.is_open() {
                book.state = Held::Abandoned;
                book.changed = true;
            }
        }
        let told = view::runs(instance, plan, &self.sources, self.now, |index| instance.runs[index].changed);
        self.farewells.extend(told.into_iter().map(|run| Change::Saga(Box::new(run))));
    }
}

fn event_names(instance: &Instance, plan: &Plan) -> Vec<EventType> {
    let name = |event: &Seen| instance.event_name(plan, event.kind()).cloned().unwrap_or_default();
    instance.events.iter().map(name).collect()
}

/// Numbers the events' types anew.
fn rename_kinds(instance: &mut Instance, names: &[EventType], now: &Plan) {
    if let Some(rare) = &mut instance.rare {
        rare.undeclared.clear();
    }
    for (at, name) in names.iter().enumerate() {
        let kind = instance.kind(now, name);
        instance.events[at].set_kind(kind);
    }
}
