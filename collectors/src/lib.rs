//! The taps: what sources may be configured, how their records become observations, and the clients that read them.
//! One module a source, each {config, decode, client}; `decode` is pure and total (COL-1), only `client` touches a driver.

mod batch;
mod canonical;
pub mod config;
mod decoded;
mod expr;
mod format;
pub mod issue;
#[cfg(feature = "kafka")]
pub mod kafka;
mod mapping;
pub mod otlp;
pub mod push;
mod raw;
pub mod recording;
mod spec;

pub use crate::{
    batch::{Ack, Notice, SourceBatch},
    decoded::Decoded,
    issue::{Issue, IssueKind, Place},
    mapping::{Decoder, FromStart},
    raw::RawRecord,
    spec::SpecError,
};
