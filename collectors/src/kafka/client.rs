//! The client: reads on a thread of its own, hands batches over, and commits what was journaled. Only here is the driver
//! touched; what is decided is decided in `positions` and `frontier`.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use plumbline_model::{
    Lag, Partition, ReceivedTime, SourceTime,
    journal::{Gap, Snapshot, SnapshotPhase},
};
use rdkafka::{
    ClientContext, Message, Offset, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext},
    error::KafkaError,
    types::RDKafkaErrorCode,
};
use serde::Deserialize;
use tokio::sync::{
    mpsc::{Sender, error::TrySendError},
    oneshot::error::TryRecvError,
};
use tokio_util::sync::CancellationToken;

use super::{
    ClientError, Now, Start, config, decode,
    frontier::LogFrontiers,
    positions::{Log, Positions, Step, Survey},
    survey::Surveyor,
};
use crate::{
    FromStart, Notice, SourceBatch,
    batch::{Ack, Acked},
    config::SourceConfig,
    format::{Format, relay_row},
};

/// Records of one batch at most, and their bytes: large enough to amortise an append, small enough to be seen soon.
const BATCH_RECORDS: usize = 2_000;
const BATCH_BYTES: usize = 4 << 20;
/// Batches that may wait for the journal at once (LIM-1); beyond it reading stops.
const BATCHES_IN_FLIGHT: usize = 16;
/// How often ends are asked for: the delay of every verdict that waits for this source.
const SURVEY_EVERY: Lag = Lag::from_secs(1);
const COMMIT_EVERY: Lag = Lag::from_secs(5);
/// A trouble that goes on is told again after this.
const NOTICE_EVERY: Lag = Lag::from_secs(60);
/// Reading is paused at the broker when nobody took a batch for so long.
const PAUSE_AFTER: Lag = Lag::from_secs(1);
const POLL: Duration = Duration::from_millis(50);
/// Statistics that were made before a log was read from elsewhere have arrived by then (they are made every second).
const ENDS_SETTLE: Lag = Lag::from_secs(3);
/// How long the end waits for batches that are on their way into the journal.
const DRAIN: Lag = Lag::from_secs(5);
/// The default of `clock_error` (SEM-1).
const CLOCK_ERROR: Lag = Lag::from_millis(500);

/// A batch that was handed over: its answer, and the offsets to commit when it came.
type Unacknowledged = (Acked, BTreeMap<Log, u64>);

/// A client of one `kafka` source.
pub struct KafkaClient {
    consumer: Arc<BaseConsumer<Context>>,
    surveyor: Surveyor,
    reader: Reader,
}

/// What the driver tells from its own threads.
#[derive(Default)]
pub(super) struct Context {
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    /// Offsets behind which there was nothing to deliver, control records included.
    ends: Option<BTreeMap<Log, u64>>,
    troubles: Vec<String>,
}

/// The state of reading.
struct Reader {
    start: Start,
    format: Format,
    relayed: bool,
    now: Now,
    positions: Positions,
    frontiers: LogFrontiers,
    /// Ends that count once all that was delivered before them has been taken.
    ends: Option<BTreeMap<Log, u64>>,
    /// Until then ends may speak of where a log was read before.
    ends_from: ReceivedTime,
    batch: Pending,
    in_flight: VecDeque<(Acked, BTreeMap<Log, u64>)>,
    to_commit: BTreeMap<Log, u64>,
    committed: ReceivedTime,
    surveyed: Option<ReceivedTime>,
    noticed: BTreeMap<String, ReceivedTime>,
}

/// A batch that is being filled.
#[derive(Default)]
struct Pending {
    gaps: Vec<Gap>,
    snapshots: Vec<Snapshot>,
    records: Vec<crate::RawRecord>,
    bytes: usize,
    notices: Vec<Notice>,
}

impl KafkaClient {
    /// Sets the client up. Nothing is read before `run`.
    ///
    /// # Errors
    /// Where the source is not a Kafka source, a setting is refused, or a thread cannot be started.
    pub fn new(start: Start, now: Now) -> Result<Self, ClientError> {
        let Some(kafka) = start.config.kafka.clone() else { return Err(ClientError::NotKafka(start.source)) };
        let config = config::client_config(&kafka);
        let consumer: BaseConsumer<Context> =
            config.create_with_context(Context::default()).map_err(ClientError::Setup)?;
        let consumer = Arc::new(consumer);
        let surveyor =
            Surveyor::start(Arc::clone(&consumer), kafka.topics, Arc::clone(&now)).map_err(ClientError::Thread)?;
        Ok(Self { consumer, surveyor, reader: Reader::new(start, now) })
    }

    /// Reads until it is told to stop; blocks, so it wants a thread of its own (`tokio::task::spawn_blocking`).
    ///
    /// # Errors
    /// Where the driver cannot go on, or a batch was not journaled.
    pub fn run(mut self, batches: &Sender<SourceBatch>, stop: &CancellationToken) -> Result<(), ClientError> {
        while !stop.is_cancelled() {
            self.survey()?;
            self.read()?;
            self.reader.acknowledged()?;
            self.commit(CommitMode::Async);
            if let Some((batch, journaled)) = self.reader.take_batch()
                && !self.hand_over(batch, journaled, batches, stop)?
            {
                break;
            }
        }
        self.drain()
    }

    fn survey(&mut self) -> Result<(), ClientError> {
        let now = (self.reader.now)();
        if self.reader.surveyed.is_none_or(|at| at.plus(SURVEY_EVERY) <= now) {
            let positions = &self.reader.positions;
            self.surveyor.ask(|| positions.expected());
            self.reader.surveyed = Some(now);
        }
        match self.surveyor.answer() {
            Some(Ok(survey)) => {
                let steps = self.reader.positions.plan(&survey);
                for step in steps {
                    self.step(step, survey.asked)?;
                }
                self.reader.stated(&survey);
            }
            Some(Err(trouble)) => self.reader.notice(trouble),
            None => {}
        }
        Ok(())
    }

    fn step(&mut self, step: Step, asked: ReceivedTime) -> Result<(), ClientError> {
        if let Step::Read { log, from, .. } = &step {
            let mut one = TopicPartitionList::new();
            let offset = Offset::Offset(i64::try_from(*from).unwrap_or(i64::MAX));
            one.add_partition_offset(&log.0, log.1, offset).map_err(ClientError::Fatal)?;
            // A log that was read elsewhere is taken off first: what was fetched of it before is dropped with it.
            let assigned = self.consumer.assignment().map_err(ClientError::Fatal)?;
            if assigned.find_partition(&log.0, log.1).is_some() {
                self.consumer.incremental_unassign(&one).map_err(ClientError::Fatal)?;
                self.reader.ends_from = (self.reader.now)().plus(ENDS_SETTLE);
            }
            self.consumer.incremental_assign(&one).map_err(ClientError::Fatal)?;
        }
        self.reader.step(step, asked);
        Ok(())
    }

    /// Takes what is there, up to a batch; waits a little where nothing is.
    fn read(&mut self) -> Result<(), ClientError> {
        let received = (self.reader.now)();
        let mut wait = POLL;
        while self.reader.has_room() {
            match self.consumer.poll(wait) {
                Some(Ok(message)) => self.reader.take(&message, received),
                Some(Err(error)) => self.reader.trouble(error)?,
                None => {
                    self.reader.drained();
                    break;
                }
            }
            wait = Duration::ZERO;
        }
        let (ends, troubles) = self.consumer.context().take();
        self.reader.ends = ends.or(self.reader.ends.take());
        troubles.into_iter().for_each(|trouble| self.reader.notice(trouble));
        Ok(())
    }

    /// Waits until the batch is taken. `false` where it is time to stop.
    fn hand_over(
        &mut self,
        mut batch: SourceBatch,
        journaled: (Acked, BTreeMap<Log, u64>),
        batches: &Sender<SourceBatch>,
        stop: &CancellationToken,
    ) -> Result<bool, ClientError> {
        let since = (self.reader.now)();
        let mut paused = false;
        loop {
            match batches.try_send(batch) {
                Ok(()) => break,
                Err(TrySendError::Closed(_)) => return Ok(false),
                Err(TrySendError::Full(_)) if stop.is_cancelled() => return Ok(false),
                Err(TrySendError::Full(back)) => batch = back,
            }
            if !paused && since.plus(PAUSE_AFTER) <= (self.reader.now)() {
                let assigned = self.consumer.assignment().map_err(ClientError::Fatal)?;
                self.consumer.pause(&assigned).map_err(ClientError::Fatal)?;
                paused = true;
            }
            std::thread::sleep(Duration::from_millis(5));
            self.reader.acknowledged()?;
        }
        self.reader.in_flight.push_back(journaled);
        if paused {
            let assigned = self.consumer.assignment().map_err(ClientError::Fatal)?;
            self.consumer.resume(&assigned).map_err(ClientError::Fatal)?;
        }
        Ok(true)
    }

    /// Tells the group's offsets, now and then. That it fails is worth a notice and no more.
    fn commit(&mut self, mode: CommitMode) {
        let now = (self.reader.now)();
        let due = self.reader.committed.plus(COMMIT_EVERY) <= now || matches!(mode, CommitMode::Sync);
        if self.reader.to_commit.is_empty() || !due {
            return;
        }
        self.reader.committed = now;
        let mut list = TopicPartitionList::new();
        for ((topic, partition), next) in std::mem::take(&mut self.reader.to_commit) {
            let offset = Offset::Offset(i64::try_from(next).unwrap_or(i64::MAX));
            if let Err(error) = list.add_partition_offset(&topic, partition, offset) {
                self.reader.notice(format!("offset {next} of {topic}/{partition} cannot be committed: {error}"));
            }
        }
        if let Err(error) = self.consumer.commit(&list, mode) {
            self.reader.notice(format!("offsets are not committed: {error}"));
        }
    }

    /// Waits for what is on its way into the journal, and commits it.
    fn drain(mut self) -> Result<(), ClientError> {
        let end = (self.reader.now)().plus(DRAIN);
        while !self.reader.in_flight.is_empty() && (self.reader.now)() < end {
            self.reader.acknowledged()?;
            std::thread::sleep(Duration::from_millis(5));
        }
        self.commit(CommitMode::Sync);
        Ok(())
    }
}

impl Reader {
    fn new(start: Start, now: Now) -> Self {
        let relayed = start.config.is_relayed();
        let clock_error = start.config.clock_error.map_or(CLOCK_ERROR, crate::config::Duration::lag);
        Self {
            format: SourceConfig::format(&start.config).unwrap_or(Format::Json),
            relayed,
            committed: now(),
            now,
            positions: Positions::new(&start.journaled),
            frontiers: LogFrontiers::new(start.source.clone(), clock_error, relayed),
            start,
            ends: None,
            ends_from: ReceivedTime::MIN,
            batch: Pending::default(),
            in_flight: VecDeque::new(),
            to_commit: BTreeMap::new(),
            surveyed: None,
            noticed: BTreeMap::new(),
        }
    }

    fn has_room(&self) -> bool {
        self.in_flight.len() < BATCHES_IN_FLIGHT
            && self.batch.records.len() < BATCH_RECORDS
            && self.batch.bytes < BATCH_BYTES
    }

    fn take(&mut self, message: &rdkafka::message::BorrowedMessage<'_>, received: ReceivedTime) {
        let log = (message.topic().to_owned(), message.partition());
        let Some(name) = self.positions.name(&log) else { return };
        let record = decode::record(message, &self.start.source, name.clone(), received);
        if self.relayed
            && let Some(row) = relay_row(self.format, &record)
        {
            self.frontiers.row(&log.0, row, received);
        }
        let next = record.offset.map_or(0, |offset| offset + 1);
        self.positions.read(&log, next);
        self.frontiers.read(&name, next);
        self.batch.bytes += record.weight_bytes();
        self.batch.records.push(record);
    }

    /// All that was delivered has been taken, so the ends that were told before count.
    fn drained(&mut self) {
        if (self.now)() < self.ends_from {
            self.ends = None;
        }
        for (log, next) in self.ends.take().into_iter().flatten() {
            if let Some(name) = self.positions.name(&log) {
                self.positions.read(&log, next);
                self.frontiers.read(&name, next);
            }
        }
    }

    fn trouble(&mut self, error: KafkaError) -> Result<(), ClientError> {
        match error {
            KafkaError::PartitionEOF(_) => {}
            KafkaError::MessageConsumption(code) if is_no_trouble(code) => {}
            fatal @ KafkaError::MessageConsumptionFatal(_) => return Err(ClientError::Fatal(fatal)),
            other => self.notice(other.to_string()),
        }
        Ok(())
    }

    fn step(&mut self, step: Step, asked: ReceivedTime) {
        match step {
            Step::Read { log, name, from } => {
                self.frontiers.open(name, &log.0, from);
            }
            Step::Close { name, topic } => self.frontiers.close(name, &topic),
            Step::Missed { name, reason } => {
                let from = self.frontiers.frontier(&name).or(self.start.seen).unwrap_or(SourceTime::MIN);
                let gap = Gap {
                    source: self.start.source.clone(),
                    partition: Some(name),
                    from,
                    to: Some(SourceTime(asked.0)),
                    reason,
                };
                self.batch.gaps.push(gap);
            }
            Step::Whole { topic } => self.whole(&topic, asked),
        }
    }

    /// The replicas that only this topic tells of were empty before it. One that several topics tell of needs all of them.
    fn whole(&mut self, topic: &str, asked: ReceivedTime) {
        let all = self.start.config.kafka.as_ref().map(|kafka| kafka.topics.clone()).unwrap_or_default();
        self.start.from_start.retain_mut(|replica| {
            let FromStart { entity, replica: name, topics } = replica;
            if topics.is_empty() {
                topics.clone_from(&all);
            }
            let before = topics.len();
            topics.retain(|known| known != topic);
            if before == topics.len() || !topics.is_empty() {
                return true;
            }
            self.batch.snapshots.push(Snapshot {
                entity: entity.clone(),
                replica: name.clone(),
                at: SourceTime(asked.0),
                phase: SnapshotPhase::FromEmpty,
            });
            false
        });
    }

    fn stated(&mut self, survey: &Survey) {
        if !survey.missing.is_empty() {
            let topics = survey.missing.join(", ");
            return self.notice(format!("no such topic: {topics}; nothing is vouched for until it is there"));
        }
        let mut ends: BTreeMap<Partition, u64> = self.frontiers.closed().map(|name| (name, 0)).collect();
        for (log, bounds) in &survey.bounds {
            if let Some(name) = self.positions.name(log) {
                ends.insert(name, bounds.end);
            }
        }
        self.frontiers.stated(survey.asked, &ends);
    }

    /// Takes note of the batches that the journal has.
    fn acknowledged(&mut self) -> Result<(), ClientError> {
        while let Some((acked, _)) = self.in_flight.front_mut() {
            match acked.try_recv() {
                Ok(()) => {
                    if let Some((_, positions)) = self.in_flight.pop_front() {
                        self.to_commit.extend(positions);
                    }
                }
                Err(TryRecvError::Empty) => return Ok(()),
                Err(TryRecvError::Closed) => return Err(ClientError::NotJournaled),
            }
        }
        Ok(())
    }

    fn take_batch(&mut self) -> Option<(SourceBatch, Unacknowledged)> {
        let progress = self.frontiers.progress();
        let Pending { gaps, snapshots, records, notices, .. } = std::mem::take(&mut self.batch);
        if records.is_empty() && progress.is_empty() && gaps.is_empty() && snapshots.is_empty() && notices.is_empty() {
            return None;
        }
        let (ack, acked) = Ack::new();
        let source = self.start.source.clone();
        let batch = SourceBatch { source, gaps, snapshots, records, progress, notices, ack };
        Some((batch, (acked, self.positions.all())))
    }

    /// Tells a trouble, unless it was told just now.
    fn notice(&mut self, text: String) {
        let now = (self.now)();
        self.noticed.retain(|_, at| at.plus(NOTICE_EVERY) > now);
        if !self.noticed.contains_key(&text) {
            tracing::warn!(source = %self.start.source, "{text}");
            self.noticed.insert(text.clone(), now);
            self.batch.notices.push(Notice { at: now, text });
        }
    }
}

/// What the survey deals with: it sees which log it is, and from where it can be read.
const fn is_no_trouble(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::PartitionEOF | RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange
    )
}

impl Context {
    fn take(&self) -> (Option<BTreeMap<Log, u64>>, Vec<String>) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        (told.ends.take(), std::mem::take(&mut told.troubles))
    }
}

impl ConsumerContext for Context {}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        match level {
            RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical | RDKafkaLogLevel::Error => {
                tracing::error!(facility, "{text}");
            }
            RDKafkaLogLevel::Warning => tracing::warn!(facility, "{text}"),
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => tracing::info!(facility, "{text}"),
            RDKafkaLogLevel::Debug => tracing::debug!(facility, "{text}"),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        if error.rdkafka_error_code().is_some_and(is_no_trouble) {
            return;
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        // Taken several times a second; more than these are repetitions.
        if told.troubles.len() < 16 {
            told.troubles.push(format!("{error}: {reason}"));
        }
    }

    fn stats_raw(&self, statistics: &[u8]) {
        #[derive(Deserialize)]
        struct Statistics {
            topics: BTreeMap<String, Topic>,
        }
        #[derive(Deserialize)]
        struct Topic {
            partitions: BTreeMap<i32, Position>,
        }
        #[derive(Deserialize)]
        struct Position {
            eof_offset: i64,
        }
        match serde_json::from_slice::<Statistics>(statistics) {
            Ok(statistics) => {
                let of_topic = |(topic, it): (String, Topic)| {
                    let ends = it.partitions.into_iter();
                    ends.filter_map(move |(index, it)| {
                        Some(((topic.clone(), index), u64::try_from(it.eof_offset).ok()?))
                    })
                };
                let ends = statistics.topics.into_iter().flat_map(of_topic).collect();
                self.told.lock().unwrap_or_else(PoisonError::into_inner).ends = Some(ends);
            }
            Err(error) => tracing::warn!("statistics of librdkafka cannot be read: {error}"),
        }
    }
}
