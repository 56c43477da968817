//! Names as small numbers, so that a span in memory is small and counting does not touch text. The table is bounded
//! (LIM-1): a name too many becomes the `other` of its service, whose own count says how much that was, and a name that
//! nobody used for an hour makes room. Numbers must never reach output or decide an order.

use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;
use hashbrown::HashTable;
use plumbline_model::{
    Lag, OperationName, ServiceName,
    journal::StateEntry,
    span::EdgeKind,
    time::{MINUTE_NS, ReceivedTime},
    trace::PathPlace,
};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::LETTER;
use crate::{RestoreError, context};

/// The name under which the names too many are counted.
pub const OTHER: &str = "other";
/// Services and topics. A system has tens or hundreds; a name with an id in it makes as many as there are requests.
const MAX_SERVICES: usize = 2_000;
/// Operations and edges of one service.
const MAX_OF_SERVICE: u32 = 1_000;
/// All names together: about 10 MB.
const MAX_NAMES: usize = 50_000;
/// Uses are remembered by this grain, so that a busy name is written with the state a few times an hour only.
const EPOCH_NS: i64 = 10 * MINUTE_NS;
/// Longer than any trace is open or remembered, by default; the caller says if it must be longer.
const KEPT_EPOCHS: i64 = 6;

/// The number of a name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct NameId(pub u32);

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
enum Name {
    /// A service, or a topic from which one consumes.
    Service(ServiceName),
    Operation {
        service: NameId,
        operation: OperationName,
    },
    Edge {
        from: NameId,
        to: CompactString,
        kind: EdgeKind,
    },
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Slot {
    name: Name,
    /// Epoch of the last use.
    used: i64,
}

/// The table of names.
#[derive(Default)]
pub(crate) struct Names {
    slots: Vec<Option<Slot>>,
    index: HashTable<u32>,
    /// Operations and edges per service.
    of_service: BTreeMap<NameId, u32>,
    services: usize,
    epoch: i64,
    /// Free slots, the least last; `None` where they must be looked for.
    free: Option<Vec<u32>>,
    dirty: BTreeSet<u32>,
}

impl Names {
    /// Sets the time by which uses are remembered, and lets go of names that were not used for so long that nothing can
    /// refer to them. `kept` is how long what refers to names may stay in memory.
    pub fn clock(&mut self, now: ReceivedTime, kept: Lag) {
        let epoch = now.0.div_euclid(EPOCH_NS);
        if epoch == self.epoch {
            return;
        }
        self.epoch = epoch;
        let least = epoch - KEPT_EPOCHS.max(kept.0 / EPOCH_NS + 2);
        // Services after what belongs to them.
        for services in [false, true] {
            for id in 0..self.slots.len() as u32 {
                let Some(slot) = &self.slots[id as usize] else { continue };
                let empty = self.of_service.get(&NameId(id)).is_none_or(|count| *count == 0);
                if slot.used < least && matches!(slot.name, Name::Service(_)) == services && empty {
                    self.forget(id);
                }
            }
        }
    }

    pub fn service(&mut self, name: &ServiceName) -> NameId {
        if let Some(id) = self.find(hash_service(name), |it| matches!(it, Name::Service(known) if known == name)) {
            return id;
        }
        let full = self.services >= MAX_SERVICES || self.is_full();
        if full && name.as_str() != OTHER {
            return self.service(&ServiceName::new(OTHER));
        }
        self.insert(Name::Service(name.clone()))
    }

    pub fn operation(&mut self, service: NameId, name: &OperationName) -> NameId {
        let same =
            |it: &Name| matches!(it, Name::Operation { service: s, operation } if *s == service && operation == name);
        if let Some(id) = self.find(hash_operation(service, name), same) {
            return id;
        }
        if self.service_is_full(service) && name.as_str() != OTHER {
            return self.operation(service, &OperationName::new(OTHER));
        }
        self.insert(Name::Operation { service, operation: name.clone() })
    }

    pub fn edge(&mut self, from: NameId, to: &str, kind: EdgeKind) -> NameId {
        let same =
            |it: &Name| matches!(it, Name::Edge { from: f, to: t, kind: k } if *f == from && t == to && *k == kind);
        if let Some(id) = self.find(hash_edge(from, to, kind), same) {
            return id;
        }
        if self.service_is_full(from) && to != OTHER {
            return self.edge(from, OTHER, kind);
        }
        self.insert(Name::Edge { from, to: to.into(), kind })
    }

    /// What lies between two services.
    pub fn network(&mut self, from: NameId, to: NameId) -> NameId {
        let to = self.service_name(to).0;
        self.edge(from, &to, EdgeKind::Network)
    }

    /// The stay in a topic until a service consumes: the topic stands where otherwise a service does.
    pub fn stay(&mut self, topic: &str, to: NameId) -> NameId {
        let from = self.service(&ServiceName::new(topic));
        let to = self.service_name(to).0;
        self.edge(from, &to, EdgeKind::Topic)
    }

    pub fn service_name(&self, id: NameId) -> ServiceName {
        match self.name(id) {
            Some(Name::Service(name)) => name.clone(),
            _ => ServiceName::new(OTHER),
        }
    }

    /// The service and the name of an operation.
    pub fn operation_names(&self, id: NameId) -> (ServiceName, OperationName) {
        match self.name(id) {
            Some(Name::Operation { service, operation }) => (self.service_name(*service), operation.clone()),
            _ => (ServiceName::new(OTHER), OperationName::new(OTHER)),
        }
    }

    /// The place of an operation or edge.
    pub fn place(&self, id: NameId) -> PathPlace {
        match self.name(id) {
            Some(Name::Edge { from, to, kind }) => {
                PathPlace::Edge { from: self.service_name(*from), to: to.clone(), edge: *kind }
            }
            _ => {
                let (service, operation) = self.operation_names(id);
                PathPlace::Operation { service, operation }
            }
        }
    }

    /// What an edge leads to; empty for what is no edge.
    pub fn edge_to(&self, id: NameId) -> CompactString {
        match self.name(id) {
            Some(Name::Edge { to, .. }) => to.clone(),
            _ => CompactString::default(),
        }
    }

    fn name(&self, id: NameId) -> Option<&Name> {
        self.slots.get(id.0 as usize)?.as_ref().map(|slot| &slot.name)
    }

    fn len(&self) -> usize {
        self.index.len()
    }

    fn is_full(&self) -> bool {
        self.len() >= MAX_NAMES
    }

    fn service_is_full(&self, service: NameId) -> bool {
        self.is_full() || self.of_service.get(&service).is_some_and(|count| *count >= MAX_OF_SERVICE)
    }

    fn find(&mut self, hash: u64, same: impl Fn(&Name) -> bool) -> Option<NameId> {
        let slots = &mut self.slots;
        let id = *self.index.find(hash, |id| slots[*id as usize].as_ref().is_some_and(|slot| same(&slot.name)))?;
        if let Some(slot) = &mut slots[id as usize]
            && slot.used != self.epoch
        {
            slot.used = self.epoch;
            self.dirty.insert(id);
        }
        Some(NameId(id))
    }

    fn insert(&mut self, name: Name) -> NameId {
        let free = self.free.get_or_insert_with(|| {
            (0..self.slots.len() as u32).rev().filter(|id| self.slots[*id as usize].is_none()).collect()
        });
        let id = free.pop().unwrap_or(self.slots.len() as u32);
        self.put(id, Slot { name, used: self.epoch });
        self.dirty.insert(id);
        NameId(id)
    }

    fn put(&mut self, id: u32, slot: Slot) {
        match &slot.name {
            Name::Service(_) => self.services += 1,
            Name::Operation { service, .. } | Name::Edge { from: service, .. } => {
                *self.of_service.entry(*service).or_default() += 1;
            }
        }
        let hash = slot.name.hash();
        if self.slots.len() <= id as usize {
            self.slots.resize(id as usize + 1, None);
        }
        self.slots[id as usize] = Some(slot);
        let slots = &self.slots;
        let rehash = |id: &u32| slots[*id as usize].as_ref().map_or(0, |slot| slot.name.hash());
        self.index.insert_unique(hash, id, rehash);
    }

    fn forget(&mut self, id: u32) {
        let Some(slot) = self.slots[id as usize].take() else { return };
        match &slot.name {
            Name::Service(_) => self.services -= 1,
            Name::Operation { service, .. } | Name::Edge { from: service, .. } => {
                if let Some(count) = self.of_service.get_mut(service) {
                    *count -= 1;
                }
            }
        }
        if let Ok(entry) = self.index.find_entry(slot.name.hash(), |known| *known == id) {
            entry.remove();
        }
        self.of_service.remove(&NameId(id));
        self.free = None;
        self.dirty.insert(id);
    }

    pub fn take_dirty(&mut self, entries: &mut Vec<StateEntry>) {
        for id in std::mem::take(&mut self.dirty) {
            entries.push(context::save(LETTER, &key(id), self.slots[id as usize].as_ref()));
        }
    }

    pub fn load(&mut self, entry: &StateEntry) -> Result<(), RestoreError> {
        let id = entry.key.get(2..).and_then(|id| Some(u32::from_be_bytes(id.try_into().ok()?)));
        let id = id.ok_or_else(|| context::bad(entry, "a name is kept under a number of 4 bytes"))?;
        if let Some(slot) = context::load(entry)? {
            self.put(id, slot);
            self.free = None;
        }
        Ok(())
    }
}

/// The second letter of the keys under which names are kept.
pub(crate) const NAME: u8 = b'n';

fn key(id: u32) -> [u8; 5] {
    let [a, b, c, d] = id.to_be_bytes();
    [NAME, a, b, c, d]
}

impl Name {
    fn hash(&self) -> u64 {
        match self {
            Self::Service(name) => hash_service(name),
            Self::Operation { service, operation } => hash_operation(*service, operation),
            Self::Edge { from, to, kind } => hash_edge(*from, to, *kind),
        }
    }
}

fn hash_service(name: &ServiceName) -> u64 {
    xxh3_64_with_seed(name.as_str().as_bytes(), 1)
}
fn hash_operation(service: NameId, name: &OperationName) -> u64 {
    xxh3_64_with_seed(name.as_str().as_bytes(), u64::from(service.0) << 8 | 2)
}
fn hash_edge(from: NameId, to: &str, kind: EdgeKind) -> u64 {
    xxh3_64_with_seed(to.as_bytes(), u64::from(from.0) << 8 | (3 + kind as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 60 * MINUTE_NS;

    fn restored(names: &mut Names) -> Names {
        let mut entries = Vec::new();
        names.take_dirty(&mut entries);
        let mut again = Names::default();
        // Pieces come in any order.
        entries.iter().rev().for_each(|entry| again.load(entry).unwrap());
        again
    }

    #[test]
    fn a_name_keeps_its_number_also_over_a_restart() {
        let mut names = Names::default();
        let orders = names.service(&"orders".into());
        let get = names.operation(orders, &"GET /orders".into());
        let edge = names.edge(orders, "orders-db", EdgeKind::Database);
        assert_eq!(names.operation(orders, &"GET /orders".into()), get);
        let mut names = restored(&mut names);
        assert_eq!(names.operation(orders, &"GET /orders".into()), get);
        assert_eq!(names.edge(orders, "orders-db", EdgeKind::Database), edge);
        assert_ne!(names.edge(orders, "orders-db", EdgeKind::Cache), edge);
        assert_eq!(
            names.place(get),
            PathPlace::Operation { service: "orders".into(), operation: "GET /orders".into() }
        );
    }

    #[test]
    fn names_too_many_become_other_and_cost_no_other_service_its_names() {
        let mut names = Names::default();
        let loud = names.service(&"loud".into());
        let ids: Vec<_> =
            (0..MAX_OF_SERVICE + 5).map(|n| names.operation(loud, &OperationName::new(format!("GET /{n}")))).collect();
        let other = names.operation(loud, &OTHER.into());
        assert_eq!(ids.iter().filter(|id| **id == other).count(), 5);
        let quiet = names.service(&"quiet".into());
        assert_ne!(names.operation(quiet, &"GET /".into()), names.operation(quiet, &OTHER.into()));

        for n in 0..MAX_SERVICES {
            names.service(&ServiceName::new(format!("s{n}")));
        }
        let late = names.service(&"late".into());
        assert_eq!(names.service_name(late).as_str(), OTHER);
    }

    #[test]
    fn a_name_not_used_for_long_makes_room() {
        let mut names = Names::default();
        names.clock(ReceivedTime(0), Lag::ZERO);
        let orders = names.service(&"orders".into());
        let old = names.operation(orders, &"old".into());
        let used = names.operation(orders, &"used".into());
        for hour in 1..3 {
            names.clock(ReceivedTime(hour * HOUR), Lag::ZERO);
            let service = names.service(&"orders".into());
            assert_eq!(names.operation(service, &"used".into()), used);
        }
        assert_eq!(names.len(), 2, "the service and the operation that is used");
        let mut names = restored(&mut names);
        let service = names.service(&"orders".into());
        assert_eq!(names.operation(service, &"new".into()), old, "its number is free");
    }
}
