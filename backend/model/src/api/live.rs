//! The frame of every page, and the live stream that keeps it true: a snapshot first, then deltas.

use crate::{ReceivedTime, SourceTime};

shapes! {
    /// What the frame shows on every page: environment, clock, and what is wrong where.
    pub struct Status {
        pub environment: String,
        /// Said by the data's owner in the configuration: shown beside the environment's name.
        pub simulated: bool,
        pub version: String,
        pub now: ReceivedTime,
        /// Everything before this was seen, in all sources; `None` while one of them proves nothing.
        pub frontier: Option<SourceTime>,
        pub counts: Counts,
        /// The journal position that this stands for: grows with every change.
        pub applied: u64,
        /// Why nothing can be written at present (a full disk), in words; `None` while all is well.
        #[serde(default)]
        pub trouble: Option<String>,
    }

    /// Counts beside the names in the rail; all are of what is wrong now.
    #[derive(Copy, Default)]
    pub struct Counts {
        pub divergent_keys: u64,
        pub stuck_sagas: u64,
        pub hotspots: u64,
        pub streams: u64,
        pub incidents: u64,
        pub collectors: u64,
    }

    /// One message of the stream at `/api/v1/events`. After a `Snapshot`, `Delta`s count up by one; a hole means: start anew.
    #[serde(rename_all = "snake_case", tag = "kind")]
    pub enum LiveMessage {
        Snapshot { version: u64, status: Box<Status> },
        /// Something changed; `topics` names the pages that may show it (`overview`, `replicas`, `sagas` …).
        Delta { version: u64, status: Box<Status>, topics: Vec<String> },
    }
}
