//! The client against librdkafka's own mock cluster, in this process: real protocol, no server. A real broker is the business
//! of the compliance suite.

use std::time::Duration;

use plumbline_model::journal::{GapReason, Proof, SnapshotPhase};
use rdkafka::{
    ClientConfig,
    mocking::MockCluster,
    producer::{BaseProducer, BaseRecord, DefaultProducerContext, Producer},
};
use tokio::{
    sync::mpsc::{Receiver, channel},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{SourceBatch, config::KafkaConfig};

struct Rig {
    cluster: MockCluster<'static, DefaultProducerContext>,
    producer: BaseProducer,
}

impl Rig {
    fn new(topics: &[(&str, i32)]) -> Self {
        let cluster = MockCluster::new(1).unwrap();
        for (topic, partitions) in topics {
            cluster.create_topic(topic, *partitions, 1).unwrap();
        }
        let producer = ClientConfig::new().set("bootstrap.servers", cluster.bootstrap_servers()).create().unwrap();
        Self { cluster, producer }
    }

    fn produce(&self, topic: &str, partition: i32, payloads: &[&str]) {
        for payload in payloads {
            let record = BaseRecord::<str, str>::to(topic).partition(partition).key("k").payload(payload);
            self.producer.send(record).map_err(|(error, _)| error).unwrap();
        }
        self.producer.flush(Duration::from_secs(10)).unwrap();
    }

    fn start(&self, topics: &[&str]) -> Start {
        let kafka = KafkaConfig {
            brokers: vec![self.cluster.bootstrap_servers()],
            topics: topics.iter().map(|topic| (*topic).to_owned()).collect(),
            format: crate::config::KafkaFormat::Json,
            group: None,
            watch_groups: Vec::new(),
            properties: Default::default(),
        };
        let from_start = FromStart { entity: "order".into(), replica: "view".into(), topics: Vec::new() };
        Start {
            source: "s".into(),
            config: SourceConfig { kafka: Some(kafka), ..SourceConfig::default() },
            journaled: BTreeMap::new(),
            seen: None,
            from_start: vec![from_start],
        }
    }
}

/// A clock that starts at a fixed time and runs like the machine's.
fn clock() -> Now {
    let began = Instant::now();
    Arc::new(move || ReceivedTime(1_795_262_400_000_000_000 + began.elapsed().as_nanos() as i64))
}

/// A client that runs, and what it hands over.
struct Running {
    batches: Receiver<SourceBatch>,
    stop: CancellationToken,
    thread: std::thread::JoinHandle<Result<(), ClientError>>,
}

fn run(start: Start, capacity: usize) -> Running {
    run_by(start, capacity, clock())
}

fn run_by(start: Start, capacity: usize, clock: Now) -> Running {
    let (sender, batches) = channel(capacity);
    let stop = CancellationToken::new();
    let client = KafkaClient::new(start, clock).unwrap();
    let token = stop.clone();
    let thread = std::thread::spawn(move || client.run(&sender, &token));
    Running { batches, stop, thread }
}

impl Running {
    fn next(&mut self) -> Option<SourceBatch> {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            match self.batches.try_recv() {
                Ok(batch) => return Some(batch),
                Err(_) if self.thread.is_finished() || Instant::now() > deadline => return None,
                Err(_) => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }

    /// Takes batches, acknowledging each, until `enough`; all that they held.
    fn until(&mut self, enough: impl Fn(&Seen) -> bool) -> Seen {
        let mut seen = Seen::default();
        while !enough(&seen) {
            let batch = self.next().unwrap_or_else(|| panic!("no more batches after {seen:?}"));
            seen.records.extend(batch.records.iter().map(|it| {
                let payload = String::from_utf8_lossy(it.payload.as_deref().unwrap_or_default()).into_owned();
                (it.partition.to_string(), it.offset.unwrap(), payload)
            }));
            for progress in &batch.progress {
                if let Some(at) = progress.frontier {
                    seen.frontiers.insert(progress.partition.to_string(), (at, progress.proof.clone()));
                }
                seen.count = progress.partitions;
            }
            seen.marks += batch.snapshots.iter().filter(|it| it.phase == SnapshotPhase::FromEmpty).count();
            seen.gaps.extend(batch.gaps.iter().map(|gap| gap.reason.clone()));
            seen.notices.extend(batch.notices.iter().map(|it| it.text.clone()));
            batch.ack.done();
        }
        seen
    }

    fn end(self) -> Result<(), ClientError> {
        self.stop.cancel();
        self.thread.join().unwrap()
    }
}

#[derive(Default, Debug)]
struct Seen {
    records: Vec<(String, u64, String)>,
    frontiers: BTreeMap<String, (SourceTime, Proof)>,
    count: u32,
    marks: usize,
    gaps: Vec<GapReason>,
    notices: Vec<String>,
}

#[test]
fn everything_is_read_once_over_a_restart_and_ends_are_vouched_for() {
    let rig = Rig::new(&[("t", 2)]);
    rig.produce("t", 0, &["a", "b"]);
    rig.produce("t", 1, &["c"]);
    let mut client = run(rig.start(&["t"]), 4);
    let mut seen = client.until(|seen| seen.records.len() >= 3 && seen.frontiers.len() == 2);
    seen.records.sort();
    let record = |name: &str, offset, payload: &str| (name.to_owned(), offset, payload.to_owned());
    assert_eq!(seen.records, [record("t/0", 0, "a"), record("t/0", 1, "b"), record("t/1", 0, "c")]);
    assert_eq!((seen.marks, seen.count, seen.gaps.len()), (1, 2, 0), "read from the first record on");
    assert!(seen.frontiers.values().all(|(_, proof)| *proof == Proof::LogEnd), "{:?}", seen.frontiers);
    client.end().unwrap();

    rig.produce("t", 0, &["d"]);
    let journaled = [("t/0".into(), 1), ("t/1".into(), 0)].into();
    let mut client = run(Start { journaled, ..rig.start(&["t"]) }, 4);
    let first = client.until(|seen| !seen.records.is_empty());
    assert_eq!((first.records, first.marks), (vec![record("t/0", 2, "d")], 0));
    let frontier = |seen: &Seen| seen.frontiers.get("t/1").map(|(at, _)| *at);
    let before = client.until(|seen| frontier(seen).is_some());
    let idle = client.until(|seen| frontier(seen) > frontier(&before));
    assert!(idle.records.is_empty(), "an idle log's frontier goes on");
    client.end().unwrap();
}

#[test]
fn a_record_is_stamped_after_it_was_read() {
    let rig = Rig::new(&[("t", 1)]);
    let now = clock();
    let mut client = run_by(rig.start(&["t"]), 4, Arc::clone(&now));
    client.until(|seen| !seen.frontiers.is_empty());
    // Each record holds the time before it was sent. They come all the time, so most come while the client waits for them.
    let records = 500;
    let Rig { cluster, producer } = rig;
    let sending = std::thread::spawn(move || {
        for _ in 0..records {
            let payload = now().0.to_string();
            let record = BaseRecord::<str, str>::to("t").partition(0).key("k").payload(&payload);
            producer.send(record).map_err(|(error, _)| error).unwrap();
            producer.poll(Duration::ZERO);
            std::thread::sleep(Duration::from_millis(2));
        }
        producer.flush(Duration::from_secs(10)).unwrap();
    });
    let mut taken = 0;
    while taken < records {
        let batch = client.next().unwrap();
        for record in &batch.records {
            let sent = std::str::from_utf8(record.payload.as_ref().unwrap()).unwrap().parse().unwrap();
            assert!(record.received >= ReceivedTime(sent), "sent at {}: {record:?}", ReceivedTime(sent));
        }
        taken += batch.records.len();
        batch.ack.done();
    }
    sending.join().unwrap();
    client.end().unwrap();
    drop(cluster);
}

#[test]
fn a_full_queue_stops_reading_and_loses_nothing() {
    let rig = Rig::new(&[("t", 1)]);
    let payloads: Vec<_> = (0..20_000).map(|number| number.to_string()).collect();
    rig.produce("t", 0, &payloads.iter().map(String::as_str).collect::<Vec<_>>());
    let mut client = run(rig.start(&["t"]), 1);
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!(client.batches.len(), 1, "nobody took a batch, so there is only the one that fits");
    let seen = client.until(|seen| seen.records.len() >= payloads.len());
    let read: Vec<_> = seen.records.into_iter().map(|(_, _, payload)| payload).collect();
    assert_eq!(read, payloads);
    client.end().unwrap();
}

#[test]
fn a_batch_that_was_not_journaled_ends_the_client() {
    let rig = Rig::new(&[("t", 1)]);
    rig.produce("t", 0, &["a"]);
    let mut client = run(rig.start(&["t"]), 4);
    drop(client.next().unwrap());
    while let Some(batch) = client.next() {
        batch.ack.done();
    }
    assert!(matches!(client.thread.join().unwrap(), Err(ClientError::NotJournaled)));
}

#[test]
fn a_log_created_anew_is_a_gap_and_another_partition() {
    let rig = Rig::new(&[("t", 1)]);
    rig.produce("t", 0, &["a"]);
    let journaled = [("t/0".into(), 41)].into();
    let mut client = run(Start { journaled, ..rig.start(&["t"]) }, 4);
    let seen = client.until(|seen| !seen.records.is_empty() && seen.frontiers.len() == 2);
    assert_eq!(seen.records, [("t/0~2".to_owned(), 0, "a".to_owned())]);
    assert!(matches!(seen.gaps.as_slice(), [GapReason::Declared(_)]), "{:?}", seen.gaps);
    assert_eq!(seen.frontiers.keys().collect::<Vec<_>>(), ["t/0", "t/0~2"], "the old log holds nobody up");
    client.end().unwrap();
}

#[test]
fn a_partition_without_a_leader_holds_up_no_other() {
    let rig = Rig::new(&[("t", 2)]);
    rig.produce("t", 0, &["a"]);
    rig.cluster.partition_leader("t", 1, None).unwrap();
    let mut client = run(rig.start(&["t"]), 4);
    let seen = client.until(|seen| !seen.records.is_empty() && seen.frontiers.contains_key("t/0"));
    assert_eq!((seen.frontiers.len(), seen.marks), (1, 0), "what t/1 holds is not known: {seen:?}");
    assert!(seen.notices.iter().any(|it| it.starts_with("no broker leads t/1")), "{:?}", seen.notices);
    client.end().unwrap();
}

#[test]
fn a_topic_that_is_not_there_stops_no_other_but_nobody_vouches() {
    let rig = Rig::new(&[("t", 1)]);
    rig.produce("t", 0, &["a"]);
    // The mock cluster makes topics on demand, so this one is made to be unknown.
    rig.cluster.topic_error("typo", rdkafka::types::RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART).unwrap();
    let mut client = run(rig.start(&["t", "typo"]), 4);
    let seen = client.until(|seen| !seen.records.is_empty() && !seen.notices.is_empty());
    assert!(seen.notices[0].starts_with("no such topic: typo"), "{:?}", seen.notices);
    assert!(seen.frontiers.is_empty(), "{:?}", seen.frontiers);
    client.end().unwrap();
}

#[test]
fn settings_are_checked_before_any_connection() {
    let config = |properties: &[(&str, &str)]| {
        let mut start = Rig::new(&[]).start(&["t"]);
        let kafka = start.config.kafka.as_mut().unwrap();
        kafka.properties = properties.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        check(kafka)
    };
    assert_eq!(config(&[("security.protocol", "plaintext"), ("fetch.min.bytes", "1")]), []);
    for (name, value, said) in [
        ("enable.auto.commit", "true", "is set by Plumbline"),
        ("group.id", "x", "is set by `group`"),
        ("secruity.protocol", "ssl", "No such configuration property"),
        ("fetch.min.bytes", "hunter2", "Invalid value"),
    ] {
        let mistakes = config(&[(name, value)]);
        assert!(mistakes[0].0 == name && mistakes[0].1.contains(said), "{mistakes:?}");
        assert!(!mistakes[0].1.contains("hunter2"), "values may be secrets: {mistakes:?}");
    }
}
