//! Replicas: which copy, how far behind?

use super::{Axis, Consistency, EntityRow, FindingView, Line, Mix, Quantiles, Range, ReplicaRow, TimeMark};

shapes! {
    pub struct ReplicasPage {
        pub range: Range,
        pub headline: String,
        pub entities: Vec<EntityRow>,
        pub axis: Axis,
    }

    pub struct ReplicaPage {
        pub range: Range,
        pub headline: String,
        pub row: ReplicaRow,
        pub authority: String,
        /// The fields that it maps.
        pub fields: Vec<String>,
        pub objective: Option<f64>,
        pub lag: LagDistribution,
        /// The same over the preceding range of equal length, for comparison.
        pub lag_before: LagDistribution,
        pub axis: Axis,
        pub diverged: Line,
        pub lagging: Line,
        pub unknown: Line,
        pub lag_p50: Line,
        pub lag_p99: Line,
        /// Share of the closed writes that were not checked.
        pub not_checked: Line,
        pub marks: Vec<TimeMark>,
        pub keys: Mix,
        /// Open findings by reason.
        pub reasons: Vec<CountedReason>,
        /// Open findings by differing field, most frequent first.
        pub fields_differing: Vec<CountedReason>,
        /// By partition of the replica's source.
        pub partitions: Vec<PartitionRow>,
    }

    /// How long until the replica shows a write.
    #[derive(Default)]
    pub struct LagDistribution {
        /// Observed convergences by lag.
        pub buckets: Vec<LagBucket>,
        pub quantiles: Quantiles,
        /// Converged in time at 1 s, 10 s and 60 s, of the checked ones.
        pub within_1s: u64,
        pub within_10s: u64,
        pub within_60s: u64,
        /// Checked writes that the replica has not shown yet.
        pub not_yet: u64,
        pub consistency: Consistency,
    }

    #[derive(Copy)]
    pub struct LagBucket {
        pub from_seconds: f64,
        pub to_seconds: f64,
        pub count: u64,
    }

    pub struct CountedReason {
        pub reason: String,
        pub count: u64,
    }

    pub struct PartitionRow {
        pub partition: String,
        pub open_findings: u64,
        /// How far the partition has been seen.
        pub frontier: Option<crate::SourceTime>,
        pub position: Option<u64>,
    }

    /// Divergent keys of a replica are findings; the panel shows one with what the others hold.
    pub struct KeyPanel {
        pub finding: FindingView,
    }
}
