//! The ten pages, one module each. A page asks one path of the API and draws its answer; it decides nothing (UI-1).

mod collectors;
mod incidents;
mod not_found;
mod overview;
mod replicas;
mod sagas;

pub use collectors::collectors;
pub use incidents::{incident, incidents};
pub use not_found::not_found;
pub use overview::overview;
pub use replicas::{replica, replicas};
pub use sagas::{saga_instance, sagas};
