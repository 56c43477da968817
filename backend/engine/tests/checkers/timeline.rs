//! A timeline plays records to an engine as a running Plumbline would: what arrives at a time comes first, then every source
//! tells how far it has been seen, then the clock ticks. It knows no checker; their notations build on it.
//!
//! Time starts at 0 s. Unless a script says otherwise every source has one partition whose frontier is always "now".

use std::collections::{BTreeMap, BTreeSet};

use plumbline_engine::Engine;
use plumbline_model::{
    Change, Observation, Partition, ReceivedTime, Record, SourceName, SourceTime, Tick,
    journal::{Progress, Proof},
    rules::Rules,
    time::{Lag, SECOND_NS},
};

/// What arrives when, and how far the sources are seen.
pub struct Timeline {
    pub rules: Rules,
    arrivals: BTreeMap<SourceTime, Vec<Record>>,
    partitions: BTreeMap<SourceName, Vec<Partition>>,
    frontiers: BTreeMap<(SourceName, Option<Partition>), Frontier>,
    looks: BTreeSet<SourceTime>,
    end: Option<SourceTime>,
}

/// How a source's frontier departs from "now".
#[derive(Clone, Copy, Default)]
struct Frontier {
    lag: Lag,
    stops: Option<SourceTime>,
    resumes: Option<SourceTime>,
    silent_relay: bool,
}

/// A change, and when it was told.
#[derive(Clone, PartialEq, Debug)]
pub struct Told {
    pub now: SourceTime,
    pub change: Change,
}

impl Timeline {
    pub fn new(rules: Rules) -> Self {
        let partitions = rules.sources.iter().map(|it| (it.name.clone(), vec![Partition::default()])).collect();
        Self {
            rules,
            arrivals: BTreeMap::new(),
            partitions,
            frontiers: BTreeMap::new(),
            looks: BTreeSet::new(),
            end: None,
        }
    }

    /// A record that is journaled at `now`, after those that were given before for the same time.
    pub fn arrive(&mut self, now: SourceTime, record: Record) {
        self.arrivals.entry(now).or_default().push(record);
    }

    /// The same for one observation.
    pub fn observe(&mut self, now: SourceTime, mut observation: Observation) {
        observation.received = ReceivedTime(now.0);
        self.arrive(now, Record::Observations(vec![observation]));
    }

    /// Makes sure that the clock stops at `now`, so that a test can look.
    pub fn look(&mut self, now: SourceTime) {
        self.looks.insert(now);
    }

    /// The recording ends here: all frontiers stand at it (SEM-4).
    pub fn end(&mut self, at: SourceTime) {
        self.end = Some(at);
    }

    /// Gives the source partitions `0` to `count - 1`.
    pub fn partitions(&mut self, source: &SourceName, count: u32) {
        let names = (0..count).map(|index| Partition::new(index.to_string())).collect();
        self.partitions.insert(source.clone(), names);
    }

    /// The frontier stays at `at` for good, or until `resumes`. `None`: of all partitions.
    pub fn stop(
        &mut self,
        source: &SourceName,
        partition: Option<Partition>,
        at: SourceTime,
        resumes: Option<SourceTime>,
    ) {
        let frontier = self.frontiers.entry((source.clone(), partition)).or_default();
        (frontier.stops, frontier.resumes) = (Some(at), resumes);
    }

    /// The frontier is always so far behind "now".
    pub fn lag(&mut self, source: &SourceName, partition: Option<Partition>, lag: Lag) {
        self.frontiers.entry((source.clone(), partition)).or_default().lag = lag;
    }

    /// The relay never proves a time (SEM-2).
    pub fn silence_relay(&mut self, source: &SourceName) {
        self.frontiers.entry((source.clone(), None)).or_default().silent_relay = true;
    }

    /// The records in the order in which they are journaled, with the times at which each group is.
    pub fn records(&self) -> Vec<(SourceTime, Vec<Record>)> {
        let last = self.arrivals.keys().chain(&self.looks).chain(&self.end).max().copied().unwrap_or_default();
        let last = self.end.unwrap_or(last);
        let mut times: BTreeSet<_> = (0..=last.0 / SECOND_NS).map(SourceTime::from_secs).collect();
        times.extend(self.arrivals.keys().chain(&self.looks).chain(&self.end).filter(|it| **it <= last));
        times.into_iter().map(|now| (now, self.records_at(now))).collect()
    }

    fn records_at(&self, now: SourceTime) -> Vec<Record> {
        let mut records = self.arrivals.get(&now).cloned().unwrap_or_default();
        for (source, partitions) in &self.partitions {
            for partition in partitions {
                records.push(Record::Progress(self.progress(source, partition, partitions.len(), now)));
            }
        }
        records.push(Record::Tick(Tick { now: ReceivedTime(now.0) }));
        records
    }

    fn progress(&self, source: &SourceName, partition: &Partition, count: usize, now: SourceTime) -> Progress {
        let own = self.frontiers.get(&(source.clone(), Some(partition.clone())));
        let script = own.or_else(|| self.frontiers.get(&(source.clone(), None))).copied().unwrap_or_default();
        let stopped = script.stops.is_some_and(|stop| now >= stop) && script.resumes.is_none_or(|again| now < again);
        let frontier = script.stops.filter(|_| stopped).unwrap_or(now).minus(script.lag);
        let ended = self.end == Some(now);
        let (frontier, proof) = match () {
            () if ended => (Some(now), Proof::InputEnd),
            () if script.silent_relay => (None, Proof::RelaySilent),
            () => (Some(frontier), Proof::LogEnd),
        };
        Progress {
            source: source.clone(),
            partition: partition.clone(),
            position: None,
            frontier,
            proof,
            partitions: count as u32,
        }
    }

    /// Plays everything and calls `look` at each stop of the clock with what has been told so far.
    pub fn play(&self, mut look: impl FnMut(SourceTime, &Engine, &[Told])) -> Vec<Told> {
        let mut engine = Engine::new(self.rules.clone());
        let mut told = Vec::new();
        for (now, records) in self.records() {
            told.extend(engine.step(&records).into_iter().map(|change| Told { now, change }));
            look(now, &engine, &told);
        }
        told
    }
}

/// Reads `10s`, `1.5s`, `250ms`, `2m`, `1h` or a bare number of seconds.
pub fn duration(text: &str) -> Option<Lag> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit_ns = match &text[digits.len()..] {
        "ms" => 1e6,
        "" | "s" => 1e9,
        "m" => 60e9,
        "h" => 3_600e9,
        _ => return None,
    };
    Some(Lag((digits.parse::<f64>().ok()? * unit_ns).round() as i64))
}

/// The same as a point of the timeline.
pub fn time(text: &str) -> Option<SourceTime> {
    duration(text).map(|lag| SourceTime(lag.0))
}

#[test]
fn the_clock_stops_every_second_and_wherever_something_is() {
    let mut timeline = Timeline::new(Rules::default());
    timeline.look(time("1500ms").unwrap());
    timeline.look(time("2s").unwrap());
    let mut stops = Vec::new();
    timeline.play(|now, _, _| stops.push(now.millis()));
    assert_eq!(stops, [0, 1000, 1500, 2000]);
}
