//! Asks the cluster for the ends of all logs, on a thread of its own: the questions block, and reading must not wait for them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    time::Duration,
};

use plumbline_model::{Lag, ReceivedTime};
use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::KafkaResult,
    types::RDKafkaErrorCode,
};

use super::{
    Now,
    context::Context,
    positions::{Bounds, Log, Survey},
};

/// How long one question may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Partitions are confirmed at least so often (SEM-2: 10 s).
const METADATA_EVERY: Lag = Lag::from_secs(5);

/// A survey, or why there is none.
pub(super) type Answer = Result<Survey, String>;

/// Asks at request; one question at a time.
pub(super) struct Surveyor {
    requests: Sender<BTreeMap<Log, u64>>,
    answers: Receiver<Answer>,
    waiting: bool,
}

impl Surveyor {
    pub fn start(consumer: Arc<BaseConsumer<Context>>, topics: Vec<String>, now: Now) -> std::io::Result<Self> {
        let (requests, asked) = channel::<BTreeMap<Log, u64>>();
        let (answer, answers) = channel();
        let mut known = Known {
            topics,
            consumer,
            now,
            partitions: BTreeMap::new(),
            missing: Vec::new(),
            leaderless: BTreeSet::new(),
            confirmed: None,
        };
        std::thread::Builder::new().name("kafka-survey".to_owned()).spawn(move || {
            while let Ok(read_before) = asked.recv() {
                if answer.send(known.survey(read_before)).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { requests, answers, waiting: false })
    }

    /// Asks, unless an answer is still awaited. `read_before`: the positions of reading now.
    pub fn ask(&mut self, read_before: impl FnOnce() -> BTreeMap<Log, u64>) {
        if !self.waiting {
            self.waiting = self.requests.send(read_before()).is_ok();
        }
    }

    /// The answer, when it is there.
    pub fn answer(&mut self) -> Option<Answer> {
        let answer = self.answers.try_recv().ok()?;
        self.waiting = false;
        Some(answer)
    }
}

/// What is known of the cluster.
struct Known {
    topics: Vec<String>,
    consumer: Arc<BaseConsumer<Context>>,
    now: Now,
    /// How many partitions each topic has.
    partitions: BTreeMap<String, i32>,
    missing: Vec<String>,
    /// Logs of which no broker is the leader: asking for them would hold up the answer for all.
    leaderless: BTreeSet<Log>,
    /// When that was confirmed.
    confirmed: Option<ReceivedTime>,
}

impl Known {
    fn survey(&mut self, read_before: BTreeMap<Log, u64>) -> Answer {
        let asked = (self.now)();
        if !self.missing.is_empty() || self.confirmed.is_none_or(|at| at.plus(METADATA_EVERY) <= asked) {
            self.confirm()?;
            self.confirmed = Some(asked);
        }
        let (lows, ends) = match (self.bounds(Offset::Beginning), self.bounds(Offset::End)) {
            (Ok(lows), Ok(ends)) => (lows, ends),
            (Err(trouble), _) | (_, Err(trouble)) => {
                // Who leads what may have changed.
                self.confirmed = None;
                return Err(trouble);
            }
        };
        let bound = |(log, end): (Log, u64)| lows.get(&log).map(|low| (log, Bounds { low: *low, end }));
        let bounds = ends.into_iter().filter_map(bound).collect();
        let gone = read_before.keys().filter(|log| self.partitions.get(&log.0).is_some_and(|count| log.1 >= *count));
        Ok(Survey {
            asked,
            bounds,
            partitions: self.partitions.clone(),
            gone: gone.cloned().collect(),
            read_before: read_before.clone(),
            missing: self.missing.clone(),
            leaderless: self.leaderless.iter().cloned().collect(),
        })
    }

    /// Asks for the partitions of all topics.
    fn confirm(&mut self) -> Result<(), String> {
        self.missing.clear();
        self.leaderless.clear();
        for topic in &self.topics {
            let metadata = self.consumer.fetch_metadata(Some(topic), TIMEOUT).map_err(|error| error.to_string())?;
            let found = metadata.topics().iter().find(|it| it.name() == topic.as_str());
            let partitions = found.map_or(&[][..], |it| it.partitions());
            let count = partitions.len();
            let without = partitions.iter().filter(|it| it.leader() < 0).map(|it| (topic.clone(), it.id()));
            self.leaderless.extend(without);
            let error = found.and_then(|it| it.error()).map(RDKafkaErrorCode::from);
            match error {
                None if count > 0 => {
                    self.partitions.insert(topic.clone(), i32::try_from(count).unwrap_or(i32::MAX));
                }
                None | Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => {
                    self.partitions.remove(topic);
                    self.missing.push(topic.clone());
                }
                Some(error) => return Err(format!("topic {topic}: {error}")),
            }
        }
        Ok(())
    }

    /// The first offset or the end of every log; a log whose leader does not answer is left out. Under `read_committed` the
    /// end is the last stable offset.
    fn bounds(&self, which: Offset) -> Result<BTreeMap<Log, u64>, String> {
        let stated = || -> KafkaResult<TopicPartitionList> {
            let mut list = TopicPartitionList::new();
            for (topic, count) in &self.partitions {
                for partition in (0..*count).filter(|it| !self.leaderless.contains(&(topic.clone(), *it))) {
                    list.add_partition_offset(topic, partition, which)?;
                }
            }
            if list.count() == 0 { Ok(list) } else { self.consumer.offsets_for_times(list, TIMEOUT) }
        };
        let stated = stated().map_err(|error| format!("the ends of the logs are not told: {error}"))?;
        let answered = stated.elements().into_iter().filter_map(|element| {
            let offset = match (element.error(), element.offset()) {
                (Ok(()), Offset::Offset(offset)) => u64::try_from(offset).ok()?,
                _ => return None,
            };
            Some(((element.topic().to_owned(), element.partition()), offset))
        });
        Ok(answered.collect())
    }
}
