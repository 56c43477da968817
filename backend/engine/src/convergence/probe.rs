//! Probes: replicas that can only be asked (SEM-10). At a write's deadline the engine wants an answer, and decides on the
//! answer only. An answer stands for the time between question and answer, waits until the authority has been seen past
//! its end, and is wrong only if it equals nothing that was current then; a wrong one is asked once more.

use plumbline_model::{Change, SourceTime, Why};
use serde::{Deserialize, Serialize};

use super::{
    cells::{self, How},
    history::{History, Write},
    judge::World,
    keys::KeyState,
    plan::MAIN,
    row::Row,
    see::{self, Seeing},
    sight::Sight,
    tally::Tally,
};

/// An open question, kept with the key so that it is asked again after a restart.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) enum Probe {
    Asked {
        due: SourceTime,
        /// The answer before was wrong.
        again: bool,
    },
    Answered {
        answer: Answer,
        again: bool,
    },
    /// Nobody answered; the next write asks anew.
    Failed,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Answer {
    asked: SourceTime,
    sight: Sight,
    row: Option<Row>,
}

impl Probe {
    /// The deadline for which an answer is wanted, if it is.
    pub fn wanted(&self) -> Option<SourceTime> {
        match self {
            Self::Asked { due, .. } => Some(*due),
            Self::Answered { .. } | Self::Failed => None,
        }
    }
}

/// Lays an answer aside until it can be held against the authority.
pub(super) fn receive(key: &mut KeyState, replica: usize, asked: SourceTime, seeing: Seeing) {
    let again = matches!(key.sides[replica].probe(), Some(Probe::Asked { again: true, .. }));
    let answer = Answer { asked, sight: seeing.sight, row: seeing.row };
    key.sides[replica].rare().probe = Some(Probe::Answered { answer, again });
}

/// Nobody answered. Returns whether anybody was asked.
pub(super) fn fail(key: &mut KeyState, replica: usize) -> bool {
    let asked = key.sides[replica].probe().and_then(Probe::wanted).is_some();
    if asked {
        key.sides[replica].rare().probe = Some(Probe::Failed);
    }
    asked
}

/// A new write asks anew.
pub(super) fn forget_failure(key: &mut KeyState, replica: usize) {
    if let Some(rare) = key.sides[replica].rare.as_mut().filter(|rare| rare.probe == Some(Probe::Failed)) {
        rare.probe = None;
    }
}

/// Takes an answer in when the authority has been seen past its end. Returns until when it has to wait otherwise.
pub(super) fn take(
    world: &World<'_>,
    key: &mut KeyState,
    replica: usize,
    tally: &mut Tally,
    out: &mut Vec<Change>,
) -> Option<SourceTime> {
    let Some(Probe::Answered { answer, again }) = key.sides[replica].probe().cloned() else { return None };
    let plan = &world.plan.replicas[replica];
    let error = plan.against[MAIN].clock_error;
    let end = answer.sight.at.plus(error);
    if world.unseen_place(key, replica, end).is_some() {
        return Some(end);
    }
    let earliest = answer.asked.minus(plan.within).minus(error);
    let excused = plan.may_be_missing && answer.row.is_none();
    let current = was_current(&key.main, replica, plan.against[MAIN].mask, answer.row.as_ref(), earliest, end);
    let wrong = !current && !excused;
    if wrong && !again {
        ask(world, key, replica, (answer.asked, true), out);
        return None;
    }
    key.sides[replica].rare().probe = None;
    // What is wrong twice was so for its whole time when it was first asked.
    let seeing = Seeing {
        sight: answer.sight,
        row: answer.row,
        counts_from: if wrong { answer.asked.minus(plan.within) } else { answer.sight.at },
    };
    see::hold(key, replica, plan, seeing);
    cells::cover(key, replica, plan, true, How::Found, end, tally);
    None
}

/// Whether the answer equals a state that was current at any time between the two.
fn was_current(main: &History, replica: usize, mask: u64, row: Option<&Row>, from: SourceTime, to: SourceTime) -> bool {
    let same = |write: &Write| match row {
        Some(row) => write.expects(replica) && write.row.equals(row, mask),
        None => !write.expects(replica),
    };
    let until = |index: usize| main.writes.get(index + 1).map_or(SourceTime::MAX, |next| next.sight.at);
    let current = |(index, write): (usize, &Write)| write.sight.at <= to && until(index) >= from && same(write);
    let before = main.writes.first().is_none_or(|first| first.sight.at >= from) && row.is_none();
    before || main.writes.iter().enumerate().any(current)
}

/// Asks if a write's deadline has passed and the replica has not been seen since.
pub(super) fn want(world: &World<'_>, key: &mut KeyState, replica: usize, out: &mut Vec<Change>) {
    let plan = &world.plan.replicas[replica];
    let outstanding = matches!(key.sides[replica].probe(), Some(Probe::Asked { .. } | Probe::Answered { .. }));
    let due = cells::next(key, replica, plan).filter(|due| world.unseen_place(key, replica, *due).is_none());
    if let Some(due) = due.filter(|_| !outstanding) {
        let error = plan.against[MAIN].clock_error;
        ask(world, key, replica, (due.minus(error), false), out);
    }
}

fn ask(world: &World<'_>, key: &mut KeyState, replica: usize, (due, again): (SourceTime, bool), out: &mut Vec<Change>) {
    key.sides[replica].rare().probe = Some(Probe::Asked { due, again });
    out.push(Change::ProbeWanted {
        entity: world.plan.name.clone(),
        replica: world.plan.replicas[replica].name.clone(),
        key: key.key.clone(),
        due,
    });
}

/// Whether a replica that can only be asked was seen at that time or later, so that what is due then can be decided.
pub(super) fn seen_since(key: &KeyState, replica: usize, due: SourceTime) -> bool {
    let side = &key.sides[replica];
    side.seen && side.sight.at >= due
}

/// Why it cannot be.
pub(super) fn why(key: &KeyState, replica: usize) -> Why {
    match key.sides[replica].probe() {
        Some(Probe::Failed) => Why::ProbeFailed,
        _ => Why::NotProbed,
    }
}
