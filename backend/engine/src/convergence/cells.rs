//! Cells: one for each write and each replica that it concerns (SEM-9). A cell is open until the frontiers have passed its
//! deadline, then closes as in time, not in time or unknown and never changes; what heals later is counted beside it.

use std::ops::Range;

use plumbline_model::{Lag, SourceTime, Why};

use super::{
    cellset::Cell,
    history::Write,
    judge::{Judgement, World},
    keys::{Cover, Held, KeyState},
    missed,
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
    let write = &mut key.history_mut(history).writes[index];
    if write.sight.baseline() {
        return;
    }
    for replica in plan.checked().filter(|replica| plan.replicas[*replica].concerned(history)) {
        write.cells.set(replica, Cell::Open);
    }
}

/// Notes which of the writes up to a time the replica shows.
pub(super) fn cover(
    key: &mut KeyState,
    replica: usize,
    plan: &ReplicaPlan,
    absence_known: bool,
    how: How,
    until: SourceTime,
    tally: &mut Tally,
) {
    for history in (0..key.histories()).filter(|history| plan.concerned(*history)) {
        let waits = |write: &Write| matches!(write.cells.get(replica), Cell::Open | Cell::Missed);
        let forgotten = missed::any(&key.sides[replica], history);
        if !forgotten && !key.history(history).writes.iter().rev().any(waits) {
            continue;
        }
        let shown = covered(key, replica, plan, history, absence_known);
        let last = key.history(history).writes[..shown].iter().rev().find(|write| write.sight.at <= until);
        if let Some(last) = last.map(|write| write.seq).filter(|_| forgotten) {
            missed::heal(&mut key.sides[replica], history, last, (key.entity, replica), tally);
        }
        // What was shown or closed before ends in front of what was not; only late writes lie elsewhere.
        let writes = &key.history(history).writes[..shown];
        let from = writes.iter().position(waits).unwrap_or(shown);
        for index in from..shown {
            let write = &key.history(history).writes[index];
            let (cell, seq, written) = (write.cells.get(replica), write.seq, write.sight.at);
            if written > until {
                continue;
            }
            let lag = lag(key, replica, plan, history, written, how);
            match cell {
                Cell::None | Cell::Shown => continue,
                Cell::Missed => tally.close(key.entity, replica, written, Outcome::Healed(lag)),
                Cell::Open => {
                    let cover = Cover { history: history as u8, replica: replica as u8, seq, lag };
                    key.flight().covers.push(cover);
                }
            }
            let after = if cell == Cell::Open { Cell::Shown } else { Cell::None };
            key.history_mut(history).writes[index].cells.set(replica, after);
        }
    }
}

/// Notes when the replica showed a write that came in behind others, while what it did then can still be told from the
/// cells beside it: it showed the write before and that has the same content, or it passed this one with the next.
pub(super) fn cover_between(key: &mut KeyState, replica: usize, plan: &ReplicaPlan, history: usize, index: usize) {
    let writes = &key.history(history).writes;
    let (write, Some(after)) = (&writes[index], writes.get(index + 1)) else { return };
    let same = |before: &&Write| {
        let mask = plan.against[history].mask;
        before.expects(replica) == write.expects(replica) && write.row.changed(&before.row, mask) == 0
    };
    let alike = index.checked_sub(1).map(|before| &writes[before]).filter(same);
    let from = alike.unwrap_or(after);
    let shown_at = match from.cells.get(replica) {
        Cell::Shown => key.cover(history, replica, from.seq).map(|cover| cover.lag.map(|lag| from.sight.at.plus(lag))),
        Cell::None if alike.is_some() => Some(None),
        _ => None,
    };
    let Some(shown_at) = shown_at.filter(|_| write.cells.get(replica) == Cell::Open) else { return };
    let lag = shown_at.map(|at| at.since(write.sight.at).max(Lag::ZERO));
    let cover = Cover { history: history as u8, replica: replica as u8, seq: write.seq, lag };
    key.flight().covers.push(cover);
    key.history_mut(history).writes[index].cells.set(replica, Cell::Shown);
}

/// The replica had shown a write, and those before it, earlier than was known.
pub(super) fn shown_before(
    key: &mut KeyState,
    replica: usize,
    plan: &ReplicaPlan,
    history: usize,
    last: usize,
    at: SourceTime,
) {
    let held_since = key.sides[replica].changed_at.min(key.sides[replica].sight.at);
    for index in 0..=last {
        let write = &key.history(history).writes[index];
        // What it holds, it may have held before that time as well.
        let held = match key.held(replica) {
            Held::Row(row) => write.expects(replica) && write.row.equals(row, plan.against[history].mask),
            Held::Absent | Held::Unseen => !write.expects(replica),
        };
        if held && held_since <= at {
            continue;
        }
        let (cell, seq, lag) = (write.cells.get(replica), write.seq, at.since(write.sight.at).max(Lag::ZERO));
        let cover = Cover { history: history as u8, replica: replica as u8, seq, lag: Some(lag) };
        match cell {
            Cell::None | Cell::Missed => {}
            Cell::Open => {
                key.flight().covers.push(cover);
                key.history_mut(history).writes[index].cells.set(replica, Cell::Shown);
            }
            Cell::Shown => {
                let covers = &mut key.flight().covers;
                if let Some(known) = covers.iter_mut().find(|known| known.is(history, replica, seq)) {
                    known.lag = known.lag.map(|known| known.min(lag));
                }
            }
        }
    }
}

/// The replica had held from a time on, without changing, what these writes wrote again or passed over.
pub(super) fn held_until(
    key: &mut KeyState,
    replica: usize,
    plan: &ReplicaPlan,
    history: usize,
    writes: Range<usize>,
    from: SourceTime,
) {
    for index in writes {
        let write = &key.history(history).writes[index];
        let (cell, seq, written) = (write.cells.get(replica), write.seq, write.sight.at);
        if !cell.open() {
            continue;
        }
        // As in `lag`: what changed about when the write was made changed because of it.
        let because = from.plus(plan.against[history].clock_error) >= written;
        let lag = because.then(|| from.since(written).max(Lag::ZERO));
        let covers = &mut key.flight().covers;
        match covers.iter_mut().find(|known| known.is(history, replica, seq)) {
            Some(known) => known.lag = known.lag.zip(lag).map(|(known, lag)| known.min(lag)),
            None => covers.push(Cover { history: history as u8, replica: replica as u8, seq, lag }),
        }
        key.history_mut(history).writes[index].cells.set(replica, Cell::Shown);
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
    // What came behind its own frontier was given time (`Write::counts_from`), and yet was so when it says.
    let held_since = side.changed_at.min(side.sight.at);
    let changed_at = match how {
        How::Shown(at) => at,
        // It changed about when the write was made, so it changed because of it and was only seen first.
        How::Held if side.seen && held_since.plus(plan.against[history].clock_error) >= written => held_since,
        How::Held | How::Found => return None,
    };
    Some(changed_at.since(written).max(Lag::ZERO))
}

/// Closes the cells whose deadline has passed.
pub(super) fn close(world: &World<'_>, key: &mut KeyState, replica: usize, judgement: &Judgement, tally: &mut Tally) {
    let plan = &world.plan.replicas[replica];
    let seen_to = world.seen_to(key, replica);
    for history in (0..key.histories()).filter(|history| plan.concerned(*history)) {
        let error = plan.against[history].clock_error;
        for index in first_open(key, history, replica)..key.history(history).writes.len() {
            let write = &key.history(history).writes[index];
            let (cell, seq, written) = (write.cells.get(replica), write.seq, write.sight.at);
            let due = deadline(plan, history, write);
            if due > seen_to {
                break;
            }
            // What can only be asked is decided by an answer, or by the lack of one.
            let answered = !plan.probed || probe::seen_since(key, replica, due.minus(error));
            let failed = *judgement == Judgement::Unknown(Why::ProbeFailed);
            if !cell.open() || (cell == Cell::Open && !answered && !failed) {
                continue;
            }
            let cover = if cell == Cell::Shown { key.take_cover(history, replica, seq) } else { None };
            let known = world.base.known_from(replica).is_ok();
            let held = cover.is_none() && index < covered(key, replica, plan, history, known);
            let outcome = if !plan.clocks_decide(history) {
                Outcome::Unknown(Why::Clock)
            } else if held {
                Outcome::InTime(None)
            } else {
                outcome(world, key, replica, judgement, (written, due), cover)
            };
            let mut after = Cell::None;
            if matches!(outcome, Outcome::NotInTime) {
                match cover {
                    None => after = Cell::Missed,
                    Some(cover) => tally.close(key.entity, replica, written, Outcome::Healed(cover.lag)),
                }
            }
            key.history_mut(history).writes[index].cells.set(replica, after);
            tally.close(key.entity, replica, written, outcome);
        }
    }
}

fn first_open(key: &KeyState, history: usize, replica: usize) -> usize {
    let writes = &key.history(history).writes;
    writes.iter().position(|write| write.cells.get(replica).open()).unwrap_or(writes.len())
}

fn outcome(
    world: &World<'_>,
    key: &KeyState,
    replica: usize,
    judgement: &Judgement,
    (written, due): (SourceTime, SourceTime),
    cover: Option<Cover>,
) -> Outcome {
    if let Some(in_time) = cover.and_then(|cover| in_time(cover, written, due)) {
        return in_time;
    }
    match (cover.and_then(|cover| cover.lag), judgement) {
        _ if written <= key.sides[replica].unknown_to() => Outcome::Unknown(Why::HistoryIncomplete),
        (Some(lag), _) => {
            let missed = world.gap(world.own_place(key, replica), written, written.plus(lag));
            missed.map_or(Outcome::NotInTime, Outcome::Unknown)
        }
        // It converged by a sight that still waits for the authority.
        (None, Judgement::Converged) if shown_after(key, replica, due) => Outcome::NotInTime,
        (None, Judgement::Converged) => Outcome::InTime(None),
        (None, Judgement::Unknown(why)) => Outcome::Unknown(why.clone()),
        // What the replica did in a gap was not seen: it may have shown the write there, and not what it shows now.
        (None, _) => {
            let missed = world.gap(world.own_place(key, replica), written, due);
            missed.map_or(Outcome::NotInTime, Outcome::Unknown)
        }
    }
}

/// Whether a write that was shown was so in time.
fn in_time(cover: Cover, written: SourceTime, due: SourceTime) -> Option<Outcome> {
    cover.lag.is_none_or(|lag| written.plus(lag) <= due).then_some(Outcome::InTime(cover.lag))
}

/// Whether the newest sight waits and is from after the time.
fn shown_after(key: &KeyState, replica: usize, due: SourceTime) -> bool {
    let side = &key.sides[replica];
    side.ahead().is_some() && side.newest().is_some_and(|newest| newest.at > due)
}

/// When the cell closes, clock errors included.
pub(super) fn deadline(plan: &ReplicaPlan, history: usize, write: &Write) -> SourceTime {
    write.counts_from().plus(plan.within).plus(plan.against[history].clock_error)
}

/// The writes whose cells of the replica have not closed, with their histories.
pub(super) fn open_ones(key: &KeyState, replica: usize) -> impl Iterator<Item = (usize, &Write)> {
    let writes =
        (0..key.histories()).flat_map(|history| key.history(history).writes.iter().map(move |it| (history, it)));
    writes.filter(move |(_, write)| write.cells.get(replica).open())
}

/// When the next open cell of the replica closes.
pub(super) fn next(key: &KeyState, replica: usize, plan: &ReplicaPlan) -> Option<SourceTime> {
    let histories = (0..key.histories()).filter(|history| plan.concerned(*history));
    let first = |history| {
        let write = key.history(history).writes.get(first_open(key, history, replica))?;
        Some(deadline(plan, history, write))
    };
    histories.filter_map(first).min()
}

/// Forgets what the histories need not remember any more. Of cells that were still open then, those that were shown in time
/// are in time whatever comes, and the others will never be known; what was missed is counted.
pub(super) fn trim(key: &mut KeyState, plan: &EntityPlan, tally: &mut Tally) {
    for history in 0..key.histories() {
        let surplus = key.history(history).surplus(plan.history);
        if surplus == 0 {
            continue;
        }
        let needed = needed(key, plan, history);
        for write in key.history_mut(history).forget(surplus, &needed) {
            for replica in plan.checked() {
                let own = &plan.replicas[replica];
                match write.cells.get(replica) {
                    Cell::None => {}
                    Cell::Missed => {
                        missed::forget(&mut key.sides[replica], history, write.seq, write.sight.at.minute())
                    }
                    Cell::Open | Cell::Shown => {
                        let cover = key.take_cover(history, replica, write.seq);
                        let in_time =
                            cover.and_then(|cover| in_time(cover, write.sight.at, deadline(own, history, &write)));
                        let in_time = in_time.filter(|_| own.clocks_decide(history));
                        let outcome = in_time.unwrap_or(Outcome::Unknown(Why::HistoryIncomplete));
                        tally.close(key.entity, replica, write.sight.at, outcome);
                    }
                }
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
            for field in known {
                let digest = row.digest(field);
                needed.extend(writes.last_with(replica, field, digest));
                // Of what it shows and should not hold, also that the authority wrote it.
                let lacked = writes.lacked(replica, field, digest);
                let wrote =
                    |lacked: usize| writes.writes[..lacked].iter().rposition(|it| it.row.digest(field) == digest);
                needed.extend(lacked);
                needed.extend(lacked.and_then(wrote));
            }
        }
    }
    let next: Vec<usize> = needed.iter().map(|index| index + 1).collect();
    needed.extend(next);
    needed
}
