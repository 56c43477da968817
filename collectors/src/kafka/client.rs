//! The client: reads on a thread of its own, hands batches over, and commits what was journaled. Only here is the driver
//! touched; what is decided is decided in `positions` and `frontier`.

use std::{sync::Arc, time::Duration};

use plumbline_model::{Lag, ReceivedTime};
use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, CommitMode, Consumer},
};
use tokio::sync::mpsc::{Sender, error::TrySendError};
use tokio_util::sync::CancellationToken;

use super::{
    ClientError, Now, Start, config,
    context::Context,
    positions::Step,
    reader::{InFlight, Reader},
    survey::Surveyor,
};
use crate::SourceBatch;

/// How often ends are asked for: the delay of every verdict that waits for this source.
const SURVEY_EVERY: Lag = Lag::from_secs(1);
const COMMIT_EVERY: Lag = Lag::from_secs(5);
/// Reading is paused at the broker when nobody took a batch for so long.
const PAUSE_AFTER: Lag = Lag::from_secs(1);
const POLL: Duration = Duration::from_millis(50);
/// Statistics that were made before a log was read from elsewhere have arrived by then (they are made every second).
const ENDS_SETTLE: Lag = Lag::from_secs(3);
/// How long the end waits for batches that are on their way into the journal.
const DRAIN: Lag = Lag::from_secs(5);

/// A client of one `kafka` source.
pub struct KafkaClient {
    consumer: Arc<BaseConsumer<Context>>,
    surveyor: Surveyor,
    reader: Reader,
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
        let mut wait = POLL;
        while self.reader.has_room() {
            match self.consumer.poll(wait) {
                Some(Ok(message)) => self.reader.take(&message),
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
        journaled: InFlight,
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
        self.reader.handed_over(journaled);
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
        while !self.reader.is_settled() && (self.reader.now)() < end {
            self.reader.acknowledged()?;
            std::thread::sleep(Duration::from_millis(5));
        }
        self.commit(CommitMode::Sync);
        Ok(())
    }
}
