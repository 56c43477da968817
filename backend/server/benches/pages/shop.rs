//! Half a day of a shop, as observations: 40 % states of orders in three replicas, 50 % spans, 10 % events of checkouts. One
//! write in 2,000 never reaches the view, one checkout in 500 stops half-way.

use std::{path::Path, sync::Arc};

use plumbline::pipeline::{Pipeline, Settings};
use plumbline_model::{
    Cause, EventType, Fact, Key, Lag, Observation, ObservationId, Position, ReceivedTime, Record, Route, SourceTime,
    SpanId, Tick, TraceId,
    journal::{Config, Progress, Proof},
    observation::EventFact,
    rules::Rules,
    span::{EdgeKind, Peer, SpanFact, SpanKind},
    state::{Content, Field, FieldValue, StateFact, StateKind},
};
use plumbline_store::{Options, SqliteStore, prelude::*};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// 21st of November 2026, 00:10 UTC: the half day lies in one day, as one file of the journal.
const START: ReceivedTime = ReceivedTime::from_secs(1_795_219_800);
const LENGTH: Lag = Lag::from_secs(12 * 3600);
const KEYS: u64 = 200_000;
/// Observations of one turn of the ingest loop: 300 writes in three replicas, 115 traces of ten spans, 53 checkouts.
const A_TURN: u64 = 3 * WRITES + TRACES * SPANS + CHECKOUTS * EVENTS.len() as u64;
const WRITES: u64 = 300;
const TRACES: u64 = 115;
const SPANS: u64 = 10;
const CHECKOUTS: u64 = 53;
const REPLICAS: [(&str, &str); 3] =
    [("orders-db", "orders"), ("order-view", "order-view"), ("order-cache", "order-cache")];
const EVENTS: [&str; 5] = ["order.placed", "stock.reserved", "payment.captured", "parcel.shipped", "order.completed"];
const SERVICES: [&str; 5] = ["gateway", "orders", "payment", "stock", "shipping"];
const SOURCES: [&str; 5] = ["orders-db", "order-view", "order-cache", "events", "traces"];

fn turns(count: u64) -> u64 {
    count.div_ceil(A_TURN).max(1)
}

/// When turn `nth` of `turns` ends.
fn until(nth: u64, turns: u64) -> ReceivedTime {
    START.plus(Lag((LENGTH.0 as f64 * (nth + 1) as f64 / turns as f64) as i64))
}

/// The time behind everything.
pub fn end(count: u64) -> ReceivedTime {
    until(turns(count) - 1, turns(count))
}

/// The key that a write is of.
pub fn key(write: u64) -> String {
    format!("order-{:07}", mixed(write) % KEYS)
}

fn mixed(n: u64) -> u64 {
    xxh3_64(&n.to_le_bytes())
}

/// Appends and applies everything, and keeps the state behind it.
pub fn fill(folder: &Path, rules: &Rules, count: u64) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let options = Options { durable: false, ..Options::default() };
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(folder, options).await.expect("a store"));
        let recovered = Pipeline::recover(Arc::clone(&store), Settings::default(), START).await;
        let (mut pipeline, _) = recovered.expect("a fresh pipeline");
        let config = Config { digest: "0".into(), text: String::new(), rules: rules.clone() };
        pipeline.append(START, vec![Record::Config(Box::new(config))]).await.expect("appended");
        let turns = turns(count);
        for nth in 0..turns {
            let now = until(nth, turns);
            let begin = if nth == 0 { START } else { until(nth - 1, turns) };
            pipeline.append(now, turn(nth, begin, now)).await.expect("appended");
            pipeline.apply(Vec::new()).await.expect("applied");
            pipeline.save_if_due(now).await.expect("kept");
            if nth.is_multiple_of(30) {
                store.maintain(now, &plumbline_store::Retention::default()).await.expect("maintained");
            }
        }
        pipeline.save(end(count)).await.expect("kept");
        store.close().await.expect("closed");
    });
}

/// What comes between two ticks, the frontiers and the tick itself.
fn turn(nth: u64, begin: ReceivedTime, now: ReceivedTime) -> Vec<Record> {
    // The second half of a turn shows what its first half wrote, so that everything is in time.
    let half = now.since(begin).0 / 2;
    let at = |share: f64| SourceTime(begin.0 + (half as f64 * share) as i64);
    let mut records = Vec::new();
    for (replica, shown) in REPLICAS.iter().enumerate() {
        let states = (0..WRITES).filter_map(|n| {
            let write = nth * WRITES + n;
            let lost = replica == 1 && mixed(write).is_multiple_of(2_000);
            (!lost).then(|| state(write, *shown, at(n as f64 / WRITES as f64).plus(Lag(replica as i64 * 300_000_000))))
        });
        records.push(Record::Observations(states.collect()));
    }
    for first in (0..TRACES).step_by(50) {
        let traces = first..(first + 50).min(TRACES);
        let spans = traces.flat_map(|n| {
            let (trace, start) = (nth * TRACES + n, at(n as f64 / TRACES as f64));
            (0..SPANS).map(move |place| span(trace, place, start))
        });
        records.push(Record::Observations(spans.collect()));
    }
    let checkouts = (0..CHECKOUTS).flat_map(|n| {
        let (checkout, start) = (nth * CHECKOUTS + n, at(n as f64 / CHECKOUTS as f64));
        let events = if mixed(checkout).is_multiple_of(500) { 2 } else { EVENTS.len() };
        (0..events).map(move |place| event(checkout, place, start.plus(Lag::from_millis(place as i64 * 900))))
    });
    records.push(Record::Observations(checkouts.collect()));
    records.extend(SOURCES.map(|source| {
        Record::Progress(Progress {
            source: source.into(),
            partition: "".into(),
            position: None,
            frontier: Some(SourceTime(now.0)),
            proof: Proof::LogEnd,
            partitions: 1,
        })
    }));
    records.push(Record::Tick(Tick { now }));
    records
}

fn observed(source: &str, position: Position, at: SourceTime, route: Route, cause: Cause, fact: Fact) -> Observation {
    let id = ObservationId { source: source.into(), partition: "".into(), position, part: 0 };
    Observation { id, at, received: ReceivedTime(at.0), route, cause, fact }
}

fn state(write: u64, (source, replica): (&str, &str), at: SourceTime) -> Observation {
    let key = Key::new(key(write));
    let field = |name: &str, text: String| {
        let digest = xxh3_64(text.as_bytes());
        Field { name: name.into(), value: FieldValue::Value { digest, text: text.as_str().into() } }
    };
    let status = ["placed", "paid", "shipped", "delivered"][write as usize % 4].to_owned();
    let total = format!("{}.{:02}", mixed(write) % 500, write % 100);
    let fact = StateFact {
        entity: "order".into(),
        replica: replica.into(),
        key: key.clone(),
        kind: StateKind::Write,
        version: Some(write as i64),
        base: None,
        content: Content::Fields([field("status", status), field("total", total)].into_iter().collect()),
        not_held: Default::default(),
    };
    let route = Route::Key { entity: "order".into(), key };
    let cause = Cause { trace: Some(trace_id(write)), ..Cause::default() };
    observed(source, Position::offset(write + 1), at, route, cause, Fact::State(Box::new(fact)))
}

fn trace_id(n: u64) -> TraceId {
    TraceId(xxh3_128(&n.to_le_bytes()))
}

fn span(trace: u64, nth: u64, start: SourceTime) -> Observation {
    let id = |nth: u64| SpanId(mixed(trace * SPANS + nth) | 1);
    let service = SERVICES[nth as usize % SERVICES.len()];
    let slow = if mixed(trace).is_multiple_of(100) { 20 } else { 1 };
    let begin = start.plus(Lag::from_millis(nth as i64 * slow));
    let end = start.plus(Lag::from_millis((80 - nth as i64) * slow)).plus(Lag((mixed(trace ^ nth) % 900_000) as i64));
    let caller = !nth.is_multiple_of(2);
    let attribute = |name: &str, value: String| (name.into(), value.into());
    let order = key(trace);
    let fact = SpanFact {
        trace: trace_id(trace),
        span: id(nth),
        parent: (nth > 0).then(|| id((nth - 1) / 2)),
        service: service.into(),
        version: "1.14.2".into(),
        operation: format!("POST /orders/{{id}}/{}", (trace + nth) % 20).as_str().into(),
        kind: if caller { SpanKind::Client } else { SpanKind::Server },
        start: begin,
        end,
        failed: mixed(trace * 31 + nth).is_multiple_of(500),
        message: "".into(),
        peer: (nth == 9).then(|| Peer { kind: EdgeKind::Database, name: "orders-db".into() }),
        links: Vec::new(),
        attributes: vec![
            attribute("http.request.method", "POST".into()),
            attribute("http.route", "/orders/{id}".into()),
            attribute("url.path", format!("/orders/{order}")),
            attribute("http.response.status_code", "201".into()),
            attribute("server.address", "orders.shop.svc.cluster.local".into()),
            attribute("network.peer.port", (30_000 + mixed(trace * nth) % 20_000).to_string()),
            attribute("k8s.pod.name", format!("{service}-6d5b8c7f9-{:05x}", trace % 24)),
            attribute("deployment.environment.name", "production".into()),
            attribute("shop.order.id", order),
            attribute("thread.id", (mixed(trace + 3) % 64).to_string()),
        ],
    };
    let (route, cause) = (Route::Trace(fact.trace), Cause { trace: Some(fact.trace), ..Cause::default() });
    observed("traces", Position::pushed(end.0, fact.span.0), end, route, cause, Fact::Span(Box::new(fact)))
}

fn event(checkout: u64, place: usize, at: SourceTime) -> Observation {
    let id = format!("c-{checkout:08}");
    let fact = EventFact { event_type: EventType::new(EVENTS[place]), subject: id.as_str().into() };
    let route = Route::Saga { saga: "checkout".into(), id: id.as_str().into() };
    let cause = Cause { trace: Some(trace_id(checkout)), ..Cause::default() };
    let position = Position::offset(checkout * EVENTS.len() as u64 + place as u64 + 1);
    observed("events", position, at, route, cause, Fact::Event(Box::new(fact)))
}
