//! What latency costs: one span through assembly, sealing, path and rollups; the path of a very long trace. Goals: 3 µs a span
//! on one core; a trace of 119,680 spans (the longest that Uber's CRISP reports, in 2.3 s) in 0.2 s, a million in 2 s.
//!
//! `cargo bench -p plumbline-engine --bench latency`

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench that cannot run should stop")]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use plumbline_engine::{
    Engine,
    latency::{critical_paths, trace_view},
};
use plumbline_measure::ThreadTime;
use plumbline_model::{
    Lag, Observation, ObservationId, Position, ReceivedTime, Record, SourceTime, SpanId, Tick, TraceId,
    observation::{Cause, Fact, Route},
    rules::Rules,
    span::{EdgeKind, Peer, SpanFact, SpanKind},
    time::SECOND_NS,
};

const START: SourceTime = SourceTime(1_764_000_000 * SECOND_NS);
const LONG: usize = 119_680;

/// The `at`-th span of a trace, below `parent`, between two times in microseconds.
fn span(trace: u128, at: usize, parent: Option<usize>, start_us: i64, end_us: i64) -> SpanFact {
    let id = |at: usize| SpanId((at as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let service = format!("service-{}", at / 3 % 20);
    let kind = [SpanKind::Server, SpanKind::Internal, SpanKind::Client][at % 3];
    let peer = (at % 9 == 2).then(|| Peer { kind: EdgeKind::Database, name: "orders-db".into() });
    SpanFact {
        trace: TraceId(trace),
        span: id(at),
        parent: parent.map(id),
        service: service.as_str().into(),
        version: "1.2.3".into(),
        operation: format!("GET /things/{{id}}/{}", at % 40).as_str().into(),
        kind,
        start: START.plus(Lag(start_us * 1_000)),
        end: START.plus(Lag(end_us * 1_000)),
        failed: at.is_multiple_of(97),
        message: "".into(),
        peer,
        links: Vec::new(),
        attributes: (0..10).map(|n| (format!("some.attribute.{n}").into(), format!("value {n}").into())).collect(),
    }
}

/// A tree in which every span has `fan` children that run one after the other, or a chain if that is 1.
fn tree(spans: usize, fan: usize) -> Vec<SpanFact> {
    let mut times = vec![(0_i64, 4_000_000_000_i64)];
    let mut facts = vec![span(1, 0, None, 0, 4_000_000_000)];
    for at in 1..spans {
        let parent = (at - 1) / fan;
        let (start, end) = times[parent];
        let part = ((end - start) / (fan as i64 + 1)).max(1);
        let begin = start + part * ((at - 1) % fan) as i64 + 1;
        let end = (begin + part).min(end).max(begin);
        let times_of = if fan == 1 { (start + 1, times[parent].1 - 1) } else { (begin, end) };
        times.push(times_of);
        facts.push(span(1, at, Some(parent), times_of.0, times_of.1));
    }
    facts
}

fn paths(c: &mut Criterion<ThreadTime>) {
    let mut group = c.benchmark_group("path");
    group.sample_size(10);
    for (name, spans, fan) in [
        ("119,680 spans, 8 children each", LONG, 8),
        ("119,680 spans, one below the other", LONG, 1),
        ("119,680 spans, all below the root", LONG, LONG),
        ("1,000,000 spans, 8 children each", 1_000_000, 8),
    ] {
        let facts = tree(spans, fan);
        group.throughput(Throughput::Elements(spans as u64));
        group.bench_function(name, |b| b.iter(|| critical_paths(black_box(&facts))));
    }
    let facts = tree(LONG, 8);
    group.throughput(Throughput::Elements(LONG as u64));
    group.bench_function("119,680 spans, the whole page", |b| b.iter(|| trace_view(black_box(&facts))));
    group.finish();
}

/// Seconds of `traces` traces of ten spans each, as records with a tick behind each second.
fn seconds(seconds: i64, traces: u128) -> Vec<Record> {
    let mut records = Vec::new();
    for second in 0..seconds {
        let now = ReceivedTime(START.0).plus(Lag::from_secs(second));
        for trace in 0..traces {
            let id = (second as u128 * traces + trace + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
            let spans: Vec<_> = (0..10)
                .map(|at| {
                    let begin = second * 1_000_000 + at * 1_000;
                    let end = second * 1_000_000 + 40_000 - at * 1_000 + (trace as i64 * 7 + at) % 900;
                    let parent = (at > 0).then(|| (at as usize - 1) / 2);
                    observation(span(id, at as usize, parent, begin, end))
                })
                .collect();
            records.push(Record::Observations(spans));
        }
        records.push(Record::Tick(Tick { now }));
    }
    records
}

fn observation(fact: SpanFact) -> Observation {
    let id = ObservationId {
        source: "otlp".into(),
        position: Position::pushed(fact.end.0, fact.span.0),
        ..ObservationId::default()
    };
    let (at, route) = (fact.end, Route::Trace(fact.trace));
    Observation { id, at, received: ReceivedTime(0), route, cause: Cause::default(), fact: Fact::Span(Box::new(fact)) }
}

fn engine(c: &mut Criterion<ThreadTime>) {
    let mut group = c.benchmark_group("engine");
    group.sample_size(10);
    // The first half fills the engine with open traces, the second half seals as many as it opens.
    let (warm, records) = (seconds(12, 1_000), seconds(24, 1_000));
    let records = &records[warm.len()..];
    group.throughput(Throughput::Elements(12 * 1_000 * 10));
    let warm_engine = || {
        let mut engine = Engine::new(Rules::default());
        engine.step(&warm);
        engine
    };
    group.bench_function("spans of traces of ten", |b| {
        b.iter_batched(warm_engine, |mut engine| (engine.step(black_box(records)), engine), BatchSize::LargeInput);
    });
    group.bench_function("keeping the state of 12 s", |b| {
        b.iter_batched(warm_engine, |mut engine| (engine.take_dirty(), engine), BatchSize::LargeInput);
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(ThreadTime::default());
    targets = paths, engine
}
criterion_main!(benches);
