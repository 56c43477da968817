//! Collectors: can I believe what I see?

use super::{CountedWhy, Line, Range, VerdictWord};
use crate::{ReceivedTime, SourceTime};

shapes! {
    pub struct CollectorsPage {
        pub range: Range,
        pub headline: String,
        /// The least frontier of all sources, and whose it is.
        pub seen_until: Option<SourceTime>,
        pub held_back_by: Option<String>,
        pub records_per_second: f64,
        /// Of the range, like the two below.
        pub records: u64,
        pub issues: u64,
        pub unmapped: u64,
        /// Writes × replicas that were due in the range.
        pub closed: u64,
        pub not_checked_share: Option<f64>,
        pub not_checked: Vec<CountedWhy>,
        /// The time of the range in which a source was not seen, in words.
        pub unwatched: Vec<String>,
        pub sources: Vec<SourceRow>,
        pub gaps: Vec<GapRow>,
    }

    pub struct SourceRow {
        pub source: String,
        /// `Kafka, 6 partitions`, `HTTP, CloudEvents`, `OTLP`.
        pub what: String,
        /// `complete`, `behind`, `blind`, `waiting` (nothing seen yet).
        pub state: String,
        pub verdict: VerdictWord,
        /// Why it is not complete, in a sentence; empty where it is.
        pub note: String,
        pub rate_per_second: f64,
        pub rate_line: Line,
        pub frontier: Option<SourceTime>,
        pub behind_seconds: Option<f64>,
        /// Who vouches for the frontier, in words.
        pub proof: String,
        pub position: String,
        /// As far back as counts are kept, like the four below.
        pub records: u64,
        pub issues: u64,
        pub unmapped: u64,
        pub duplicates: u64,
        pub late: u64,
        /// Entities, sagas and checks that live on it.
        pub feeds: Vec<String>,
        pub partitions: Vec<super::StreamPartition>,
    }

    pub struct GapRow {
        pub source: String,
        pub partition: Option<String>,
        pub from: SourceTime,
        pub to: Option<SourceTime>,
        pub reason: String,
    }

    /// A record that could not be read, or not wholly, with its bytes kept aside.
    pub struct IssueRow {
        pub id: String,
        pub source: String,
        /// Partition and position.
        pub position: String,
        pub received: ReceivedTime,
        /// What is wrong, in words, with what was expected.
        pub reason: String,
        /// Field, line or byte, where it can be told.
        pub place: String,
        /// The raw bytes (the first ones of a long record), base64.
        pub bytes_base64: String,
        pub bytes_total: u64,
    }
}
