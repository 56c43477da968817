//! The configuration.

pub mod file;
pub mod scalar;
pub mod yaml;
