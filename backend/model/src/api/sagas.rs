//! Sagas: which transactions will not finish?

use super::{Axis, FindingView, Line, Quantiles, Range};
use crate::{ReceivedTime, SourceTime};

shapes! {
    pub struct SagasPage {
        pub range: Range,
        pub headline: String,
        pub sagas: Vec<SagaType>,
        pub axis: Axis,
    }

    pub struct SagaType {
        pub saga: String,
        /// `declared`; later also `mined`.
        pub origin: String,
        pub open: u64,
        pub stuck: u64,
        pub at_risk: u64,
        pub unknown: u64,
        /// In the range.
        pub started: u64,
        pub completed: u64,
        pub failed: u64,
        pub within_seconds: Option<f64>,
        pub stages: Vec<SagaStage>,
        pub stuck_line: Line,
    }

    /// One step of the funnel: passages in the range, waiting now.
    pub struct SagaStage {
        /// `start`, `step`, `completed`, `failed`.
        pub role: String,
        pub event: String,
        pub owner: Option<String>,
        pub passed: u64,
        /// Time since the stage before.
        pub since_before: Quantiles,
        /// Instances that wait for this event now, and how many of them are stuck or unknown.
        pub waiting: u64,
        pub stuck: u64,
        pub unknown: u64,
        pub within_seconds: Option<f64>,
        pub compensate: Option<String>,
        pub compensated: u64,
    }

    /// An instance in the list, worst first.
    pub struct SagaRow {
        pub saga: String,
        pub instance: String,
        pub run: u32,
        /// `stuck`, `compensation owed`, `at risk`, `unknown`, `compensating`, `on course`, `completed`, `failed` …
        pub state: String,
        pub step: Option<String>,
        pub why: Option<String>,
        pub waiting_for: Vec<String>,
        pub owner: Option<String>,
        pub after: String,
        pub waiting_since: Option<SourceTime>,
        pub due: Option<SourceTime>,
        /// The declared time of the wait.
        pub within_seconds: Option<f64>,
        /// What is owed, in words; empty where nothing is.
        pub owed: String,
        pub started: Option<SourceTime>,
        pub last: SourceTime,
        pub updated: ReceivedTime,
    }

    pub struct SagaInstancePage {
        pub headline: String,
        pub row: SagaRow,
        pub steps: Vec<SagaStepView>,
        pub events: Vec<SagaEventView>,
        pub omitted_events: u32,
        pub findings: Vec<FindingView>,
        /// Other runs under the same id.
        pub runs: Vec<u32>,
        pub traces: Vec<String>,
    }

    /// One declared step against what happened.
    pub struct SagaStepView {
        pub event: String,
        pub owner: Option<String>,
        /// `done`, `waiting`, `stuck`, `not_begun`, `undone`, `owed`, `unknown`.
        pub state: String,
        pub entered: Option<SourceTime>,
        pub done: Option<SourceTime>,
        pub within_seconds: Option<f64>,
        /// How long others took in the range.
        pub others: Quantiles,
        pub compensate: Option<String>,
        pub compensated: Option<SourceTime>,
    }

    pub struct SagaEventView {
        pub event: String,
        pub at: SourceTime,
        /// Source, partition and position.
        pub id: String,
        /// `start`, `step`, `repeated`, `compensation`, `completed`, `failed`, `undeclared`, `after_end`.
        pub role: String,
        pub trace: Option<String>,
    }
}
