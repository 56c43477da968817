//! Where reading begins, and what to do when a log is not what it was: truncated before it was read, created anew, or grown by
//! a partition. Pure decisions over what the cluster stated.

use std::collections::BTreeMap;

use plumbline_model::{Partition, ReceivedTime, journal::GapReason};

use super::decode::{parse_partition, partition_name};

/// A partition of a topic, as the cluster calls it.
pub(super) type Log = (String, i32);

/// What the cluster stated.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Survey {
    /// The instant before it was asked.
    pub asked: ReceivedTime,
    /// First kept offsets and ends of the logs that answered.
    pub bounds: BTreeMap<Log, Bounds>,
    /// How many partitions each topic has.
    pub partitions: BTreeMap<String, i32>,
    /// Logs that are known not to exist any more, though their topic does.
    pub gone: Vec<Log>,
    /// The positions of reading when it was asked, of logs that are read or are in the journal.
    pub read_before: BTreeMap<Log, u64>,
    /// Topics that are not there. They could bring anything once they are, so nobody vouches for the source meanwhile.
    pub missing: Vec<String>,
    /// Logs that nobody leads at present: they stay where they are, and hold up no other.
    pub leaderless: Vec<Log>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Bounds {
    pub low: u64,
    pub end: u64,
}

/// What is to be done about a log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// Read it from here on, under this name.
    Read { log: Log, name: Partition, from: u64 },
    /// It goes by another name from here on; nothing more will come under this one.
    Close { name: Partition, topic: String },
    /// Records were missed.
    Missed { name: Partition, reason: GapReason },
    /// All of the topic is read from its first record on (SEM-8).
    Whole { topic: String },
}

/// Where each log is read.
#[derive(Debug)]
pub(super) struct Positions {
    /// By log: the newest incarnation in the journal and the offset behind its last record.
    journaled: BTreeMap<Log, (u32, u64)>,
    open: BTreeMap<Log, Open>,
}

#[derive(Debug)]
struct Open {
    incarnation: u32,
    next: u64,
}

impl Positions {
    /// Begins behind what the journal has. Names that are no partitions of Kafka are none of ours.
    pub fn new(journaled: &BTreeMap<Partition, u64>) -> Self {
        let mut newest: BTreeMap<Log, (u32, u64)> = BTreeMap::new();
        for (name, last) in journaled {
            if let Some((topic, index, incarnation)) = parse_partition(name) {
                let known = newest.entry((topic.to_owned(), index)).or_insert((incarnation, last + 1));
                *known = (*known).max((incarnation, last + 1));
            }
        }
        Self { journaled: newest, open: BTreeMap::new() }
    }

    /// The name under which a log is read; `None` where it is not.
    pub fn name(&self, log: &Log) -> Option<Partition> {
        self.open.get(log).map(|open| partition_name(&log.0, log.1, open.incarnation))
    }

    /// A record was read, or an end behind it.
    pub fn read(&mut self, log: &Log, next: u64) {
        if let Some(open) = self.open.get_mut(log) {
            open.next = open.next.max(next);
        }
    }

    /// The offset behind the last one read, of every log.
    pub fn all(&self) -> BTreeMap<Log, u64> {
        self.open.iter().map(|(log, open)| (log.clone(), open.next)).collect()
    }

    /// The same, and of the logs that are in the journal and not read.
    pub fn expected(&self) -> BTreeMap<Log, u64> {
        let mut all: BTreeMap<_, _> = self.journaled.iter().map(|(log, (_, next))| (log.clone(), *next)).collect();
        all.extend(self.all());
        all
    }

    /// What a survey asks to be done.
    pub fn plan(&mut self, survey: &Survey) -> Vec<Step> {
        let mut steps = self.whole_topics(survey);
        for (log, bounds) in &survey.bounds {
            match self.open.get(log) {
                None => self.begin(log, *bounds, &mut steps),
                Some(open) => {
                    let (next, incarnation) = (open.next, open.incarnation);
                    // What was read since it was asked may well lie behind the end that was stated.
                    let before = survey.read_before.get(log).copied().unwrap_or(0);
                    if before > bounds.end {
                        self.anew(log, incarnation, before, *bounds, &mut steps);
                    } else if next < bounds.low {
                        self.truncated(log, incarnation, bounds.low, &mut steps);
                    }
                }
            }
        }
        survey.gone.iter().for_each(|log| self.gone(log, &mut steps));
        steps
    }

    /// Topics seen for the first time, of which the journal has nothing and the cluster everything.
    fn whole_topics(&self, survey: &Survey) -> Vec<Step> {
        let fresh = |log: &Log| {
            let kept = survey.bounds.get(log).is_some_and(|bounds| bounds.low == 0);
            kept && !self.open.contains_key(log) && !self.journaled.contains_key(log)
        };
        let whole = survey
            .partitions
            .iter()
            .filter(|(topic, count)| (0..**count).all(|index| fresh(&((*topic).clone(), index))));
        whole.map(|(topic, _)| Step::Whole { topic: topic.clone() }).collect()
    }

    fn begin(&mut self, log: &Log, bounds: Bounds, steps: &mut Vec<Step>) {
        let Some((incarnation, next)) = self.journaled.get(log).copied() else {
            return self.read_from(log, 1, bounds.low, steps);
        };
        for older in 1..incarnation {
            steps.push(Step::Close { name: partition_name(&log.0, log.1, older), topic: log.0.clone() });
        }
        if next > bounds.end {
            self.anew(log, incarnation, next, bounds, steps);
        } else if next < bounds.low {
            self.truncated(log, incarnation, bounds.low, steps);
        } else {
            self.read_from(log, incarnation, next, steps);
        }
    }

    /// The log does not exist any more, nor do its earlier incarnations.
    fn gone(&mut self, log: &Log, steps: &mut Vec<Step>) {
        let open = self.open.remove(log).map(|open| open.incarnation);
        let journaled = self.journaled.remove(log).map(|(incarnation, _)| incarnation);
        let newest = open.or(journaled).unwrap_or(0);
        if open.is_some() {
            let last = partition_name(&log.0, log.1, newest);
            let reason = GapReason::Declared("the partition is gone; what was not read of it is lost".into());
            steps.push(Step::Missed { name: last, reason });
        }
        let names = (1..=newest).map(|incarnation| partition_name(&log.0, log.1, incarnation));
        steps.extend(names.map(|name| Step::Close { name, topic: log.0.clone() }));
    }

    fn read_from(&mut self, log: &Log, incarnation: u32, from: u64, steps: &mut Vec<Step>) {
        self.open.insert(log.clone(), Open { incarnation, next: from });
        let name = partition_name(&log.0, log.1, incarnation);
        steps.push(Step::Read { log: log.clone(), name, from });
    }

    fn truncated(&mut self, log: &Log, incarnation: u32, low: u64, steps: &mut Vec<Step>) {
        let name = partition_name(&log.0, log.1, incarnation);
        steps.push(Step::Missed { name, reason: GapReason::Truncated { first_kept: low } });
        self.read_from(log, incarnation, low, steps);
    }

    /// The log ends before what was read of it: it is another one, whose offsets say nothing of the old one's.
    fn anew(&mut self, log: &Log, incarnation: u32, read: u64, bounds: Bounds, steps: &mut Vec<Step>) {
        let name = partition_name(&log.0, log.1, incarnation);
        let said = format!("the log ends at {} and was read to {read} before: it was created anew", bounds.end);
        steps.push(Step::Missed { name: name.clone(), reason: GapReason::Declared(said.into()) });
        steps.push(Step::Close { name, topic: log.0.clone() });
        self.read_from(log, incarnation + 1, bounds.low, steps);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(index: i32) -> Log {
        ("t".to_owned(), index)
    }

    fn survey(bounds: &[(i32, u64, u64)], read_before: &[(i32, u64)]) -> Survey {
        Survey {
            asked: ReceivedTime(0),
            bounds: bounds.iter().map(|(index, low, end)| (log(*index), Bounds { low: *low, end: *end })).collect(),
            partitions: [("t".to_owned(), bounds.len() as i32)].into(),
            gone: Vec::new(),
            read_before: read_before.iter().map(|(index, next)| (log(*index), *next)).collect(),
            missing: Vec::new(),
            leaderless: Vec::new(),
        }
    }

    fn journaled(last: &[(&str, u64)]) -> Positions {
        Positions::new(&last.iter().map(|(name, last)| ((*name).into(), *last)).collect())
    }

    fn plan(positions: &mut Positions, survey: &Survey) -> Vec<String> {
        let said = |step: Step| match step {
            Step::Read { name, from, .. } => format!("read {name} from {from}"),
            Step::Close { name, .. } => format!("close {name}"),
            Step::Missed { name, reason: GapReason::Truncated { first_kept } } => {
                format!("missed {name} before {first_kept}")
            }
            Step::Missed { name, reason } => format!("missed {name}: {reason:?}"),
            Step::Whole { topic } => format!("whole {topic}"),
        };
        positions.plan(survey).into_iter().map(said).collect()
    }

    #[test]
    fn the_first_start_reads_all_that_is_kept() {
        let mut positions = journaled(&[]);
        let steps = plan(&mut positions, &survey(&[(0, 0, 9), (1, 0, 0)], &[]));
        assert_eq!(steps, ["whole t", "read t/0 from 0", "read t/1 from 0"]);
        assert_eq!(plan(&mut positions, &survey(&[(0, 0, 9), (1, 0, 0)], &[(0, 0), (1, 0)])), [""; 0]);
        assert_eq!(
            plan(&mut journaled(&[]), &survey(&[(0, 0, 9), (1, 3, 4)], &[])),
            ["read t/0 from 0", "read t/1 from 3"]
        );
    }

    #[test]
    fn a_restart_goes_on_behind_the_journal() {
        let mut positions = journaled(&[("t/0", 4), ("t/1~2", 7), ("t/1", 99), ("a file.jsonl", 3)]);
        let steps = plan(&mut positions, &survey(&[(0, 2, 9), (1, 0, 8)], &[]));
        assert_eq!(steps, ["read t/0 from 5", "close t/1", "read t/1~2 from 8"]);
    }

    #[test]
    fn truncation_is_a_gap_at_the_start_and_later() {
        let mut positions = journaled(&[("t/0", 4)]);
        assert_eq!(plan(&mut positions, &survey(&[(0, 6, 9)], &[])), ["missed t/0 before 6", "read t/0 from 6"]);
        positions.read(&log(0), 8);
        assert_eq!(plan(&mut positions, &survey(&[(0, 8, 20)], &[(0, 8)])), [""; 0]);
        assert_eq!(
            plan(&mut positions, &survey(&[(0, 12, 20)], &[(0, 8)])),
            ["missed t/0 before 12", "read t/0 from 12"]
        );
    }

    #[test]
    fn a_log_that_ends_before_what_was_read_is_another_one() {
        let mut positions = journaled(&[("t/0", 4)]);
        let anew = |read| {
            format!("missed t/0: Declared(\"the log ends at 2 and was read to {read} before: it was created anew\")")
        };
        assert_eq!(plan(&mut positions, &survey(&[(0, 0, 2)], &[])), [&anew(5), "close t/0", "read t/0~2 from 0"]);
        positions.read(&log(0), 3);
        assert_eq!(
            plan(&mut positions, &survey(&[(0, 0, 2)], &[(0, 2)])),
            [""; 0],
            "it was read on after the end was stated"
        );
    }

    #[test]
    fn partitions_come_and_go() {
        let mut positions = journaled(&[]);
        plan(&mut positions, &survey(&[(0, 0, 0)], &[]));
        assert_eq!(plan(&mut positions, &survey(&[(0, 0, 0), (1, 0, 5)], &[(0, 0)])), ["read t/1 from 0"]);
        let gone = Survey { gone: vec![log(1)], ..survey(&[(0, 0, 2)], &[(0, 0)]) };
        let lost = "missed t/1: Declared(\"the partition is gone; what was not read of it is lost\")";
        assert_eq!(plan(&mut positions, &gone), [lost, "close t/1"]);
        assert_eq!(positions.name(&log(1)), None);
        let mut restarted = journaled(&[("t/0", 1), ("t/1~2", 3)]);
        assert_eq!(restarted.expected().len(), 2);
        assert_eq!(plan(&mut restarted, &gone), ["read t/0 from 2", "close t/1", "close t/1~2"], "told when it went");
    }
}
