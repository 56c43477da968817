//! Log records as OTLP/JSON writes them, strictly: what the specification does not allow is an error with its place.

use opentelemetry_proto::tonic::{collector::logs::v1::ExportLogsServiceRequest, logs::v1 as proto};
use serde::Deserialize;

use super::{
    common::{AnyValue, Resource},
    scalar::{Enum, Hex, Unsigned, nullable},
};

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(in crate::otlp) struct Logs {
    #[serde(deserialize_with = "nullable")]
    resource_logs: Vec<ResourceLogs>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct ResourceLogs {
    resource: Option<Resource>,
    #[serde(deserialize_with = "nullable")]
    scope_logs: Vec<ScopeLogs>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct ScopeLogs {
    #[serde(deserialize_with = "nullable")]
    log_records: Vec<LogRecord>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct LogRecord {
    #[serde(deserialize_with = "nullable")]
    time_unix_nano: Unsigned,
    #[serde(deserialize_with = "nullable")]
    observed_time_unix_nano: Unsigned,
    #[serde(deserialize_with = "nullable")]
    severity_number: Enum,
    body: Option<AnyValue>,
    #[serde(deserialize_with = "nullable")]
    trace_id: Hex,
    #[serde(deserialize_with = "nullable")]
    span_id: Hex,
    #[serde(deserialize_with = "nullable")]
    event_name: String,
}

impl From<Logs> for ExportLogsServiceRequest {
    fn from(logs: Logs) -> Self {
        Self { resource_logs: logs.resource_logs.into_iter().map(Into::into).collect() }
    }
}

impl From<ResourceLogs> for proto::ResourceLogs {
    fn from(of_resource: ResourceLogs) -> Self {
        let scopes = of_resource.scope_logs.into_iter().map(|scope| proto::ScopeLogs {
            log_records: scope.log_records.into_iter().map(Into::into).collect(),
            ..proto::ScopeLogs::default()
        });
        Self { resource: of_resource.resource.map(Into::into), scope_logs: scopes.collect(), ..Self::default() }
    }
}

impl From<LogRecord> for proto::LogRecord {
    fn from(record: LogRecord) -> Self {
        Self {
            time_unix_nano: record.time_unix_nano.0,
            observed_time_unix_nano: record.observed_time_unix_nano.0,
            severity_number: record.severity_number.0,
            body: record.body.map(Into::into),
            trace_id: record.trace_id.0,
            span_id: record.span_id.0,
            event_name: record.event_name,
            ..Self::default()
        }
    }
}
