//! Speed and memory of the convergence checker, against a bare hash map that is updated with the same observations.
//!
//! `cargo bench -p plumbline-engine --bench convergence`. Limits (DESIGN's promise, one core): 500,000 observations a second,
//! 150 bytes for each key × replica at one authority, two replicas, three fields and about two remembered writes.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench that cannot run should stop")]

use std::{collections::HashMap, env, fs, hint::black_box, process::Command, time::Duration};

use criterion::{BatchSize, Criterion, Throughput};
use plumbline_engine::Engine;
use plumbline_model::{
    Cause, Fact, Key, Lag, Observation, ObservationId, Position, ReceivedTime, Record, Route, SourceTime, Tick,
    journal::{Progress, Proof},
    rules::{Baseline, Capture, EntityRule, FieldRule, ReplicaRule, Rules, SourceRule},
    state::{Content, Field, FieldValue, StateFact, StateKind},
};
use xxhash_rust::xxh3::xxh3_64;

const REPLICAS: [&str; 3] = ["orders-db", "order-view", "order-cache"];
const FIELDS: [&str; 3] = ["status", "total", "updated_at"];
/// Observations of one record of the journal.
const BATCH: usize = 1_000;
/// Source time between two observations while speed is measured: 100,000 a second, so that 400,000 cells are open at any time.
const BUSY: Lag = Lag(10_000);
/// And while memory is: most keys are at rest.
const CALM: Lag = Lag(1_000_000);

fn rules() -> Rules {
    let replica = |name: &&str| ReplicaRule {
        name: (*name).into(),
        source: (*name).into(),
        within: Lag::from_secs(5),
        fields: FIELDS.map(Into::into).to_vec(),
        may_be_missing: false,
        probed: false,
        partial: false,
        baseline: Baseline::Empty,
    };
    let source =
        |name: &&str| SourceRule { name: (*name).into(), clock_error: Lag::from_millis(500), capture: Capture::Direct };
    let entity = EntityRule {
        name: "order".into(),
        fields: FIELDS.iter().map(|name| FieldRule { name: (*name).into(), authority: None }).collect(),
        authority: REPLICAS[0].into(),
        replicas: REPLICAS.iter().map(replica).collect(),
        history: 8,
    };
    Rules { sources: REPLICAS.iter().map(source).collect(), entities: vec![entity], ..Rules::default() }
}

/// The `n`th observation of a clean stream: each write of a key is shown by both replicas within a few thousand observations.
fn observation(n: u64, keys: u64, step: Lag) -> Observation {
    // Writes come in blocks, and each block is followed by the two replicas' showing it.
    let block = 500;
    let (round, place) = (n / (3 * block), n % (3 * block));
    let (replica, index) = ((place / block) as usize, place % block);
    let write = round * block + index;
    let key = Key::new(format!("order-{:09}", xxh3_64(&(write % keys).to_le_bytes()) % 1_000_000_000));
    let version = (write / keys) as i64;
    let at = SourceTime(n as i64 * step.0);
    let digest = |field: usize| xxh3_64(&[write.to_le_bytes(), (field as u64).to_le_bytes()].concat()).max(1);
    let value = |(at, name): (usize, &&str)| Field {
        name: (*name).into(),
        value: FieldValue::Value { digest: digest(at), text: "".into() },
    };
    let fact = StateFact {
        entity: "order".into(),
        replica: REPLICAS[replica].into(),
        key: key.clone(),
        kind: StateKind::Write,
        version: Some(version),
        base: None,
        content: Content::Fields(FIELDS.iter().enumerate().map(value).collect()),
        not_held: Default::default(),
    };
    Observation {
        id: ObservationId {
            source: REPLICAS[replica].into(),
            partition: "".into(),
            position: Position::offset(n),
            part: 0,
        },
        at,
        received: ReceivedTime(at.0),
        route: Route::Key { entity: "order".into(), key },
        cause: Cause::default(),
        fact: Fact::State(Box::new(fact)),
    }
}

/// A batch of observations, and every fifth time what the sources and the clock say.
fn records(batch: u64, keys: u64, step: Lag) -> Vec<Record> {
    let first = batch * BATCH as u64;
    let observations = (first..first + BATCH as u64).map(|n| observation(n, keys, step)).collect();
    let mut records = vec![Record::Observations(observations)];
    let now = (first + BATCH as u64 - 1) as i64 * step.0;
    if batch % 5 == 4 {
        records.extend(REPLICAS.iter().map(|source| {
            Record::Progress(Progress {
                source: (*source).into(),
                partition: "".into(),
                position: None,
                frontier: Some(SourceTime(now)),
                proof: Proof::LogEnd,
                partitions: 1,
            })
        }));
        records.push(Record::Tick(Tick { now: ReceivedTime(now) }));
    }
    records
}

/// What any checker does at least: find the key and keep its newest state.
fn update(map: &mut HashMap<(Key, usize), (i64, u64)>, records: &[Record]) {
    for record in records {
        let Record::Observations(observations) = record else { continue };
        for observation in observations {
            let Fact::State(fact) = &observation.fact else { continue };
            let replica = REPLICAS.iter().position(|name| *name == fact.replica.as_str()).unwrap();
            let Content::Fields(fields) = &fact.content else { continue };
            let digest = fields.iter().fold(0, |all, field| all ^ field.value.digest().unwrap());
            map.insert((fact.key.clone(), replica), (fact.version.unwrap(), digest));
        }
    }
}

fn speed(criterion: &mut Criterion, keys: u64) {
    let warm = keys.max(10_000) * 6 / BATCH as u64;
    let measured = 100;
    let mut engine = Engine::new(rules());
    let mut map = HashMap::new();
    for batch in 0..warm {
        let records = records(batch, keys, BUSY);
        assert!(engine.step(&records).iter().all(|change| matches!(change, plumbline_model::Change::Rollup(_))));
        update(&mut map, &records);
    }
    let mut group = criterion.benchmark_group(format!("{keys} keys"));
    group.throughput(Throughput::Elements(measured * BATCH as u64)).sample_size(10);
    group.measurement_time(Duration::from_secs(5));
    let mut next = warm;
    group.bench_function("convergence", |bench| {
        bench.iter_batched(
            || {
                next += measured;
                (next - measured..next).flat_map(|batch| records(batch, keys, BUSY)).collect::<Vec<_>>()
            },
            |records| (engine.step(&records), records),
            BatchSize::PerIteration,
        );
    });
    let mut next = warm;
    group.bench_function("bare hash map", |bench| {
        bench.iter_batched(
            || {
                next += measured;
                (next - measured..next).flat_map(|batch| records(batch, keys, BUSY)).collect::<Vec<_>>()
            },
            |records| (update(black_box(&mut map), &records), records),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

/// Bytes of the process that are in memory.
fn resident() -> Option<usize> {
    let pages: usize = fs::read_to_string("/proc/self/statm").ok()?.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4096)
}

/// Fills an engine and prints what it takes; in a process of its own, because freed memory is not given back.
fn memory(keys: u64, writes: u64) {
    let before = resident();
    let mut engine = Engine::new(rules());
    for batch in 0..keys * writes * 3 / BATCH as u64 {
        engine.step(&records(batch, keys, CALM));
    }
    match before.zip(resident()) {
        None => println!("memory: not measured, there is no /proc here"),
        Some((before, after)) => {
            let bytes = (after - before) as f64 / keys as f64;
            let each = bytes / REPLICAS.len() as f64;
            println!(
                "memory: {keys} keys, {writes} remembered writes: {bytes:.0} bytes a key, {each:.0} a key × replica (limit 150)"
            );
        }
    }
}

fn main() {
    if let Some(writes) = env::args().find_map(|word| word.strip_prefix("--memory=")?.parse().ok()) {
        return memory(1_000_000, writes);
    }
    for writes in 1..=3 {
        let this = env::current_exe().unwrap();
        Command::new(this).arg(format!("--memory={writes}")).status().unwrap();
    }
    let mut criterion = Criterion::default().configure_from_args();
    speed(&mut criterion, 1_000);
    speed(&mut criterion, 1_000_000);
    criterion.final_summary();
}
