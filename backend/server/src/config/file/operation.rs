//! How the program itself is run: where it listens, what it keeps, what it takes in at most, what it tells of itself.

use plumbline_collectors::config::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::scalar::{Address, Size};

/// Where OTLP is taken in.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OtlpFile {
    /// OTLP over gRPC; `null` for none.
    pub grpc: Option<Address>,
    /// OTLP over HTTP; `null` for none.
    pub http: Option<Address>,
}

impl Default for OtlpFile {
    fn default() -> Self {
        Self { grpc: Some(Address::local(4317)), http: Some(Address::local(4318)) }
    }
}

/// How long things are kept.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionFile {
    /// Raw observations, in whole days.
    pub journal: Duration,
    /// Traces, finished sagas, resolved findings and incidents.
    pub rows: Duration,
    /// Figures by the minute.
    pub minutes: Duration,
    /// Figures by the hour.
    pub hours: Duration,
}

impl Default for RetentionFile {
    fn default() -> Self {
        const DAY: i64 = 86_400;
        Self {
            journal: Duration::from_secs(7 * DAY),
            rows: Duration::from_secs(30 * DAY),
            minutes: Duration::from_secs(30 * DAY),
            hours: Duration::from_secs(400 * DAY),
        }
    }
}

/// What is taken in at most: beyond it senders are told to try again later.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsFile {
    /// One request, unpacked.
    pub max_body: Size,
    /// What waits to be journaled.
    pub queue: Size,
    /// Traces that are being assembled.
    pub open_traces: u32,
}

impl Default for LimitsFile {
    fn default() -> Self {
        Self { max_body: Size::mib(16), queue: Size::mib(64), open_traces: 100_000 }
    }
}

/// Plumbline's own logs, traces and metrics.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TelemetryFile {
    /// Where its traces and metrics are sent: OTLP over gRPC, `http://host:4317`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otlp: Option<String>,
    /// How its logs are written.
    pub logs: LogFormat,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}
