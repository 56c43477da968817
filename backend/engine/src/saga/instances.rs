//! Where instances live: a slab with an index by (saga, correlation id), and the indexes of who is to be looked at when. Ids
//! are places in the slab; they must never order anything that is told.
//!
//! Indexes are lazy: most deadlines only ever move later, so an entry that comes earlier than what is needed stays where it
//! is, and whoever comes up too early is looked at for nothing and entered anew. Nobody ever comes up too late.

use hashbrown::HashTable;
use plumbline_model::{CorrelationId, SourceTime, time::ReceivedTime};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::{
    agenda::Agenda,
    instance::{Entries, FORGET_NEVER, Instance},
    judge::NEVER,
    sources::Sources,
};

const PAGE: usize = 1024;

/// All instances of all sagas.
#[derive(Default)]
pub(super) struct Instances {
    /// In pages, so that growing copies nothing and leaves nothing empty.
    pages: Vec<Vec<Option<Instance>>>,
    free: Vec<u32>,
    by_name: HashTable<u32>,
    /// Whose deadline the receiving clock passes when.
    clocks: Agenda<SourceTime>,
    /// What is forgotten when.
    forgets: Agenda<ReceivedTime>,
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
        let at = self.free.pop().unwrap_or_else(|| self.grow());
        self.put(at, instance);
        let pages = &self.pages;
        self.by_name.insert_unique(hashed, at, |at| {
            slot(pages, *at).and_then(Option::as_ref).map_or(0, |instance| hash(instance.saga, &instance.id))
        });
        at
    }

    /// A new place.
    fn grow(&mut self) -> u32 {
        if self.pages.last().is_none_or(|page| page.len() == PAGE) {
            self.pages.push(Vec::with_capacity(PAGE));
        }
        let before = (self.pages.len() - 1) * PAGE;
        let Some(page) = self.pages.last_mut() else { return 0 };
        page.push(None);
        (before + page.len() - 1) as u32
    }

    pub fn get(&self, at: u32) -> Option<&Instance> {
        slot(&self.pages, at).and_then(Option::as_ref)
    }

    fn slot_mut(&mut self, at: u32) -> Option<&mut Option<Instance>> {
        self.pages.get_mut(at as usize / PAGE)?.get_mut(at as usize % PAGE)
    }

    /// Takes an instance out to work on it; it must be put back at the same place.
    pub fn take(&mut self, at: u32) -> Option<Instance> {
        self.slot_mut(at).and_then(Option::take)
    }

    pub fn put(&mut self, at: u32, instance: Instance) {
        if let Some(slot) = self.slot_mut(at) {
            *slot = Some(instance);
        }
    }

    pub fn get_mut(&mut self, at: u32) -> Option<&mut Instance> {
        self.slot_mut(at).and_then(Option::as_mut)
    }

    /// Removes an instance and every index entry of it.
    pub fn remove(&mut self, at: u32, sources: &mut Sources) -> Option<Instance> {
        let hashed = self.get(at).map(|it| hash(it.saga, &it.id))?;
        if let Ok(entry) = self.by_name.find_entry(hashed, |known| *known == at) {
            entry.remove();
        }
        let mut instance = self.take(at)?;
        self.free.push(at);
        self.release(&mut instance, at, sources);
        Some(instance)
    }

    /// Removes every index entry of an instance.
    pub fn release(&mut self, instance: &mut Instance, at: u32, sources: &mut Sources) {
        let Entries { waits, clock, forget } = std::mem::take(&mut instance.entries);
        for (source, until) in waits {
            sources.stop_waiting(source, until, at);
        }
        if clock != NEVER {
            self.clocks.remove(clock, at);
        }
        if forget != FORGET_NEVER {
            self.forgets.remove(forget, at);
        }
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

    /// Looks at the instance when the receiving clock reaches `clock`, or earlier.
    pub fn schedule_clock(&mut self, instance: &mut Instance, at: u32, clock: SourceTime) {
        let entry = &mut instance.entries.clock;
        if *entry <= clock {
            return;
        }
        let later = std::mem::replace(entry, clock);
        if later != NEVER {
            self.clocks.remove(later, at);
        }
        self.clocks.insert(clock, at);
    }

    /// Forgets the instance at `forget` and no earlier.
    pub fn schedule_forget(&mut self, instance: &mut Instance, at: u32, forget: Option<ReceivedTime>) {
        instance.set_forget_at(forget);
        let entry = &mut instance.entries.forget;
        let Some(forget) = forget.filter(|forget| *entry > *forget) else { return };
        let later = std::mem::replace(entry, forget);
        if later != FORGET_NEVER {
            self.forgets.remove(later, at);
        }
        self.forgets.insert(forget, at);
    }

    /// Takes out whose deadline the receiving clock may have reached.
    pub fn clocks_up_to(&mut self, now: SourceTime) -> Vec<u32> {
        let mut due = Vec::new();
        while let Some((_, at)) = self.clocks.first().filter(|first| first.0 <= now) {
            self.clocks.pop_first();
            if let Some(instance) = self.get_mut(at) {
                instance.entries.clock = NEVER;
            }
            due.push(at);
        }
        due
    }

    /// What is to be forgotten by now.
    pub fn forgets_up_to(&mut self, now: ReceivedTime) -> Vec<u32> {
        let mut due = Vec::new();
        while self.forgets.first().is_some_and(|first| first.0 <= now) {
            due.extend(self.next_forget());
        }
        self.enter_forgets(&due);
        due.retain(|at| self.get(*at).and_then(Instance::forget_at).is_some_and(|forget| forget <= now));
        due
    }

    /// Those that would be forgotten first: at least `count`, and all that share the last one's time.
    pub fn next_forgets(&mut self, count: usize) -> Vec<u32> {
        let mut due = Vec::new();
        let mut last = None;
        while due.len() < count || self.forgets.first().map(|first| first.0) <= last {
            let Some(first) = self.forgets.first().map(|first| first.0) else { break };
            let Some(at) = self.next_forget() else { continue };
            last = Some(first);
            due.push(at);
        }
        self.enter_forgets(&due);
        due
    }

    /// Takes the first entry out, and enters it anew if it came too early.
    fn next_forget(&mut self) -> Option<u32> {
        let (entry, at) = self.forgets.pop_first()?;
        let instance = self.get_mut(at)?;
        instance.entries.forget = FORGET_NEVER;
        match instance.forget_at() {
            Some(forget) if forget > entry => {
                instance.entries.forget = forget;
                self.forgets.insert(forget, at);
                None
            }
            _ => Some(at),
        }
    }

    fn enter_forgets(&mut self, due: &[u32]) {
        for at in due {
            let forget = self.get(*at).and_then(Instance::forget_at);
            if let (Some(forget), Some(instance)) = (forget, self.get_mut(*at)) {
                instance.entries.forget = forget;
                self.forgets.insert(forget, *at);
            }
        }
    }
}

fn slot(pages: &[Vec<Option<Instance>>], at: u32) -> Option<&Option<Instance>> {
    pages.get(at as usize / PAGE)?.get(at as usize % PAGE)
}

fn hash(saga: u16, id: &CorrelationId) -> u64 {
    xxh3_64_with_seed(id.as_str().as_bytes(), u64::from(saga))
}
