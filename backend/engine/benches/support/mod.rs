//! What the benches of convergence have in common: a clean stream of writes of one authority, each shown by two replicas.

use plumbline_model::{
    Cause, Fact, Key, Lag, Observation, ObservationId, Position, ReceivedTime, Record, Route, SourceTime, Tick,
    journal::{Progress, Proof},
    rules::{Baseline, Capture, EntityRule, FieldRule, ReplicaRule, Rules, SourceRule},
    state::{Content, Field, FieldValue, StateFact, StateKind},
};
use xxhash_rust::xxh3::xxh3_64;

pub const REPLICAS: [&str; 3] = ["orders-db", "order-view", "order-cache"];
const FIELDS: [&str; 3] = ["status", "total", "updated_at"];
/// Observations of one record of the journal.
pub const BATCH: usize = 1_000;

pub fn rules() -> Rules {
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
        decode: 0,
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
pub fn records(batch: u64, keys: u64, step: Lag) -> Vec<Record> {
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
