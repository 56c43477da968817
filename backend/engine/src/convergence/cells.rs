//! Cells: one for each write and each replica that it concerns (SEM-9). A cell is open until the frontiers have passed its
//! deadline, then closes as in time, not in time or unknown and never changes; what heals later is counted beside it.

use plumbline_model::{Lag, SourceTime, Why};

use super::{
    history::Write,
    judge::{Judgement, World},
    keys::{Cover, Held, KeyState},
    plan::{EntityPlan, MAIN, ReplicaPlan},
    probe,
    row::{UNKNOWN, fields},
    standing::covered,
    tally::{Outcome, Tally},
};

/// How it came that a replica shows a write.
#[derive(Clone, Copy)]
pub(super) enum How {
    /// It was seen to change at this time.
    Shown(SourceTime),
    /// It did not change now: it held it before the write was seen.
    Held,
    /// It was found to hold it, since when nobody saw.
    Found,
}

/// Opens the cells of a new write.
pub(super) fn open(key: &mut KeyState, plan: &EntityPlan, history: usize, index: usize) {
    let concerned = plan.checked().filter(|replica| plan.replicas[*replica].concerned(history));
    let bits = concerned.map(|replica| 1 << replica).sum();
    let write = &mut key.history_mut(history).writes[index];
    if !write.sight.baseline() {
        write.open = bits;
    }
}

/// Notes which writes the replica shows now.
pub(super) fn cover(
    key: &mut KeyState,
    replica: usize,
    plan: &ReplicaPlan,
    absence_known: bool,
    how: How,
    tally: &mut Tally,
) {
    let bit = 1 << replica;
    for history in (0..key.histories()).filter(|history| plan.concerned(*history)) {
        let waiting = |write: &Write| (write.open | write.missed) & bit != 0;
        if !key.history(history).writes.iter().any(waiting) {
            continue;
        }
        let shown = covered(key, replica, plan, history, absence_known);
        for index in 0..shown {
            let write = &key.history(history).writes[index];
            let (seq, written) = (write.seq, write.sight.at);
            let lag = lag(key, replica, plan, history, written, how);
            let done = |cover: &Cover| cover.is(history, replica, seq);
            if write.missed & bit != 0 {
                key.history_mut(history).writes[index].missed &= !bit;
                tally.close(key.entity, replica, written, Outcome::Healed(lag));
            } else if write.open & bit != 0 && !key.covers().iter().any(done) {
                let cover = Cover { history: history as u8, replica: replica as u8, seq, lag };
                key.flight().covers.push(cover);
            }
        }
    }
}

fn lag(
    key: &KeyState,
    replica: usize,
    plan: &ReplicaPlan,
    history: usize,
    written: SourceTime,
    how: How,
) -> Option<Lag> {
    let side = &key.sides[replica];
    let changed_at = match how {
        How::Shown(at) => at,
        // It changed about when the write was made, so it changed because of it and was only seen first.
        How::Held if side.seen && side.changed_at.plus(plan.against[history].clock_error) >= written => side.changed_at,
        How::Held | How::Found => return None,
    };
    Some(changed_at.since(written).max(Lag::ZERO))
}

/// Closes the cells whose deadline has passed.
pub(super) fn close(world: &World<'_>, key: &mut KeyState, replica: usize, judgement: &Judgement, tally: &mut Tally) {
    let (plan, bit) = (&world.plan.replicas[replica], 1 << replica);
    for history in (0..key.histories()).filter(|history| plan.concerned(*history)) {
        for index in 0..key.history(history).writes.len() {
            let write = &key.history(history).writes[index];
            let due = deadline(plan, history, write);
            if write.open & bit == 0 || world.unseen_place(key, replica, due).is_some() {
                continue;
            }
            // What can only be asked is decided by an answer, or by the lack of one.
            let answered =
                !plan.probed || probe::seen_since(key, replica, due.minus(plan.against[history].clock_error));
            let failed = *judgement == Judgement::Unknown(Why::ProbeFailed);
            let covered = key.covers().iter().position(|cover| cover.is(history, replica, write.seq));
            if covered.is_none() && !answered && !failed {
                continue;
            }
            let cover = covered.map(|at| key.covers()[at]);
            let (written, seq) = (write.sight.at, write.seq);
            let outcome = outcome(world, key, replica, judgement, (written, due), cover);
            if let Some(at) = covered {
                key.flight().covers.swap_remove(at);
            }
            let write = &mut key.history_mut(history).writes[index];
            debug_assert_eq!(write.seq, seq);
            write.open &= !bit;
            if matches!(outcome, Outcome::NotInTime) {
                match cover {
                    None => write.missed |= bit,
                    Some(cover) => tally.close(key.entity, replica, written, Outcome::Healed(cover.lag)),
                }
            }
            tally.close(key.entity, replica, written, outcome);
        }
    }
}

fn outcome(
    world: &World<'_>,
    key: &KeyState,
    replica: usize,
    judgement: &Judgement,
    (written, due): (SourceTime, SourceTime),
    cover: Option<Cover>,
) -> Outcome {
    match (cover.map(|cover| cover.lag), judgement) {
        (Some(None), _) => Outcome::InTime(None),
        (Some(Some(lag)), _) if written.plus(lag) <= due => Outcome::InTime(Some(lag)),
        (Some(Some(lag)), _) => {
            let missed = world.gap(world.own_place(key, replica), written, written.plus(lag));
            missed.map_or(Outcome::NotInTime, Outcome::Unknown)
        }
        (None, Judgement::Converged) => Outcome::InTime(None),
        (None, Judgement::Unknown(why)) => Outcome::Unknown(why.clone()),
        (None, _) => Outcome::NotInTime,
    }
}

/// When the cell closes, clock errors included.
fn deadline(plan: &ReplicaPlan, history: usize, write: &Write) -> SourceTime {
    write.counts_from.plus(plan.within).plus(plan.against[history].clock_error)
}

/// When the next open cell of the replica closes.
pub(super) fn next(key: &KeyState, replica: usize, plan: &ReplicaPlan) -> Option<SourceTime> {
    let bit = 1 << replica;
    let histories = (0..key.histories()).filter(|history| plan.concerned(*history));
    let open = histories.flat_map(|history| {
        let writes = key.history(history).writes.iter().filter(|write| write.open & bit != 0);
        writes.map(move |write| deadline(plan, history, write))
    });
    open.min()
}

/// Forgets what the histories need not remember any more. Cells that were still open then will never be known.
pub(super) fn trim(key: &mut KeyState, plan: &EntityPlan, tally: &mut Tally) {
    for history in 0..key.histories() {
        let surplus = key.history(history).surplus(plan.history);
        if surplus == 0 {
            continue;
        }
        let needed = needed(key, plan, history);
        for write in key.history_mut(history).forget(surplus, &needed) {
            for replica in (0..plan.replicas.len()).filter(|replica| write.open & (1 << replica) != 0) {
                if let Some(flight) = &mut key.flight {
                    flight.covers.retain(|cover| !cover.is(history, replica, write.seq));
                }
                tally.close(key.entity, replica, write.sight.at, Outcome::Unknown(Why::HistoryIncomplete));
            }
        }
    }
}

/// The writes that replicas show in any field, and the first ones that they lack: what is told of a replica that stands
/// still must not change because its authority goes on.
fn needed(key: &KeyState, plan: &EntityPlan, history: usize) -> Vec<usize> {
    let writes = key.history(history);
    let mut needed = Vec::new();
    for replica in plan.checked() {
        if history == MAIN {
            let absent = key.main.last_absent(replica).filter(|_| !key.sides[replica].present());
            needed.extend(key.sides[replica].shows().and_then(|seq| key.main.index_of(seq)).or(absent));
        }
        if let Held::Row(row) = key.held(replica) {
            let known = fields(plan.replicas[replica].against[history].mask).filter(|it| row.digest(*it) != UNKNOWN);
            needed.extend(known.filter_map(|field| writes.last_with(replica, field, row.digest(field))));
        }
    }
    let next: Vec<usize> = needed.iter().map(|index| index + 1).collect();
    needed.extend(next);
    needed
}
