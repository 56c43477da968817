//! `ExportTraceServiceRequest`. Members that nothing here uses (scope, events, trace state) are ignored.

use opentelemetry_proto::tonic::{collector::trace::v1::ExportTraceServiceRequest, trace::v1 as proto};
use serde::Deserialize;

use super::{
    Bad, Export,
    common::{KeyValue, Resource, attributes},
    each::{Each, PlaceOf},
    scalar::{Enum, Hex, Unsigned, nullable},
};

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(in crate::otlp) struct Traces {
    resource_spans: Option<Each<ResourceSpans>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct ResourceSpans {
    resource: Option<Resource>,
    scope_spans: Each<ScopeSpans>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ScopeSpans {
    spans: Each<Span>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Span {
    #[serde(deserialize_with = "nullable")]
    trace_id: Hex,
    #[serde(deserialize_with = "nullable")]
    span_id: Hex,
    #[serde(deserialize_with = "nullable")]
    parent_span_id: Hex,
    #[serde(deserialize_with = "nullable")]
    name: String,
    #[serde(deserialize_with = "nullable")]
    kind: Enum,
    #[serde(deserialize_with = "nullable")]
    start_time_unix_nano: Unsigned,
    #[serde(deserialize_with = "nullable")]
    end_time_unix_nano: Unsigned,
    #[serde(deserialize_with = "nullable")]
    attributes: Vec<KeyValue>,
    #[serde(deserialize_with = "nullable")]
    links: Vec<Link>,
    status: Option<Status>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Link {
    #[serde(deserialize_with = "nullable")]
    trace_id: Hex,
    #[serde(deserialize_with = "nullable")]
    span_id: Hex,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Status {
    #[serde(deserialize_with = "nullable")]
    message: String,
    #[serde(deserialize_with = "nullable")]
    code: Enum,
}

impl Export for Traces {
    type Binary = ExportTraceServiceRequest;
    const MEMBER: &'static str = "resourceSpans";

    fn binary(self, bad: &mut Vec<Bad>) -> Option<ExportTraceServiceRequest> {
        let place = || Self::MEMBER.to_owned();
        let resource_spans = self.resource_spans?.turn(&place, bad, ResourceSpans::binary);
        Some(ExportTraceServiceRequest { resource_spans })
    }
}

impl ResourceSpans {
    fn binary(self, place: PlaceOf<'_>, bad: &mut Vec<Bad>) -> proto::ResourceSpans {
        let scopes = || format!("{}.scopeSpans", place());
        proto::ResourceSpans {
            resource: self.resource.map(Into::into),
            scope_spans: self.scope_spans.turn(&scopes, bad, ScopeSpans::binary),
            ..proto::ResourceSpans::default()
        }
    }
}

impl ScopeSpans {
    fn binary(self, place: PlaceOf<'_>, bad: &mut Vec<Bad>) -> proto::ScopeSpans {
        let spans = self.spans.turn(&|| format!("{}.spans", place()), bad, |span, _, _| span.into());
        proto::ScopeSpans { spans, ..proto::ScopeSpans::default() }
    }
}

impl From<Span> for proto::Span {
    fn from(span: Span) -> Self {
        Self {
            trace_id: span.trace_id.0,
            span_id: span.span_id.0,
            parent_span_id: span.parent_span_id.0,
            name: span.name,
            kind: span.kind.0,
            start_time_unix_nano: span.start_time_unix_nano.0,
            end_time_unix_nano: span.end_time_unix_nano.0,
            attributes: attributes(span.attributes),
            links: span.links.into_iter().map(Into::into).collect(),
            status: span.status.map(|it| proto::Status { message: it.message, code: it.code.0 }),
            ..Self::default()
        }
    }
}

impl From<Link> for proto::span::Link {
    fn from(link: Link) -> Self {
        Self { trace_id: link.trace_id.0, span_id: link.span_id.0, ..Self::default() }
    }
}
