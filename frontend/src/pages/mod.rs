//! The ten pages, one module each. A page asks one path of the API and draws its answer; it decides nothing (UI-1).

mod collectors;
mod incidents;
mod latency;
mod lineage;
mod not_found;
mod overview;
mod replicas;
mod report;
mod sagas;
mod settings;
mod streams;

pub use collectors::collectors;
pub use incidents::{incident, incidents};
pub use latency::{latency, trace};
pub use lineage::{lineage, lineage_landing};
pub use not_found::not_found;
pub use overview::overview;
pub use replicas::{replica, replicas};
pub use report::report;
pub use sagas::{saga_instance, sagas};
pub use settings::settings;
pub use streams::streams;
