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
