//! Where instances live: a slab with an index by (saga, correlation id), and the two clocks' indexes of who is to be looked
//! at when. Ids are places in the slab; they must never order anything that is told.

use std::collections::BTreeSet;

use hashbrown::HashTable;
use plumbline_model::{CorrelationId, SourceTime, time::ReceivedTime};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::{instance::Instance, judge::NEVER, sources::Sources};

/// All instances of all sagas.
#[derive(Default)]
pub(super) struct Instances {
    slots: Vec<Option<Instance>>,
    free: Vec<u32>,
    by_name: HashTable<u32>,
    /// Whose deadline the receiving clock passes when.
    clocks: BTreeSet<(SourceTime, u32)>,
    /// What is forgotten when.
    forgets: BTreeSet<(ReceivedTime, u32)>,
}

impl Instances {
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    pub fn find(&self, saga: u16, id: &CorrelationId) -> Option<u32> {
        let same = |at: &u32| self.get(*at).is_some_and(|it| it.saga == saga && it.id == *id);
        self.by_name.find(hash(saga, id), same).copied()
    }

    pub fn insert(&mut self, instance: Instance) -> u32 {
        let hashed = hash(instance.saga, &instance.id);
        let at = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            (self.slots.len() - 1) as u32
        });
        self.slots[at as usize] = Some(instance);
        let slots = &self.slots;
        self.by_name.insert_unique(hashed, at, |at| {
            slots[*at as usize].as_ref().map_or(0, |instance| hash(instance.saga, &instance.id))
        });
        at
    }

    pub fn get(&self, at: u32) -> Option<&Instance> {
        self.slots.get(at as usize).and_then(Option::as_ref)
    }

    /// Takes an instance out to work on it; it must be put back at the same place.
    pub fn take(&mut self, at: u32) -> Option<Instance> {
        self.slots.get_mut(at as usize).and_then(Option::take)
    }

    pub fn put(&mut self, at: u32, instance: Instance) {
        self.slots[at as usize] = Some(instance);
    }

    /// Removes an instance and every index entry of it.
    pub fn remove(&mut self, at: u32, sources: &mut Sources) -> Option<Instance> {
        let hashed = self.get(at).map(|it| hash(it.saga, &it.id))?;
        if let Ok(entry) = self.by_name.find_entry(hashed, |known| *known == at) {
            entry.remove();
        }
        let instance = self.slots[at as usize].take()?;
        self.free.push(at);
        for (source, until) in &instance.wakes {
            sources.stop_waiting(*source, *until, at);
        }
        self.clocks.remove(&(instance.clock, at));
        if let Some(forget) = instance.forget_at {
            self.forgets.remove(&(forget, at));
        }
        Some(instance)
    }

    /// All ids, in the order in which things are told: saga as declared, then correlation id.
    pub fn sorted(&self) -> Vec<u32> {
        let mut all: Vec<u32> = self.by_name.iter().copied().collect();
        self.sort(&mut all);
        all
    }

    /// Everything, in the order in which things are told.
    pub fn into_sorted(mut self) -> Vec<Instance> {
        let all = self.sorted();
        all.into_iter().filter_map(|at| self.take(at)).collect()
    }

    /// Sorts ids into the order in which things are told and drops repetitions and what is gone.
    pub fn sort(&self, ids: &mut Vec<u32>) {
        ids.retain(|at| self.get(*at).is_some());
        let name = |at: &u32| self.get(*at).map(|it| (it.saga, &it.id));
        ids.sort_unstable_by(|one, other| name(one).cmp(&name(other)));
        ids.dedup();
    }

    pub fn schedule_clock(&mut self, instance: &mut Instance, at: u32, clock: SourceTime) {
        if instance.clock != clock {
            self.clocks.remove(&(instance.clock, at));
            if clock != NEVER {
                self.clocks.insert((clock, at));
            }
            instance.clock = clock;
        }
    }

    pub fn schedule_forget(&mut self, instance: &mut Instance, at: u32, forget: Option<ReceivedTime>) {
        if instance.forget_at != forget {
            if let Some(before) = instance.forget_at {
                self.forgets.remove(&(before, at));
            }
            self.forgets.extend(forget.map(|forget| (forget, at)));
            instance.forget_at = forget;
        }
    }

    /// Whose deadline the receiving clock has reached.
    pub fn clocks_up_to(&self, now: SourceTime) -> Vec<u32> {
        self.clocks.range(..=(now, u32::MAX)).map(|(_, at)| *at).collect()
    }

    /// What is to be forgotten by now.
    pub fn forgets_up_to(&self, now: ReceivedTime) -> Vec<u32> {
        self.forgets.range(..=(now, u32::MAX)).map(|(_, at)| *at).collect()
    }

    /// Those that would be forgotten first: at least `count`, and all that share the last one's time.
    pub fn next_forgets(&self, count: usize) -> Vec<u32> {
        let last = self.forgets.iter().nth(count.saturating_sub(1)).map(|(time, _)| *time);
        last.map_or_else(Vec::new, |last| self.forgets_up_to(last))
    }
}

fn hash(saga: u16, id: &CorrelationId) -> u64 {
    xxh3_64_with_seed(id.as_str().as_bytes(), u64::from(saga))
}
