//! Proves that other deadlines find other things in the same journal, that the range and the end are kept, and that a journal
//! that was decoded otherwise is refused with every difference.

use plumbline_model::{
    Observation, ObservationId, Position, Record, Tick,
    journal::{self, Progress, Proof},
    observation::{Cause, Fact, Route},
    state::{Content, Field, FieldValue, StateFact, StateKind},
};
use plumbline_store::{Issue, Options as StoreOptions, SqliteStore, prelude::*};

use super::*;
use crate::config::{Purpose, parse};

const SHOP: &str = "\
sources: { db: { kafka: { brokers: [b:1], topics: [t], format: json } }, view: { http: { path: /v } } }
entities:
  order:
    within: 5s
    replicas:
      orders: { source: db, key: $.id, fields: { status: $.status }, baseline: empty }
      view: { source: view, key: $.id, fields: { status: $.status }, baseline: empty }
";

fn config(was: &str, by: &str) -> Config {
    parse("f", &SHOP.replace(was, by), &|_| None, Purpose::Offline).unwrap_or_else(|problems| panic!("{problems}"))
}

fn seconds(at: i64) -> SourceTime {
    SourceTime::from_secs(1_795_255_200 + at)
}

fn state(source: &str, replica: &str, at: i64, digest: u64) -> Record {
    let field = Field { name: "status".into(), value: FieldValue::Value { digest, text: digest.to_string().into() } };
    let fact = StateFact {
        entity: "order".into(),
        replica: replica.into(),
        key: "o-1".into(),
        kind: StateKind::Write,
        version: None,
        base: None,
        content: Content::Fields([field].into_iter().collect()),
        not_held: Default::default(),
    };
    let position = Position::offset(at.unsigned_abs());
    Record::Observations(vec![Observation {
        id: ObservationId { source: source.into(), partition: "p".into(), position, part: 0 },
        at: seconds(at),
        received: ReceivedTime(seconds(at).0),
        route: Route::Key { entity: "order".into(), key: "o-1".into() },
        cause: Cause::default(),
        fact: Fact::State(Box::new(fact)),
    }])
}

/// Both sources seen up to a time, and the time itself.
fn seen(at: i64) -> Vec<Record> {
    let progress = |source: &str| {
        Record::Progress(Progress {
            source: source.into(),
            partition: "p".into(),
            position: None,
            frontier: Some(seconds(at)),
            proof: Proof::LogEnd,
            partitions: 1,
        })
    };
    vec![progress("db"), progress("view"), Record::Tick(Tick { now: ReceivedTime(seconds(at).0) })]
}

/// A journal in which the view shows a write after 20 s.
async fn journal(dir: &std::path::Path) -> SqliteStore {
    let config = config("", "");
    let store = SqliteStore::open(dir, StoreOptions { durable: false, ..StoreOptions::default() }).await.unwrap();
    let in_force = journal::Config { digest: config.digest.as_str().into(), text: config.text, rules: config.rules };
    let mut records = vec![Record::Config(Box::new(in_force))];
    records.extend(seen(0));
    records.push(state("db", "orders", 1, 7));
    records.extend(seen(12));
    records.push(state("view", "view", 21, 7));
    records.extend(seen(60));
    store.append(ReceivedTime(seconds(60).0), &records).await.unwrap();
    store
}

fn options(from: Option<i64>, to: Option<i64>) -> Options {
    Options { from: from.map(seconds), to: to.map(seconds), now: ReceivedTime(seconds(99).0) }
}

async fn counts(store: &SqliteStore, config: &Config, options: Options) -> (u64, u64) {
    let report = replay(store, config, options, |_, _| ()).await.unwrap();
    (report.summary.findings_open, report.summary.findings_resolved)
}

#[tokio::test]
async fn other_deadlines_find_other_things() {
    let dir = tempfile::tempdir().unwrap();
    let store = journal(dir.path()).await;
    assert_eq!(counts(&store, &config("", ""), options(None, None)).await, (0, 1), "late, as it was in force");
    assert_eq!(counts(&store, &config("within: 5s", "within: 30s"), options(None, None)).await, (0, 0), "in time");
    assert_eq!(counts(&store, &config("", ""), options(None, Some(15))).await, (1, 0), "still open then");
    let report = replay(&store, &config("", ""), options(None, None), |_, _| ()).await.unwrap();
    assert_eq!((report.coverage.complete, report.coverage.records), (true, 2));
}

#[tokio::test]
async fn what_could_not_be_read_is_told_though_the_journal_has_none_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = journal(dir.path()).await;
    let issue = |at: i64| Issue {
        source: "view".into(),
        partition: Default::default(),
        position: at.to_string(),
        received: ReceivedTime(seconds(at).0),
        reason: "not JSON".to_owned(),
        place: String::new(),
        bytes: vec![b'{'],
        bytes_total: 1,
    };
    store.record_issues(&[issue(5), issue(40)]).await.unwrap();
    let coverage = async |from, to| {
        let report = replay(&store, &config("", ""), options(from, to), |_, _| ()).await.unwrap();
        (report.coverage.records, report.coverage.issues, report.coverage.issue_samples.len())
    };
    assert_eq!(coverage(None, None).await, (4, 2, 2));
    assert_eq!(coverage(None, Some(30)).await, (3, 1, 1), "in the range");
}

#[tokio::test]
async fn what_would_be_decoded_otherwise_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let store = journal(dir.path()).await;
    let other = config(
        "key: $.id, fields: { status: $.status }, baseline: empty }\n      view",
        "key: $.key, fields: { status: $.status }, baseline: empty, may_be_missing: true }\n      copy",
    );
    let error = replay(&store, &other, options(None, None), |_, _| ()).await.unwrap_err().to_string();
    for part in [
        "entities.order.replicas.orders.key: the journal has \"$.id\", the file says \"$.key\"",
        "entities.order.replicas.view: it was there when the journal was written",
        "entities.order.replicas.copy: nothing was decoded for it",
    ] {
        assert!(error.contains(part), "{part} in\n{error}");
    }
    assert_eq!(error.lines().count(), 4, "and nothing else: {error}");
}

#[tokio::test]
async fn an_empty_journal_is_said_to_be_empty() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path(), StoreOptions::default()).await.unwrap();
    let error = replay(&store, &config("", ""), options(None, None), |_, _| ()).await.unwrap_err();
    assert!(matches!(error, ReplayError::Empty), "{error}");
}
