//! What the engine's state takes in memory: bytes that are allocated, with the slack of every table and vector in them.
//!
//! `cargo bench -p plumbline-engine --bench memory`. Promised are 150 bytes for each key × replica at one authority, two
//! replicas, three fields and two remembered writes; and 300 bytes for a saga's open instance.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench that cannot run should stop")]

mod support;

use plumbline_engine::Engine;
use plumbline_measure::{PeakAlloc, figure};
use plumbline_model::{
    Cause, EventType, Fact, Lag, Observation, ObservationId, Position, ReceivedTime, Record, Route, SourceTime, Tick,
    journal::{Progress, Proof},
    observation::EventFact,
    rules::{Capture, Rules, SagaRule, SourceRule, StepRule},
};
use xxhash_rust::xxh3::xxh3_128;

use self::support::{BATCH, REPLICAS, records};

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// So many that the tables' slack is neither the best nor the worst: between two powers of two.
const KEYS: u64 = 300_000;
const INSTANCES: u64 = 300_000;
/// Source time between two observations: most keys are at rest.
const CALM: Lag = Lag(1_000_000);
const EVENTS: [&str; 3] = ["order.placed", "stock.reserved", "payment.captured"];

/// Bytes that an engine takes once it has stepped what `journal` gives.
fn bytes(rules: Rules, journal: impl Iterator<Item = Vec<Record>>) -> f64 {
    let before = ALLOCATED.current_usage();
    let mut engine = Engine::new(rules);
    for records in journal {
        engine.step(&records);
        // Keeping the state empties the lists of what is to be kept, as in a process that lives.
        engine.take_dirty();
    }
    (ALLOCATED.current_usage() - before) as f64
}

fn convergence(writes: u64) {
    let journal = (0..KEYS * writes * 3 / BATCH as u64).map(|batch| records(batch, KEYS, CALM));
    let each = bytes(support::rules(), journal) / (KEYS * REPLICAS.len() as u64) as f64;
    figure(&format!("memory/key × replica, {writes} remembered writes"), each, "B");
}

fn saga_rules() -> Rules {
    let step = |event: &str, within| StepRule {
        event: event.into(),
        owner: Some("payment".into()),
        within: Some(Lag::from_secs(within)),
        compensate: None,
        sources: Vec::new(),
    };
    let checkout = SagaRule {
        name: "checkout".into(),
        start: EVENTS[0].into(),
        within: Some(Lag::from_secs(48 * 3600)),
        steps: vec![step(EVENTS[1], 4 * 3600), step(EVENTS[2], 4 * 3600), step("parcel.shipped", 24 * 3600)],
        completed: vec!["order.completed".into()],
        failed: vec!["order.cancelled".into()],
        compensation_within: Some(Lag::from_secs(600)),
        sources: vec!["events".into()],
    };
    let events = SourceRule { name: "events".into(), clock_error: Lag::from_millis(500), capture: Capture::Direct };
    Rules { sources: vec![events], sagas: vec![checkout], ..Rules::default() }
}

/// An event of a checkout, with a trace of its own. Correlation ids of more than 24 bytes take their length more.
fn event(instance: u64, nth: usize, at: SourceTime) -> Observation {
    let offset = instance * EVENTS.len() as u64 + nth as u64;
    Observation {
        id: ObservationId {
            source: "events".into(),
            partition: "0".into(),
            position: Position::offset(offset),
            part: 0,
        },
        at,
        received: ReceivedTime(at.0),
        route: Route::Saga { saga: "checkout".into(), id: format!("order-{instance:09}").as_str().into() },
        cause: Cause { trace: Some(plumbline_model::TraceId(xxh3_128(&offset.to_le_bytes()))), ..Cause::default() },
        fact: Fact::Event(Box::new(EventFact { event_type: EventType::new(EVENTS[nth]), subject: "".into() })),
    }
}

/// 1,000 checkouts a second begin; their next events come one and two minutes later, and nothing ends.
fn sagas(events: usize) {
    const A_SECOND: u64 = 1_000;
    let seconds = INSTANCES / A_SECOND + 60 * (events as u64 - 1);
    let journal = (0..seconds).map(|second| {
        let begun = |nth: usize| second.checked_sub(60 * nth as u64).filter(|first| *first < INSTANCES / A_SECOND);
        let observations = (0..events).filter_map(|nth| Some((nth, begun(nth)?))).flat_map(|(nth, first)| {
            let at = |n: u64| SourceTime((second * 1_000_000_000 + n * 1_000_000) as i64);
            (0..A_SECOND).map(move |n| event(first * A_SECOND + n, nth, at(n)))
        });
        let now = (second as i64 + 1) * 1_000_000_000;
        vec![
            Record::Observations(observations.collect()),
            Record::Progress(Progress {
                source: "events".into(),
                partition: "0".into(),
                position: None,
                frontier: Some(SourceTime(now)),
                proof: Proof::LogEnd,
                partitions: 1,
            }),
            Record::Tick(Tick { now: ReceivedTime(now) }),
        ]
    });
    let each = bytes(saga_rules(), journal) / INSTANCES as f64;
    figure(&format!("memory/open saga, {events} events"), each, "B");
}

fn main() {
    let filter = std::env::args().skip(1).find(|word| !word.starts_with('-')).unwrap_or_default();
    if "memory/key × replica".contains(&filter) {
        (1..=3).for_each(convergence);
    }
    if "memory/open saga".contains(&filter) {
        (1..=3).for_each(sagas);
    }
}
