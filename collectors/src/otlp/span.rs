//! Spans: ids checked, times checked, attributes bounded.

use compact_str::CompactString;
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    trace::v1::{Span, Status, span},
};
use plumbline_model::{
    OperationName, SourceTime, SpanId, TraceId,
    observation::{Cause, Fact, Route},
    span::{Link, SpanFact, SpanKind},
};
use xxhash_rust::xxh3::xxh3_64;

use super::{
    Intake,
    attribute::{self, MAX_NAME_BYTES, MAX_VALUE_BYTES, Sender},
    peer, value,
};
use crate::{
    IssueKind,
    mapping::time::{EXPECTED, plausible},
};

/// Links of a span that are kept; SDKs send at most 128.
const MAX_LINKS: usize = 128;
/// OTLP's status code for a failed span.
const STATUS_ERROR: i32 = 2;

pub(super) fn take(request: ExportTraceServiceRequest, intake: &mut Intake<'_>) {
    let spans = request.resource_spans.iter().flat_map(|it| &it.scope_spans).map(|scope| scope.spans.len()).sum();
    intake.request.decoded.observations.reserve(spans);
    for (of_resource, resource) in request.resource_spans.into_iter().enumerate() {
        let sender = Sender::of(resource.resource.as_ref());
        for (of_scope, scope) in resource.scope_spans.into_iter().enumerate() {
            for (index, span) in scope.spans.into_iter().enumerate() {
                let place = || format!("resourceSpans[{of_resource}].scopeSpans[{of_scope}].spans[{index}]");
                if !intake.is_unreadable(place) {
                    one(span, &sender, intake, &place);
                }
            }
        }
    }
}

fn one(span: Span, sender: &Sender, intake: &mut Intake<'_>, place: &impl Fn() -> String) {
    let (trace, id) = match (TraceId::from_bytes(&span.trace_id), SpanId::from_bytes(&span.span_id)) {
        (Some(trace), Some(id)) => (trace, id),
        (None, _) => {
            return reject_id(intake, &span, place, "traceId", &span.trace_id, "16 bytes that are not all zero");
        }
        (_, None) => return reject_id(intake, &span, place, "spanId", &span.span_id, "8 bytes that are not all zero"),
    };
    if !matches!(span.parent_span_id.len(), 0 | 8) {
        return reject_id(intake, &span, place, "parentSpanId", &span.parent_span_id, "8 bytes, or nothing for a root");
    }
    let Some((start, end)) = times(&span, intake, place) else { return };
    let (attributes, mut cut) = attribute::keep(span.attributes);
    let links = links(span.links, &mut cut, intake, place);
    let kind = kind(span.kind);
    let Status { message, code } = span.status.unwrap_or_default();
    let name = if span.name.is_empty() { CompactString::const_new("unknown") } else { CompactString::from(span.name) };
    let fact = SpanFact {
        trace,
        span: id,
        parent: SpanId::from_bytes(&span.parent_span_id),
        service: sender.service.clone(),
        version: sender.version.clone(),
        operation: OperationName(value::cut(name, MAX_NAME_BYTES).0),
        kind,
        start,
        end,
        failed: code == STATUS_ERROR,
        message: value::cut(CompactString::from(message), MAX_VALUE_BYTES).0,
        peer: peer::of(kind, &attributes),
        links,
        attributes,
    };
    intake.request.decoded.cut_attributes += cut;
    let linked = in_linked_traces(&fact);
    let cause = Cause { trace: Some(trace), span: Some(id), service: Some(sender.service.clone()), ..Cause::default() };
    intake.accept(end, ident(trace, id), Route::Trace(trace), cause, Fact::Span(Box::new(fact)));
    for (link, fact) in linked {
        let service = Some(sender.service.clone());
        let cause = Cause { trace: Some(link.trace), span: Some(link.span), service, ..Cause::default() };
        intake.accept_part(Route::Trace(link.trace), cause, Fact::Span(Box::new(fact)));
    }
}

/// SEM-15: the span as it is seen in each other trace that it links to. There it stands below what it links to: its own parent
/// is not in that trace, its attributes are told where it belongs.
fn in_linked_traces(fact: &SpanFact) -> Vec<(Link, SpanFact)> {
    let mut seen: Vec<(Link, SpanFact)> = Vec::new();
    for link in fact.links.iter().filter(|link| link.trace != fact.trace) {
        match seen.iter_mut().find(|(first, _)| first.trace == link.trace) {
            Some((_, there)) => there.links.push(*link),
            None => seen
                .push((*link, SpanFact { parent: None, links: vec![*link], attributes: Vec::new(), ..fact.clone() })),
        }
    }
    seen
}

fn reject_id(intake: &mut Intake<'_>, span: &Span, place: &impl Fn() -> String, name: &str, id: &[u8], expected: &str) {
    let found = if id.len() <= 32 { hex::encode(id) } else { format!("{} bytes", id.len()) };
    intake.reject(span, || format!("{}.{name}", place()), format!("found `{found}` ({} bytes)", id.len()), expected);
}

/// Start and end; an end before the start makes a span without length, and an issue.
fn times(span: &Span, intake: &mut Intake<'_>, place: &impl Fn() -> String) -> Option<(SourceTime, SourceTime)> {
    let mut read = |name: &str, ns: u64| {
        let at = SourceTime(i64::try_from(ns).unwrap_or(i64::MAX));
        plausible(at, intake.arrival.received)
            .map_err(|reason| intake.reject(span, || format!("{}.{name}", place()), reason, EXPECTED))
            .ok()
    };
    let start = read("startTimeUnixNano", span.start_time_unix_nano)?;
    if span.end_time_unix_nano >= span.start_time_unix_nano {
        return Some((start, read("endTimeUnixNano", span.end_time_unix_nano)?));
    }
    let before = span.start_time_unix_nano - span.end_time_unix_nano;
    let reason = format!("it ends {before} ns before it starts; it counts as without length");
    let place = || format!("{}.endTimeUnixNano", place());
    intake.issue(IssueKind::Time, span, place, reason, "an end at or after the start");
    Some((start, start))
}

fn links(links: Vec<span::Link>, cut: &mut u64, intake: &mut Intake<'_>, place: &impl Fn() -> String) -> Vec<Link> {
    *cut += links.len().saturating_sub(MAX_LINKS) as u64;
    let mut kept = Vec::with_capacity(links.len().min(MAX_LINKS));
    for (index, link) in links.into_iter().take(MAX_LINKS).enumerate() {
        match (TraceId::from_bytes(&link.trace_id), SpanId::from_bytes(&link.span_id)) {
            (Some(trace), Some(span)) => kept.push(Link { trace, span }),
            _ => intake.issue(
                IssueKind::Rejected,
                &link,
                || format!("{}.links[{index}]", place()),
                "the ids of the link are not ids; the link is left out".to_owned(),
                "16 and 8 bytes that are not all zero",
            ),
        }
    }
    kept
}

const fn kind(number: i32) -> SpanKind {
    match number {
        1 => SpanKind::Internal,
        2 => SpanKind::Server,
        3 => SpanKind::Client,
        4 => SpanKind::Producer,
        5 => SpanKind::Consumer,
        // The specification: an unknown kind is unspecified.
        _ => SpanKind::Unspecified,
    }
}

/// SEM-13: a span is known by (trace, span id), whoever sends it again.
fn ident(trace: TraceId, span: SpanId) -> u64 {
    let mut bytes = [0; 24];
    bytes[..16].copy_from_slice(&trace.0.to_be_bytes());
    bytes[16..].copy_from_slice(&span.0.to_be_bytes());
    xxh3_64(&bytes)
}
