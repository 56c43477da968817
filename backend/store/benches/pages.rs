//! Pages of the API on a large store: `PLUMBLINE_BENCH_OBSERVATIONS` spans (default 1,000,000; the promise is p99 ≤ 100 ms
//! at 10,000,000), their traces, a day of rollups and 200,000 findings. `cargo bench -p plumbline-store --bench pages`
#![allow(clippy::expect_used, reason = "a bench that cannot run must stop")]

mod common;

use criterion::{Criterion, criterion_group, criterion_main};
use plumbline_measure::CpuTime;
use plumbline_model::{
    Change, Finding, FindingId, Lag, ReceivedTime, Rule, SourceTime, Subject, TraceId,
    finding::{Detail, Severity},
    rollup::{Amount, Red, Rollup, Series},
    time::Minute,
    trace::TraceSummary,
    verdict::Reason,
};
use plumbline_store::{
    Commit, FindingFilter, FindingOrder, Lookup, Options, Paging, Retention, RollupQuery, SeriesKind, SqliteStore,
    TraceFilter, TraceOrder, prelude::*,
};
use tokio::runtime::Runtime;

use crate::common::{SPANS_PER_TRACE, START_NS, mixed, received, runtime, span, spans, store};

const BATCH: u64 = 10_000;
const FINDINGS: u64 = 200_000;
const SERIES: u64 = 100;
const MINUTES: i64 = 1_440;
const FIRST_MINUTE: i64 = START_NS / 60_000_000_000;

fn trace_id(n: u64) -> TraceId {
    TraceId((u128::from(mixed(n)) << 64) | u128::from(mixed(n + 7)))
}

fn trace(n: u64) -> Change {
    let root = span(n * SPANS_PER_TRACE);
    Change::Trace(Box::new(TraceSummary {
        trace: trace_id(n),
        observation: root.id.clone(),
        service: ["gateway", "admin", "mobile"][n as usize % 3].into(),
        operation: ["POST /orders", "GET /orders", "GET /"][mixed(n) as usize % 3].into(),
        start: root.at,
        duration: Lag((mixed(n) % 2_000_000_000) as i64),
        spans: 10,
        services: 4,
        errors: u32::from(mixed(n).is_multiple_of(50)),
        incomplete: false,
        late_spans: 0,
        longest: None,
    }))
}

fn finding(n: u64) -> Change {
    Change::Opened(Box::new(Finding {
        id: FindingId(mixed(n)),
        rule: Rule::Convergence,
        subject: Subject::Replica {
            entity: "order".into(),
            key: format!("order-{n}").as_str().into(),
            replica: ["view", "cache", "search"][n as usize % 3].into(),
        },
        severity: Severity::High,
        since: Some(SourceTime(START_NS + n as i64)),
        due: None,
        opened: ReceivedTime(START_NS + n as i64 * 1_000),
        resolution: None,
        detail: Detail::Divergence {
            reason: Reason::ALL[n as usize % 4],
            fields: Vec::new(),
            behind: Some(1),
            expected_version: None,
            held_version: None,
        },
        evidence: Vec::new(),
        frontiers: Vec::new(),
    }))
}

fn rollup(minute: i64, series: u64) -> Rollup {
    let mut red = Red { count: 40, ..Red::default() };
    for n in 0..40 {
        red.duration.add(Lag((mixed(n + series) % 1_000_000_000) as i64));
    }
    Rollup {
        minute: Minute(FIRST_MINUTE + minute),
        series: Series::Operation {
            service: format!("service-{}", series % 10).as_str().into(),
            operation: format!("operation-{series}").as_str().into(),
        },
        amount: Amount::Red(red),
    }
}

fn fill(runtime: &Runtime, store: &SqliteStore, observations: u64) {
    runtime.block_on(async {
        for first in (0..observations).step_by(BATCH as usize) {
            let end = store.append(received(0), &spans(first, BATCH, 512)).await.expect("appended").last;
            let traces: Vec<_> =
                (first..first + BATCH).step_by(SPANS_PER_TRACE as usize).map(|n| trace(n / SPANS_PER_TRACE)).collect();
            let commit = Commit { position: end, changes: &traces, rollups: &[], incidents: &[] };
            store.commit(commit).await.expect("committed");
        }
        let end = store.append(received(0), &spans(observations, 100, 1)).await.expect("appended").last;
        let findings: Vec<_> = (0..FINDINGS).map(finding).collect();
        let rollups: Vec<_> =
            (0..MINUTES).flat_map(|minute| (0..SERIES).map(move |series| rollup(minute, series))).collect();
        let commit = Commit { position: end, changes: &findings, rollups: &rollups, incidents: &[] };
        store.commit(commit).await.expect("committed");
        let tomorrow = received(MINUTES * 60 + 3_600);
        store.maintain(tomorrow, &Retention::default()).await.expect("maintained");
    });
}

fn pages(criterion: &mut Criterion<CpuTime>) {
    let observations =
        std::env::var("PLUMBLINE_BENCH_OBSERVATIONS").ok().and_then(|it| it.parse().ok()).unwrap_or(1_000_000);
    let runtime = runtime();
    let (_dir, store) = store(&runtime, Options { durable: false, ..Options::default() });
    fill(&runtime, &store, observations);
    let mut group = criterion.benchmark_group("page");
    group.sample_size(20);
    let span_of = observations as i64 * 20_000;
    let part = |from: f64, to: f64| {
        let at = |share: f64| SourceTime(START_NS + (span_of as f64 * share) as i64);
        TraceFilter::between(at(from)..=at(to))
    };
    let lists = [
        ("slowest of all", part(0.0, 1.0), TraceOrder::Slowest),
        ("slowest of a tenth", part(0.5, 0.6), TraceOrder::Slowest),
        ("slowest of a hundredth", part(0.5, 0.51), TraceOrder::Slowest),
        ("newest failed", TraceFilter { failed: Some(true), ..part(0.0, 1.0) }, TraceOrder::Newest),
        ("slowest of a service", TraceFilter { service: Some("admin".into()), ..part(0.0, 1.0) }, TraceOrder::Slowest),
    ];
    for (name, filter, order) in lists {
        group.bench_function(format!("traces: {name}"), |bencher| {
            bencher.iter(|| {
                let page = runtime.block_on(store.traces(&filter, order, &Paging::first(50))).expect("a page");
                assert_eq!(page.items.len(), 50);
            });
        });
    }
    let mut n = 0;
    group.bench_function("trace: its spans", |bencher| {
        bencher.iter(|| {
            n = (n + 7_919) % (observations / SPANS_PER_TRACE);
            let times = SourceTime::MIN..=SourceTime::MAX;
            let lookup = Lookup::Trace(trace_id(n));
            let page = runtime.block_on(store.observations(&lookup, times, &Paging::first(1_000))).expect("a page");
            assert!(page.items.len() >= SPANS_PER_TRACE as usize);
        });
    });
    let open = FindingFilter { open: Some(true), ..FindingFilter::default() };
    let view = FindingFilter { entity: Some("order".into()), replica: Some("view".into()), ..open.clone() };
    let key = FindingFilter { key: Some("order-777".into()), entity: Some("order".into()), ..FindingFilter::default() };
    for (name, filter, order) in [
        ("newest open", &open, FindingOrder::Newest),
        ("longest open", &open, FindingOrder::Longest),
        ("of a replica", &view, FindingOrder::Newest),
        ("of a key", &key, FindingOrder::Newest),
    ] {
        group.bench_function(format!("findings: {name}"), |bencher| {
            bencher.iter(|| runtime.block_on(store.findings(filter, order, &Paging::first(50))).expect("a page"));
        });
    }
    group.bench_function("findings: counts", |bencher| {
        bencher.iter(|| runtime.block_on(store.open_counts()).expect("counts"));
    });
    let (from, to) = (Minute(FIRST_MINUTE + 17), Minute(FIRST_MINUTE + MINUTES - 17));
    let hour = (Minute(FIRST_MINUTE + 500), Minute(FIRST_MINUTE + 560));
    let aligned = Minute((FIRST_MINUTE / 60 + 1) * 60);
    for (name, query) in [
        ("sums of a day", RollupQuery::sums(SeriesKind::Operation, from, to)),
        ("hours of a day", RollupQuery::steps(SeriesKind::Operation, aligned, to, 60)),
        ("minutes of an hour", RollupQuery::steps(SeriesKind::Operation, hour.0, hour.1, 1)),
        (
            "quarters of a day, one series",
            RollupQuery::steps(SeriesKind::Operation, from, to, 15).only(rollup(0, 7).series),
        ),
    ] {
        group.bench_function(format!("rollups: {name}"), |bencher| {
            bencher.iter(|| assert!(!runtime.block_on(store.rollups(&query)).expect("rollups").is_empty()));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime::default());
    targets = pages
}
criterion_main!(benches);
