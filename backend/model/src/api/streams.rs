//! Streams: do events flow, complete and in order? Here: what has been read of each partition. Groups come with their collector.

use super::Range;
use crate::SourceTime;

shapes! {
    pub struct StreamsPage {
        pub range: Range,
        pub headline: String,
        pub partitions: Vec<StreamPartition>,
        /// What is not checked yet, in words.
        pub not_checked: Vec<String>,
    }

    pub struct StreamPartition {
        pub source: String,
        pub partition: String,
        pub position: Option<u64>,
        pub frontier: Option<SourceTime>,
        pub behind_seconds: Option<f64>,
        pub proof: String,
    }
}
