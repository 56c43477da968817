//! YAML with places: text → tree (`tree`) → typed values (`read`), with every problem named by line and column.
//! It knows no key of Plumbline's configuration; what the values mean is checked elsewhere.

mod draw;
mod place;
mod read;
mod read_error;
mod tree;

#[cfg(test)]
mod tests;

pub use self::{
    place::{Path, Place, Problem, Problems, Segment},
    read::read,
    read_error::{nearest, one_of},
    tree::{Entry, Kind, Node, parse},
};
