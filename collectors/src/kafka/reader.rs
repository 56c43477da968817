//! The state of reading: what was taken, how far, what is on its way into the journal. It touches no driver.

use std::collections::{BTreeMap, VecDeque};

use plumbline_model::{
    Lag, Partition, ReceivedTime, SourceTime,
    journal::{Gap, Snapshot, SnapshotPhase},
};
use rdkafka::{Message, error::KafkaError, message::BorrowedMessage};
use tokio::sync::oneshot::error::TryRecvError;

use super::{
    ClientError, Now, Start,
    context::is_no_trouble,
    decode,
    frontier::LogFrontiers,
    positions::{Log, Positions, Step, Survey},
};
use crate::{
    FromStart, Notice, RawRecord, SourceBatch,
    batch::{Ack, Acked},
    config::{Duration, SourceConfig},
    format::{Format, relay_row},
};

/// Records of one batch at most, and their bytes: large enough to amortise an append, small enough to be seen soon.
const BATCH_RECORDS: usize = 2_000;
const BATCH_BYTES: usize = 4 << 20;
/// Batches that may wait for the journal at once (LIM-1); beyond it reading stops.
const BATCHES_IN_FLIGHT: usize = 16;
/// A trouble that goes on is told again after this.
const NOTICE_EVERY: Lag = Lag::from_secs(60);
/// The default of `clock_error` (SEM-1).
const CLOCK_ERROR: Lag = Lag::from_millis(500);

/// A batch that was handed over, and the positions that it stands for.
pub(super) struct InFlight {
    acked: Acked,
    positions: BTreeMap<Log, u64>,
}

/// The state of reading.
pub(super) struct Reader {
    start: Start,
    format: Format,
    relayed: bool,
    pub now: Now,
    pub positions: Positions,
    frontiers: LogFrontiers,
    /// Ends that count once all that was delivered before them has been taken.
    pub ends: Option<BTreeMap<Log, u64>>,
    /// Until then ends may speak of where a log was read before.
    pub ends_from: ReceivedTime,
    batch: Pending,
    in_flight: VecDeque<InFlight>,
    pub to_commit: BTreeMap<Log, u64>,
    pub committed: ReceivedTime,
    pub surveyed: Option<ReceivedTime>,
    noticed: BTreeMap<String, ReceivedTime>,
}

/// A batch that is being filled.
#[derive(Default)]
struct Pending {
    gaps: Vec<Gap>,
    snapshots: Vec<Snapshot>,
    records: Vec<RawRecord>,
    bytes: usize,
    notices: Vec<Notice>,
}

impl Reader {
    pub fn new(start: Start, now: Now) -> Self {
        let relayed = start.config.is_relayed();
        let clock_error = start.config.clock_error.map_or(CLOCK_ERROR, Duration::lag);
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

    /// Whether more records may be taken (LIM-1).
    pub fn has_room(&self) -> bool {
        self.in_flight.len() < BATCHES_IN_FLIGHT
            && self.batch.records.len() < BATCH_RECORDS
            && self.batch.bytes < BATCH_BYTES
    }

    /// Takes a message into the batch. It is stamped here, after it was read: the survey asks on a thread of its own, and what is
    /// read behind its asking must not look as if it had been read before (SEM-2).
    pub fn take(&mut self, message: &BorrowedMessage<'_>) {
        let received = (self.now)();
        let log = (message.topic().to_owned(), message.partition());
        let Some(name) = self.positions.name(&log) else {
            // Fetched before its log was found to be gone; the gap that was told covers it.
            return self.notice(format!("records of {}/{} came after it was gone; they are left out", log.0, log.1));
        };
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
    pub fn drained(&mut self) {
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

    /// Deals with an error of the driver: most pass by themselves.
    pub fn trouble(&mut self, error: KafkaError) -> Result<(), ClientError> {
        match error {
            KafkaError::PartitionEOF(_) => {}
            KafkaError::MessageConsumption(code) if is_no_trouble(code) => {}
            fatal @ KafkaError::MessageConsumptionFatal(_) => return Err(ClientError::Fatal(fatal)),
            other => self.notice(other.to_string()),
        }
        Ok(())
    }

    /// Takes note of what is done about a log.
    pub fn step(&mut self, step: Step, asked: ReceivedTime) {
        match step {
            Step::Read { log, name, from } => self.frontiers.open(name, &log.0, from),
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

    /// Takes note of the ends that the cluster stated.
    pub fn stated(&mut self, survey: &Survey) {
        if !survey.missing.is_empty() {
            let topics = survey.missing.join(", ");
            return self.notice(format!("no such topic: {topics}; nothing is vouched for until it is there"));
        }
        for (topic, partition) in &survey.leaderless {
            self.notice(format!("no broker leads {topic}/{partition}; its frontier stays where it is"));
        }
        let mut ends: BTreeMap<Partition, u64> = self.frontiers.closed().map(|name| (name, 0)).collect();
        for (log, bounds) in &survey.bounds {
            if let Some(name) = self.positions.name(log) {
                ends.insert(name, bounds.end);
            }
        }
        self.frontiers.stated(survey.asked, &ends);
    }

    /// A batch was handed over.
    pub fn handed_over(&mut self, batch: InFlight) {
        self.in_flight.push_back(batch);
    }

    /// Whether nothing is on its way into the journal.
    pub fn is_settled(&self) -> bool {
        self.in_flight.is_empty()
    }

    /// Takes note of the batches that the journal has.
    pub fn acknowledged(&mut self) -> Result<(), ClientError> {
        while let Some(first) = self.in_flight.front_mut() {
            match first.acked.try_recv() {
                Ok(()) => {
                    self.to_commit.append(&mut first.positions);
                    self.in_flight.pop_front();
                }
                Err(TryRecvError::Empty) => return Ok(()),
                Err(TryRecvError::Closed) => return Err(ClientError::NotJournaled),
            }
        }
        Ok(())
    }

    /// What there is to hand over, if there is anything.
    pub fn take_batch(&mut self) -> Option<(SourceBatch, InFlight)> {
        let progress = self.frontiers.progress();
        let Pending { gaps, snapshots, records, notices, .. } = std::mem::take(&mut self.batch);
        if records.is_empty() && progress.is_empty() && gaps.is_empty() && snapshots.is_empty() && notices.is_empty() {
            return None;
        }
        let (ack, acked) = Ack::new();
        let source = self.start.source.clone();
        let batch = SourceBatch { source, gaps, snapshots, records, progress, notices, ack };
        Some((batch, InFlight { acked, positions: self.positions.all() }))
    }

    /// Tells a trouble, unless it was told just now.
    pub fn notice(&mut self, text: String) {
        let now = (self.now)();
        self.noticed.retain(|_, at| at.plus(NOTICE_EVERY) > now);
        if !self.noticed.contains_key(gist(&text)) {
            tracing::warn!(source = %self.start.source, "{text}");
            self.noticed.insert(gist(&text).to_owned(), now);
            self.batch.notices.push(Notice { at: now, text });
        }
    }
}

/// A trouble without how long it took and how often it was met: `Connection refused (after 3ms in state CONNECT)`.
fn gist(text: &str) -> &str {
    text.split_once(" (after ").map_or(text, |(gist, _)| gist)
}

#[cfg(test)]
mod tests {
    use super::gist;

    #[test]
    fn how_long_and_how_often_makes_no_new_trouble() {
        let refused =
            "BrokerTransportFailure: b:9092/bootstrap: Connect to ipv4#10.0.0.1:9092 failed: Connection refused";
        for after in
            ["", " (after 3ms in state CONNECT)", " (after 0ms in state CONNECT, 30 identical error(s) suppressed)"]
        {
            assert_eq!(gist(&format!("{refused}{after}")), refused);
        }
    }
}
