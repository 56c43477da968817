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
    pub records: u64,
    pub observations: u64,
    pub unmapped: u64,
    /// Records that could not be read, or not wholly.
    pub issues: u64,
    /// The first few, in words.
    pub samples: Vec<String>,
    pub snapshots: BTreeMap<(EntityName, ReplicaName), SnapshotRows>,
    /// Where something could not be read.
    pub unread: Unread,
}

/// The rows of a replica's snapshot in a file, by the index of their records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SnapshotRows {
    pub first: usize,
    pub last: usize,
    pub last_at: SourceTime,
    /// The recording marks the end of the snapshot itself.
    pub ends: bool,
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
            if let Fact::State(state) = &observation.fact
                && state.kind == StateKind::Snapshot
            {
                let row = SnapshotRows { first: index, last: index, last_at: observation.at, ends: false };
                let rows = self.snapshots.entry((state.entity.clone(), state.replica.clone())).or_insert(row);
                rows.last = index;
                rows.last_at = rows.last_at.max(observation.at);
            }
        }
        for mark in line.decoded.snapshots.iter().filter(|mark| mark.phase == SnapshotPhase::Ended) {
            let row = SnapshotRows { first: index, last: index, last_at: mark.at, ends: true };
            self.snapshots.entry((mark.entity.clone(), mark.replica.clone())).or_insert(row).ends = true;
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
