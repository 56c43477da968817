//! Log records as OTLP/JSON writes them, strictly: what the specification does not allow is an error with its place.

use opentelemetry_proto::tonic::{collector::logs::v1::ExportLogsServiceRequest, logs::v1 as proto};
use serde::Deserialize;

use super::{
    Bad, Export,
    common::{AnyValue, Resource},
    each::{Each, PlaceOf},
    scalar::{Enum, Hex, Unsigned, nullable},
};

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(in crate::otlp) struct Logs {
    resource_logs: Option<Each<ResourceLogs>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct ResourceLogs {
    resource: Option<Resource>,
    scope_logs: Each<ScopeLogs>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct ScopeLogs {
    log_records: Each<LogRecord>,
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

impl Export for Logs {
    type Binary = ExportLogsServiceRequest;
    const MEMBER: &'static str = "resourceLogs";

    fn binary(self, bad: &mut Vec<Bad>) -> Option<ExportLogsServiceRequest> {
        let place = || Self::MEMBER.to_owned();
        let resource_logs = self.resource_logs?.turn(&place, bad, ResourceLogs::binary);
        Some(ExportLogsServiceRequest { resource_logs })
    }
}

impl ResourceLogs {
    fn binary(self, place: PlaceOf<'_>, bad: &mut Vec<Bad>) -> proto::ResourceLogs {
        let scopes = || format!("{}.scopeLogs", place());
        proto::ResourceLogs {
            resource: self.resource.map(Into::into),
            scope_logs: self.scope_logs.turn(&scopes, bad, ScopeLogs::binary),
            ..proto::ResourceLogs::default()
        }
    }
}

impl ScopeLogs {
    fn binary(self, place: PlaceOf<'_>, bad: &mut Vec<Bad>) -> proto::ScopeLogs {
        let records = || format!("{}.logRecords", place());
        let log_records = self.log_records.turn(&records, bad, |record, _, _| record.into());
        proto::ScopeLogs { log_records, ..proto::ScopeLogs::default() }
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
