//! The latency checker as the server runs it: traces of a small shop in, rollups, summaries and hotspots out. What is told
//! must not depend on how records are cut, on restarts, or on the number of engine partitions; a slow edge is found, and it
//! alone. (How one path is walked has its own notation, beside `path`.)

use std::collections::BTreeMap;

use plumbline_engine::{Context, Engine, latency::Hotspots};
use plumbline_model::{
    Change, Lag, Observation, ObservationId, Partition, Position, ReceivedTime, Record, SourceName, SourceTime, SpanId,
    Tick, TraceId,
    finding::Subject,
    journal::{Progress, Proof, StateEntry},
    observation::{Cause, Fact, Route},
    rollup::{Amount, Series},
    rules::Rules,
    span::{EdgeKind, Peer, SpanFact, SpanKind},
    time::{Minute, SECOND_NS},
    trace::TraceSummary,
};
use proptest::prelude::*;

const START: SourceTime = SourceTime(1_764_000_000 * SECOND_NS);

/// SplitMix64: what is random in a test comes from its seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
    /// Mostly about `ms`, sometimes a multiple of it, as times of services are.
    fn time(&mut self, ms: f64) -> Lag {
        let unit = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        Lag((ms * 1e6 * (0.6 - 0.5 * (1.0 - unit).ln())) as i64)
    }
}

/// A part of the shop that got slower.
#[derive(Clone, Copy, PartialEq)]
struct Fault {
    operation: &'static str,
    by: Lag,
    percent: u64,
}

/// Writes the spans of one checkout: calls, a database, and a topic.
struct Checkout<'a> {
    random: &'a mut Random,
    trace: TraceId,
    fault: Option<Fault>,
    spans: Vec<SpanFact>,
}

/// Service, operation, kind, what it calls, usual own time in ms, and what it does one after the other.
struct Step(&'static str, &'static str, SpanKind, Option<(EdgeKind, &'static str)>, f64, &'static [Step]);

const SHOP: Step = Step(
    "gateway",
    "POST /checkout",
    SpanKind::Server,
    None,
    4.0,
    &[Step(
        "gateway",
        "call orders",
        SpanKind::Client,
        Some((EdgeKind::Network, "10.0.0.3")),
        2.0,
        &[Step(
            "orders",
            "POST /orders",
            SpanKind::Server,
            None,
            12.0,
            &[
                Step("orders", "SELECT", SpanKind::Client, Some((EdgeKind::Database, "orders-db")), 20.0, &[]),
                Step(
                    "orders",
                    "call payment",
                    SpanKind::Client,
                    Some((EdgeKind::Network, "payment")),
                    3.0,
                    &[Step(
                        "payment",
                        "POST /authorise",
                        SpanKind::Server,
                        None,
                        15.0,
                        &[Step(
                            "payment",
                            "call psp",
                            SpanKind::Client,
                            Some((EdgeKind::Outside, "psp.example")),
                            60.0,
                            &[],
                        )],
                    )],
                ),
                Step(
                    "orders",
                    "publish",
                    SpanKind::Producer,
                    Some((EdgeKind::Topic, "shop.orders")),
                    3.0,
                    &[Step("view", "process", SpanKind::Consumer, None, 25.0, &[])],
                ),
            ],
        )],
    )],
);

impl Checkout<'_> {
    fn slower(&mut self, operation: &str) -> Lag {
        let fault = self.fault.filter(|it| it.operation == operation && self.random.below(100) < it.percent);
        fault.map_or(Lag::ZERO, |it| it.by)
    }

    /// Adds a step that begins at `start`; returns its end.
    fn step(&mut self, step: &Step, parent: Option<SpanId>, start: SourceTime) -> SourceTime {
        let Step(service, operation, kind, peer, own_ms, below) = step;
        let span = SpanId(self.random.next() | 1);
        let half = Lag(self.random.time(*own_ms).0 / 2).saturating_add(self.slower(operation));
        let mut cursor = start.plus(half);
        for next in *below {
            if *kind == SpanKind::Producer {
                let stay = self.random.time(8.0).saturating_add(self.slower("stay"));
                self.step(next, Some(span), cursor.plus(half).plus(stay));
            } else {
                cursor = self.step(next, Some(span), cursor);
            }
        }
        let end = cursor.plus(half);
        self.spans.push(SpanFact {
            trace: self.trace,
            span,
            parent,
            service: (*service).into(),
            version: "".into(),
            operation: (*operation).into(),
            kind: *kind,
            start,
            end,
            failed: self.random.below(50) == 0,
            message: "".into(),
            peer: peer.map(|(kind, name)| Peer { kind, name: name.into() }),
            links: Vec::new(),
            attributes: Vec::new(),
        });
        end
    }
}

fn rules() -> Rules {
    let mut rules = Rules::default();
    rules.latency.sources = vec![SourceName::new("otlp")];
    rules
}

fn observation(fact: SpanFact, received: ReceivedTime) -> Observation {
    let id = ObservationId {
        source: SourceName::new("otlp"),
        position: Position::pushed(fact.end.0, fact.span.0),
        ..ObservationId::default()
    };
    let (at, route) = (fact.end, Route::Trace(fact.trace));
    Observation { id, at, received, route, cause: Cause::default(), fact: Fact::Span(Box::new(fact)) }
}

/// `seconds` of the shop at `per_second` checkouts: spans in arbitrary order, some repeated, some late, a tick each second.
fn shop(seed: u64, seconds: i64, per_second: u64, fault: impl Fn(i64) -> Option<Fault>) -> Vec<Record> {
    let mut random = Random(seed);
    let mut arrivals: BTreeMap<i64, Vec<SpanFact>> = BTreeMap::new();
    for second in 0..seconds {
        for _ in 0..per_second {
            let trace = TraceId(u128::from(random.next()) << 64 | u128::from(random.next()));
            let start = START.plus(Lag(second * SECOND_NS + random.below(1_000_000_000) as i64));
            let mut checkout = Checkout { random: &mut random, trace, fault: fault(second), spans: Vec::new() };
            checkout.step(&SHOP, None, start);
            for span in checkout.spans {
                // Exporters send batches; now and then one is retried, or much too late.
                let after = if random.below(500) == 0 { 30 } else { 1 + random.below(4) as i64 };
                if random.below(100) == 0 {
                    arrivals.entry(second + after + random.below(20) as i64).or_default().push(span.clone());
                }
                arrivals.entry(second + after).or_default().push(span);
            }
        }
    }
    let mut records = Vec::new();
    for second in 0..seconds + 40 {
        let now = ReceivedTime(START.0).plus(Lag::from_secs(second));
        let spans = arrivals.remove(&second).unwrap_or_default();
        records.extend(spans.into_iter().map(|span| Record::Observations(vec![observation(span, now)])));
        records.push(Record::Progress(Progress {
            source: SourceName::new("otlp"),
            partition: Partition::default(),
            position: None,
            frontier: Some(SourceTime(now.0).minus(Lag::from_secs(5))),
            proof: Proof::Assumed { lateness: Lag::from_secs(5) },
            partitions: 1,
        }));
        records.push(Record::Tick(Tick { now }));
    }
    records
}

/// Engine partitions with the fold behind them, as the server runs them.
struct Server {
    engines: Vec<Engine>,
    hotspots: Hotspots,
    since_tick: Vec<Change>,
}

impl Server {
    fn new(partitions: usize) -> Self {
        let engines = (0..partitions).map(|_| Engine::new(rules())).collect();
        Self { engines, hotspots: Hotspots::default(), since_tick: Vec::new() }
    }

    fn step(&mut self, records: &[Record]) -> Vec<Change> {
        let partitions = self.engines.len() as u32;
        let mut told = Vec::new();
        for record in records {
            let mut changes = Vec::new();
            for (at, engine) in (0..).zip(&mut self.engines) {
                match record {
                    Record::Observations(observations) => {
                        let mine = |it: &&Observation| it.route.partition(partitions) == at;
                        let mine: Vec<_> = observations.iter().filter(mine).cloned().collect();
                        changes.extend(engine.step(&[Record::Observations(mine)]));
                    }
                    record => changes.extend(engine.step(std::slice::from_ref(record))),
                }
            }
            self.since_tick.extend(changes.iter().cloned());
            told.extend(changes);
            if let Record::Tick(_) = record {
                let engine = &self.engines[0];
                let cx = Context { rules: engine.rules(), frontiers: engine.frontiers(), now: engine.now() };
                told.extend(self.hotspots.fold(&cx, &std::mem::take(&mut self.since_tick)));
            }
        }
        told
    }
}

/// Hotspots among the changes, as (what, where, since which minute of the run).
fn hotspots(told: &[Change]) -> Vec<(&'static str, String, i64)> {
    let mut found = BTreeMap::new();
    told.iter()
        .filter_map(|change| match change {
            Change::Opened(finding) => {
                let place = match &finding.subject {
                    Subject::Operation { service, operation } => format!("{service} {operation}"),
                    Subject::Edge { from, to, .. } => format!("{from} -> {to}"),
                    other => format!("{other:?}"),
                };
                let since = finding.since.map_or(0, |since| since.minute().0 - START.minute().0);
                found.insert(finding.id, (place.clone(), since));
                assert!(!finding.evidence.is_empty(), "a finding has its exemplars");
                Some(("opened", place, since))
            }
            Change::Resolved { id, .. } => found.get(id).cloned().map(|(place, since)| ("resolved", place, since)),
            _ => None,
        })
        .collect()
}

#[test]
fn a_healthy_shop_has_no_hotspot() {
    for seed in [1, 2] {
        let told = Server::new(1).step(&shop(seed, 3_600, 1, |_| None));
        assert_eq!(hotspots(&told), [], "seed {seed}");
    }
}

#[test]
fn a_slow_edge_is_found_within_three_minutes_and_is_over_when_it_is() {
    let faults = [
        ("call psp", "payment -> psp.example"),
        ("SELECT", "orders -> orders-db"),
        ("call payment", "orders -> payment"),
        ("POST /authorise", "payment POST /authorise"),
        ("process", "view process"),
        ("stay", "shop.orders -> view"),
    ];
    for (operation, place) in faults {
        for percent in [100, 30] {
            let fault = Fault { operation, by: Lag::from_millis(150), percent };
            let slow = 10 * 60..15 * 60;
            let records = shop(3, 22 * 60, 2, |second| slow.contains(&second).then_some(fault));
            let mut server = Server::new(1);
            let found_by = records.iter().position(|it| {
                matches!(it, Record::Tick(tick) if tick.now.since(ReceivedTime(START.0)) >= Lag::from_secs(slow.start + 190))
            });
            let (before, after) = records.split_at(found_by.unwrap());
            let told = server.step(before);
            assert_eq!(hotspots(&told), [("opened", place.to_owned(), 10)], "{operation}, {percent} %");
            let told = [told, server.step(after)].concat();
            let resolved = ("resolved", place.to_owned(), 10);
            assert_eq!(hotspots(&told)[1..], [resolved], "{operation}, {percent} %");
        }
    }
}

/// Sums of the rollups, and the last summary of each trace: what the store holds in the end.
type Held = (BTreeMap<(Minute, Series), Amount>, BTreeMap<TraceId, TraceSummary>);

fn held(told: &[Change]) -> Held {
    let mut held = Held::default();
    for change in told {
        match change {
            Change::Rollup(rollup) => match held.0.get_mut(&(rollup.minute, rollup.series.clone())) {
                Some(sum) => assert!(sum.add(&rollup.amount), "one series has one kind of amount"),
                None => {
                    held.0.insert((rollup.minute, rollup.series.clone()), rollup.amount.clone());
                }
            },
            Change::Trace(trace) => {
                held.1.insert(trace.trace, (**trace).clone());
            }
            _ => {}
        }
    }
    held
}

#[test]
fn four_partitions_tell_what_one_tells() {
    let fault = Fault { operation: "call psp", by: Lag::from_millis(300), percent: 30 };
    let records = shop(4, 16 * 60, 3, |second| (second >= 10 * 60).then_some(fault));
    let (one, four) = (Server::new(1).step(&records), Server::new(4).step(&records));
    assert_eq!(held(&one), held(&four));
    let findings = |told: &[Change]| -> Vec<Change> {
        told.iter().filter(|it| !matches!(it, Change::Rollup(_) | Change::Trace(_))).cloned().collect()
    };
    assert_eq!(findings(&one), findings(&four));
    assert_eq!(hotspots(&one), [("opened", "payment -> psp.example".to_owned(), 10)]);
}

#[test]
fn every_span_counts_once_and_every_path_sums_to_its_root() {
    let records = shop(5, 300, 4, |_| None);
    let (rollups, traces) = held(&Server::new(1).step(&records));
    let (mut calls, mut roots, mut on_paths) = (0, Lag::ZERO, Lag::ZERO);
    for ((_, series), amount) in &rollups {
        match (series, amount) {
            (Series::Operation { .. }, Amount::Red(red)) => calls += red.count,
            (Series::Root { .. }, Amount::Path(path)) => roots = roots.saturating_add(path.time.sum()),
            // The stay in the topic belongs to operation paths.
            (Series::EdgePath { from, .. }, _) if from.as_str() == "shop.orders" => {}
            (Series::OperationPath { .. } | Series::EdgePath { .. }, Amount::Path(path)) => {
                on_paths = on_paths.saturating_add(path.time.sum());
            }
            _ => {}
        }
    }
    assert_eq!(calls, 300 * 4 * 9, "nine spans a checkout, repeated ones once, late ones too");
    assert_eq!(traces.len(), 300 * 4);
    // Sketches add whole microseconds: each stay may lose up to one.
    let lost = roots.0 - on_paths.0;
    assert!((0..300 * 4 * 12 * 1_000).contains(&lost), "paths sum to their roots: {roots} and {on_paths}");
}

/// Takes the changed pieces of state over into what is kept.
fn keep(kept: &mut BTreeMap<Vec<u8>, StateEntry>, entries: Vec<StateEntry>) {
    for entry in entries {
        match entry.value {
            Some(_) => kept.insert(entry.key.clone(), entry),
            None => kept.remove(&entry.key),
        };
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn cutting_and_restarting_change_nothing(seed in 0_u64..1_000, cuts in prop::collection::vec(1_usize..400, 1..40)) {
        let records = shop(seed, 60, 2, |_| None);
        let whole = Engine::new(rules()).step(&records);
        let (mut rest, mut cut) = (&records[..], cuts.iter().cycle());
        let (mut engine, mut restarted) = (Engine::new(rules()), Engine::new(rules()));
        let (mut told, mut told_restarted, mut kept) = (Vec::new(), Vec::new(), BTreeMap::new());
        while !rest.is_empty() {
            let (batch, after) = rest.split_at(rest.len().min(*cut.next().unwrap()));
            told.extend(engine.step(batch));
            told_restarted.extend(restarted.step(batch));
            keep(&mut kept, restarted.take_dirty());
            restarted = Engine::restore(kept.values().rev().cloned()).unwrap();
            rest = after;
        }
        prop_assert_eq!(&told, &whole);
        prop_assert_eq!(&told_restarted, &whole);
    }
}

#[test]
fn state_does_not_grow_with_what_is_over() {
    let mut engine = Engine::new(rules());
    let mut kept = BTreeMap::new();
    let mut most = 0;
    for batch in shop(9, 1_800, 1, |_| None).chunks(500) {
        engine.step(batch);
        keep(&mut kept, engine.take_dirty());
        most = most.max(kept.len());
    }
    engine.step(&[Record::Tick(Tick { now: ReceivedTime(START.0).plus(Lag::from_secs(4_000)) })]);
    keep(&mut kept, engine.take_dirty());
    let names = kept.keys().filter(|key| key.starts_with(b"ln")).count();
    let traces = kept.keys().filter(|key| key.starts_with(b"lt") || key.starts_with(b"ls")).count();
    assert!(names > 0 && traces == 0, "{names} names, {traces} pieces of traces");
    assert!(most < 700, "sealed traces are forgotten after ten minutes: {most} pieces");
}
