//! Sights that are ahead of the authority. What a replica shows is understood against what the authority wrote before, and
//! the authority's records may come later than the replica's (a slow collector, a backlog after a restart). A sight that
//! does not plainly show the next writes is laid aside until it does, or until the authority has been seen past it. So the
//! order in which sources are read changes neither verdicts nor lags.

use std::cmp::Ordering;

use plumbline_model::{Lag, Reason, SourceTime};
use serde::{Deserialize, Serialize};

use super::{
    cells::{self, How},
    expiry,
    history::Write,
    judge::{Facts, Judgement, World},
    keys::{Held, KeyState},
    places::{PlaceId, Places},
    plan::{MAIN, ReplicaPlan},
    row::{Mask, Row, fields},
    see::{self, Seeing, Seen},
    sight::Sight,
    standing::position,
    tally::Tally,
};

/// Sights that wait for each replica of a key at most (LIM-1). More are only there while the authority's source stands still;
/// then the oldest are forgotten, and what they would have shown is not known.
const AHEAD_MAX: usize = 256;

/// A sight that waits.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Ahead {
    seeing: Seeing,
    /// The newest sight of the same content in a log. What is pushed may come out of order, so that a sight of something
    /// else can still be put between two of the same: there, every sight waits by itself.
    pub latest: Sight,
    /// It is older than what the replica is known to hold: it tells only what was shown before that, and when.
    pub late: bool,
}

/// Whether what is seen is plainly a later write than the last one that the replica is certain to have shown: equal content
/// of an equal version, in a log that is read in order, so that nothing before it is missing. Content alone is not plain,
/// because the authority may have written the same again since; nor is a version that a store
/// which expires brings back, because that may be any old one.
pub(super) fn plain(key: &KeyState, at: usize, plan: &ReplicaPlan, seeing: &Seeing) -> bool {
    let (Some(row), Some(version), true) = (&seeing.row, seeing.sight.version(), plan.simple()) else { return false };
    if plan.excuses(key.held(at)) {
        return false;
    }
    let top = key.sides[at].top(MAIN);
    let Some(Ok(index)) = position(&key.main, at, plan.mask(), Some(row), top) else { return false };
    let write = &key.main.writes[index];
    in_order(&write.sight, &seeing.sight)
        && write.sight.version() == Some(version)
        && top.is_none_or(|top| write.seq > top)
}

/// Whether both come from logs, which are read in order.
fn in_order(left: &Sight, right: &Sight) -> bool {
    left.position.is_offset() && right.position.is_offset()
}

/// Lays a sight aside, where it belongs among those that wait already.
pub(super) fn queue(key: &mut KeyState, at: usize, plan: &ReplicaPlan, mut seeing: Seeing, places: &Places) -> Seen {
    let newer = |other: &Sight, than: &Sight| other.order(than, places) == Ordering::Greater;
    let late = key.sides[at].seen && newer(&key.sides[at].sight, &seeing.sight);
    let held = match key.held(at) {
        Held::Row(held) => Some(held.clone()),
        _ => None,
    };
    let waiting = &mut key.sides[at].rare().ahead;
    let index = waiting.partition_point(|other| !newer(&other.seeing.sight, &seeing.sight));
    let before = index.checked_sub(1).map(|before| &mut waiting[before]).filter(|before| late || !before.late);
    if !late {
        let row = before.as_ref().map_or(held.as_ref(), |before| before.seeing.row.as_ref());
        seeing.row.iter_mut().zip(row).for_each(|(row, before)| row.carry_over(before));
    }
    if let Some(before) = before
        && same(before.seeing.row.as_ref(), seeing.row.as_ref(), plan)
        && in_order(&before.latest, &seeing.sight)
    {
        // What is read again is older than that.
        if newer(&seeing.sight, &before.latest) {
            before.latest = seeing.sight;
        }
        return Seen::Known;
    }
    waiting.insert(index, Ahead { latest: seeing.sight, seeing, late });
    if waiting.len() > AHEAD_MAX {
        waiting.drain(..waiting.len() - AHEAD_MAX);
        let unknown_to = waiting.front().map(|first| first.seeing.sight.at);
        key.sides[at].rare().unknown_to = unknown_to;
    }
    Seen::Ahead
}

fn same(left: Option<&Row>, right: Option<&Row>, plan: &ReplicaPlan) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => left.changed(right, plan.mask()) == 0,
        (left, right) => left.is_none() && right.is_none(),
    }
}

/// Whether the replica is known to hold just that.
fn holds(key: &KeyState, at: usize, plan: &ReplicaPlan, seeing: &Seeing) -> bool {
    match key.held(at) {
        Held::Unseen => false,
        Held::Absent => seeing.row.is_none(),
        Held::Row(held) => same(Some(held), seeing.row.as_ref(), plan),
    }
}

/// What came of the sights that waited.
pub(super) struct Drained {
    /// The last one that was taken in.
    pub taken: Option<Sight>,
    /// Up to when which authority has to be seen for the next one.
    pub wait: Option<(PlaceId, SourceTime)>,
}

/// Takes in what the authority explains, or has been seen past.
pub(super) fn drain(world: &World<'_>, key: &mut KeyState, at: usize, tally: &mut Tally) -> Drained {
    let plan = &world.plan.replicas[at];
    let mut drained = Drained { taken: None, wait: None };
    while let Some(first) = key.sides[at].waiting() {
        let until = first.seeing.sight.at.plus(error(plan));
        let seeing = &first.seeing;
        let plain = match first.late {
            true => plainly_shown(key, at, plan, seeing),
            false => plain(key, at, plan, seeing),
        };
        if let Some(place) = world.unseen_authority(key, at, until).filter(|_| !plain) {
            drained.wait = Some((place, until));
            break;
        }
        let Some(first) = key.sides[at].rare().ahead.pop_front() else { break };
        if first.late {
            take_late(key, at, plan, &first.seeing, world.places);
            continue;
        }
        drained.taken = Some(first.seeing.sight);
        if holds(key, at, plan, &first.seeing) {
            see::unchanged(&mut key.sides[at], first.latest);
            continue;
        }
        take(key, at, plan, first.seeing, world.base.known_from(at).is_ok(), tally);
        key.sides[at].sight = first.latest;
    }
    key.sides[at].tidy();
    drained
}

/// The replica holds what was seen, from then on; what it held before, it held until then.
pub(super) fn take(
    key: &mut KeyState,
    at: usize,
    plan: &ReplicaPlan,
    seeing: Seeing,
    absence_known: bool,
    tally: &mut Tally,
) {
    let (sight, until) = (seeing.sight, seeing.sight.at.plus(error(plan)));
    let excused = plan.excuses(key.held(at));
    if excused {
        // It had been without the key for all the time that those had.
        expiry::excuse(key, at, plan, |history, write| cells::deadline(plan, history, write) <= sight.at);
    } else {
        cells::cover(key, at, plan, absence_known, How::Held, until, tally);
    }
    see::hold(key, at, plan, seeing);
    let how = if sight.baseline() { How::Found } else { How::Shown(sight.at) };
    cells::cover(key, at, plan, absence_known, how, until, tally);
    if excused {
        expiry::excuse(key, at, plan, |_, write| write.sight.at <= sight.at);
    }
}

/// Whether every authority that has a say is known to have written what was seen then. That the key was there, or was not,
/// any older incarnation explains: which one it was is known when the authority has been seen so far.
fn plainly_shown(key: &KeyState, at: usize, plan: &ReplicaPlan, seeing: &Seeing) -> bool {
    let content = |history: usize| seeing.row.is_some() && plan.against[history].mask != 0;
    let mut concerned = (0..key.histories()).filter(|history| *history == MAIN || plan.concerned(*history));
    concerned.all(|history| content(history) && shown_by(key, at, plan, history, seeing).is_some())
}

/// Whether a write of a history says what was seen.
fn says(write: &Write, at: usize, mask: Mask, seeing: &Seeing) -> bool {
    match &seeing.row {
        Some(row) => write.expects(at) && write.row.equals(row, mask),
        None => !write.expects(at),
    }
}

/// The last write of a history that could be what was seen then.
fn shown_by(key: &KeyState, at: usize, plan: &ReplicaPlan, history: usize, seeing: &Seeing) -> Option<usize> {
    let mask = plan.against.get(history).map_or(0, |against| against.mask);
    let latest = seeing.sight.at.plus(error(plan));
    let writes = &key.history(history).writes;
    writes.iter().rposition(|write| says(write, at, mask, seeing) && write.sight.at <= latest)
}

/// Takes in what was shown before the newest sight: since when, and whether the replica went back from it.
fn take_late(key: &mut KeyState, at: usize, plan: &ReplicaPlan, seeing: &Seeing, places: &Places) {
    key.sides[at].has_past &= !seeing.sight.creates();
    // What is older in a log has been read before, in its turn. What was seen next after it may be forgotten by now, so it
    // must not be taken for lasting until what is still remembered.
    let again = in_order(&key.sides[at].sight, &seeing.sight)
        && places.lane(key.sides[at].sight.place) == places.lane(seeing.sight.place);
    let until = if again { seeing.sight.at } else { next_sight(key, at, seeing.sight.at) };
    if seeing.row.is_none() && plan.excuses(Held::Absent) {
        if again {
            return;
        }
        expiry::late(key, at, plan, (seeing.sight.at, until));
    } else {
        for history in plan.others() {
            match seeing.row {
                Some(_) => take_late_in(key, at, plan, history, seeing, until),
                None => expiry::followed(key, at, plan, history, (seeing.sight.at, seeing.sight.at)),
            }
        }
        take_late_in(key, at, plan, MAIN, seeing, until);
    }
    interrupt(key, at, plan, seeing);
}

/// What the replica was seen to hold before and after the late sight of something else, it held again only when it was seen
/// to; and a wrong value is one of several in a row no more, if there was none between them.
fn interrupt(key: &mut KeyState, at: usize, plan: &ReplicaPlan, seeing: &Seeing) {
    let (late, mask) = (seeing.sight.at, plan.mask());
    let (differs, right) = match (key.held(at), &seeing.row) {
        (Held::Unseen, _) => return,
        (Held::Absent, row) => (row.is_some(), 0),
        (Held::Row(_), None) => (true, mask),
        (Held::Row(held), Some(row)) => {
            let changed = held.changed(row, mask & !row.unknown(mask));
            (changed != 0, changed & !see::unexplained(key, at, plan, row, changed))
        }
    };
    let side = &mut key.sides[at];
    let since = if side.changed_at > late { side.changed_at } else { side.sight.at };
    if differs {
        side.changed_at = since;
    }
    let Some(own) = side.rare.as_mut().and_then(|rare| rare.own.as_mut()) else { return };
    for field in fields(right) {
        if let Some(appeared) = own.appeared.get_mut(field).filter(|appeared| **appeared <= late) {
            *appeared = since;
            own.wandering &= !(1 << field);
        }
    }
}

/// `until`: when it was seen next.
fn take_late_in(key: &mut KeyState, at: usize, plan: &ReplicaPlan, history: usize, seeing: &Seeing, until: SourceTime) {
    let Some(index) = shown_by(key, at, plan, history, seeing) else { return };
    if !seeing.sight.baseline() {
        cells::shown_before(key, at, plan, history, index, seeing.sight.at);
        // What was written then and changed nothing for it, it held already.
        let mask = plan.against[history].mask;
        let held = |write: &Write| write.sight.at <= until && says(write, at, mask, seeing);
        if let Some(last) = key.history(history).writes.iter().rposition(held) {
            cells::held_until(key, at, plan, history, index + 1..last + 1, seeing.sight.at);
        }
    }
    let (writes, mask, side) = (key.history(history), plan.against[history].mask, &key.sides[at]);
    let place = |top: Option<u32>| {
        let place = position(writes, at, mask, seeing.row.as_ref(), top)?.ok()?;
        Some(writes.writes[place].seq)
    };
    let (top, left_at) = (side.top(history), side.left_at(history));
    // It may have come back to what it had left; otherwise only the first write of the same content is certain to have been
    // shown.
    let back = top.filter(|_| left_at.is_some_and(|left_at| left_at <= seeing.sight.at) && place(top) == top);
    let Some(seq) = back.or_else(|| place(None).filter(|seq| top.is_none_or(|top| top < *seq))) else { return };
    let (shows, since) = match key.held(at) {
        Held::Row(row) if history != MAIN || !plan.simple() => {
            let shows = position(writes, at, mask, Some(row), None);
            let shows = shows.map(|place| writes.writes[place.unwrap_or_else(|back| back)].seq);
            let changed = fields(seeing.row.as_ref().map_or(0, |before| row.changed(before, mask)));
            let appeared = changed.filter_map(|field| side.own()?.appeared.get(field).copied()).max();
            (shows, appeared.unwrap_or(side.changed_at))
        }
        _ => (side.shows(), side.changed_at),
    };
    if back.is_some() && since <= seeing.sight.at && holds(key, at, plan, seeing) {
        return;
    }
    let absent = !side.present() && !plan.excuses(Held::Absent);
    let went_back = absent || (side.present() && shows.is_some_and(|shows| shows < seq));
    let since = if since > seeing.sight.at { since } else { side.sight.at };
    let left_at = left_at.filter(|left_at| *left_at > seeing.sight.at).or(Some(since).filter(|_| went_back));
    key.sides[at].rare().stands(history, Some(seq), left_at);
}

/// When the replica was seen next after a time, as far as is remembered; the time itself where it was not.
fn next_sight(key: &KeyState, at: usize, after: SourceTime) -> SourceTime {
    let side = &key.sides[at];
    let covers = key.flight.iter().flat_map(|flight| &flight.covers).filter(|cover| cover.replica as usize == at);
    let shown = covers.filter_map(|cover| {
        let writes = key.history(cover.history as usize);
        Some(writes.writes[writes.index_of(cover.seq)?].sight.at.plus(cover.lag?))
    });
    let next = side.waiting().map(|waiting| waiting.latest.at);
    let seen = shown.chain(next).chain([side.changed_at, side.sight.at]);
    seen.filter(|at| *at > after).min().unwrap_or(after)
}

/// The judgement of a replica of which newer sights wait. If the last of them shows the newest write, it has converged as
/// far as anybody knows. What was due before the first of them stands; otherwise nobody can say yet.
pub(super) fn judge(world: &World<'_>, key: &KeyState, at: usize, before: Judgement) -> Judgement {
    let side = &key.sides[at];
    let (Some(first), Some(last)) = (side.ahead(), side.newest()) else { return before };
    let plan = &world.plan.replicas[at];
    let error = error(plan);
    let changed_at = first.seeing.sight.at;
    if shows_newest(key, at, plan) {
        return Judgement::Converged;
    }
    let (facts, decided) = match &before {
        Judgement::Diverged { facts, .. } => (Some(facts), true),
        Judgement::Lagging { facts, .. } => (Some(facts), false),
        Judgement::Converged | Judgement::Unknown(_) => (None, false),
    };
    let due_before = facts.and_then(|facts| facts.due).is_some_and(|due| due.plus(error) < changed_at);
    if due_before || (decided && side.open().is_some()) {
        return before;
    }
    let due = last.at.plus(plan.within);
    let until = due.plus(error);
    let Some(place) = world.unseen_place(key, at, until) else { return before };
    let facts = Facts {
        reason: Reason::Phantom,
        due: Some(due),
        since: Some(changed_at),
        differs: 0,
        first: None,
        behind: None,
        strange: 0,
    };
    Judgement::Lagging { facts, place, until }
}

fn shows_newest(key: &KeyState, at: usize, plan: &ReplicaPlan) -> bool {
    let last = key.sides[at].rare.as_ref().and_then(|rare| rare.ahead.back());
    let row = last.and_then(|last| last.seeing.row.as_ref());
    let newest = key.main.newest().filter(|newest| newest.expects(at)).map(|newest| &newest.row);
    match (row, newest) {
        (Some(row), Some(newest)) => plan.simple() && row.equals(newest, plan.mask()),
        (row, newest) => row.is_none() && newest.is_none(),
    }
}

pub(super) fn error(plan: &ReplicaPlan) -> Lag {
    plan.against.iter().map(|against| against.clock_error).max().unwrap_or(Lag::ZERO)
}
