//! Lineage: what happened to this key? Swim lanes from cause to effect, the state in all places at a cursor (or two), who
//! wrote each field, and the causal graph of the write at the cursor.

mod cursor;
mod graph;
mod landing;
mod lanes;
mod marks;
mod page;
mod state;
mod strip;

pub use landing::lineage_landing;
pub use page::lineage;
