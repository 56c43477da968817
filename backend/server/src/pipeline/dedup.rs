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
        // A batch may itself bring a thing twice: a source that was read again while what it had brought was still queued.
        let mut batch: HashSet<ObservationId> = HashSet::new();
        for record in records.iter_mut() {
            let Record::Observations(observations) = record else { continue };
            observations.retain(|observation| {
                let id = &observation.id;
                let journaled = match Ident::of(id) {
                    None => self.read_to_of(id).is_some_and(|read_to| id.position.order <= read_to),
                    Some(ident) => self.pushed.contains_key(&ident),
                };
                let known = journaled || !batch.insert(id.clone());
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

#[cfg(test)]
mod tests {
    use plumbline_model::{
        Position, Route, SourceTime, Tick,
        observation::{Cause, EventFact, Fact},
    };

    use super::*;

    fn seen(source: &str, position: Position, part: u16) -> Observation {
        Observation {
            id: ObservationId { source: source.into(), partition: "0".into(), position, part },
            at: SourceTime(0),
            received: ReceivedTime(0),
            route: Route::None,
            cause: Cause::default(),
            fact: Fact::Event(Box::new(EventFact { event_type: "e".into(), subject: "".into() })),
        }
    }

    /// Takes a batch in; returns the ids that were new, and how many were dropped.
    fn take(dedup: &mut Dedup, at_seconds: i64, batch: &[Observation]) -> (Vec<String>, u64) {
        let now = ReceivedTime::from_secs(at_seconds);
        let mut records: Vec<_> = batch.iter().map(|it| Record::Observations(vec![it.clone()])).collect();
        records.push(Record::Tick(Tick { now }));
        let dropped = dedup.drop_known(&mut records).values().sum();
        dedup.journaled(&records, now);
        let new = records.iter().filter_map(|record| match record {
            Record::Observations(observations) => Some(observations[0].id.to_string()),
            _ => None,
        });
        (new.collect(), dropped)
    }

    #[test]
    fn a_log_is_known_up_to_a_place() {
        let mut dedup = Dedup::default();
        let at = |offset| seen("log", Position::offset(offset), 0);
        assert_eq!(take(&mut dedup, 0, &[at(4), at(5)]), (vec!["log/0@4".into(), "log/0@5".into()], 0));
        assert_eq!(take(&mut dedup, 0, &[at(3), at(5), at(6)]), (vec!["log/0@6".into()], 2));
        assert_eq!(take(&mut dedup, 9_999, &[at(6)]), (vec![], 1), "for ever");
    }

    #[test]
    fn a_push_is_known_for_15_minutes() {
        let mut dedup = Dedup::default();
        let pushed = |ident| seen("push", Position::pushed(7, ident), 0);
        assert_eq!(take(&mut dedup, 0, &[pushed(1), pushed(2)]).1, 0);
        assert_eq!(take(&mut dedup, 899, &[pushed(1), pushed(3)]).1, 1);
        assert_eq!(take(&mut dedup, 901, &[pushed(4)]).1, 0);
        assert_eq!(take(&mut dedup, 902, &[pushed(1)]).1, 0, "longer is not promised");
        assert_eq!(dedup.forgotten_early, 0);
    }

    #[test]
    fn a_batch_may_repeat_itself_and_a_record_may_have_parts() {
        let mut dedup = Dedup::default();
        let (log, push) = (Position::offset(4), Position::pushed(7, 1));
        let batch = [seen("log", log, 0), seen("log", log, 1), seen("push", push, 0), seen("push", push, 1)];
        assert_eq!(take(&mut dedup, 0, &[batch.clone(), batch.clone()].concat()).1, 4, "each part once");
        assert_eq!(take(&mut dedup, 0, &batch).1, 4);
    }
}
