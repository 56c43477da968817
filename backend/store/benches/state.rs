//! The store's share of recovery: a kept state of a million keys, saved and loaded. Recovery as a whole has 5 s for it, with
//! a million observations to step again (SEM-12). `cargo bench -p plumbline-store --bench state`
#![allow(clippy::expect_used, reason = "a bench that cannot run must stop")]

mod common;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use plumbline_measure::CpuTime;
use plumbline_model::journal::{JournalPosition, StateEntry};
use plumbline_store::{Commit, Options, Space, prelude::*};

use crate::common::{mixed, received, runtime, spans, store};

const KEYS: u64 = 1_000_000;
/// Bytes of a piece: a key with its history and two replicas.
const PIECE_BYTES: usize = 200;

fn pieces(from: u64, count: u64) -> Vec<(Space, StateEntry)> {
    let piece = |n: u64| {
        let key = format!("corder/order-{:08}", mixed(n) % KEYS).into_bytes();
        let value = mixed(n).to_le_bytes().into_iter().cycle().take(PIECE_BYTES).collect();
        (Space(0), StateEntry { key, value: Some(value) })
    };
    (from..from + count).map(piece).collect()
}

fn state(criterion: &mut Criterion<CpuTime>) {
    let runtime = runtime();
    let (_dir, store) = store(&runtime, Options::default());
    runtime.block_on(store.append(received(0), &spans(0, 100, 1))).expect("appended");
    let at = |n| Commit { position: JournalPosition(n), changes: &[], rollups: &[], incidents: &[] };
    runtime.block_on(store.commit(at(100))).expect("committed");
    let all: Vec<_> = (0..KEYS)
        .map(|n| {
            let key = format!("corder/order-{n:08}").into_bytes();
            (Space(0), StateEntry { key, value: Some(vec![n as u8; PIECE_BYTES]) })
        })
        .collect();
    runtime.block_on(store.save_state(JournalPosition(1), &all)).expect("saved");

    let mut group = criterion.benchmark_group("state");
    group.sample_size(10);
    group.throughput(Throughput::Elements(KEYS));
    group.bench_function("load a million keys", |bencher| {
        bencher.iter(|| assert_eq!(runtime.block_on(store.load_state()).expect("loaded").entries.len() as u64, KEYS));
    });
    group.throughput(Throughput::Elements(10_000));
    let mut next = 0;
    group.bench_function("save ten thousand of them", |bencher| {
        bencher.iter_batched(
            || {
                next += 10_000;
                pieces(next, 10_000)
            },
            |entries| runtime.block_on(store.save_state(JournalPosition(1), &entries)).expect("saved"),
            criterion::BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime::default());
    targets = state
}
criterion_main!(benches);
