//! The state of all keys: found by entity and key, counted by slot, in pages so that growing copies nothing. Slots are
//! given in the order of arrival and never reach the output; what is told is ordered by name.

use hashbrown::HashTable;
use plumbline_model::{Key, Lag, SourceTime};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::{history::History, places::PlaceId, plan::EntityPlan, row::Row, side::Side};

/// Where a key's state stands in memory.
pub(super) type Slot = u32;
const PAGE: usize = 1024;

#[derive(Default)]
pub(super) struct Keys {
    index: HashTable<Slot>,
    pages: Vec<Vec<KeyState>>,
}

/// What is known of one key.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct KeyState {
    pub key: Key,
    pub main: History,
    /// Histories of authorities of single fields.
    #[expect(clippy::box_collection, reason = "nearly always absent: one word a key instead of three")]
    pub others: Option<Box<Vec<History>>>,
    /// By replica; see `EntityPlan::sides`.
    pub sides: Box<[Side]>,
    /// What is there only while something is open.
    pub flight: Option<Box<Flight>>,
    pub entity: u16,
    pub dirty: bool,
}

#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Flight {
    /// Cells whose outcome is known and that wait for the frontiers.
    pub covers: Covers,
    /// In place for two replicas: every write of every key comes by here, and what lies apart is a miss of the cache.
    pub armed: SmallVec<[Armed; 2]>,
}

/// In the order in which they were shown.
pub(super) type Covers = SmallVec<[Cover; 2]>;

/// A write that a replica has shown, before the cell closes.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Cover {
    pub history: u8,
    pub replica: u8,
    pub seq: u32,
    /// How long after the write; `None`: nobody saw it happen (SEM-7).
    pub lag: Option<Lag>,
}

impl Cover {
    pub fn is(&self, history: usize, replica: usize, seq: u32) -> bool {
        self.history as usize == history && self.replica as usize == replica && self.seq == seq
    }
}

/// A replica waits for a place to be seen up to a time.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Armed {
    pub replica: u8,
    pub place: PlaceId,
    pub until: SourceTime,
}

/// What a replica holds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Held<'a> {
    /// It was never seen.
    Unseen,
    Absent,
    Row(&'a Row),
}

impl KeyState {
    pub fn new(entity: u16, key: Key, histories: usize, sides: usize) -> Self {
        let others = (histories > 1).then(|| Box::new(vec![History::default(); histories - 1]));
        let sides = vec![Side::default(); sides].into_boxed_slice();
        Self { key, main: History::default(), others, sides, flight: None, entity, dirty: false }
    }

    pub fn history(&self, index: usize) -> &History {
        match (index.checked_sub(1), &self.others) {
            (Some(other), Some(others)) => others.get(other).unwrap_or(&self.main),
            _ => &self.main,
        }
    }

    pub fn history_mut(&mut self, index: usize) -> &mut History {
        match (index.checked_sub(1), &mut self.others) {
            (Some(other), Some(others)) if other < others.len() => &mut others[other],
            _ => &mut self.main,
        }
    }

    pub fn histories(&self) -> usize {
        1 + self.others.as_ref().map_or(0, |others| others.len())
    }

    pub fn held(&self, replica: usize) -> Held<'_> {
        let side = &self.sides[replica];
        if !side.seen {
            return Held::Unseen;
        }
        if !side.sight.present() {
            return Held::Absent;
        }
        if let Some(own) = side.own() {
            return Held::Row(&own.row);
        }
        let shown = side.shows().and_then(|seq| self.main.index_of(seq));
        // What a side refers to is never forgotten; if it were, nothing would be known of it.
        shown.map_or(Held::Unseen, |index| Held::Row(&self.main.writes[index].row))
    }

    pub fn flight(&mut self) -> &mut Flight {
        self.flight.get_or_insert_default()
    }

    pub fn cover(&self, history: usize, replica: usize, seq: u32) -> Option<&Cover> {
        self.flight.as_ref()?.covers.iter().find(|cover| cover.is(history, replica, seq))
    }

    /// Takes out what is known of a cell.
    pub fn take_cover(&mut self, history: usize, replica: usize, seq: u32) -> Option<Cover> {
        let covers = &mut self.flight.as_mut()?.covers;
        let at = covers.iter().position(|cover| cover.is(history, replica, seq))?;
        Some(covers.remove(at))
    }
}

impl Keys {
    fn hash(entity: u16, key: &str) -> u64 {
        xxh3_64_with_seed(key.as_bytes(), u64::from(entity))
    }

    pub fn find(&self, entity: u16, key: &Key) -> Option<Slot> {
        let same = |slot: &Slot| {
            let state = self.get(*slot);
            state.entity == entity && state.key == *key
        };
        self.index.find(Self::hash(entity, key.as_str()), same).copied()
    }

    /// Makes room in the index, which looks at every key each time that it grows.
    pub fn reserve(&mut self, more: usize) {
        let pages = &self.pages;
        self.index.reserve(more, |slot| Self::hash_of(pages, *slot));
    }

    fn hash_of(pages: &[Vec<KeyState>], slot: Slot) -> u64 {
        let state = &pages[slot as usize / PAGE][slot as usize % PAGE];
        Self::hash(state.entity, state.key.as_str())
    }

    pub fn insert(&mut self, state: KeyState) -> Slot {
        let slot = self.len() as Slot;
        let hash = Self::hash(state.entity, state.key.as_str());
        match self.pages.last_mut() {
            Some(page) if page.len() < PAGE => page.push(state),
            _ => {
                let mut page = Vec::with_capacity(PAGE);
                page.push(state);
                self.pages.push(page);
            }
        }
        let pages = &self.pages;
        self.index.insert_unique(hash, slot, |slot| Self::hash_of(pages, *slot));
        slot
    }

    pub fn get(&self, slot: Slot) -> &KeyState {
        &self.pages[slot as usize / PAGE][slot as usize % PAGE]
    }

    pub fn get_mut(&mut self, slot: Slot) -> &mut KeyState {
        &mut self.pages[slot as usize / PAGE][slot as usize % PAGE]
    }

    pub fn len(&self) -> usize {
        self.pages.last().map_or(0, |last| (self.pages.len() - 1) * PAGE + last.len())
    }

    pub fn slots(&self) -> impl Iterator<Item = Slot> + use<> {
        0..self.len() as Slot
    }

    /// Puts slots into the order in which things are told: by entity, then key. Doubles go.
    pub fn sort(&self, slots: &mut Vec<Slot>, plans: &[EntityPlan]) {
        let name = |slot: &Slot| {
            let state = self.get(*slot);
            (plans.get(state.entity as usize).map(|plan| &plan.name), &state.key)
        };
        slots.sort_unstable_by(|left, right| name(left).cmp(&name(right)));
        slots.dedup();
    }

    /// Forgets the keys of an entity; the others are given new slots. Returns what was forgotten.
    pub fn forget(&mut self, entity: u16) -> Vec<KeyState> {
        let (gone, kept) = std::mem::take(self).pages.into_iter().flatten().partition(|state| state.entity == entity);
        let kept: Vec<KeyState> = kept;
        kept.into_iter().for_each(|state| {
            self.insert(state);
        });
        gone
    }
}
