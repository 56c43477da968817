//! Lineage: what happened to this key? The history itself is `crate::lineage`; here is its page.

use super::{FindingView, Range};

shapes! {
    /// Keys that a search found, most recently changed first.
    pub struct KeyHit {
        pub entity: String,
        pub key: String,
        pub open_findings: u32,
    }

    /// Where the search box leads.
    pub struct SearchHit {
        /// `key`, `saga`, `trace`, `incident`, `service`, `replica`.
        pub kind: String,
        pub title: String,
        pub detail: String,
        pub link: String,
    }

    pub struct LineageHead {
        pub range: Range,
        pub entity: String,
        pub key: String,
        pub headline: String,
        pub findings: Vec<FindingView>,
    }
}

shapes! {
    /// The page of a key: its history, and the state in all places at one time or two.
    pub struct LineagePage {
        pub head: LineageHead,
        pub lineage: crate::lineage::Lineage,
        /// As of `at`, or now.
        pub state: crate::lineage::StateAt,
        /// As of `at2`, where a second time was asked for.
        pub second: Option<crate::lineage::StateAt>,
        /// Older changes were left out: the range holds more than a page shows.
        pub cut: bool,
    }
}
