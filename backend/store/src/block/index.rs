//! What the narrow indexes say of a block. Keys of an index are 64-bit hashes: a collision costs a look into a block that
//! has nothing, because what is found there is compared by its full name.

use std::collections::BTreeMap;

use plumbline_model::{
    CorrelationId, Observation, ObservationId, Partition, Record, Route, SourceName, SourceTime, TraceId,
};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::Packed;
use crate::{Ident, Lookup};

/// Seeds, so that a correlation id and a key of equal text do not meet.
const CORRELATION: u64 = 1;
const TRACE: u64 = 2;

/// The places of one partition of a source that a block has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Reach {
    pub source: SourceName,
    pub partition: Partition,
    /// Least and greatest `Position::order` of its observations.
    pub low: u64,
    pub high: u64,
    pub observed: bool,
    /// Where a reading of the partition goes on behind it; `None` where it cannot be read again.
    pub resume: Option<u64>,
}

/// The index key of what is looked up.
pub(crate) fn route(lookup: &Lookup) -> i64 {
    match lookup {
        Lookup::Key { entity, key } => {
            xxh3_64_with_seed(key.as_str().as_bytes(), xxh3_64(entity.as_str().as_bytes())) as i64
        }
        Lookup::Correlation(id) => correlation(id),
        Lookup::Trace(id) => trace(*id),
    }
}

/// The index key of a partition of a source.
pub(crate) fn place(source: &SourceName, partition: &Partition) -> i64 {
    xxh3_64_with_seed(partition.as_str().as_bytes(), xxh3_64(source.as_str().as_bytes())) as i64
}

fn correlation(id: &CorrelationId) -> i64 {
    xxh3_64_with_seed(id.as_str().as_bytes(), CORRELATION) as i64
}

fn trace(id: TraceId) -> i64 {
    xxh3_64_with_seed(&id.0.to_be_bytes(), TRACE) as i64
}

impl Lookup {
    /// Whether the observation is one that the look-up asks for.
    pub fn matches(&self, observation: &Observation) -> bool {
        match (self, &observation.route) {
            (Self::Key { entity, key }, Route::Key { entity: other, key: held }) => entity == other && key == held,
            (Self::Key { .. }, _) => false,
            (Self::Correlation(id), Route::Saga { id: other, .. }) if id == other => true,
            (Self::Correlation(id), _) => observation.cause.correlation.as_ref() == Some(id),
            (Self::Trace(id), Route::Trace(other)) if id == other => true,
            (Self::Trace(id), _) => observation.cause.trace == Some(*id),
        }
    }
}

impl Ident {
    /// The identity of an observation, where it is one that was pushed: a place in a log needs none (SEM-13).
    pub fn of(id: &ObservationId) -> Option<Self> {
        let seed = id.position.ident ^ (u64::from(id.part) << 48);
        (!id.position.is_offset()).then(|| Self(xxh3_64_with_seed(id.source.as_str().as_bytes(), seed)))
    }
}

/// Gathers the index of a block record by record.
#[derive(Default)]
pub(super) struct Indexer<'a> {
    times: Option<(SourceTime, SourceTime)>,
    routes: Vec<i64>,
    reaches: BTreeMap<(&'a SourceName, &'a Partition), Reach>,
    idents: Vec<Ident>,
}

impl<'a> Indexer<'a> {
    pub(super) fn add(&mut self, record: &'a Record) {
        match record {
            Record::Observations(seen) => seen.iter().for_each(|it| self.observe(it)),
            Record::Progress(progress) => {
                if let Some(position) = progress.position {
                    let reach = self.reach(&progress.source, &progress.partition);
                    reach.resume = reach.resume.max(Some(position));
                }
            }
            _ => {}
        }
    }

    fn observe(&mut self, observation: &'a Observation) {
        let at = observation.at;
        let (low, high) = self.times.unwrap_or((at, at));
        self.times = Some((low.min(at), high.max(at)));
        match &observation.route {
            Route::Key { entity, key } => {
                let seed = xxh3_64(entity.as_str().as_bytes());
                self.route(xxh3_64_with_seed(key.as_str().as_bytes(), seed) as i64);
            }
            Route::Saga { id, .. } => self.route(correlation(id)),
            Route::Trace(id) => self.route(trace(*id)),
            Route::None => {}
        }
        if let Some(id) = &observation.cause.correlation {
            self.route(correlation(id));
        }
        if let Some(id) = observation.cause.trace {
            self.route(trace(id));
        }
        let position = observation.id.position;
        let reach = self.reach(&observation.id.source, &observation.id.partition);
        reach.low = reach.low.min(position.order);
        reach.high = reach.high.max(position.order);
        reach.observed = true;
        if position.is_offset() {
            reach.resume = reach.resume.max(Some(position.order));
        }
        self.idents.extend(Ident::of(&observation.id));
    }

    fn route(&mut self, hash: i64) {
        // Neighbours mostly share their route; the rest is sorted out at the end.
        if self.routes.last() != Some(&hash) {
            self.routes.push(hash);
        }
    }

    fn reach(&mut self, source: &'a SourceName, partition: &'a Partition) -> &mut Reach {
        self.reaches.entry((source, partition)).or_insert_with(|| Reach {
            source: source.clone(),
            partition: partition.clone(),
            low: u64::MAX,
            high: 0,
            observed: false,
            resume: None,
        })
    }

    pub(super) fn finish(mut self, block: Packed) -> Packed {
        self.routes.sort_unstable();
        self.routes.dedup();
        Packed {
            times: self.times,
            routes: self.routes,
            reaches: self.reaches.into_values().collect(),
            idents: self.idents,
            ..block
        }
    }
}
