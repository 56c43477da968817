//! Questions to the checker: the verdict of every key in every replica as things stand, and how many stand how. What is due
//! and cannot be decided is `Unknown` here and never `Lagging`: it is not known to be within its time.

use std::collections::BTreeMap;

use plumbline_model::{Change, EntityName, Key, Lag, ReplicaName, SourceTime, Verdict, Why, rollup::Keys as Counts};

use super::{
    Convergence, cells,
    judge::{Judgement, World},
    keys::{KeyState, Slot},
    places::{PlaceId, Seen},
    probe::Probe,
    side::{Class, Side},
};
use crate::Context;

/// How long after its time by Plumbline's own clock a key counts as undecidable where no frontier tells that it is due.
/// Longer shows a dead pair of sources as "lagging" for longer; shorter shows a slow one as blind too soon.
const PATIENCE: Lag = Lag::from_secs(60);

/// The verdict of one key in one replica.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyVerdict<'a> {
    pub entity: &'a EntityName,
    pub key: &'a Key,
    pub replica: &'a ReplicaName,
    pub verdict: Verdict,
}

/// How the keys of one replica stand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReplicaSummary {
    pub entity: EntityName,
    pub replica: ReplicaName,
    pub keys: Counts,
    /// Why the unknown ones are.
    pub whys: BTreeMap<Why, u64>,
    /// Writes whose cells have not closed.
    pub open_cells: u64,
    /// Those of them that are due and wait for nothing but the answer to a probe.
    pub unasked_cells: u64,
    /// Keys that were ever seen in it: of a replica that may be without any key, none says that nothing was seen of it.
    pub seen: u64,
}

impl Convergence {
    /// The verdict of every key in every checked replica, by entity, key and declared replica.
    pub fn verdicts<'a>(&'a self, cx: &'a Context<'a>) -> impl Iterator<Item = KeyVerdict<'a>> + 'a {
        let mut slots: Vec<Slot> = self.keys.slots().collect();
        self.keys.sort(&mut slots, &self.plans);
        let seen = self.places.seen_now(cx);
        slots.into_iter().flat_map(move |slot| self.verdicts_of(cx, &seen, slot))
    }

    /// The verdicts of one key; empty if it was never seen.
    pub fn verdicts_of_key<'a>(&'a self, cx: &'a Context<'a>, entity: &EntityName, key: &Key) -> Vec<KeyVerdict<'a>> {
        let slot = self.names.get(entity).and_then(|entity| self.keys.find(*entity, key));
        slot.map(|slot| self.verdicts_of(cx, &self.places.seen_now(cx), slot)).unwrap_or_default()
    }

    fn verdicts_of<'a>(&'a self, cx: &'a Context<'a>, seen: &[SourceTime], slot: Slot) -> Vec<KeyVerdict<'a>> {
        let key = self.keys.get(slot);
        let entity = key.entity as usize;
        let (plan, base) = (&self.plans[entity], &self.bases[entity]);
        let world = World { cx, plan, base, places: &self.places, seen: Seen(seen) };
        let verdict = |replica: usize| KeyVerdict {
            entity: &plan.name,
            key: &key.key,
            replica: &plan.replicas[replica].name,
            verdict: verdict(&world, key, replica),
        };
        plan.checked().map(verdict).collect()
    }

    /// How the keys of every checked replica stand, in the order of the configuration.
    pub fn summary(&self, cx: &Context<'_>) -> Vec<ReplicaSummary> {
        let mut summaries = Vec::new();
        let mut rows: BTreeMap<(u16, usize), usize> = BTreeMap::new();
        for (entity, plan) in self.plans.iter().enumerate() {
            for replica in plan.checked() {
                rows.insert((entity as u16, replica), summaries.len());
                summaries.push(ReplicaSummary {
                    entity: plan.name.clone(),
                    replica: plan.replicas[replica].name.clone(),
                    keys: Counts::default(),
                    whys: BTreeMap::new(),
                    open_cells: 0,
                    unasked_cells: 0,
                    seen: 0,
                });
            }
        }
        let seen = self.places.seen_now(cx);
        for slot in self.keys.slots() {
            let key = self.keys.get(slot);
            let entity = key.entity as usize;
            let (plan, base) = (&self.plans[entity], &self.bases[entity]);
            let world = World { cx, plan, base, places: &self.places, seen: Seen(&seen) };
            for replica in plan.checked() {
                let Some(summary) = rows.get(&(key.entity, replica)).and_then(|row| summaries.get_mut(*row)) else {
                    continue;
                };
                summary.add(verdict(&world, key, replica));
                summary.seen += u64::from(key.sides[replica].seen);
                summary.open_cells += cells::open_ones(key, replica).count() as u64;
                if plan.replicas[replica].probed {
                    let due = cells::open_ones(key, replica)
                        .map(|(history, write)| cells::deadline(&plan.replicas[replica], history, write));
                    let passed = due.filter(|due| world.unseen_place(key, replica, *due).is_none());
                    summary.unasked_cells += passed.count() as u64;
                }
            }
        }
        summaries
    }

    /// The probes that wait for an answer, by entity, key and declared replica: to be asked again after a restart (SEM-10).
    pub fn open_probes(&self) -> Vec<Change> {
        let mut slots: Vec<Slot> = self.keys.slots().collect();
        self.keys.sort(&mut slots, &self.plans);
        let mut probes = Vec::new();
        for slot in slots {
            let key = self.keys.get(slot);
            let plan = &self.plans[key.entity as usize];
            for (side, replica) in key.sides.iter().zip(&plan.replicas) {
                if let Some(due) = side.probe().and_then(Probe::wanted) {
                    let (entity, replica, key) = (plan.name.clone(), replica.name.clone(), key.key.clone());
                    probes.push(Change::ProbeWanted { entity, replica, key, due });
                }
            }
        }
        probes
    }

    /// The keys that are counted as lagging, are due and cannot be decided, by entity and replica.
    pub(super) fn blind(&self, cx: &Context<'_>) -> BTreeMap<(u16, u8), u64> {
        let mut blind = BTreeMap::new();
        let seen = self.places.seen_now(cx);
        for slot in self.keys.slots() {
            let key = self.keys.get(slot);
            if key.sides.iter().all(|side| side.class != Class::Lagging) {
                continue;
            }
            let entity = key.entity as usize;
            let (plan, base) = (&self.plans[entity], &self.bases[entity]);
            let world = World { cx, plan, base, places: &self.places, seen: Seen(&seen) };
            for replica in plan.checked().filter(|replica| key.sides[*replica].class == Class::Lagging) {
                if matches!(verdict(&world, key, replica), Verdict::Unknown { .. }) {
                    *blind.entry((key.entity, replica as u8)).or_default() += 1;
                }
            }
        }
        blind
    }
}

impl ReplicaSummary {
    fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Converged => self.keys.converged += 1,
            Verdict::Lagging { .. } => self.keys.lagging += 1,
            Verdict::Diverged { .. } => self.keys.diverged += 1,
            Verdict::Unknown { why } => {
                self.keys.unknown += 1;
                *self.whys.entry(why).or_default() += 1;
            }
        }
    }
}

fn verdict(world: &World<'_>, key: &KeyState, replica: usize) -> Verdict {
    let open = key.sides[replica].open();
    match world.judge(key, replica) {
        Judgement::Converged => Verdict::Converged,
        Judgement::Unknown(why) => Verdict::Unknown { why },
        Judgement::Diverged { facts, .. } => Verdict::Diverged { reason: facts.reason },
        Judgement::Lagging { facts, place, until } => {
            match (open, undecidable(world, &key.sides[replica], place, until)) {
                // It has been different since before; what it holds now only has a later deadline.
                (Some(open), _) => Verdict::Diverged { reason: open.reason },
                (None, Some(why)) => Verdict::Unknown { why },
                (None, None) => Verdict::Lagging { due: facts.due.unwrap_or(until) },
            }
        }
    }
}

/// Why something that is due cannot be decided; `None` where it is not due.
fn undecidable(world: &World<'_>, side: &Side, place: PlaceId, until: SourceTime) -> Option<Why> {
    let (source, partition) = world.places.name(place);
    if world.cx.frontiers.ended(source) {
        // Whether the answer would have come is not for the end of the input to say (SEM-4).
        let asked = side.probe().and_then(Probe::wanted).is_some();
        return Some(if asked { Why::NotProbed } else { Why::InputEnded });
    }
    let own_clock = SourceTime(world.cx.now.0).minus(PATIENCE);
    let due = world.cx.frontiers.furthest() >= Some(until) || own_clock >= until;
    due.then(|| world.cx.frontiers.passed(source, partition, until).err()).flatten()
}
