//! The vocabulary of Plumbline as plain data: what was observed, what is held to be true of it, and what people are shown.
//! It must not do I/O, read a clock or decide a verdict; it also builds for wasm32, because the dashboard speaks it too.

pub mod api;
pub mod change;
pub mod finding;
pub mod incident;
pub mod journal;
pub mod lineage;
pub mod name;
pub mod observation;
pub mod position;
pub mod prose;
pub mod rollup;
pub mod rules;
pub mod saga;
pub mod sketch;
pub mod span;
pub mod state;
pub mod time;
pub mod trace;
pub mod verdict;

pub use change::Change;
pub use finding::{Evidence, Finding, FindingId, Resolution, Rule, Subject};
pub use journal::{Record, Tick};
pub use name::*;
pub use observation::{Cause, Fact, Observation, Route};
pub use position::{ObservationId, Position};
pub use sketch::Sketch;
pub use time::{Lag, ReceivedTime, SourceTime};
pub use verdict::{Reason, Verdict, Why};
