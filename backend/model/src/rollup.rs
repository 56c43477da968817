//! Minute rollups: mergeable aggregates over many keys (ENG-5). A `Rollup` is an amount to add to its series and minute;
//! adding the same amounts in any order, from any number of engine partitions, gives the same sums.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::{
    name::{EntityName, EventType, OperationName, ReplicaName, SagaName, ServiceName, SourceName},
    sketch::Sketch,
    span::EdgeKind,
    time::Minute,
    verdict::Why,
};

/// What to add to one series in one minute.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Rollup {
    pub minute: Minute,
    pub series: Series,
    pub amount: Amount,
}

/// The name of a series.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Series {
    /// Cells of nines (SEM-9), in the minute of the write.
    Cells { entity: EntityName, replica: ReplicaName },
    /// How many keys stood how, at the end of the minute.
    Keys { entity: EntityName, replica: ReplicaName },
    /// Rate, errors and duration of an operation, in the minute of the spans' ends (SEM-19).
    Operation { service: ServiceName, operation: OperationName },
    /// The same of what lies between a service and another thing.
    Edge { from: ServiceName, to: CompactString, edge: EdgeKind },
    /// Exclusive time of an operation on the request paths of sealed traces, in the minute of the root's end.
    /// What runs asynchronously (a message's handler) is the root of a path of its own, joined by parent or by link.
    OperationPath { service: ServiceName, operation: OperationName },
    /// The same of edges. Kind `Topic`: service → topic is the time of publishing, topic → service the stay in the
    /// topic until that service consumes, which belongs to operation paths only (SEM-20).
    EdgePath { from: ServiceName, to: CompactString, edge: EdgeKind },
    /// Sealed traces by the operation of their root: the denominator of the two above.
    Root { service: ServiceName, operation: OperationName },
    /// Passages of a saga's step, in the minute of the event.
    Step { saga: SagaName, event: EventType },
    /// Runs of a saga, at the end of the minute and by outcome.
    Saga { saga: SagaName },
    /// Severity counts of a service's logs.
    Logs { service: ServiceName },
    /// Records of a source.
    Source { source: SourceName },
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Amount {
    Cells(Cells),
    Keys(Keys),
    /// Rate, errors, duration; for `Step` the time since the step before.
    Red(Red),
    Path(PathTime),
    Saga(SagaCounts),
    Logs(LogCounts),
    Source(SourceCounts),
}

impl Amount {
    /// Adds `other`, which must be of the same series and so of the same kind. Returns false, changing nothing, if it is not.
    pub fn add(&mut self, other: &Self) -> bool {
        match (self, other) {
            (Self::Cells(mine), Self::Cells(more)) => mine.add(more),
            (Self::Keys(mine), Self::Keys(more)) => mine.add(more),
            (Self::Red(mine), Self::Red(more)) => mine.add(more),
            (Self::Path(mine), Self::Path(more)) => mine.add(more),
            (Self::Saga(mine), Self::Saga(more)) => mine.add(more),
            (Self::Logs(mine), Self::Logs(more)) => mine.add(more),
            (Self::Source(mine), Self::Source(more)) => mine.add(more),
            _ => return false,
        }
        true
    }
}

/// Cells (write × replica) that closed: `in_time + not_in_time + unknown` of them. The thresholds count the observed ones among
/// those in time.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Cells {
    pub within_1s: u64,
    pub within_10s: u64,
    pub within_60s: u64,
    pub in_time: u64,
    /// Not in time at the deadline.
    pub not_in_time: u64,
    /// Of those not in time: healed later. Moves no ratio (SEM-9).
    pub late: u64,
    pub unknown: u64,
    /// Covered without the replica changing: converged, lag 0, counted apart (SEM-7).
    pub unobserved: u64,
    /// Why the unknown ones are.
    pub whys: Vec<(Why, u64)>,
    /// Convergence lag of observed ones.
    pub lag: Sketch,
}

impl Cells {
    /// Cells that count in the ratio's denominator before coverage is looked at.
    pub const fn closed(&self) -> u64 {
        self.in_time + self.not_in_time + self.unknown
    }
    fn add(&mut self, more: &Self) {
        self.within_1s += more.within_1s;
        self.within_10s += more.within_10s;
        self.within_60s += more.within_60s;
        self.in_time += more.in_time;
        self.late += more.late;
        self.not_in_time += more.not_in_time;
        self.unknown += more.unknown;
        self.unobserved += more.unobserved;
        for (why, count) in &more.whys {
            self.add_why(why.clone(), *count);
        }
        self.lag.merge(&more.lag);
    }
    /// Counts unknown cells by their why, keeping the list sorted.
    pub fn add_why(&mut self, why: Why, count: u64) {
        match self.whys.binary_search_by(|entry| entry.0.cmp(&why)) {
            Ok(at) => self.whys[at].1 += count,
            Err(at) => self.whys.insert(at, (why, count)),
        }
    }
}

/// Keys by their verdict at the end of a minute.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Keys {
    pub converged: u64,
    pub lagging: u64,
    pub diverged: u64,
    pub unknown: u64,
}

impl Keys {
    pub const fn total(&self) -> u64 {
        self.converged + self.lagging + self.diverged + self.unknown
    }
    fn add(&mut self, more: &Self) {
        self.converged += more.converged;
        self.lagging += more.lagging;
        self.diverged += more.diverged;
        self.unknown += more.unknown;
    }
}

#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Red {
    pub count: u64,
    pub errors: u64,
    pub duration: Sketch,
}

impl Red {
    fn add(&mut self, more: &Self) {
        self.count += more.count;
        self.errors += more.errors;
        self.duration.merge(&more.duration);
    }
}

/// Time on critical paths.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct PathTime {
    /// Sealed traces whose path it is on (for `Root`: sealed traces).
    pub traces: u64,
    /// Sealed as incomplete, counted apart and in none of the times.
    pub incomplete: u64,
    /// Exclusive time on the path per trace (for `Root`: the root's duration).
    pub time: Sketch,
    /// The durations of the roots whose paths it is on, summed: the denominator of its share.
    pub whole: crate::Lag,
    /// A few trace ids, the slowest first.
    pub exemplars: Vec<(crate::TraceId, crate::Lag)>,
}

/// Exemplars kept per series and minute: enough to look at one, few enough to forget about.
pub const EXEMPLARS: usize = 3;

impl PathTime {
    fn add(&mut self, more: &Self) {
        self.traces += more.traces;
        self.incomplete += more.incomplete;
        self.time.merge(&more.time);
        self.whole = self.whole.saturating_add(more.whole);
        for exemplar in &more.exemplars {
            self.add_exemplar(*exemplar);
        }
    }
    /// Keeps the slowest few; ties go to the smaller id, so that the order of adding does not matter.
    pub fn add_exemplar(&mut self, exemplar: (crate::TraceId, crate::Lag)) {
        if !self.exemplars.contains(&exemplar) {
            self.exemplars.push(exemplar);
            self.exemplars.sort_by_key(|(trace, lag)| (std::cmp::Reverse(*lag), *trace));
            self.exemplars.truncate(EXEMPLARS);
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct SagaCounts {
    pub started: u64,
    pub completed: u64,
    pub failed: u64,
    /// Open, stuck and unknown at the end of the minute.
    pub open: u64,
    pub stuck: u64,
    pub unknown: u64,
    /// Runs in which something happened after their end, in the minute of the first that is known of.
    pub zombie: u64,
}

impl SagaCounts {
    fn add(&mut self, more: &Self) {
        self.started += more.started;
        self.completed += more.completed;
        self.failed += more.failed;
        self.open += more.open;
        self.stuck += more.stuck;
        self.unknown += more.unknown;
        self.zombie += more.zombie;
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct LogCounts {
    pub info: u64,
    pub warn: u64,
    pub error: u64,
}

impl LogCounts {
    fn add(&mut self, more: &Self) {
        self.info += more.info;
        self.warn += more.warn;
        self.error += more.error;
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct SourceCounts {
    pub records: u64,
    pub observations: u64,
    /// Records that could not be read, or not wholly.
    pub issues: u64,
    /// Seen and mapped to nothing.
    pub unmapped: u64,
    pub duplicates: u64,
    /// Arrived at or below an announced frontier.
    pub late: u64,
    /// Milliseconds of source time over which the joint frontier advanced: the share that was watched (SEM-9).
    pub watched_ms: u64,
}

impl SourceCounts {
    pub fn add(&mut self, more: &Self) {
        self.records += more.records;
        self.observations += more.observations;
        self.issues += more.issues;
        self.unmapped += more.unmapped;
        self.duplicates += more.duplicates;
        self.late += more.late;
        self.watched_ms += more.watched_ms;
    }
}
