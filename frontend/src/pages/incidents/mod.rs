//! Incidents: what must I act on? The list, and the story of each with the actions on it.

mod actions;
mod deliveries;
mod incident;
mod list;
mod story;

pub use incident::incident;
pub use list::incidents;
