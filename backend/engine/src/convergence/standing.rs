//! Where a replica stands: its state compared with the authorities' histories, field by field (SEM-5, SEM-6). Times, clocks
//! and frontiers have no say here; what follows from a standing, and when, is for `judge`.

use plumbline_model::state::NULL_DIGEST;
use smallvec::{SmallVec, smallvec};

use super::{
    history::{History, Write},
    keys::{Held, KeyState},
    plan::{MAIN, ReplicaPlan},
    row::{Mask, Row, UNKNOWN, fields},
};

/// What a replica's state says against the newest writes.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Standing {
    pub existence: Existence,
    /// By history the first write that it lacks, as far as what it holds is an older value.
    pub lacks: SmallVec<[Lack; 1]>,
    /// The fields in which it differs.
    pub differs: Mask,
    /// Of those, the fields whose value equals none that is remembered.
    pub strange: Mask,
    /// The fields that cannot be compared, because no record carried them.
    pub unknown: Mask,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Existence {
    Same,
    /// It should hold the key.
    Missing,
    /// It should not.
    Orphan,
}

/// A remembered write.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Lack {
    pub history: usize,
    pub index: usize,
}

impl Standing {
    /// Nothing differs.
    fn same() -> Self {
        Self { existence: Existence::Same, lacks: SmallVec::new(), differs: 0, strange: 0, unknown: 0 }
    }

    pub fn new(key: &KeyState, replica: usize, plan: &ReplicaPlan) -> Self {
        match key.held(replica) {
            Held::Row(row) => present(key, replica, plan, row),
            Held::Unseen | Held::Absent => absent(key, replica, plan),
        }
    }

    pub fn equal(&self) -> bool {
        self.existence == Existence::Same && self.differs == 0 && self.unknown == 0
    }
}

fn absent(key: &KeyState, replica: usize, plan: &ReplicaPlan) -> Standing {
    let expected = key.main.newest().is_some_and(|newest| newest.expects(replica));
    if !plan.follows || !expected || plan.may_be_missing {
        return Standing::same();
    }
    let index = key.main.last_absent(replica).map_or(0, |gone| gone + 1);
    Standing { existence: Existence::Missing, lacks: smallvec![Lack { history: MAIN, index }], ..Standing::same() }
}

fn present(key: &KeyState, replica: usize, plan: &ReplicaPlan, row: &Row) -> Standing {
    let mut standing = Standing::same();
    if plan.follows {
        match key.main.newest() {
            Some(newest) if newest.expects(replica) => {}
            newest => {
                standing.existence = Existence::Orphan;
                standing.lacks.extend(newest.map(|_| orphaned(&key.main, replica, plan, row)));
                return standing;
            }
        }
    }
    for (history, against) in plan.against.iter().enumerate() {
        let writes = key.history(history);
        let newest = match writes.newest() {
            Some(newest) if newest.expects(replica) => newest,
            Some(newest) if newest.sight.present() => continue,
            _ => {
                let strange = unexplained(writes, replica, row, against.mask);
                standing.differs |= strange;
                standing.strange |= strange;
                continue;
            }
        };
        if newest.row.equals(row, against.mask) {
            continue;
        }
        for field in fields(against.mask) {
            let expected = newest.row.digest(field);
            compare(&mut standing, writes, (history, field), row.digest(field), expected, replica);
        }
    }
    standing
}

/// The fields that hold a value although their own authority has not the key, and never wrote that value. Existence is the
/// main authority's, so what the other one wrote and deleted is no matter here; and null is no value that anybody has to have
/// written.
fn unexplained(writes: &History, replica: usize, row: &Row, mask: Mask) -> Mask {
    let strange = |field: &usize| match row.digest(*field) {
        UNKNOWN | NULL_DIGEST => false,
        digest => writes.lacked(replica, *field, digest).is_none(),
    };
    fields(mask).filter(strange).map(|field| 1 << field).sum()
}

fn compare(
    standing: &mut Standing,
    writes: &History,
    (history, field): (usize, usize),
    held: u64,
    expected: u64,
    replica: usize,
) {
    let bit = 1 << field;
    if held == UNKNOWN || expected == UNKNOWN {
        standing.unknown |= bit;
    } else if held != expected {
        standing.differs |= bit;
        let nothing = || writes.last_absent(replica).map_or(0, |gone| gone + 1);
        let lacked = match writes.lacked(replica, field, held) {
            // Null is what a field holds before its own authority has the key.
            None if held == NULL_DIGEST && history != MAIN => Some(nothing()),
            lacked => lacked,
        };
        match lacked {
            None => standing.strange |= bit,
            Some(index) => {
                // Histories are compared one after another.
                match standing.lacks.last_mut().filter(|known| known.history == history) {
                    Some(known) => known.index = known.index.min(index),
                    None => standing.lacks.push(Lack { history, index }),
                }
            }
        }
    }
}

/// What a replica lacks that holds a key which it should not: the delete, or an earlier write if it was behind already.
fn orphaned(main: &History, replica: usize, plan: &ReplicaPlan, row: &Row) -> Lack {
    let held = |field: usize| main.last_with(replica, field, row.digest(field)).map(|last| last + 1);
    let known = |field: &usize| row.digest(*field) != UNKNOWN;
    let behind = fields(plan.against[MAIN].mask).filter(known).filter_map(held).min();
    // Where no write that it should hold is remembered, the oldest remembered one already says that it should not.
    let gone = main.writes.iter().rposition(|write| write.expects(replica)).map_or(0, |last| last + 1);
    Lack { history: MAIN, index: behind.map_or(gone, |behind| behind.min(gone)) }
}

/// How many of the history's writes the replica shows or has been overtaken by: the cells below it are covered.
pub(super) fn covered(
    key: &KeyState,
    replica: usize,
    plan: &ReplicaPlan,
    history: usize,
    absence_known: bool,
) -> usize {
    let writes = key.history(history);
    let all = writes.writes.len();
    let follows = plan.follows && history == MAIN;
    match key.held(replica) {
        held if plan.excuses(held) => all,
        Held::Absent if !follows => all,
        // That it was not seen yet is no showing of a field; where it need not have the key, the judgement says so.
        Held::Unseen if !follows || !absence_known => 0,
        Held::Unseen | Held::Absent => writes.last_absent(replica).map_or(0, |last| last + 1),
        Held::Row(row) => {
            let mask = plan.against[history].mask;
            if writes.newest().is_some_and(|newest| newest.expects(replica) && newest.row.equals(row, mask)) {
                return all;
            }
            let shown = |field: usize| match row.digest(field) {
                UNKNOWN => 0,
                digest => writes.last_with(replica, field, digest).map_or(0, |last| last + 1),
            };
            let exists = writes.writes.iter().rposition(|write| write.expects(replica)).map_or(0, |last| last + 1);
            fields(mask).map(shown).min().map_or(exists, |shown| shown.min(exists))
        }
    }
}

/// The position of what a replica holds among an authority's writes: the earliest that is not before `top` and shows
/// the same, else the latest before it. `Err` tells that it went back.
pub(super) fn position(
    writes: &History,
    replica: usize,
    mask: Mask,
    row: Option<&Row>,
    top: Option<u32>,
) -> Option<Result<usize, usize>> {
    let writes = &writes.writes;
    let same = |write: &Write| match row {
        Some(row) => write.expects(replica) && write.row.equals(row, mask),
        None => !write.expects(replica),
    };
    let from = top.map_or(0, |top| writes.partition_point(|write| write.seq < top));
    let ahead = writes[from..].iter().position(same).map(|index| Ok(from + index));
    ahead.or_else(|| writes[..from].iter().rposition(same).map(Err))
}
