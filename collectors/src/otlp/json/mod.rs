//! OTLP/JSON (OTLP specification, "JSON Protobuf Encoding"): ids as hexadecimal, enums as numbers only, 64-bit integers as
//! text or number, unknown members ignored, absent and null members as their defaults. Turned into the types of the binary
//! encoding, so that both take the same way from there. What is wrong with one span, log record or point costs no other anything.

mod common;
mod each;
mod logs;
mod metrics;
mod scalar;
mod traces;

use serde::de::DeserializeOwned;

pub(super) use self::{each::Bad, logs::Logs, metrics::Metrics, traces::Traces};

/// A request of one signal.
pub(super) trait Export: DeserializeOwned {
    /// The same in the binary encoding.
    type Binary;
    /// The member that makes it a request of its signal.
    const MEMBER: &'static str;

    /// The request, with defaults in the places of what could not be read; `None` where it does not have the member.
    fn binary(self, bad: &mut Vec<Bad>) -> Option<Self::Binary>;
}
