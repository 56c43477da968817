//! The history of one authority for one key: its remembered writes in the order of the source's positions (SEM-7), which
//! of their cells are open, and what was forgotten. It must not know of replicas' states.

use std::cmp::Ordering;

use plumbline_model::{SourceTime, time::SECOND_NS};
use serde::{Deserialize, Serialize};

use super::{
    cellset::CellSet,
    places::Places,
    row::{Row, UNKNOWN},
    sight::Sight,
};

/// Writes of one key that are remembered at most, open or not (LIM-1). Larger keeps more of a key that is written often while
/// a replica stands still; smaller makes such a key's cells unknown sooner.
pub(super) const WRITES_MAX: usize = 256;

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct History {
    /// In order; their numbers grow and may leave holes where writes were forgotten.
    pub writes: Vec<Write>,
    /// When a row of a snapshot showed again what was known, in whole seconds rounded up: it has room in four bytes, and a
    /// second too late only keeps a key.
    shown_again_s: u32,
    /// Writes were forgotten, or are known to have been missed: what matches none may be one of those (SEM-5).
    pub cut: bool,
}

/// One write of the authority, or one row of its snapshots.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Write {
    pub sight: Sight,
    pub row: Row,
    /// Numbers the writes of the key.
    pub seq: u32,
    pub cells: CellSet,
}

/// What became of a write that was seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Inserted {
    /// It is the write at this index now.
    At(usize),
    /// It was known: the same position, or the same write at another one (a replayed log).
    Known,
    /// Older than what was forgotten.
    TooOld,
}

impl Write {
    /// From when its deadline counts: its source time, or for a record that came behind its own frontier the frontier, so
    /// that a replay of a log is given its time to catch up.
    pub fn counts_from(&self) -> SourceTime {
        self.row.counts_from().unwrap_or(self.sight.at)
    }

    /// Whether the replica should hold the key after this write.
    pub fn expects(&self, replica: usize) -> bool {
        self.sight.present() && self.row.not_held() & (1 << replica) == 0
    }

    /// Whether it is plainly the next write of the same log.
    fn follows(&self, newest: &Self, places: &Places) -> bool {
        self.sight.position.order > newest.sight.position.order
            && self.sight.at > newest.sight.at
            && places.lane(self.sight.place) == places.lane(newest.sight.place)
    }

    fn is_replay_of(&self, older: &Self) -> bool {
        let same = self.sight.at == older.sight.at && self.sight.version() == older.sight.version();
        same && self.sight.present() == older.sight.present() && self.row.agrees(&older.row)
    }
}

impl History {
    pub fn newest(&self) -> Option<&Write> {
        self.writes.last()
    }

    /// The number of the next write.
    fn next(&self) -> u32 {
        self.newest().map_or(0, |newest| newest.seq + 1)
    }

    /// A row of a snapshot showed what was known.
    pub fn show_again(&mut self, at: SourceTime) {
        let seconds = at.0.saturating_add(SECOND_NS - 1).div_euclid(SECOND_NS);
        self.shown_again_s = self.shown_again_s.max(seconds.clamp(0, u32::MAX.into()) as u32);
    }

    /// When the key was last shown; `None`: never.
    pub fn shown_at(&self) -> Option<SourceTime> {
        let again = SourceTime::from_secs(self.shown_again_s.into());
        self.newest().map(|newest| newest.sight.at.max(again))
    }

    pub fn index_of(&self, seq: u32) -> Option<usize> {
        self.writes.binary_search_by_key(&seq, |write| write.seq).ok()
    }

    /// The last write after which the replica should hold this value in this field.
    pub fn last_with(&self, replica: usize, field: usize, digest: u64) -> Option<usize> {
        debug_assert_ne!(digest, UNKNOWN);
        self.writes.iter().rposition(|write| write.expects(replica) && write.row.digest(field) == digest)
    }

    /// The first write that a replica lacks which holds this value in this field: the one after the last that wrote it. The
    /// replica may show what it should not hold (`holds:`); then it lacks the first write after that which it should.
    pub fn lacked(&self, replica: usize, field: usize, digest: u64) -> Option<usize> {
        debug_assert_ne!(digest, UNKNOWN);
        let wrote = |write: &Write| write.sight.present() && write.row.digest(field) == digest;
        let last = self.writes.iter().rposition(wrote)?;
        if self.writes[last].expects(replica) {
            return Some(last + 1);
        }
        let due = self.writes[last..].iter().position(|write| write.expects(replica));
        Some(due.map_or(last + 1, |after| last + after))
    }

    /// The last write after which the replica should not hold the key.
    pub fn last_absent(&self, replica: usize) -> Option<usize> {
        self.writes.iter().rposition(|write| !write.expects(replica))
    }

    /// Puts a write where its position belongs. Sequence numbers from there on move up by one.
    pub fn insert(&mut self, mut write: Write, places: &Places) -> Inserted {
        let follows = self.newest().is_none_or(|newest| write.follows(newest, places));
        if !follows {
            return self.insert_unordered(write, places);
        }
        write.seq = self.next();
        if let Some(before) = self.writes.last() {
            carry_over(&mut write, before, Row::carry_over);
        }
        self.make_room();
        self.writes.push(write);
        Inserted::At(self.writes.len() - 1)
    }

    /// A write that is not simply the next one: late, repeated, replayed, or of another partition.
    fn insert_unordered(&mut self, mut write: Write, places: &Places) -> Inserted {
        let newest = self.newest().map(|newest| (newest.sight.at, newest.seq));
        let known = |other: &Write| {
            let past = newest.is_some_and(|(at, seq)| write.sight.at < at || other.seq == seq);
            other.sight.same(&write.sight, places) || (past && write.is_replay_of(other))
        };
        if self.writes.iter().any(known) {
            return Inserted::Known;
        }
        let newer = |other: &&Write| other.sight.order(&write.sight, places) == Ordering::Greater;
        let index = self.writes.len() - self.writes.iter().rev().take_while(newer).count();
        if index == 0 && self.cut && !self.writes.is_empty() {
            return Inserted::TooOld;
        }
        write.seq = self.writes.get(index).map_or(self.next(), |after| after.seq);
        self.writes[index..].iter_mut().for_each(|after| after.seq += 1);
        if let Some(before) = index.checked_sub(1) {
            carry_over(&mut write, &self.writes[before], Row::carry_over);
        }
        self.make_room();
        self.writes.insert(index, write);
        for after in index + 1..self.writes.len() {
            let (before, rest) = self.writes.split_at_mut(after);
            carry_over(&mut rest[0], &before[after - 1], Row::carry_over_again);
        }
        Inserted::At(index)
    }

    fn make_room(&mut self) {
        if self.writes.len() == self.writes.capacity() {
            // Most keys are written seldom: doubling from four would cost them more than it saves.
            self.writes.reserve_exact(1 + self.writes.len() / 4);
        }
    }

    /// How many of the oldest writes need not be remembered: those beyond `keep` that are closed, and those beyond the limit.
    pub fn surplus(&self, keep: usize) -> usize {
        let newest = self.writes.len().saturating_sub(1);
        if newest <= keep {
            return 0;
        }
        let closed = self.writes.iter().position(|write| write.cells.any_open()).unwrap_or(newest);
        let surplus = closed.saturating_sub(keep).max(self.writes.len().saturating_sub(WRITES_MAX));
        // Forgetting moves all that is kept, so it is done for several at a time.
        if surplus > keep.max(self.writes.len() / 4) / 2 { surplus } else { 0 }
    }

    /// Forgets the oldest writes but the needed ones. Returns the forgotten ones of which something was still to be said.
    pub fn forget(&mut self, oldest: usize, needed: &[usize]) -> Vec<Write> {
        let mut forgotten = Vec::new();
        let mut index = 0;
        let before = self.writes.len();
        self.writes.retain(|write| {
            let goes = index < oldest && !needed.contains(&index);
            index += 1;
            if goes && write.cells.any() {
                forgotten.push(write.clone());
            }
            !goes
        });
        self.cut |= self.writes.len() < before;
        forgotten
    }
}

/// A write of the same incarnation inherits what it does not carry; a delete ends the incarnation (SEM-7).
fn carry_over(write: &mut Write, before: &Write, how: impl Fn(&mut Row, &Row)) {
    if write.sight.present() && before.sight.present() {
        how(&mut write.row, &before.row);
    }
}
