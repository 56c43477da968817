//! The ten pages, one module each. A page asks one path of the API and draws its answer; it decides nothing (UI-1).

mod not_found;
mod overview;

pub use not_found::not_found;
pub use overview::overview;
