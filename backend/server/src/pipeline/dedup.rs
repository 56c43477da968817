//! Nothing twice (SEM-13): what the journal has already is dropped before it is appended. A log's record is known by its
//! place, a pushed one by its sender's id for 15 minutes; beyond that a repetition is not promised to be seen.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use plumbline_model::{Lag, Observation, ObservationId, Partition, ReceivedTime, Record, SourceName};
use plumbline_store::{Ident, StoreError, prelude::*};

/// How long the id of a pushed record is remembered.
pub const REMEMBERED: Lag = Lag::from_secs(15 * 60);
/// Ids remembered at most (LIM-1): about 100 MB. Beyond it the oldest go first, and the window is shorter than promised.
const IDS_MAX: usize = 4_000_000;

/// What the journal has.
#[derive(Default)]
pub struct Dedup {
    read_to: BTreeMap<(SourceName, Partition), u64>,
    pushed: HashMap<Ident, ReceivedTime>,
    /// In order of reception, to forget the oldest.
    order: VecDeque<(ReceivedTime, Ident)>,
    /// Ids that were forgotten before their time.
    pub forgotten_early: u64,
}

impl Dedup {
    /// What the journal knew when the program ended.
    pub async fn load(store: &dyn Store, now: ReceivedTime) -> Result<Self, StoreError> {
        let read_to = store.resume_positions().await?;
        let order: VecDeque<_> = store.recent_idents(now.minus(REMEMBERED), IDS_MAX).await?.into();
        let pushed = order.iter().map(|(at, ident)| (*ident, *at)).collect();
        Ok(Self { read_to, pushed, order, forgotten_early: 0 })
    }

    /// Takes out of the records what was journaled before, and counts it by source. What is left counts as journaled only
    /// after `journaled`.
    pub fn drop_known(&self, records: &mut Vec<Record>) -> BTreeMap<SourceName, u64> {
        let mut dropped: BTreeMap<SourceName, u64> = BTreeMap::new();
        let mut batch: HashSet<Ident> = HashSet::new();
        for record in records.iter_mut() {
            let Record::Observations(observations) = record else { continue };
            observations.retain(|observation| {
                let id = &observation.id;
                let known = match Ident::of(id) {
                    None => self.read_to_of(id).is_some_and(|read_to| id.position.order <= read_to),
                    Some(ident) => self.pushed.contains_key(&ident) || !batch.insert(ident),
                };
                if known {
                    *dropped.entry(id.source.clone()).or_default() += 1;
                }
                !known
            });
        }
        records.retain(|record| !matches!(record, Record::Observations(observations) if observations.is_empty()));
        dropped
    }

    fn read_to_of(&self, id: &ObservationId) -> Option<u64> {
        // Looking up by reference would need an owned pair; logs have few partitions, and clones of short names are inline.
        self.read_to.get(&(id.source.clone(), id.partition.clone())).copied()
    }

    /// Remembers what is durable now.
    pub fn journaled(&mut self, records: &[Record], now: ReceivedTime) {
        for record in records {
            let Record::Observations(observations) = record else { continue };
            observations.iter().for_each(|observation| self.remember(observation, now));
        }
        let old = now.minus(REMEMBERED);
        while self.order.front().is_some_and(|(at, _)| *at < old) || self.order.len() > IDS_MAX {
            let Some((at, ident)) = self.order.pop_front() else { break };
            self.forgotten_early += u64::from(at >= old);
            self.pushed.remove(&ident);
        }
    }

    fn remember(&mut self, observation: &Observation, now: ReceivedTime) {
        let id = &observation.id;
        match Ident::of(id) {
            None => {
                let read_to = self.read_to.entry((id.source.clone(), id.partition.clone())).or_default();
                *read_to = (*read_to).max(id.position.order);
            }
            Some(ident) => {
                self.pushed.insert(ident, now);
                self.order.push_back((now, ident));
            }
        }
    }
}
