//! The first reading: how far each file can be trusted at each of its records (SEM-4), what could not be read, and which
//! replicas it brings a snapshot of. Of a record only its time is kept, 8 bytes.

use std::collections::BTreeMap;

use plumbline_model::{EntityName, Fact, ReplicaName, SourceTime, journal::SnapshotPhase, state::StateKind};

use super::{CheckError, Input, tape::Lines, unread::Unread};
use crate::config::Config;

/// Issues of one file that are shown; all of them are counted.
const SAMPLES: usize = 10;
/// Records between two tellings of progress.
const TELL_EVERY: u64 = 4096;

/// What is known of a file after its first reading.
#[derive(Default)]
pub struct Scan {
    /// For each record the least source time of those behind it: the file's frontier once the record was stepped.
    /// `MAX` where nothing with a time follows.
    pub behind: Vec<SourceTime>,
    pub least: Option<SourceTime>,
    pub greatest: Option<SourceTime>,
    /// The least of those that lie behind the common end, where one is asked for.
    pub later: Option<SourceTime>,
    pub records: u64,
    pub observations: u64,
    pub unmapped: u64,
    /// Records that could not be read, or not wholly.
    pub issues: u64,
    /// The first few, in words.
    pub samples: Vec<String>,
    pub sights: BTreeMap<(EntityName, ReplicaName), Sights>,
    /// Where something could not be read.
    pub unread: Unread,
}

/// How the states of a replica begin in a file.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Sights {
    /// When the first one was, and what it is; `None` if there is none.
    pub first: Option<(SourceTime, First)>,
    /// The rows of a snapshot in front of everything else.
    pub rows: Option<Rows>,
    /// Where the recording marks the end of a snapshot in front of everything else.
    pub ends: Option<SourceTime>,
    /// Something else came.
    streamed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum First {
    Row,
    /// A row of an incremental snapshot.
    Single,
    Create,
    Other,
}

/// The first and the last of some rows: the index of its record, and its time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rows {
    pub first: (SourceTime, usize),
    pub last: (SourceTime, usize),
}

impl Sights {
    fn take(&mut self, at: SourceTime, index: usize, kind: First) {
        self.first.get_or_insert((at, kind));
        self.streamed |= kind != First::Row;
        if !self.streamed {
            let row = (at, index);
            let rows = self.rows.get_or_insert(Rows { first: row, last: row });
            (rows.first, rows.last) = (rows.first.min(row), rows.last.max(row));
        }
    }
}

/// Reads all files once.
pub fn scan(
    config: &Config,
    inputs: &[Input],
    until: Option<SourceTime>,
    told: &mut impl FnMut(u64),
) -> Result<Vec<Scan>, CheckError> {
    let mut records = 0;
    inputs
        .iter()
        .map(|input| {
            let mut scan = Scan::default();
            for line in Lines::open(input, &config.decoder, until)? {
                scan.take(input, line?);
                records += 1;
                if records % TELL_EVERY == 0 {
                    told(records);
                }
            }
            scan.turn();
            Ok(scan)
        })
        .collect()
}

impl Scan {
    fn take(&mut self, input: &Input, line: super::tape::Line) {
        let index = self.behind.len();
        self.behind.push(line.at.unwrap_or(SourceTime::MAX));
        self.unread.take(index, &line);
        if line.at.is_none() {
            self.later = self.later.into_iter().chain(line.stands).min();
        }
        self.records += 1;
        self.observations += line.decoded.observations.len() as u64;
        self.unmapped += u64::from(line.decoded.unmapped);
        self.issues += u64::from(!line.decoded.issues.is_empty());
        for issue in line.decoded.issues.iter().take(SAMPLES.saturating_sub(self.samples.len())) {
            let line = issue.offset.map_or_else(String::new, |line| format!(":{line}"));
            let expected =
                if issue.expected.is_empty() { String::new() } else { format!("; expected {}", issue.expected) };
            let file = input.path.display();
            self.samples.push(format!("{file}{line}, {}: {}{expected}", issue.place, issue.reason));
        }
        for observation in &line.decoded.observations {
            self.least = self.least.min(Some(observation.at)).or(Some(observation.at));
            self.greatest = self.greatest.max(Some(observation.at));
            if let Fact::State(state) = &observation.fact {
                let kind = match state.kind {
                    StateKind::Snapshot if line.decoded.single_rows => First::Single,
                    StateKind::Snapshot => First::Row,
                    StateKind::Create => First::Create,
                    _ => First::Other,
                };
                let sights = self.sights.entry((state.entity.clone(), state.replica.clone())).or_default();
                sights.take(observation.at, index, kind);
            }
        }
        for mark in line.decoded.snapshots.iter().filter(|mark| mark.phase == SnapshotPhase::Ended) {
            let sights = self.sights.entry((mark.entity.clone(), mark.replica.clone())).or_default();
            sights.ends = sights.ends.or((!sights.streamed).then_some(mark.at));
        }
    }

    /// From the time of each record to the least time behind it, from the end backwards.
    fn turn(&mut self) {
        let mut least = SourceTime::MAX;
        for slot in self.behind.iter_mut().rev() {
            let at = std::mem::replace(slot, least);
            least = least.min(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frontier_at_a_record_is_the_least_time_behind_it() {
        let times = [5, 1, 9, i64::MAX, 4, 7].map(SourceTime);
        let mut scan = Scan { behind: times.to_vec(), ..Scan::default() };
        scan.turn();
        assert_eq!(scan.behind, [1, 4, 4, 4, 7, i64::MAX].map(SourceTime));
    }
}
