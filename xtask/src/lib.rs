//! The project's own commands as a library: what `cargo xtask …` does, what the tests need of it (real servers, foreign
//! clients), and the demo's simulated shop. Depends on no other crate of the workspace, so that it compiles in seconds.

pub mod bench;
pub mod clock;
pub mod demo;
pub mod packages;
pub mod services;
pub mod shell;
pub mod shop;
pub mod test;
pub mod tidy;
pub mod web;
pub mod workspace;
