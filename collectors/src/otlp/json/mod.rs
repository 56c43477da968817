//! OTLP/JSON (OTLP specification, "JSON Protobuf Encoding"): ids as hexadecimal, enums as numbers only, 64-bit integers as
//! text or number, unknown members ignored, absent and null members as their defaults. Turned into the types of the binary
//! encoding, so that both take the same way from there.

mod common;
mod logs;
mod metrics;
mod scalar;
mod traces;

pub(super) use self::{logs::Logs, metrics::Metrics, traces::Traces};
