//! A small watched system with faults: what its sources hold, in complete ground truth, before anybody looks.
//!
//! * `db`: the log of the authority's table, two partitions, with a snapshot in mid-stream that does not show some keys: their
//!   deletes were missed.
//! * `view`: the log of a read model that follows it; some writes are lost, some values are wrong, some deletes ignored.
//! * `bus`: the events of a checkout saga; some runs get stuck.
//! * `otlp`: requests with spans, pushed by senders that repeat what was not answered.

use std::collections::BTreeMap;

use plumbline_model::{
    Cause, CorrelationId, EntityName, EventType, Fact, Key, Lag, Observation, ObservationId, Partition, Position,
    ReceivedTime, ReplicaName, Route, SagaName, SourceName, SourceTime, SpanId, TraceId,
    journal::{Snapshot, SnapshotPhase},
    observation::EventFact,
    rules::{
        AlertRules, Baseline, Capture, EntityRule, FieldRule, LatencyRule, ReplicaRule, RouteRule, Rules, SagaRule,
        SourceRule, StepRule,
    },
    span::{SpanFact, SpanKind},
    state::{Content, Field, FieldValue, StateFact, StateKind},
};

use super::random::Random;

/// 21st of November 2026, 10:00 UTC.
pub const START_NS: i64 = 1_795_255_200_000_000_000;
/// What pushed sources are assumed to be late at most.
pub const LATENESS: Lag = Lag::from_secs(2);

/// After the last order: its writes and steps, their deadlines, and what settles behind them.
const TAIL_SECONDS: i64 = 45;

pub const fn received(at_ms: i64) -> ReceivedTime {
    ReceivedTime(START_NS + at_ms * 1_000_000)
}

const fn source_time(at_ms: i64) -> SourceTime {
    SourceTime(START_NS + at_ms * 1_000_000)
}

/// One partition of a log, in the order of its offsets.
#[derive(Clone, Debug)]
pub struct Log {
    pub source: SourceName,
    pub partition: Partition,
    pub partitions: u32,
    pub records: Vec<Observation>,
    /// Marks of a snapshot, each with the index of its record.
    pub marks: Vec<(usize, Snapshot)>,
}

/// A request with spans, sent at a time and again until it is answered.
#[derive(Clone, Debug)]
pub struct Request {
    pub at_ms: i64,
    pub spans: Vec<Observation>,
}

#[derive(Clone, Debug)]
pub struct World {
    pub rules: Rules,
    pub logs: Vec<Log>,
    pub requests: Vec<Request>,
    /// When everything that is due has become due.
    pub end_ms: i64,
}

impl World {
    /// A world that lives for `seconds`.
    pub fn new(seed: u64, seconds: i64) -> Self {
        let mut random = Random::new(seed);
        let mut facts = Facts::default();
        for key in 0..seconds {
            order(&mut random, key, key * 1_000, &mut facts);
        }
        snapshot(&mut random, seconds * 500, &mut facts.db);
        // As connectors do it, the beginning is marked in the partition of the first row and the end in that of the last.
        let mut db = [0, 1].map(|partition| {
            let own = facts.db.iter().filter(|it| it.1 % 2 == partition);
            log("db", &format!("orders/{partition}"), 2, own)
        });
        db[0].mark(SnapshotPhase::Began, |rows| rows.first());
        db[1].mark(SnapshotPhase::Ended, |rows| rows.last());
        let [even, odd] = db;
        Self {
            rules: rules(),
            requests: (0..seconds).map(|at| request(&mut random, at)).collect(),
            logs: vec![even, odd, log("view", "", 1, &facts.view), log("bus", "checkout/0", 1, &facts.bus)],
            end_ms: (seconds + TAIL_SECONDS) * 1_000,
        }
    }
}

impl Log {
    fn mark(&mut self, phase: SnapshotPhase, row: fn(&[usize]) -> Option<&usize>) {
        let is_row = |it: &Observation| matches!(&it.fact, Fact::State(state) if state.kind == StateKind::Snapshot);
        let rows: Vec<usize> = (0..self.records.len()).filter(|index| is_row(&self.records[*index])).collect();
        let (entity, replica) = (EntityName::new("order"), ReplicaName::new("db"));
        let mark = |index: &usize| (*index, Snapshot { entity, replica, at: self.records[*index].at, phase });
        let mark = row(&rows).map(mark);
        self.marks.extend(mark);
    }
}

/// Time, key, what happened.
type Happened = (i64, i64, Route, Fact);

#[derive(Default)]
struct Facts {
    db: Vec<Happened>,
    view: Vec<Happened>,
    bus: Vec<Happened>,
}

/// The life of one order: written, changed and perhaps deleted, followed by the view, with a checkout beside it.
fn order(random: &mut Random, key: i64, at_ms: i64, facts: &mut Facts) {
    let mut at = at_ms;
    let writes = random.between(1, 5);
    for version in 1..=writes {
        let deleted = version > 1 && version == writes && random.chance(30);
        facts.db.push((at, key, order_route(key), state("db", key, version, (!deleted).then_some(version))));
        let shown = at + random.between(100, 1_500);
        // A lost write, a value that nobody wrote, or what was promised.
        match random.next() % 10 {
            0 => {}
            1 if !deleted => {
                facts.view.push((shown, key, order_route(key), state("view", key, version, Some(900 + version))))
            }
            _ => facts.view.push((
                shown,
                key,
                order_route(key),
                state("view", key, version, (!deleted).then_some(version)),
            )),
        }
        at += random.between(1_000, 6_000);
    }
    let mut at = at_ms + 50;
    let stuck_at = if random.chance(20) { random.between(1, 4) } else { 4 };
    for (step, event) in
        ["order.placed", "payment.captured", "parcel.shipped", "order.completed"].into_iter().enumerate()
    {
        if step as i64 >= stuck_at {
            break;
        }
        let id = CorrelationId::new(format!("order-{key}"));
        let route = Route::Saga { saga: SagaName::new("checkout"), id };
        let fact = EventFact { event_type: EventType::new(event), subject: format!("order-{key}").as_str().into() };
        facts.bus.push((at, key, route, Fact::Event(Box::new(fact))));
        at += random.between(500, 4_000);
    }
}

/// Shows what the table held at a time, but for some keys that were deleted and nobody saw it.
fn snapshot(random: &mut Random, at_ms: i64, db: &mut Vec<Happened>) {
    let mut newest: BTreeMap<i64, &Happened> = BTreeMap::new();
    for happened in db.iter().filter(|it| it.0 < at_ms) {
        newest.insert(happened.1, happened);
    }
    let mut rows = Vec::new();
    for (key, (_, _, route, fact)) in newest {
        let Fact::State(state) = fact else { continue };
        if state.content != Content::Absent && !random.chance(10) {
            let row = StateFact { kind: StateKind::Snapshot, ..(**state).clone() };
            rows.push((at_ms, key, route.clone(), Fact::State(Box::new(row))));
        }
    }
    db.extend(rows);
}

fn order_route(key: i64) -> Route {
    Route::Key { entity: EntityName::new("order"), key: Key::new(format!("order-{key}")) }
}

/// `value` is what the status field holds; `None`: the key is gone.
fn state(replica: &str, key: i64, version: i64, value: Option<i64>) -> Fact {
    let content = value.map_or(Content::Absent, |value| {
        let text = format!("status {value}").as_str().into();
        let value = FieldValue::Value { digest: value as u64 + 1, text };
        Content::Fields([Field { name: "status".into(), value }].into_iter().collect())
    });
    let kind = match (value, version) {
        (None, _) => StateKind::Delete,
        (_, 1) => StateKind::Create,
        _ => StateKind::Update,
    };
    Fact::State(Box::new(StateFact {
        entity: EntityName::new("order"),
        replica: ReplicaName::new(replica),
        key: Key::new(format!("order-{key}")),
        kind,
        version: Some(version),
        base: None,
        content,
        not_held: Default::default(),
    }))
}

fn log<'a>(source: &str, partition: &str, partitions: u32, facts: impl IntoIterator<Item = &'a Happened>) -> Log {
    let mut facts: Vec<_> = facts.into_iter().collect();
    facts.sort_by_key(|(at_ms, key, ..)| (*at_ms, *key));
    let (source, partition) = (SourceName::new(source), Partition::new(partition));
    let observation = |(offset, (at_ms, _, route, fact)): (usize, &Happened)| {
        let position = Position::offset(offset as u64 + 1);
        let cause = match fact {
            Fact::Event(event) => Cause { event_type: Some(event.event_type.clone()), ..Cause::default() },
            _ => Cause::default(),
        };
        Observation {
            id: ObservationId { source: source.clone(), partition: partition.clone(), position, part: 0 },
            at: source_time(*at_ms),
            received: received(*at_ms),
            route: route.clone(),
            cause,
            fact: fact.clone(),
        }
    };
    let records = facts.into_iter().enumerate().map(observation).collect();
    Log { source, partition, partitions, records, marks: Vec::new() }
}

/// One trace in one request: a gateway that calls an order service that asks a database, which is slow at times.
fn request(random: &mut Random, second: i64) -> Request {
    let start = second * 1_000 + random.between(0, 500);
    let slow = if random.chance(10) { 400 } else { 20 };
    let trace = TraceId(random.next().into());
    let root = SpanId(random.next());
    let middle = SpanId(random.next());
    let leaf = SpanId(random.next());
    let spans = [
        (root, None, "gateway", "POST /orders", 0, slow + 40),
        (middle, Some(root), "orders", "place", 10, slow + 20),
        (leaf, Some(middle), "orders", "INSERT orders", 15, slow),
    ];
    let observe = |(own, parent, service, operation, from, length): (SpanId, Option<SpanId>, &str, &str, i64, i64)| {
        let (begin, end) = (source_time(start + from), source_time(start + from + length));
        Observation {
            id: ObservationId {
                source: SourceName::new("otlp"),
                partition: Partition::default(),
                position: Position::pushed(end.0, own.0),
                part: 0,
            },
            at: end,
            received: received(start + 1_000),
            route: Route::Trace(trace),
            cause: Cause { trace: Some(trace), span: Some(own), ..Cause::default() },
            fact: Fact::Span(Box::new(SpanFact {
                trace,
                span: own,
                parent,
                service: service.into(),
                version: "1".into(),
                operation: operation.into(),
                kind: if parent.is_none() { SpanKind::Server } else { SpanKind::Internal },
                start: begin,
                end,
                failed: false,
                message: "".into(),
                peer: None,
                links: Vec::new(),
                attributes: Vec::new(),
            })),
        }
    };
    Request { at_ms: start + 1_000, spans: spans.map(observe).into() }
}

fn rules() -> Rules {
    let source = |name: &str, capture| SourceRule { name: name.into(), clock_error: Lag::from_millis(100), capture };
    let replica = |name: &str| ReplicaRule {
        name: name.into(),
        source: name.into(),
        within: Lag::from_secs(5),
        fields: vec!["status".into()],
        may_be_missing: false,
        probed: false,
        partial: false,
        baseline: Baseline::Empty,
    };
    let step = |event: &str, seconds| StepRule {
        event: event.into(),
        owner: None,
        within: Some(Lag::from_secs(seconds)),
        compensate: None,
        sources: Vec::new(),
    };
    Rules {
        sources: vec![
            source("db", Capture::Direct),
            source("view", Capture::Direct),
            source("bus", Capture::Direct),
            source("otlp", Capture::Push),
        ],
        entities: vec![EntityRule {
            name: "order".into(),
            fields: vec![FieldRule { name: "status".into(), authority: None }],
            authority: "db".into(),
            replicas: vec![replica("db"), replica("view")],
            history: 8,
            decode: 0,
        }],
        sagas: vec![SagaRule {
            name: "checkout".into(),
            start: "order.placed".into(),
            within: Some(Lag::from_secs(15)),
            steps: vec![step("payment.captured", 5), step("parcel.shipped", 6)],
            completed: vec!["order.completed".into()],
            failed: vec!["order.cancelled".into()],
            compensation_within: None,
            sources: vec!["bus".into()],
        }],
        latency: LatencyRule { sources: vec!["otlp".into()], ..LatencyRule::default() },
        alerts: AlertRules {
            routes: vec![RouteRule { matches: Vec::new(), receiver: "on-call".into() }],
            ..AlertRules::default()
        },
    }
}
