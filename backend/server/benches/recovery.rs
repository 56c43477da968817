//! Recovery after a crash (SEM-12): the kept state of a million keys is loaded, and a million observations behind it are
//! read, stepped and told nobody. `cargo bench -p plumbline --bench recovery`; the promise is 5 s.

#![allow(clippy::expect_used, reason = "a bench that cannot run must stop")]

use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use plumbline::pipeline::{Pipeline, Settings};
use plumbline_measure::CpuTime;
use plumbline_model::{
    Cause, Fact, Key, Lag, Observation, ObservationId, Position, ReceivedTime, Record, Route, SourceTime, Tick,
    journal::{Config, Progress, Proof},
    rules::{Baseline, Capture, EntityRule, FieldRule, ReplicaRule, Rules, SourceRule},
    state::{Content, Field, FieldValue, StateFact, StateKind},
};
use plumbline_store::{Options, SqliteStore, prelude::*};
use tempfile::TempDir;

const KEYS: u64 = 1_000_000;
/// Writes and their showing, so half of them are the authority's.
const OBSERVATIONS: u64 = 1_000_000;
const BATCH: u64 = 10_000;
const REPLICAS: [&str; 2] = ["orders-db", "order-view"];
/// 10,000 observations a second.
const STEP: Lag = Lag(100_000);

fn rules() -> Rules {
    let source =
        |name: &str| SourceRule { name: name.into(), clock_error: Lag::from_millis(500), capture: Capture::Direct };
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
    Rules {
        sources: REPLICAS.map(source).into(),
        entities: vec![EntityRule {
            name: "order".into(),
            fields: vec![FieldRule { name: "status".into(), authority: None }],
            authority: REPLICAS[0].into(),
            replicas: REPLICAS.map(replica).into(),
            history: 8,
            decode: 0,
        }],
        ..Rules::default()
    }
}

/// The n-th observation: the authority's write of a key, or the view's showing it.
fn observation(n: u64) -> Observation {
    let (write, replica) = (n / 2, REPLICAS[(n % 2) as usize]);
    let (key, version) = (Key::new(format!("order-{:08}", write % KEYS)), (write / KEYS) as i64 + 1);
    let value = FieldValue::Value { digest: write + 1, text: format!("status {version}").as_str().into() };
    let at = SourceTime(n as i64 * STEP.0);
    Observation {
        id: ObservationId {
            source: replica.into(),
            partition: "".into(),
            position: Position::offset(write + 1),
            part: 0,
        },
        at,
        received: ReceivedTime(at.0),
        route: Route::Key { entity: "order".into(), key: key.clone() },
        cause: Cause::default(),
        fact: Fact::State(Box::new(StateFact {
            entity: "order".into(),
            replica: replica.into(),
            key,
            kind: StateKind::Write,
            version: Some(version),
            base: None,
            content: Content::Fields([Field { name: "status".into(), value }].into_iter().collect()),
            not_held: Default::default(),
        })),
    }
}

/// Takes in `count` observations with the frontiers and ticks that go with them. Returns the time behind them.
async fn take(pipeline: &mut Pipeline, from: u64, count: u64) -> ReceivedTime {
    let mut now = ReceivedTime(0);
    for first in (from..from + count).step_by(BATCH as usize) {
        now = ReceivedTime((first + BATCH) as i64 * STEP.0);
        let mut records: Vec<Record> = (first..first + BATCH)
            .step_by(500)
            .map(|at| Record::Observations((at..at + 500).map(observation).collect()))
            .collect();
        records.extend(REPLICAS.map(|source| {
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
        pipeline.append(now, records).await.expect("appended");
        pipeline.apply(Vec::new()).await.expect("applied");
    }
    now
}

/// A store whose kept state has all keys, and whose journal goes on behind it.
async fn crashed(dir: &TempDir) -> (Arc<dyn Store>, ReceivedTime) {
    let options = Options { durable: false, ..Options::default() };
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(dir, options).await.expect("a store"));
    let recovered = Pipeline::recover(Arc::clone(&store), Settings::default(), ReceivedTime(0)).await;
    let (mut pipeline, _) = recovered.expect("a fresh pipeline");
    let config = Config { digest: "0".into(), text: String::new(), rules: rules() };
    pipeline.append(ReceivedTime(0), vec![Record::Config(Box::new(config))]).await.expect("appended");
    let now = take(&mut pipeline, 0, 2 * KEYS).await;
    pipeline.save(now).await.expect("kept");
    let now = take(&mut pipeline, 2 * KEYS, OBSERVATIONS).await;
    (store, now)
}

fn recovery(criterion: &mut Criterion<CpuTime>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let dir = TempDir::new().expect("a directory");
    let (store, now) = runtime.block_on(crashed(&dir));
    let mut group = criterion.benchmark_group("recovery");
    group.sample_size(10).throughput(Throughput::Elements(OBSERVATIONS));
    group.bench_function("a million keys and observations", |bencher| {
        bencher.iter(|| {
            let recovering = Pipeline::recover(Arc::clone(&store), Settings::default(), now);
            let (pipeline, recovered) = runtime.block_on(recovering).expect("recovered");
            assert!(recovered.stepped_again >= OBSERVATIONS / 500 && recovered.engine_changed == 0, "{recovered:?}");
            pipeline
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime::default());
    targets = recovery
}
criterion_main!(benches);
