//! The two encodings of a request, and recorded lines of it. JSON is OTLP's own (hexadecimal ids, enums as numbers, 64-bit
//! integers as text or number), not protobuf's usual one.

use std::collections::BTreeMap;

use prost::Message;
use serde::{Deserialize, de::IgnoredAny};
use thiserror::Error;

use super::{
    Arrival, Intake, Request,
    json::{self, Export},
};
use crate::{Decoded, Issue, IssueKind, Place, RawRecord};

/// What a request brings: the last segment of its path, or its gRPC service.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signal {
    Traces,
    Logs,
    Metrics,
}

/// `application/x-protobuf` or `application/json`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    Protobuf,
    Json,
}

/// A body that is not a request. Nothing of it is used; trying again would not help (HTTP 400).
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{place}: {reason}; expected {expected}")]
pub struct Undecodable {
    pub place: Place,
    pub reason: String,
    pub expected: &'static str,
}

/// Reads the body of a request.
///
/// # Errors
/// Where the bytes are not a request of that signal and encoding.
pub fn decode(signal: Signal, encoding: Encoding, body: &[u8], arrival: &Arrival) -> Result<Request, Undecodable> {
    let mut intake = Intake::new(arrival);
    Ok(match signal {
        Signal::Traces => {
            let request = read::<json::Traces>(signal, encoding, body, &mut intake)?;
            intake.traces(request)
        }
        Signal::Logs => {
            let request = read::<json::Logs>(signal, encoding, body, &mut intake)?;
            intake.logs(request, body)
        }
        Signal::Metrics => {
            let request = read::<json::Metrics>(signal, encoding, body, &mut intake)?;
            intake.metrics(request, body)
        }
    })
}

fn read<J: Export<Binary: Message + Default>>(
    signal: Signal,
    encoding: Encoding,
    body: &[u8],
    intake: &mut Intake<'_>,
) -> Result<J::Binary, Undecodable> {
    let expected = match (signal, encoding) {
        (Signal::Traces, Encoding::Protobuf) => "an ExportTraceServiceRequest",
        (Signal::Logs, Encoding::Protobuf) => "an ExportLogsServiceRequest",
        (Signal::Metrics, Encoding::Protobuf) => "an ExportMetricsServiceRequest",
        (Signal::Traces, Encoding::Json) => "OTLP/JSON with resourceSpans",
        (Signal::Logs, Encoding::Json) => "OTLP/JSON with resourceLogs",
        (Signal::Metrics, Encoding::Json) => "OTLP/JSON with resourceMetrics",
    };
    match encoding {
        Encoding::Protobuf => J::Binary::decode(body).map_err(|error| Undecodable {
            place: Place::Whole,
            reason: error.to_string(),
            expected,
        }),
        Encoding::Json => {
            let unfit = |error: serde_json::Error| {
                let (place, reason) = told(&error);
                Undecodable { place, reason, expected }
            };
            let mut bad = Vec::new();
            let request = serde_json::from_slice::<J>(body).map_err(unfit)?.binary(&mut bad);
            intake.unreadable(bad);
            if let Some(request) = request {
                return Ok(request);
            }
            // Nothing at all is a request that brings nothing; anything else is another signal, or no OTLP.
            let members = serde_json::from_slice::<BTreeMap<String, IgnoredAny>>(body).map_err(unfit)?;
            if members.is_empty() || members.contains_key(J::MEMBER) {
                return Ok(J::Binary::default());
            }
            let reason = match members.keys().find(|name| name.starts_with("resource")) {
                Some(other) => format!("it has `{other}` and no `{}`", J::MEMBER),
                None => format!("it has no `{}`", J::MEMBER),
            };
            Err(Undecodable { place: Place::Whole, reason, expected })
        }
    }
}

/// Where and why JSON could not be read.
fn told(error: &serde_json::Error) -> (Place, String) {
    let said = error.to_string();
    let reason = said.rsplit_once(" at line ").map_or(said.as_str(), |(reason, _)| reason).to_owned();
    (Place::Text { line: error.line() as u64, column: error.column() as u64 }, reason)
}

/// A recorded request, as the Collector's file exporter writes it: one request of any signal as JSON.
pub(crate) fn decode_record(record: &RawRecord) -> Decoded {
    let wrong = |place, reason, expected: &str| {
        let place = match place {
            Place::Text { line, column } => Place::in_text(record, line as usize, column as usize),
            other => other,
        };
        Decoded::issue(Issue::of(record, IssueKind::Malformed, place, reason, expected))
    };
    let body = record.payload.as_deref().unwrap_or_default();
    let signal = match signal_of(body) {
        Ok(Some(signal)) => signal,
        Ok(None) => {
            let expected = "OTLP/JSON with resourceSpans, resourceLogs or resourceMetrics";
            return wrong(Place::Whole, "it is no request of OTLP".to_owned(), expected);
        }
        Err(error) => {
            let (place, reason) = told(&error);
            return wrong(place, reason, "OTLP/JSON");
        }
    };
    let arrival = Arrival { source: record.source.clone(), received: record.received, recorded: record.recorded };
    match decode(signal, Encoding::Json, body, &arrival) {
        Ok(request) => {
            let mut decoded = request.decoded;
            for issue in &mut decoded.issues {
                issue.partition = record.partition.clone();
                issue.offset = record.line.or(record.offset);
            }
            // The positions are those of pushed records; the partition is the recording's, whose frontier judges them.
            decoded.observations.iter_mut().for_each(|it| it.id.partition = record.partition.clone());
            decoded
        }
        Err(error) => wrong(error.place, error.reason, error.expected),
    }
}

/// The signal by the member that the request has.
fn signal_of(body: &[u8]) -> Result<Option<Signal>, serde_json::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Top {
        resource_spans: Option<IgnoredAny>,
        resource_logs: Option<IgnoredAny>,
        resource_metrics: Option<IgnoredAny>,
    }
    let top: Top = serde_json::from_slice(body)?;
    let traces = top.resource_spans.map(|_| Signal::Traces);
    Ok(traces.or(top.resource_logs.map(|_| Signal::Logs)).or(top.resource_metrics.map(|_| Signal::Metrics)))
}
