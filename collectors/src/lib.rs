//! The taps: what sources may be configured, how their records become observations, and the clients that read them.
//! One module a source, each {config, decode, client}; `decode` is pure and total (COL-1), only `client` touches a driver.

// What clients that read hand over; without one of them nobody needs it.
#[cfg(feature = "kafka")]
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

#[cfg(feature = "kafka")]
pub use crate::batch::{Ack, Acked, Notice, SourceBatch};
pub use crate::{
    decoded::Decoded,
    issue::{Issue, IssueKind, Place},
    mapping::{Decoder, FromStart},
    raw::RawRecord,
    spec::SpecError,
};
