//! The server, the command line and everything that both share; the only crate that knows all of the others.

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
