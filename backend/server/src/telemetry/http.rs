//! Requests as spans, after OpenTelemetry's conventions for HTTP servers. A caller's trace goes on in them. Requests that bring
//! telemetry (OTLP) have none: pointed at itself, Plumbline would tell of telling.

use std::time::Duration;

use axum::{
    extract::MatchedPath,
    http::{HeaderMap, Request, Response},
};
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tower_http::{
    classify::{ServerErrorsAsFailures, SharedClassifier},
    trace::{DefaultOnBodyChunk, DefaultOnEos, DefaultOnRequest, TraceLayer},
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

type MakeSpan = fn(&Request<axum::body::Body>) -> Span;
type OnResponse = fn(&Response<axum::body::Body>, Duration, &Span);
type Layer = TraceLayer<
    SharedClassifier<ServerErrorsAsFailures>,
    MakeSpan,
    DefaultOnRequest,
    OnResponse,
    DefaultOnBodyChunk,
    DefaultOnEos,
    (),
>;

/// A span for each request of a router.
pub fn layer() -> Layer {
    TraceLayer::new_for_http().make_span_with(span as MakeSpan).on_response(answered as OnResponse).on_failure(())
}

fn span(request: &Request<axum::body::Body>) -> Span {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let method = request.method().as_str();
    // A path is no name: there are as many as there are keys.
    let name = format!("{method} {}", route.unwrap_or("page"));
    let span = tracing::info_span!(
        "request",
        otel.name = name,
        otel.kind = "server",
        otel.status_code = tracing::field::Empty,
        http.request.method = method,
        http.route = route,
        url.path = request.uri().path(),
        http.response.status_code = tracing::field::Empty,
    );
    let caller = TraceContextPropagator::new().extract(&Headers(request.headers()));
    // Without export there is no layer that could take it, which is as good.
    let _ = span.set_parent(caller);
    span
}

fn answered(response: &Response<axum::body::Body>, _: Duration, span: &Span) {
    span.record("http.response.status_code", response.status().as_u16());
    if response.status().is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }
    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(|name| name.as_str()).collect()
    }
}
