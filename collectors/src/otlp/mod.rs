//! OTLP: requests of traces, logs and metrics become observations. Nothing is mapped; what cannot be used is rejected with a
//! reason, and costs nothing else of the request (partial success).

mod attribute;
mod json;
mod log;
mod metric;
mod peer;
mod span;
mod value;
mod wire;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest, trace::v1::ExportTraceServiceRequest,
};
use plumbline_model::{
    Observation, ObservationId, Position, ReceivedTime, SourceName, SourceTime,
    observation::{Cause, Fact, Route},
};

use prost::Message;

use self::json::Bad;
pub(crate) use self::wire::decode_record;
pub use self::wire::{Encoding, Signal, Undecodable, decode};
use crate::{Decoded, Issue, IssueKind, Place, RawRecord};

/// Issues of one request that are kept one by one; the rest is counted in `rejected`.
const MAX_ISSUES: usize = 20;

/// Whose request it is, and when it came.
#[derive(Clone, Debug)]
pub struct Arrival {
    pub source: SourceName,
    pub received: ReceivedTime,
    /// It comes from a recording: what it gives counts as received when it happened (SEM-4).
    pub recorded: bool,
}

/// What one request gave.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Request {
    pub decoded: Decoded,
    /// Spans, log records or points that were accepted. A span that links to other traces gives an observation in each.
    pub accepted: u64,
    /// Spans, log records or points that were not accepted.
    pub rejected: u64,
    /// Why, for the sender; empty where nothing was rejected.
    pub message: String,
}

/// The spans of a request.
pub fn traces(request: ExportTraceServiceRequest, arrival: &Arrival) -> Request {
    Intake::new(arrival).traces(request)
}

/// The log records of a request. `body` is what was received: its digest stands for the ids that log records lack (SEM-13).
pub fn logs(request: ExportLogsServiceRequest, body: &[u8], arrival: &Arrival) -> Request {
    Intake::new(arrival).logs(request, body)
}

/// The points of a request. `body` is what was received: its digest stands for the ids that points lack (SEM-13).
pub fn metrics(request: ExportMetricsServiceRequest, body: &[u8], arrival: &Arrival) -> Request {
    Intake::new(arrival).metrics(request, body)
}

/// A request on its way to observations.
struct Intake<'a> {
    arrival: &'a Arrival,
    request: Request,
    /// The places of what could not be read; a default stands there.
    unreadable: BTreeSet<String>,
}

impl<'a> Intake<'a> {
    fn new(arrival: &'a Arrival) -> Self {
        Self { arrival, request: Request::default(), unreadable: BTreeSet::new() }
    }

    fn traces(mut self, request: ExportTraceServiceRequest) -> Request {
        span::take(request, &mut self);
        self.finish("span")
    }

    fn logs(mut self, request: ExportLogsServiceRequest, body: &[u8]) -> Request {
        log::take(request, body, &mut self);
        self.finish("log record")
    }

    fn metrics(mut self, request: ExportMetricsServiceRequest, body: &[u8]) -> Request {
        metric::take(request, body, &mut self);
        self.finish("point")
    }

    /// Counts what the encoding's reader could not read, and says why.
    fn unreadable(&mut self, bad: Vec<Bad>) {
        for Bad { place, reason, raw, lost } in bad {
            self.request.rejected += lost;
            let (reason, expected) = reason.rsplit_once(", expected ").unwrap_or((&reason, "OTLP/JSON"));
            self.keep_aside(IssueKind::Rejected, || raw.into(), || place.clone(), reason.to_owned(), expected);
            self.unreadable.insert(place);
        }
    }

    fn is_unreadable(&self, place: impl FnOnce() -> String) -> bool {
        !self.unreadable.is_empty() && self.unreadable.contains(&place())
    }

    fn accept(&mut self, at: SourceTime, ident: u64, route: Route, cause: Cause, fact: Fact) {
        let received = if self.arrival.recorded { ReceivedTime(at.0) } else { self.arrival.received };
        let id = ObservationId {
            source: self.arrival.source.clone(),
            partition: Default::default(),
            position: Position::pushed(at.0, ident),
            part: 0,
        };
        self.request.accepted += 1;
        self.request.decoded.observations.push(Observation { id, at, received, route, cause, fact });
    }

    /// Another observation of what was accepted last, for another route.
    fn accept_part(&mut self, route: Route, cause: Cause, fact: Fact) {
        let Some(last) = self.request.decoded.observations.last() else { return };
        let (at, received) = (last.at, last.received);
        let id = ObservationId { part: last.id.part.saturating_add(1), ..last.id.clone() };
        self.request.decoded.observations.push(Observation { id, at, received, route, cause, fact });
    }

    /// Counts a part that is not accepted, and says why.
    fn reject(&mut self, part: &impl Message, place: impl FnOnce() -> String, reason: String, expected: &str) {
        self.request.rejected += 1;
        self.issue(IssueKind::Rejected, part, place, reason, expected);
    }

    /// Says what was wrong with a part, or in a part that is accepted all the same.
    /// The part is kept aside as protobuf, whatever the request came as; what could not be read, as it was sent.
    fn issue(
        &mut self,
        kind: IssueKind,
        part: &impl Message,
        place: impl FnOnce() -> String,
        reason: String,
        expected: &str,
    ) {
        self.keep_aside(kind, || part.encode_to_vec(), place, reason, expected);
    }

    fn keep_aside(
        &mut self,
        kind: IssueKind,
        raw: impl FnOnce() -> Vec<u8>,
        place: impl FnOnce() -> String,
        reason: String,
        expected: &str,
    ) {
        if self.request.decoded.issues.len() < MAX_ISSUES {
            let record = RawRecord {
                source: self.arrival.source.clone(),
                received: self.arrival.received,
                payload: Some(raw().into()),
                ..RawRecord::default()
            };
            self.request.decoded.issues.push(Issue::of(&record, kind, Place::Member(place()), reason, expected));
        }
    }

    fn finish(mut self, what: &str) -> Request {
        let first = self.request.decoded.issues.iter().find(|issue| issue.kind == IssueKind::Rejected);
        if let Some(first) = first {
            let plural = if self.request.rejected == 1 { "" } else { "s" };
            let count = self.request.rejected;
            self.request.message = format!(
                "{count} {what}{plural} rejected; the first: {}: {}; expected {}",
                first.place, first.reason, first.expected
            );
        }
        self.request
    }
}
