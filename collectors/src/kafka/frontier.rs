//! SEM-2 as a pure state machine: how far each log of a source was read, which ends were stated and when, and what follows
//! for its frontier. Time comes in as an argument; nothing is asked here.

use std::collections::{BTreeMap, VecDeque};

use compact_str::CompactString;
use plumbline_model::{
    Lag, Partition, ReceivedTime, SourceName, SourceTime,
    journal::{Progress, Proof},
};

use crate::format::RelayRow;

/// A relay that brought nothing for so long is called silent; its last row goes on to prove what it proved.
const RELAY_SILENT_AFTER: Lag = Lag::from_secs(10);
/// Rows of one relay that are remembered until an end is stated after them; beyond it the oldest two count as read when the
/// later one was, which proves less and never too much.
const MAX_ROWS: usize = 4096;
/// Rows that were read so close to one another are remembered as one, read at the later end: many rows between two surveys are
/// still far fewer than `MAX_ROWS`.
const ROWS_GRAIN_NS: i64 = 5_000_000;

/// The logs of one source.
#[derive(Debug)]
pub(super) struct LogFrontiers {
    source: SourceName,
    clock_error: Lag,
    relayed: bool,
    logs: BTreeMap<Partition, Log>,
    relays: BTreeMap<CompactString, Relay>,
    /// Which relay writes a topic, learned from its rows.
    writers: BTreeMap<CompactString, CompactString>,
    /// The number of logs as last told.
    told_count: u32,
}

#[derive(Debug)]
struct Log {
    topic: CompactString,
    /// The offset behind the last one read.
    next: u64,
    /// An end that was stated, and what reaching it proves. One at a time: a newer one would move the goal for ever.
    goal: Option<Goal>,
    /// The newest end that was stated while an older one was not reached yet.
    newest: Option<Goal>,
    frontier: Option<SourceTime>,
    proof: Proof,
    dirty: bool,
    /// It is gone, or goes by another name: it can bring nothing any more.
    closed: bool,
}

#[derive(Clone, Debug)]
struct Goal {
    end: u64,
    frontier: Option<SourceTime>,
    proof: Proof,
}

/// What one relay brought.
#[derive(Default, Debug)]
struct Relay {
    /// Commit times with the time of reading, oldest first, of rows after which no end was stated yet.
    rows: VecDeque<(ReceivedTime, SourceTime)>,
    /// The greatest commit time of the rows before.
    proven: Option<SourceTime>,
}

impl LogFrontiers {
    pub fn new(source: SourceName, clock_error: Lag, relayed: bool) -> Self {
        Self {
            source,
            clock_error,
            relayed,
            logs: BTreeMap::new(),
            relays: BTreeMap::new(),
            writers: BTreeMap::new(),
            told_count: 0,
        }
    }

    /// A log is read from `next` on.
    pub fn open(&mut self, partition: Partition, topic: &str, next: u64) {
        if let Some(log) = self.logs.get_mut(&partition) {
            // Read again from elsewhere: what was vouched for stays vouched for.
            (log.next, log.goal, log.newest, log.closed) = (next, None, None, false);
            return;
        }
        let proof = if self.relayed { Proof::RelaySilent } else { Proof::LogEnd };
        let log = Log {
            topic: topic.into(),
            next,
            goal: None,
            newest: None,
            frontier: None,
            proof,
            dirty: true,
            closed: false,
        };
        self.logs.insert(partition, log);
    }

    /// A log can bring nothing any more. It is told on, because whoever knew it waits for it.
    pub fn close(&mut self, partition: Partition, topic: &str) {
        if !self.logs.contains_key(&partition) {
            self.open(partition.clone(), topic, 0);
        }
        if let Some(log) = self.logs.get_mut(&partition) {
            (log.closed, log.goal, log.newest) = (true, None, None);
        }
    }

    /// The logs that are closed.
    pub fn closed(&self) -> impl Iterator<Item = Partition> {
        self.logs.iter().filter(|(_, log)| log.closed).map(|(name, _)| name.clone())
    }

    /// A record was read, or the end behind records that are never delivered was.
    pub fn read(&mut self, partition: &Partition, next: u64) {
        if let Some(log) = self.logs.get_mut(partition) {
            log.next = log.next.max(next);
            log.settle();
        }
    }

    /// A relay's change was read.
    pub fn row(&mut self, topic: &str, row: RelayRow, received: ReceivedTime) {
        if self.writers.get(topic) != Some(&row.relay) {
            self.writers.insert(topic.into(), row.relay.clone());
        }
        let relay = self.relays.entry(row.relay).or_default();
        // Later changes of the same transaction, or of the same tick of its clock, may still come.
        let before = SourceTime(row.at.0 - 1);
        let grains = received.0.div_euclid(ROWS_GRAIN_NS) + i64::from(received.0.rem_euclid(ROWS_GRAIN_NS) > 0);
        let received = ReceivedTime(grains.saturating_mul(ROWS_GRAIN_NS));
        match relay.rows.back_mut() {
            Some((read, at)) if *read == received => *at = (*at).max(before),
            _ => relay.rows.push_back((received, before)),
        }
        if relay.rows.len() > MAX_ROWS
            && let (Some((_, oldest)), Some((_, at))) = (relay.rows.pop_front(), relay.rows.front_mut())
        {
            *at = (*at).max(oldest);
        }
    }

    /// Ends of logs, stated after `asked`. Of a log that is gone the end is 0: it can bring nothing any more.
    pub fn stated(&mut self, asked: ReceivedTime, ends: &BTreeMap<Partition, u64>) {
        for relay in self.relays.values_mut() {
            while let Some((_, at)) = relay.rows.pop_front_if(|(read, _)| *read < asked) {
                relay.proven = relay.proven.max(Some(at));
            }
        }
        for (name, end) in ends {
            let Some(topic) = self.logs.get(name).map(|log| log.topic.clone()) else { continue };
            let (frontier, proof) = self.vouched(&topic, asked);
            if let Some(log) = self.logs.get_mut(name) {
                log.newest = Some(Goal { end: *end, frontier, proof });
                log.settle();
            }
        }
    }

    /// What reaching an end proves that was stated after `asked`.
    fn vouched(&self, topic: &str, asked: ReceivedTime) -> (Option<SourceTime>, Proof) {
        if !self.relayed {
            return (Some(SourceTime(asked.minus(self.clock_error).0)), Proof::LogEnd);
        }
        let relay = match self.writers.get(topic) {
            Some(name) => self.relays.get(name),
            // Nothing of this topic was ever read: the only relay must be its writer, of several it is not known which.
            None if self.relays.len() == 1 => self.relays.values().next(),
            None => None,
        };
        match relay.and_then(|relay| relay.proven) {
            Some(at) if at.0 >= asked.minus(RELAY_SILENT_AFTER).0 => (Some(at), Proof::RelayRow),
            silent => (silent, Proof::RelaySilent),
        }
    }

    /// What changed since it was last told.
    pub fn progress(&mut self) -> Vec<Progress> {
        let count = u32::try_from(self.logs.len()).unwrap_or(u32::MAX);
        let all = std::mem::replace(&mut self.told_count, count) != count;
        let (source, mut told) = (&self.source, Vec::new());
        for (name, log) in &mut self.logs {
            if std::mem::take(&mut log.dirty) || all {
                told.push(Progress {
                    source: source.clone(),
                    partition: name.clone(),
                    position: log.next.checked_sub(1),
                    frontier: log.frontier,
                    proof: log.proof.clone(),
                    partitions: count,
                });
            }
        }
        told
    }

    /// Up to when a log is known to have been seen.
    pub fn frontier(&self, partition: &Partition) -> Option<SourceTime> {
        self.logs.get(partition).and_then(|log| log.frontier)
    }
}

impl Log {
    fn settle(&mut self) {
        loop {
            let Some(goal) = self.goal.take().or_else(|| self.newest.take()) else { return };
            if self.next < goal.end {
                self.goal = Some(goal);
                return;
            }
            let frontier = self.frontier.max(goal.frontier);
            self.dirty |= frontier != self.frontier || goal.proof != self.proof;
            self.frontier = frontier;
            self.proof = goal.proof;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: i64) -> ReceivedTime {
        ReceivedTime::from_secs(seconds)
    }

    fn ends(ends: &[(&str, u64)]) -> BTreeMap<Partition, u64> {
        ends.iter().map(|(name, end)| ((*name).into(), *end)).collect()
    }

    /// `t/0=99.8 LogEnd@4`: frontier in seconds, proof, position.
    fn told(frontiers: &mut LogFrontiers) -> String {
        let one = |it: Progress| {
            let at = it.frontier.map_or("?".to_owned(), |at| format!("{}", at.0 as f64 / 1e9));
            format!("{}={at} {:?}@{}/{}", it.partition, it.proof, it.position.map_or(-1, |it| it as i64), it.partitions)
        };
        frontiers.progress().into_iter().map(one).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn a_log_whose_end_is_not_stated_stays_where_it_is() {
        let mut it = direct();
        it.open("t/0".into(), "t", 0);
        it.open("t/1".into(), "t", 0);
        told(&mut it);
        it.stated(s(100), &ends(&[("t/1", 0)]));
        assert_eq!(told(&mut it), "t/1=99.8 LogEnd@-1/2");
    }

    fn direct() -> LogFrontiers {
        LogFrontiers::new("s".into(), Lag::from_millis(200), false)
    }

    #[test]
    fn an_end_read_proves_the_time_before_it_was_stated() {
        let mut it = direct();
        it.open("t/0".into(), "t", 5);
        it.open("t/1".into(), "t", 0);
        assert_eq!(told(&mut it), "t/0=? LogEnd@4/2, t/1=? LogEnd@-1/2");
        it.stated(s(100), &ends(&[("t/0", 7), ("t/1", 0)]));
        assert_eq!(told(&mut it), "t/1=99.8 LogEnd@-1/2", "an empty log is read to its end");
        it.read(&"t/0".into(), 6);
        assert_eq!(told(&mut it), "");
        it.read(&"t/0".into(), 7);
        assert_eq!(told(&mut it), "t/0=99.8 LogEnd@6/2");
    }

    #[test]
    fn under_load_the_goal_does_not_run_away() {
        let mut it = direct();
        it.open("t/0".into(), "t", 0);
        told(&mut it);
        it.stated(s(100), &ends(&[("t/0", 10)]));
        it.stated(s(101), &ends(&[("t/0", 20)]));
        it.stated(s(102), &ends(&[("t/0", 30)]));
        it.read(&"t/0".into(), 12);
        assert_eq!(told(&mut it), "t/0=99.8 LogEnd@11/1", "the first end was reached");
        it.read(&"t/0".into(), 30);
        assert_eq!(told(&mut it), "t/0=101.8 LogEnd@29/1", "and then the newest");
    }

    #[test]
    fn a_new_partition_is_told_to_all_and_one_that_is_gone_holds_nobody_up() {
        let mut it = direct();
        it.open("t/0".into(), "t", 0);
        it.stated(s(100), &ends(&[("t/0", 0)]));
        assert_eq!(told(&mut it), "t/0=99.8 LogEnd@-1/1");
        it.open("t/0~2".into(), "t", 0);
        assert_eq!(told(&mut it), "t/0=99.8 LogEnd@-1/2, t/0~2=? LogEnd@-1/2");
        it.stated(s(101), &ends(&[("t/0", 0), ("t/0~2", 0)]));
        assert_eq!(told(&mut it), "t/0=100.8 LogEnd@-1/2, t/0~2=100.8 LogEnd@-1/2");
    }

    fn row(at_ms: i64) -> RelayRow {
        RelayRow { relay: "db".into(), at: SourceTime::from_millis(at_ms) }
    }

    #[test]
    fn a_relay_proves_the_time_of_its_last_row_once_all_before_it_is_read() {
        let mut it = LogFrontiers::new("s".into(), Lag::ZERO, true);
        it.open("t/0".into(), "t", 0);
        it.open("u/0".into(), "u", 0);
        it.stated(s(100), &ends(&[("t/0", 0), ("u/0", 3)]));
        assert_eq!(told(&mut it), "t/0=? RelaySilent@-1/2, u/0=? RelaySilent@-1/2", "its end proves nothing");
        it.read(&"t/0".into(), 1);
        it.row("t", row(99_000), s(101));
        it.stated(s(101), &ends(&[("t/0", 1), ("u/0", 3)]));
        assert_eq!(told(&mut it), "", "the end was not stated after the row was read");
        it.stated(s(102), &ends(&[("t/0", 1), ("u/0", 4)]));
        assert_eq!(told(&mut it), "t/0=98.999999999 RelayRow@0/2");
        it.read(&"u/0".into(), 4);
        assert_eq!(told(&mut it), "u/0=98.999999999 RelayRow@3/2");
        it.stated(s(120), &ends(&[("t/0", 1), ("u/0", 4)]));
        assert_eq!(told(&mut it), "t/0=98.999999999 RelaySilent@0/2, u/0=98.999999999 RelaySilent@3/2");
    }

    #[test]
    fn a_row_that_was_read_behind_the_asking_proves_nothing() {
        let mut it = LogFrontiers::new("s".into(), Lag::ZERO, true);
        it.open("t/0".into(), "t", 0);
        it.open("u/0".into(), "u", 0);
        told(&mut it);
        let ms = |ms: i64| ReceivedTime::from_millis(100_000 + ms);
        it.read(&"t/0".into(), 1);
        it.row("t", row(99_000), ms(0));
        it.read(&"t/0".into(), 2);
        it.row("t", row(99_900), ms(11));
        let all = ends(&[("t/0", 2), ("u/0", 0)]);
        it.stated(ms(10), &all);
        assert_eq!(told(&mut it), "t/0=98.999999999 RelayRow@1/2, u/0=98.999999999 RelayRow@-1/2", "the first alone");
        it.stated(ms(11), &all);
        assert_eq!(told(&mut it), "", "nor at the same time");
        it.stated(ms(20), &all);
        assert_eq!(told(&mut it), "t/0=99.899999999 RelayRow@1/2, u/0=99.899999999 RelayRow@-1/2");
    }

    #[test]
    fn a_flood_of_rows_still_proves_what_was_read_before_the_asking() {
        let mut it = LogFrontiers::new("s".into(), Lag::ZERO, true);
        it.open("t/0".into(), "t", 0);
        told(&mut it);
        // A row each 10 µs for a second.
        for number in 0..100_000 {
            it.row("t", row(90_000 + number / 100), ReceivedTime(100_000_000_000 + number * 10_000));
        }
        it.stated(ReceivedTime::from_millis(100_500), &ends(&[("t/0", 0)]));
        let proven = it.progress()[0].frontier.unwrap();
        assert!(proven >= SourceTime::from_millis(90_490) && proven < SourceTime::from_millis(90_500), "{proven}");
    }

    #[test]
    fn the_row_of_one_relay_proves_nothing_of_another() {
        let mut it = LogFrontiers::new("s".into(), Lag::ZERO, true);
        for topic in ["t", "u", "v"] {
            it.open(format!("{topic}/0").as_str().into(), topic, 0);
        }
        told(&mut it);
        it.row("t", row(99_000), s(100));
        it.row("u", RelayRow { relay: "other".into(), at: SourceTime::from_secs(50) }, s(100));
        it.stated(s(101), &ends(&[("t/0", 0), ("u/0", 0), ("v/0", 0)]));
        assert_eq!(
            told(&mut it),
            "t/0=98.999999999 RelayRow@-1/3, u/0=49.999999999 RelaySilent@-1/3",
            "v may be of either"
        );
    }
}
