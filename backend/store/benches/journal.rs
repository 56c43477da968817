//! The journal's share of ingest: spans with 10 attributes packed, indexed, written and fsynced; and read back.
//! The whole pipeline must reach 50,000 spans/s on one core, so this must be many times that.
//! `cargo bench -p plumbline-store --bench journal`
#![allow(clippy::expect_used, reason = "a bench that cannot run must stop")]

mod common;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use futures::StreamExt;
use plumbline_measure::CpuTime;
use plumbline_model::{SourceTime, TraceId, journal::JournalPosition};
use plumbline_store::{Lookup, Options, Paging, prelude::*};

use crate::common::{SPANS_PER_TRACE, mixed, received, runtime, spans, store};

const BATCH: u64 = 8_192;

fn append(criterion: &mut Criterion<CpuTime>) {
    let runtime = runtime();
    let mut group = criterion.benchmark_group("append");
    group.throughput(Throughput::Elements(BATCH)).sample_size(20);
    for (name, durable) in [("fsynced", true), ("scratch", false)] {
        let (_dir, store) = store(&runtime, Options { durable, ..Options::default() });
        let mut next = 0;
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || {
                    next += BATCH;
                    spans(next, BATCH, 512)
                },
                |records| runtime.block_on(store.append(received(0), &records)).expect("appended"),
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
}

fn read(criterion: &mut Criterion<CpuTime>) {
    let runtime = runtime();
    let (_dir, store) = store(&runtime, Options { durable: false, ..Options::default() });
    let count = 20 * BATCH;
    for batch in 0..20 {
        runtime.block_on(store.append(received(0), &spans(batch * BATCH, BATCH, 512))).expect("appended");
    }
    let mut group = criterion.benchmark_group("read");
    group.throughput(Throughput::Elements(count)).sample_size(10);
    group.bench_function("in order", |bencher| {
        bencher.iter(|| {
            runtime.block_on(async {
                let mut records = 0;
                let mut blocks = store.read(JournalPosition(1)..=store.end());
                while let Some(block) = blocks.next().await {
                    records += block.expect("sound").records.len();
                }
                records
            })
        });
    });
    group.throughput(Throughput::Elements(1)).sample_size(50);
    let mut trace = 0;
    group.bench_function("one trace", |bencher| {
        bencher.iter(|| {
            trace = (trace + 7_919) % (count / SPANS_PER_TRACE);
            let id = (u128::from(mixed(trace)) << 64) | u128::from(mixed(trace + 7));
            let lookup = Lookup::Trace(TraceId(id));
            let times = SourceTime::MIN..=SourceTime::MAX;
            let page = runtime.block_on(store.observations(&lookup, times, &Paging::first(1_000))).expect("found");
            assert_eq!(page.items.len() as u64, SPANS_PER_TRACE);
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime::default());
    targets = append, read
}
criterion_main!(benches);
