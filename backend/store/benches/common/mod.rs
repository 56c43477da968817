//! What the benches have in common: spans as a shop sends them, and stores to write them to.
#![allow(dead_code, reason = "each bench uses a part of it")]

use plumbline_model::{
    Cause, Fact, Observation, ObservationId, Partition, Position, ReceivedTime, Record, Route, SourceName, SourceTime,
    SpanId, TraceId,
    span::{SpanFact, SpanKind},
};
use plumbline_store::{Options, SqliteStore};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// 21st of November 2026, 10:00 UTC.
pub const START_NS: i64 = 1_795_255_200_000_000_000;
pub const SPANS_PER_TRACE: u64 = 10;

pub fn received(seconds: i64) -> ReceivedTime {
    ReceivedTime(START_NS + seconds * 1_000_000_000)
}

pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime")
}

pub fn store(runtime: &Runtime, options: Options) -> (TempDir, SqliteStore) {
    let dir = TempDir::new().expect("a directory");
    let store = runtime.block_on(SqliteStore::open(&dir, options)).expect("a store");
    (dir, store)
}

/// A well mixed number, so that ids do not compress better than real ones.
pub fn mixed(n: u64) -> u64 {
    let mut x = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// The n-th span: 10 attributes, of which four differ from span to span.
pub fn span(n: u64) -> Observation {
    let trace = TraceId((u128::from(mixed(n / SPANS_PER_TRACE)) << 64) | u128::from(mixed(n / SPANS_PER_TRACE + 7)));
    let own = SpanId(mixed(n ^ 0xabcd));
    let start = SourceTime(START_NS + n as i64 * 20_000);
    let end = SourceTime(start.0 + (mixed(n) % 40_000_000) as i64);
    let attribute = |name: &str, value: String| (name.into(), value.into());
    let order = mixed(n / SPANS_PER_TRACE) % 1_000_000;
    Observation {
        id: ObservationId {
            source: SourceName::new("otlp"),
            partition: Partition::new(""),
            position: Position::pushed(end.0, own.0),
            part: 0,
        },
        at: end,
        received: ReceivedTime(end.0 + 3_000_000),
        route: Route::Trace(trace),
        cause: Cause { trace: Some(trace), span: Some(own), ..Cause::default() },
        fact: Fact::Span(Box::new(SpanFact {
            trace,
            span: own,
            parent: (!n.is_multiple_of(SPANS_PER_TRACE)).then(|| SpanId(mixed((n - 1) ^ 0xabcd))),
            service: ["gateway", "orders", "payment", "stock", "shipping"][n as usize % 5].into(),
            version: "1.14.2".into(),
            operation: ["POST /orders", "SELECT orders", "capture payment", "reserve stock"][n as usize % 4].into(),
            kind: SpanKind::Server,
            start,
            end,
            failed: n.is_multiple_of(100),
            message: "".into(),
            peer: None,
            links: Vec::new(),
            attributes: vec![
                attribute("http.request.method", "POST".to_owned()),
                attribute("http.route", "/orders/{id}".to_owned()),
                attribute("url.path", format!("/orders/{order}")),
                attribute("http.response.status_code", if n.is_multiple_of(100) { "500" } else { "201" }.to_owned()),
                attribute("server.address", "orders.shop.svc.cluster.local".to_owned()),
                attribute("network.peer.port", (30_000 + mixed(n) % 20_000).to_string()),
                attribute("k8s.pod.name", format!("orders-6d5b8c7f9-{:05x}", n % 24)),
                attribute("deployment.environment.name", "production".to_owned()),
                attribute("shop.order.id", order.to_string()),
                attribute("thread.id", (mixed(n + 3) % 64).to_string()),
            ],
        })),
    }
}

/// Records of `each` spans, as the ingest loop appends them.
pub fn spans(from: u64, count: u64, each: u64) -> Vec<Record> {
    (from..from + count)
        .step_by(each as usize)
        .map(|first| Record::Observations((first..(first + each).min(from + count)).map(span).collect()))
        .collect()
}
