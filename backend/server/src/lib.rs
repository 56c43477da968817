//! The server, the command line and everything that both share; the only crate that knows all of the others.

pub mod config;
pub mod report;
