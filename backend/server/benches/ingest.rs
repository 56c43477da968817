//! The whole way of a span: OTLP over HTTP in protobuf, decoded, journaled and fsynced, acknowledged, assembled to a trace, its
//! critical path computed, added up and committed with its summary. Promised are 50,000 spans a second on one core.
//!
//! `cargo bench -p plumbline --bench ingest`. What the server's threads spend is counted, not what the senders do.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench that cannot run should stop")]

mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value::Value},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span, Status},
};
use plumbline::clock::{Clock as _, SystemClock};
use plumbline_measure::{figure, process_time, thread_time};
use prost::Message as _;
use tempfile::TempDir;

use self::support::{Client, Product};

/// Senders at the same time, as the collectors of a few nodes would be.
const SENDERS: u64 = 4;
/// A request of each: 100 traces of ten spans over five services.
const TRACES: u64 = 100;
const SPANS_OF_A_TRACE: u64 = 10;
const SERVICES: [&str; 5] = ["gateway", "orders", "payment", "stock", "shipping"];
/// Until traces are sealed as fast as they come: a trace settles for 10 s.
const WARM: Duration = Duration::from_secs(15);
const MEASURED: Duration = Duration::from_secs(25);

fn text(key: &str, value: impl Into<String>) -> KeyValue {
    let value = Some(AnyValue { value: Some(Value::StringValue(value.into())) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

fn number(key: &str, value: i64) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(Value::IntValue(value)) }),
        ..KeyValue::default()
    }
}

/// A number that compresses no better than a real id.
fn mixed(n: u64) -> u64 {
    xxhash_rust::xxh3::xxh3_64(&n.to_le_bytes())
}

/// The `nth` span of a trace that began at `start_ns`: the first is the root, every other one is inside of its parent.
fn span(trace: u64, nth: u64, start_ns: u64) -> Span {
    let id = |nth: u64| mixed(trace * SPANS_OF_A_TRACE + nth).to_be_bytes().to_vec();
    let order = mixed(trace) % 1_000_000;
    let failed = mixed(trace * 31 + nth).is_multiple_of(500);
    Span {
        trace_id: [mixed(trace ^ 0x5eed).to_be_bytes(), mixed(trace).to_be_bytes()].concat(),
        span_id: id(nth),
        parent_span_id: if nth == 0 { Vec::new() } else { id((nth - 1) / 2) },
        name: format!("POST /orders/{{id}}/{}", (trace + nth) % 20),
        // Server spans with client spans below them.
        kind: if nth.is_multiple_of(2) { 2 } else { 3 },
        start_time_unix_nano: start_ns + nth * 1_000_000,
        end_time_unix_nano: start_ns + 80_000_000 - nth * 1_000_000 + mixed(trace + nth) % 900_000,
        status: Some(Status { code: if failed { 2 } else { 0 }, message: String::new() }),
        attributes: vec![
            text("http.request.method", "POST"),
            text("http.route", "/orders/{id}"),
            text("url.full", format!("https://orders.shop.example:8443/orders/{order}?reserve=true")),
            text("server.address", SERVICES[(nth as usize + 1) % SERVICES.len()]),
            number("server.port", 8443),
            number("http.response.status_code", if failed { 500 } else { 201 }),
            text("user_agent.original", "shop-gateway/1.14.2 (linux; x86_64)"),
            number("network.peer.port", 30_000 + (mixed(trace * nth) % 20_000) as i64),
            text("shop.order.id", order.to_string()),
            text("thread.name", format!("worker-{}", mixed(trace + nth) % 64)),
        ],
        ..Span::default()
    }
}

/// A request with whole traces that end now, each service's spans below a resource of its own.
fn request(first_trace: u64, now_ns: u64) -> Vec<u8> {
    let of = |service: usize| {
        let spans = (first_trace..first_trace + TRACES).flat_map(|trace| {
            let nths = (0..SPANS_OF_A_TRACE).filter(move |nth| *nth as usize % SERVICES.len() == service);
            nths.map(move |nth| span(trace, nth, now_ns - 80_000_000))
        });
        let attributes = vec![
            text("service.name", SERVICES[service]),
            text("service.version", "1.14.2"),
            text("k8s.pod.name", format!("{}-6d5b8c7f9-{}", SERVICES[service], first_trace / TRACES % 4)),
        ];
        ResourceSpans {
            resource: Some(Resource { attributes, ..Resource::default() }),
            scope_spans: vec![ScopeSpans { spans: spans.collect(), ..ScopeSpans::default() }],
            ..ResourceSpans::default()
        }
    };
    ExportTraceServiceRequest { resource_spans: (0..SERVICES.len()).map(of).collect() }.encode_to_vec()
}

/// What senders did so far.
#[derive(Default)]
struct Sent {
    spans: AtomicU64,
    /// Processor time of the senders themselves.
    spent_ns: AtomicU64,
    refused: AtomicU64,
    done: AtomicBool,
}

fn send(port: u16, sender: u64, sent: &Sent) {
    let mut client = Client::connect(port);
    let mut spent = Duration::ZERO;
    for nth in 0.. {
        if sent.done.load(Ordering::Relaxed) {
            return;
        }
        let first = (nth * SENDERS + sender) * TRACES;
        let body = request(first, SystemClock.now().0 as u64);
        let (status, _) = client.post("/v1/traces", "application/x-protobuf", &body);
        match status {
            200 => sent.spans.fetch_add(TRACES * SPANS_OF_A_TRACE, Ordering::Relaxed),
            429 => sent.refused.fetch_add(1, Ordering::Relaxed),
            other => panic!("answered {other}"),
        };
        let now = thread_time();
        sent.spent_ns.fetch_add((now - spent).as_nanos() as u64, Ordering::Relaxed);
        spent = now;
    }
}

/// Spans that were taken, and what the server spent on them.
fn taken(sent: &Sent) -> (u64, Duration) {
    let senders = Duration::from_nanos(sent.spent_ns.load(Ordering::Relaxed));
    (sent.spans.load(Ordering::Relaxed), process_time().saturating_sub(senders))
}

fn main() {
    // `cargo bench FILTER` asks every bench; this one has one name.
    let filter = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    if filter.is_some_and(|filter| !"ingest".contains(filter.as_str())) {
        return;
    }
    let folder = TempDir::new().unwrap();
    let product = Product::start(folder.path(), Arc::new(SystemClock), "");
    let sent = Arc::new(Sent::default());
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| {
            let (port, sent) = (product.otlp, Arc::clone(&sent));
            thread::spawn(move || send(port, sender, &sent))
        })
        .collect();
    thread::sleep(WARM);
    let before = taken(&sent);
    thread::sleep(MEASURED);
    let after = taken(&sent);
    sent.done.store(true, Ordering::Relaxed);
    senders.into_iter().for_each(|sender| sender.join().unwrap());
    let (spans, spent) = (after.0 - before.0, after.1 - before.1);
    figure("ingest/otlp spans", spans as f64 / spent.as_secs_f64(), "/s");
    figure("ingest/otlp spans, by the clock on the wall", spans as f64 / MEASURED.as_secs_f64(), "/s");
    figure("ingest/otlp requests refused", sent.refused.load(Ordering::Relaxed) as f64, "");
    product.stop();
}
