//! Convergence: do the replicas of an entity hold what its authority holds, within the time that was promised (SEM-5 … 10)?
//!
//! The way of one observation: `places` turns where it stood into a number, `see` takes it into the key's `history` or
//! `side`, `standing` compares the two, `claim` says what follows from that and when it is due, `judge` decides or waits,
//! `cells` count, and `settle` tells. A frontier that moves wakes the keys that waited for it and settles them likewise.
//!
//! Only `settle` and `tally` tell anything, and in the order of names: memory order never reaches the output (ENG-1).

mod ahead;
mod baseline;
mod cells;
mod cellset;
mod claim;
mod expiry;
mod finding;
mod history;
mod judge;
mod keys;
mod missed;
mod places;
mod plan;
mod probe;
mod row;
mod see;
mod settle;
mod side;
mod sight;
mod snapshot;
mod standing;
mod state;
mod tally;
mod verdicts;

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap; // order: only looked up
use plumbline_model::{
    Change, EntityName, FindingId, Key, Observation,
    finding::{Resolution, Resolved},
    journal::{Command, Gap, GapReason, Progress},
    rules::Rules,
    state::{Content, StateFact, StateKind},
};
use smallvec::SmallVec;

use self::{
    baseline::Baselines,
    cells::How,
    history::Inserted,
    judge::World,
    keys::{KeyState, Keys, Slot},
    places::Places,
    plan::EntityPlan,
    row::Row,
    see::{Seeing, Seen},
    settle::{Trigger, Waits},
    side::Class,
    sight::Sight,
    tally::Tally,
};
pub use self::{
    plan::REPLICAS_MAX,
    row::FIELDS_MAX,
    verdicts::{KeyVerdict, ReplicaSummary},
};
use crate::Context;

/// The convergence checker.
#[derive(Default)]
pub struct Convergence {
    rules: Rules,
    plans: Vec<EntityPlan>,
    bases: Vec<Baselines>,
    names: HashMap<EntityName, u16>, // order: only looked up
    places: Places,
    keys: Keys,
    tally: Tally,
    dirty: Vec<Slot>,
    dirty_bases: BTreeSet<u16>,
    gone: Vec<(EntityName, Key)>,
    /// State was loaded, and nobody has looked at the frontiers since.
    loaded: bool,
}

impl Convergence {
    /// The findings that are open. In the order of memory: for sets only.
    pub fn open_findings(&self) -> impl Iterator<Item = FindingId> + '_ {
        let sides = self.keys.slots().flat_map(|slot| self.keys.get(slot).sides.iter());
        sides.filter_map(|side| side.open()).map(|open| open.id)
    }

    /// Takes rules in. Where the decode half of an entity changed, what was known of it is void (SEM-11).
    pub(crate) fn configure(&mut self, cx: &Context<'_>, rules: &Rules, out: &mut Vec<Change>) {
        self.rules = Rules { alerts: Default::default(), sagas: Vec::new(), ..rules.clone() };
        let mut plans: Vec<EntityPlan> =
            rules.entities.iter().map(|rule| EntityPlan::new(rule, rules, &mut self.places)).collect();
        for (entity, old) in self.plans.iter().enumerate() {
            if plans.iter().find(|plan| plan.name == old.name).is_none_or(|plan| plan.shape != old.shape) {
                void(&mut self.keys, entity as u16, old, cx, &mut self.gone, out);
            }
        }
        // Entities keep their numbers; what is not configured any more goes to the end of the list, without replicas.
        let known = std::mem::take(&mut self.plans);
        let mut bases = std::mem::take(&mut self.bases).into_iter();
        for old in known {
            let base = bases.next().unwrap_or_default();
            let new = plans.iter().position(|plan| plan.name == old.name).map(|at| plans.remove(at));
            let same = new.as_ref().is_some_and(|new| new.shape == old.shape);
            let plan = new.unwrap_or_else(|| EntityPlan { replicas: Vec::new(), shape: 0, ..old });
            self.bases.push(if same { base } else { Baselines::new(&plan, true) });
            self.plans.push(plan);
        }
        for plan in plans {
            self.bases.push(Baselines::new(&plan, false));
            self.plans.push(plan);
        }
        self.names = self.plans.iter().enumerate().map(|(at, plan)| (plan.name.clone(), at as u16)).collect();
        self.dirty_bases.extend(0..self.plans.len() as u16);
        self.tally.configure(&self.plans);
        // Slots and deadlines may be others now.
        self.places.forget_waits();
        self.dirty = self.keys.slots().collect();
        self.recount();
        self.loaded = true;
    }

    /// After a restart or with new rules: frontiers are asked for anew, and every key that has something open waits again.
    fn wake(&mut self, cx: &Context<'_>, out: &mut Vec<Change>) {
        if !std::mem::take(&mut self.loaded) {
            return;
        }
        self.places.look_everywhere(cx);
        self.end_snapshots(cx, out);
        let open = |slot: &Slot| {
            let key = self.keys.get(*slot);
            let open = (0..key.histories()).any(|it| key.history(it).writes.iter().any(|write| write.cells.any_open()));
            open || key.sides.iter().any(|side| side.class == Class::Lagging || side.rare.is_some())
        };
        let mut slots: Vec<Slot> = self.keys.slots().filter(open).collect();
        self.keys.sort(&mut slots, &self.plans);
        for slot in slots {
            if let Some(flight) = &mut self.keys.get_mut(slot).flight {
                flight.armed.clear();
            }
            // Whatever could be decided was, before it was kept: this only waits, unless the rules are others now.
            self.settle(cx, slot, None, Trigger::Other, out);
            self.mark(slot);
        }
    }

    fn recount(&mut self) {
        for slot in self.keys.slots() {
            let key = self.keys.get(slot);
            for (replica, side) in key.sides.iter().enumerate() {
                self.tally.shift(key.entity, replica, Class::New, side.class);
            }
        }
    }

    pub(crate) fn observe(
        &mut self,
        cx: &Context<'_>,
        observation: &Observation,
        fact: &StateFact,
        out: &mut Vec<Change>,
    ) {
        self.wake(cx, out);
        let Some(&entity) = self.names.get(&fact.entity) else { return };
        let plan = &self.plans[entity as usize];
        let Some(replica) = plan.replica(&fact.replica) else { return };
        let place = self.places.of(cx, &observation.id);
        let seen = self.places.seen().of(place);
        let announced = !self.bases[entity as usize].unannounced(replica);
        let sight = Sight::new(observation, fact, place, announced);
        let row = match &fact.content {
            Content::Fields(fields) if sight.present() => {
                let mut row = Row::read(fields, &plan.fields);
                row.set_not_held(fact.not_held.iter().filter_map(|name| plan.replica(name)).map(|it| 1 << it).sum());
                Some(row)
            }
            _ => None,
        };
        let seeing = Seeing { sight, row, counts_from: observation.at.max(seen) };
        let slot = self.slot(entity, &fact.key);
        let plan = &self.plans[entity as usize].replicas[replica];
        if let (StateKind::Probe { asked }, true) = (fact.kind, plan.probed) {
            probe::receive(self.keys.get_mut(slot), replica, asked, seeing);
            self.settle(cx, slot, Some(replica), Trigger::Replica(sight), out);
        } else if self.see(slot, replica, seeing) {
            let trigger = match self.plans[entity as usize].replicas[replica].writes {
                Some(_) => Trigger::Write { sight, late: observation.at <= seen },
                None => Trigger::Replica(sight),
            };
            // The others are judged too when the key is new, so that they count from the beginning.
            let known = self.keys.get(slot).sides[..].iter().all(|side| side.class != Class::New);
            let only = Some(replica).filter(|_| known && matches!(trigger, Trigger::Replica(_)));
            self.settle(cx, slot, only, trigger, out);
        }
        self.mark(slot);
    }

    fn slot(&mut self, entity: u16, key: &Key) -> Slot {
        self.keys.find(entity, key).unwrap_or_else(|| {
            let plan = &self.plans[entity as usize];
            self.keys.insert(KeyState::new(entity, key.clone(), plan.authorities.len(), plan.sides()))
        })
    }

    /// Takes what was seen into the key's state. Returns whether anybody has to be judged anew.
    fn see(&mut self, slot: Slot, replica: usize, seeing: Seeing) -> bool {
        let key = self.keys.get_mut(slot);
        let (plan, base) = (&self.plans[key.entity as usize], &self.bases[key.entity as usize]);
        let own = &plan.replicas[replica];
        let mut news = false;
        if let Some(history) = own.writes {
            let copy = Seeing { row: seeing.row.clone(), ..seeing };
            if let Inserted::At(index) = see::write(key, history, copy, &self.places) {
                cells::open(key, plan, history, index);
                for other in plan.checked() {
                    see::rematch(key, other, &plan.replicas[other], history);
                    see::reconsider(key, other, &plan.replicas[other], history, index);
                    cells::cover_between(key, other, &plan.replicas[other], history, index);
                    let known = base.known_from(other).is_ok();
                    let seen_to = key.sides[other].sight.at.plus(ahead::error(&plan.replicas[other]));
                    if key.sides[other].seen {
                        cells::cover(key, other, &plan.replicas[other], known, How::Held, seen_to, &mut self.tally);
                    }
                    probe::forget_failure(key, other);
                }
                news = true;
            }
        }
        if own.checked() {
            let known = base.known_from(replica).is_ok();
            match see::replica(key, replica, own, seeing, &self.places) {
                Seen::Known => news |= key.sides[replica].class != Class::Converged,
                Seen::Ahead => news = true,
                Seen::Plain(seeing) => {
                    ahead::take(key, replica, own, seeing, known, &mut self.tally);
                    news = true;
                }
            }
        }
        news
    }

    /// Judges one replica of a key, or all of them, and waits for what cannot be decided yet.
    fn settle(&mut self, cx: &Context<'_>, slot: Slot, only: Option<usize>, trigger: Trigger, out: &mut Vec<Change>) {
        let key = self.keys.get_mut(slot);
        let entity = key.entity as usize;
        let (plan, base) = (&self.plans[entity], &self.bases[entity]);
        let world = World { cx, plan, base, places: &self.places, seen: self.places.seen() };
        let mut waits = Waits::new();
        for replica in plan.checked().filter(|replica| only.is_none_or(|only| only == *replica)) {
            settle::replica(&world, key, replica, trigger, &mut self.tally, &mut waits, out);
        }
        cells::trim(key, plan, &mut self.tally);
        if let Some(flight) = &mut key.flight {
            let seen = self.places.seen();
            flight.armed.retain(|armed| armed.until > seen.of(armed.place));
        }
        for wait in waits {
            let armed = &mut key.flight().armed;
            let same = |it: &&keys::Armed| it.replica == wait.replica && it.place == wait.place;
            if !armed.iter().filter(same).any(|it| it.until <= wait.until) {
                armed.push(wait);
                self.places.wait(wait.place, wait.until, slot);
            }
        }
        if key.flight.as_ref().is_some_and(|flight| flight.covers.is_empty() && flight.armed.is_empty()) {
            key.flight = None;
        }
    }

    fn settle_all(&mut self, cx: &Context<'_>, mut slots: Vec<Slot>, out: &mut Vec<Change>) {
        self.keys.sort(&mut slots, &self.plans);
        for slot in slots {
            self.settle(cx, slot, None, Trigger::Other, out);
            self.mark(slot);
        }
    }

    fn mark(&mut self, slot: Slot) {
        let key = self.keys.get_mut(slot);
        if !std::mem::replace(&mut key.dirty, true) {
            self.dirty.push(slot);
        }
    }

    /// A source was seen further: decides what waited for that.
    pub(crate) fn progress(&mut self, cx: &Context<'_>, progress: &Progress, out: &mut Vec<Change>) {
        self.wake(cx, out);
        let awake = self.places.progress(cx, progress);
        // What a snapshot did not show is gone before anything is decided that it could explain.
        self.end_snapshots(cx, out);
        if !awake.is_empty() {
            self.settle_all(cx, awake, out);
        }
    }

    /// Records were missed: what was decided and lies in the gap is not known any more. A single record that could not be
    /// read leaves open findings open, so that one bad record does not hide ten thousand divergent keys.
    pub(crate) fn gap(&mut self, cx: &Context<'_>, gap: &Gap, out: &mut Vec<Change>) {
        self.wake(cx, out);
        if gap.reason == GapReason::Poison {
            return;
        }
        let mut touched = Vec::new();
        for slot in self.keys.slots() {
            let key = self.keys.get_mut(slot);
            let plan = &self.plans[key.entity as usize];
            let authority = plan.authorities.iter().any(|it| plan.replicas[*it].source == gap.source);
            let hides: SmallVec<[bool; 2]> = (0..key.histories())
                .map(|history| authority && self.places.touches(gap, plan.authority_place(key, history)))
                .collect();
            for (replica, side) in key.sides.iter_mut().enumerate() {
                // What the authority may have written in the gap is not known never to have been written any more.
                let doubtful = plan.replicas[replica].against.iter().zip(&hides).filter(|(_, hides)| **hides);
                if side.keep_proven(!doubtful.fold(0, |fields, (against, _)| fields | against.mask)) {
                    touched.push(slot);
                }
                let concerned = authority || plan.replicas[replica].source == gap.source;
                if let Some(open) = side.rare.as_mut().and_then(|rare| rare.open.as_mut()).filter(|_| concerned) {
                    open.proven = false;
                    touched.push(slot);
                }
            }
        }
        self.settle_all(cx, touched, out);
    }

    pub(crate) fn command(&mut self, cx: &Context<'_>, command: &Command, out: &mut Vec<Change>) {
        self.wake(cx, out);
        let Command::ProbeFailed { entity, replica, key, .. } = command else { return };
        let Some(&entity) = self.names.get(entity) else { return };
        let Some(replica) = self.plans[entity as usize].replica(replica) else { return };
        let Some(slot) = self.keys.find(entity, key) else { return };
        if probe::fail(self.keys.get_mut(slot), replica) {
            self.settle(cx, slot, Some(replica), Trigger::Other, out);
            self.mark(slot);
        }
    }

    /// Tells what was gathered since the last tick, and once a minute how many keys stand how.
    pub(crate) fn tick(&mut self, cx: &Context<'_>, out: &mut Vec<Change>) {
        self.wake(cx, out);
        let blind = match self.tally.ends_minute(cx) {
            Some(_) => self.blind(cx),
            None => BTreeMap::new(),
        };
        self.tally.tick(cx, &self.plans, &blind, out);
    }
}

/// Forgets what is known of an entity's keys, because it was known under another mapping.
fn void(
    keys: &mut Keys,
    entity: u16,
    plan: &EntityPlan,
    cx: &Context<'_>,
    gone: &mut Vec<(EntityName, Key)>,
    out: &mut Vec<Change>,
) {
    let mut forgotten = keys.forget(entity);
    forgotten.sort_by(|left, right| left.key.cmp(&right.key));
    for key in forgotten {
        for open in key.sides.iter().filter_map(|side| side.open()) {
            let how = Resolved::EngineChanged;
            let resolution = Resolution { at: None, found: cx.now, how, evidence: None };
            out.push(Change::Resolved { id: open.id, resolution });
        }
        gone.push((plan.name.clone(), key.key));
    }
}

#[cfg(test)]
mod tests {
    // The rules themselves are tested in the notation of `tests/checkers/convergence`.
    #[test]
    fn what_is_kept_for_every_key_and_write_is_small() {
        // SEM-5 wants many writes remembered and DESIGN many keys: growth here is paid a million times.
        assert_eq!(std::mem::size_of::<super::history::Write>(), 88);
        assert_eq!(std::mem::size_of::<super::side::Side>(), 64);
        assert_eq!(std::mem::size_of::<super::keys::KeyState>(), 96);
    }
}
