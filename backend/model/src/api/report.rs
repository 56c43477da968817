//! The consistency report: the same document for `GET /api/v1/report`, `plumbline report` and `plumbline check`.

use super::{Consistency, CountedWhy, FindingView, GapRow, HotspotRow, Mix, Quantiles, Range};
use crate::ReceivedTime;

shapes! {
    pub struct Report {
        pub environment: String,
        pub simulated: bool,
        pub range: Range,
        pub made: ReceivedTime,
        pub summary: Summary,
        pub coverage: Coverage,
        /// Open ones first, then by `since`.
        pub findings: Vec<FindingView>,
        pub replicas: Vec<ReplicaReport>,
        pub sagas: Vec<SagaReport>,
        pub hotspots: Vec<HotspotRow>,
    }

    pub struct Summary {
        /// The report in one sentence.
        pub headline: String,
        /// Keys × replicas by their verdict at the end of the range.
        pub verdicts: Mix,
        pub findings_open: u64,
        pub findings_resolved: u64,
        pub diverged: u64,
        pub stuck: u64,
        pub hotspots: u64,
        pub consistency: Consistency,
    }

    /// What was checked, and what was not, and why.
    pub struct Coverage {
        /// `1 − unknown / closed` over all replicas, or the share of time watched if that is less.
        pub ratio: Option<f64>,
        /// Every configured replica and saga was checked at least once (SEM-4).
        pub complete: bool,
        /// Which were not, in words.
        pub unchecked: Vec<String>,
        pub not_checked: Vec<CountedWhy>,
        /// The time of the range in which a source was not seen, in words: the share of time that `ratio` lacks.
        pub unwatched: Vec<String>,
        /// Why no hotspot could have been found, in words; `null` where durations were compared, or are not asked for.
        pub uncompared: Option<String>,
        /// What looks like a mistake in the configuration, in words.
        pub notes: Vec<String>,
        pub gaps: Vec<GapRow>,
        /// Records of the range that were read, and those that could not be.
        pub records: u64,
        pub issues: u64,
        /// Records that no mapping wanted: other events of a shared topic, or a `match` that fits nothing; `null` where it
        /// is not known.
        pub unmapped: Option<u64>,
        /// The first few that could not be read, in words, with file or source and position.
        pub issue_samples: Vec<String>,
    }

    pub struct ReplicaReport {
        pub entity: String,
        pub replica: String,
        pub within_seconds: f64,
        pub keys: Mix,
        pub consistency: Consistency,
        pub lag: Quantiles,
    }

    pub struct SagaReport {
        pub saga: String,
        /// Runs whose start was seen.
        pub started: u64,
        pub completed: u64,
        pub failed: u64,
        /// Runs in which something happened after their end. They count under their end as well.
        pub zombie: u64,
        pub open: u64,
        pub stuck: u64,
        pub unknown: u64,
    }
}
