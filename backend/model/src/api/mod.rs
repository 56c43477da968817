//! The shapes of the report API and of every page: what `/api/v1` answers and the dashboard draws (one shape for both).
//! Flat and made for people and programs: times are RFC 3339, durations are seconds, shares lie between 0 and 1.
//! Nothing here decides anything (UI-1); the server fills it from the store.

/// Derives what every shape of the API needs.
macro_rules! shapes {
    ($($item:item)*) => { $(
        #[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        $item
    )* };
}

mod collectors;
mod common;
mod finding;
mod incidents;
mod latency;
mod lineage;
mod live;
mod overview;
mod problem;
mod replicas;
mod report;
mod sagas;
mod settings;
mod streams;

pub use collectors::*;
pub use common::*;
pub use finding::*;
pub use incidents::*;
pub use latency::*;
pub use lineage::*;
pub use live::*;
pub use overview::*;
pub use problem::*;
pub use replicas::*;
pub use report::*;
pub use sagas::*;
pub use settings::*;
pub use streams::*;
