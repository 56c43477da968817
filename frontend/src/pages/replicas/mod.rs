//! Replicas: which copy, how far behind? A matrix of entities and their copies, and a page for each copy.

mod key_panel;
mod keys;
mod matrix;
mod partitions;
mod replica;

pub use matrix::replicas;
pub use replica::replica;
