//! How fast OTLP becomes observations on one core: a request of 1,000 spans with 10 attributes each. Goal: 200,000 spans/s.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench that cannot run should stop")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value::Value},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use plumbline_collectors::otlp::{Arrival, Encoding, Signal, decode};
use plumbline_measure::ThreadTime;
use plumbline_model::ReceivedTime;
use prost::Message;

const SPANS: u64 = 1_000;
const NOW_NS: u64 = 1_795_262_400_000_000_000;

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

fn text(key: &str, value: impl Into<String>) -> KeyValue {
    attribute(key, Value::StringValue(value.into()))
}

/// A client span as an HTTP instrumentation of an SDK sends it.
fn span(index: u64) -> Span {
    Span {
        trace_id: (u128::from(index / 10 + 1) << 64 | 7).to_be_bytes().to_vec(),
        span_id: (index + 1).to_be_bytes().to_vec(),
        parent_span_id: (index / 2 + 1).to_be_bytes().to_vec(),
        name: format!("GET /orders/{{id}}/{}", index % 20),
        kind: 3,
        start_time_unix_nano: NOW_NS - 5_000_000_000 + index,
        end_time_unix_nano: NOW_NS - 4_900_000_000 + index,
        attributes: vec![
            text("http.request.method", "GET"),
            text("url.full", format!("https://stock.shop.example:8443/v1/items/{index}?reserve=true")),
            text("server.address", "stock.shop.example"),
            attribute("server.port", Value::IntValue(8443)),
            attribute("http.response.status_code", Value::IntValue(200)),
            text("user_agent.original", "shop-orders/1.4.2 (linux; x86_64)"),
            text("network.protocol.version", "1.1"),
            text("order.id", format!("o-{index}")),
            attribute("retry", Value::BoolValue(false)),
            text("thread.name", "worker-7"),
        ],
        ..Span::default()
    }
}

fn request() -> ExportTraceServiceRequest {
    let resource = Resource {
        attributes: vec![text("service.name", "orders"), text("service.version", "1.4.2")],
        ..Resource::default()
    };
    let scope = ScopeSpans { spans: (0..SPANS).map(span).collect(), ..ScopeSpans::default() };
    let of_resource = ResourceSpans { resource: Some(resource), scope_spans: vec![scope], ..ResourceSpans::default() };
    ExportTraceServiceRequest { resource_spans: vec![of_resource] }
}

fn spans(criterion: &mut Criterion<ThreadTime>) {
    let body = request().encode_to_vec();
    let arrival = Arrival { source: "traces".into(), received: ReceivedTime(NOW_NS as i64), recorded: false };
    let mut group = criterion.benchmark_group("otlp");
    group.throughput(Throughput::Elements(SPANS));
    group.bench_function("protobuf to observations", |bencher| {
        bencher.iter(|| {
            decode(Signal::Traces, Encoding::Protobuf, &body, &arrival).map(|it| it.decoded.observations.len())
        });
    });
    group.bench_function("protobuf to prost's types only", |bencher| {
        bencher.iter(|| ExportTraceServiceRequest::decode(body.as_slice()).map(|it| it.resource_spans.len()));
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(ThreadTime::default());
    targets = spans
}
criterion_main!(benches);
