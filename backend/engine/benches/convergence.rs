//! Speed of the convergence checker, against a bare hash map that is updated with the same observations.
//!
//! `cargo bench -p plumbline-engine --bench convergence`. Promised are 500,000 observations a second on one core, at one
//! authority, two replicas and three fields.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench that cannot run should stop")]

mod support;

use std::{collections::HashMap, hint::black_box, time::Duration};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use plumbline_engine::Engine;
use plumbline_measure::ThreadTime;
use plumbline_model::{Change, Fact, Key, Lag, Record, state::Content};

use self::support::{BATCH, REPLICAS, records, rules};

/// Source time between two observations: 100,000 a second, so that 400,000 cells are open at any time.
const BUSY: Lag = Lag(10_000);

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

/// The batches that come before what is measured.
fn warm_up(keys: u64) -> std::ops::Range<u64> {
    0..keys.max(10_000) * 6 / BATCH as u64
}

fn speed(criterion: &mut Criterion<ThreadTime>, keys: u64) {
    let measured = 100;
    let mut group = criterion.benchmark_group("convergence");
    group.throughput(Throughput::Elements(measured * BATCH as u64)).sample_size(10);
    group.measurement_time(Duration::from_secs(5));
    let ahead = |next: &mut u64| {
        *next += measured;
        (*next - measured..*next).flat_map(|batch| records(batch, keys, BUSY)).collect::<Vec<_>>()
    };
    group.bench_function(format!("{keys} keys"), |bench| {
        let mut engine = Engine::new(rules());
        for batch in warm_up(keys) {
            let changes = engine.step(&records(batch, keys, BUSY));
            assert!(changes.iter().all(|change| matches!(change, Change::Rollup(_))));
        }
        let mut next = warm_up(keys).end;
        bench.iter_batched(|| ahead(&mut next), |records| (engine.step(&records), records), BatchSize::PerIteration);
    });
    group.bench_function(format!("{keys} keys, bare hash map"), |bench| {
        let mut map = HashMap::new();
        for batch in warm_up(keys) {
            update(&mut map, &records(batch, keys, BUSY));
        }
        let mut next = warm_up(keys).end;
        bench.iter_batched(
            || ahead(&mut next),
            |records| (update(black_box(&mut map), &records), records),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn convergence(criterion: &mut Criterion<ThreadTime>) {
    speed(criterion, 1_000);
    speed(criterion, 1_000_000);
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(ThreadTime::default());
    targets = convergence
}
criterion_main!(benches);
