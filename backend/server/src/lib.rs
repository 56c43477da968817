//! The server, the command line and everything that both share; the only crate that knows all of the others.

use mimalloc::MiMalloc;

/// Records come in on one thread and are let go on another, all the time, and that is where the system's allocator spends
/// much of the processor's time and keeps memory back (figures: `cargo xtask bench`).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

pub mod check;
pub mod cli;
pub mod clock;
pub mod config;
pub mod http;
pub mod ingest;
pub mod metrics;
pub mod notify;
pub mod pipeline;
pub mod replay;
pub mod report;
pub mod serve;
pub mod site;
pub mod telemetry;
