//! Log records, as far as they serve traces and findings: who, how bad, what was said, and in which trace.

use compact_str::CompactString;
use opentelemetry_proto::tonic::{collector::logs::v1::ExportLogsServiceRequest, logs::v1::LogRecord};
use plumbline_model::{
    SourceTime, SpanId, TraceId,
    observation::{Cause, Fact, LogFact, Route},
};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::{Intake, attribute::Sender, value};
use crate::mapping::time::{EXPECTED, plausible};

/// Bytes of a body: enough for a stack trace's first lines.
const MAX_BODY_BYTES: usize = 1024;

pub(super) fn take(request: ExportLogsServiceRequest, body: &[u8], intake: &mut Intake<'_>) {
    let (request_hash, mut ordinal) = (xxh3_64(body), 0_u64);
    for (of_resource, resource) in request.resource_logs.into_iter().enumerate() {
        let sender = Sender::of(resource.resource.as_ref());
        for (of_scope, scope) in resource.scope_logs.into_iter().enumerate() {
            for (index, record) in scope.log_records.into_iter().enumerate() {
                let place = || format!("resourceLogs[{of_resource}].scopeLogs[{of_scope}].logRecords[{index}]");
                let ident = xxh3_64_with_seed(&ordinal.to_le_bytes(), request_hash);
                ordinal += 1;
                if !intake.is_unreadable(place) {
                    one(record, &sender, ident, intake, &place);
                }
            }
        }
    }
}

fn one(record: LogRecord, sender: &Sender, ident: u64, intake: &mut Intake<'_>, place: &impl Fn() -> String) {
    // The specification's order; a record without any time happened when it was received.
    let ns = [record.time_unix_nano, record.observed_time_unix_nano].into_iter().find(|ns| *ns != 0);
    let told = ns.map_or(SourceTime(intake.arrival.received.0), |ns| SourceTime(i64::try_from(ns).unwrap_or(i64::MAX)));
    let at = match plausible(told, intake.arrival.received) {
        Ok(at) => at,
        Err(reason) => return intake.reject(&record, || format!("{}.timeUnixNano", place()), reason, EXPECTED),
    };
    let (trace, span) = (TraceId::from_bytes(&record.trace_id), SpanId::from_bytes(&record.span_id));
    if trace.is_none() && !record.trace_id.iter().all(|byte| *byte == 0) {
        let reason = format!("found {} bytes", record.trace_id.len());
        return intake.reject(&record, || format!("{}.traceId", place()), reason, "16 bytes, or nothing");
    }
    let (body, cut) = value::text(record.body, MAX_BODY_BYTES);
    intake.request.decoded.cut_attributes += u64::from(cut);
    let fact = LogFact {
        service: sender.service.clone(),
        severity: u8::try_from(record.severity_number).ok().filter(|number| *number <= 24).unwrap_or(0),
        body,
    };
    let cause = Cause {
        trace,
        span,
        service: Some(sender.service.clone()),
        event_type: (!record.event_name.is_empty())
            .then(|| plumbline_model::EventType(value::cut(CompactString::from(record.event_name), 256).0)),
        ..Cause::default()
    };
    intake.accept(at, ident, trace.map_or(Route::None, Route::Trace), cause, Fact::Log(Box::new(fact)));
}
