//! Overview: is my system consistent right now?

use super::{Axis, Consistency, Line, Mix, Quantiles, Range, SourceRow, TimeMark, VerdictWord};
use crate::{SourceTime, api::IncidentRow};

shapes! {
    pub struct OverviewPage {
        pub range: Range,
        /// The finding in a sentence, and how bad it is.
        pub headline: String,
        pub verdict: VerdictWord,
        /// Over all entities.
        pub consistency: Consistency,
        pub counters: Vec<Counter>,
        pub axis: Axis,
        /// Keys that did not agree, over time.
        pub diverged: Line,
        pub lagging: Line,
        pub unknown: Line,
        pub marks: Vec<TimeMark>,
        pub incidents: Vec<IncidentRow>,
        pub entities: Vec<EntityRow>,
        pub map: super::ServiceMap,
        pub sources: Vec<SourceRow>,
    }

    /// One of the three counters: divergent replicas, stuck sagas, latency hotspots.
    pub struct Counter {
        pub name: String,
        pub value: u64,
        /// `of 1,280,000 keys`; `None` where there is nothing to relate it to.
        pub of: Option<u64>,
        pub unit: String,
        pub verdict: VerdictWord,
        /// The worst of them in words; empty where there is none.
        pub worst: String,
        pub link: String,
        pub trend: Line,
    }

    /// One entity and its replicas.
    pub struct EntityRow {
        pub entity: String,
        pub authority: String,
        pub writes_per_second: f64,
        pub within_seconds: f64,
        pub replicas: Vec<ReplicaRow>,
    }

    /// One replica in a list or the matrix.
    pub struct ReplicaRow {
        pub entity: String,
        pub replica: String,
        pub source: String,
        pub within_seconds: f64,
        pub keys: Mix,
        pub consistency: Consistency,
        pub lag: Quantiles,
        pub lag_line: Line,
        /// When it was last observed.
        pub last_seen: Option<SourceTime>,
    }
}
