//! Tests of the saga checker in the notation of `notation.rs`.

mod declared;
mod harness;
mod notation;
mod picture;
mod properties;
mod runs;
mod skipped;
mod strays;
mod told;
mod undoing;
mod unknown;
