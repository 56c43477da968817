//! Seeing: how a sight of a replica, or a write of an authority, becomes part of a key's state. What follows from it for
//! anybody is for `settle`. Late, repeated and replayed sights change nothing that a newer one said.

use std::cmp::Ordering;

use plumbline_model::SourceTime;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::{
    ahead,
    cellset::CellSet,
    history::{History, Inserted, Write},
    keys::{Held, KeyState},
    places::Places,
    plan::{MAIN, ReplicaPlan},
    row::{Mask, Row, UNKNOWN, fields},
    side::{Own, Side},
    sight::Sight,
    standing::position,
};

/// One state as it was seen.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Seeing {
    pub sight: Sight,
    /// `None`: the key is not there.
    pub row: Option<Row>,
    /// See `Write::counts_from`.
    pub counts_from: SourceTime,
}

/// What became of a sight of a replica.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Seen {
    /// It says nothing new.
    Known,
    /// The replica holds something else now, and it is plain what.
    Plain(Seeing),
    /// It waits in `Rare::ahead` for the authority.
    Ahead,
}

impl Seeing {
    /// When it became so; `MIN` where nobody saw that.
    fn changed_at(&self) -> SourceTime {
        if self.sight.baseline() { SourceTime::MIN } else { self.counts_from }
    }
}

/// Looks what is new in a sight of a replica. One that comes late fills in nothing that a newer one did not carry:
/// sources whose records do not carry all fields are logs, and read in order.
pub(super) fn replica(key: &mut KeyState, at: usize, plan: &ReplicaPlan, mut seeing: Seeing, places: &Places) -> Seen {
    let side = &mut key.sides[at];
    if let Some(newest) = side.newest() {
        let known = newest.same(&seeing.sight, places) || (side.seen && side.sight.same(&seeing.sight, places));
        let late = newest.order(&seeing.sight, places).is_gt();
        if known {
            return Seen::Known;
        }
        if late || side.ahead().is_some() {
            return ahead::queue(key, at, plan, seeing, places);
        }
    }
    let changed = match (key.held(at), &mut seeing.row) {
        (Held::Unseen, _) => true,
        (Held::Absent, row) => row.is_some(),
        (Held::Row(_), None) => true,
        (Held::Row(before), Some(row)) => {
            row.carry_over(before);
            row.changed(before, plan.mask()) != 0
        }
    };
    if !changed {
        unchanged(&mut key.sides[at], seeing.sight);
        return Seen::Known;
    }
    if ahead::plain(key, at, plan, &seeing) {
        return Seen::Plain(seeing);
    }
    ahead::queue(key, at, plan, seeing, places)
}

/// The replica was seen to hold what it held.
pub(super) fn unchanged(side: &mut Side, sight: Sight) {
    side.has_past &= !sight.creates();
    side.sight = sight;
}

/// The replica holds what was seen, from now on.
pub(super) fn hold(key: &mut KeyState, at: usize, plan: &ReplicaPlan, seeing: Seeing) {
    place(key, at, plan, &seeing);
    let side = &mut key.sides[at];
    if !side.seen {
        (side.has_past, side.unannounced) = (seeing.sight.continues(), seeing.sight.unannounced());
    }
    side.has_past &= !seeing.sight.creates();
    side.seen = true;
    side.sight = seeing.sight;
    side.changed_at = seeing.changed_at();
    if let Some(open) = side.rare.as_mut().and_then(|rare| rare.open.as_mut()) {
        open.proven = false;
    }
    side.tidy();
}

/// Finds where in the authorities' histories it stands.
fn place(key: &mut KeyState, at: usize, plan: &ReplicaPlan, seeing: &Seeing) {
    let row = seeing.row.as_ref();
    if row.is_none() && plan.excuses(Held::Absent) {
        // That is nothing to come back from, and takes no time from it.
        return key.sides[at].expire();
    }
    let main = moved(key, at, plan, MAIN, seeing);
    let own = match row {
        Some(row) if main.place.is_none() || !plan.simple() => Some(own(key, at, plan, row, seeing.changed_at())),
        _ => None,
    };
    let others = plan.others().map(|history| match row {
        Some(_) => (history, moved(key, at, plan, history, seeing)),
        None => (history, gone(&key.sides[at], history, main.left_at)),
    });
    let others: SmallVec<[(usize, Moved); 1]> = others.collect();
    let shown = main.place.map(|place| key.main.writes[place.unwrap_or_else(|back| back)].seq);
    let kept = matches!(main.place, Some(Ok(_)));
    let side = &mut key.sides[at];
    side.set_shows(shown.filter(|_| own.is_none()));
    let top = main.top.filter(|_| !kept || own.is_some());
    if side.rare.is_some() || own.is_some() || main.left_at.is_some() || top.is_some() {
        let rare = side.rare();
        rare.own = own;
        rare.stands(MAIN, top, main.left_at);
        others.iter().for_each(|(history, moved)| rare.stands(*history, moved.top, moved.left_at));
    }
}

/// Where a replica comes to stand in a history.
struct Moved {
    place: Option<Result<usize, usize>>,
    /// The newest write that it is certain to have shown.
    top: Option<u32>,
    /// Since when it is behind that.
    left_at: Option<SourceTime>,
}

fn moved(key: &KeyState, at: usize, plan: &ReplicaPlan, history: usize, seeing: &Seeing) -> Moved {
    let (row, side, writes) = (seeing.row.as_ref(), &key.sides[at], key.history(history));
    let place = position(writes, at, plan.against[history].mask, row, side.top(history));
    let went_back = match place {
        Some(Ok(_)) => false,
        Some(Err(_)) => true,
        None => went_back(key, at, plan, history, row),
    };
    let left_at = match place {
        _ if plan.excuses(key.held(at)) && behind(writes, place, seeing) => Some(seeing.counts_from),
        Some(Ok(_)) => None,
        _ if went_back => Some(side.left_at(history).unwrap_or(seeing.counts_from)),
        _ => side.left_at(history),
    };
    let top = match place {
        Some(Ok(index)) => Some(writes.writes[index].seq),
        _ => side.top(history),
    };
    Moved { place, top, left_at }
}

/// The same for a history of single fields when the replica does not hold the key any more: it left what it showed there only
/// if it should hold the key.
fn gone(side: &Side, history: usize, left_at: Option<SourceTime>) -> Moved {
    let top = side.top(history);
    let left_at = left_at.filter(|_| top.is_some()).map(|left_at| side.left_at(history).unwrap_or(left_at));
    Moved { place: None, top, left_at }
}

/// Whether what a store brings back was old when it did: then its time to come right begins with that.
fn behind(history: &History, place: Option<Result<usize, usize>>, seeing: &Seeing) -> bool {
    match place {
        Some(Ok(index)) => history.writes.get(index + 1).is_some_and(|next| next.sight.at <= seeing.counts_from),
        Some(Err(_)) | None => true,
    }
}

/// Whether something that matches no single write goes back behind what was held before, in any field.
fn went_back(key: &KeyState, at: usize, plan: &ReplicaPlan, history: usize, row: Option<&Row>) -> bool {
    let Some(row) = row else { return key.sides[at].top(history).is_some() };
    let Held::Row(before) = key.held(at) else { return false };
    let last = |row: &Row, field| match row.digest(field) {
        UNKNOWN => None,
        digest => key.history(history).last_with(at, field, digest),
    };
    // What matches nothing went nowhere that could be told.
    let back = |field| last(row, field).is_some_and(|now| Some(now) < last(before, field));
    fields(row.changed(before, plan.against[history].mask)).any(back)
}

fn own(key: &KeyState, at: usize, plan: &ReplicaPlan, row: &Row, now: SourceTime) -> Own {
    let side = &key.sides[at];
    let before = match key.held(at) {
        Held::Row(before) => Some(before),
        _ => None,
    };
    let changed = before.map_or(u64::MAX, |before| row.changed(before, plan.mask()));
    let since = |field: usize| side.own().and_then(|own| own.appeared.get(field).copied()).unwrap_or(side.changed_at);
    let last = 64 - plan.mask().leading_zeros() as usize;
    // One wrong value after another is wrong since the first, or a field that changes often enough would never be due.
    let unexplained = |row: &Row, among: Mask| unexplained(key, at, plan, row, among);
    let stays_wrong = before.map_or(0, |before| unexplained(row, unexplained(before, changed & plan.mask())));
    let anew = changed & !stays_wrong;
    let appeared: SmallVec<[SourceTime; 3]> =
        (0..last).map(|field| if anew & (1 << field) != 0 { now } else { since(field) }).collect();
    let wandering = side.own().map_or(0, |own| own.wandering) & !anew | stays_wrong;
    Own { row: row.clone(), appeared, wandering, proven: side.proven() & !changed }
}

/// The fields among these whose value equals no write; all of them as long as the replica should not hold the key at all.
pub(super) fn unexplained(key: &KeyState, at: usize, plan: &ReplicaPlan, row: &Row, among: Mask) -> Mask {
    if plan.follows && !key.main.writes.iter().any(|write| write.expects(at)) {
        return among;
    }
    let decides = |field: usize| plan.against.iter().position(|against| against.mask & (1 << field) != 0);
    let strange = |field: &usize| {
        let digest = row.digest(*field);
        let lacked = |history: usize| key.history(history).lacked(at, *field, digest);
        digest != UNKNOWN && decides(*field).is_some_and(|history| lacked(history).is_none())
    };
    fields(among).filter(strange).map(|field| 1 << field).sum()
}

/// A write came in, perhaps before others: what it may explain of the past is not held against the replica any more.
pub(super) fn reconsider(key: &mut KeyState, at: usize, plan: &ReplicaPlan, history: usize, index: usize) {
    let written = key.history(history).writes[index].sight.at;
    let side = &mut key.sides[at];
    if written <= side.changed_at.plus(ahead::error(plan)) {
        let all = history == MAIN && plan.follows;
        side.settle_down(if all { Mask::MAX } else { plan.against[history].mask });
    }
}

/// Takes a write of an authority into its history. A row of a snapshot is a write only where it differs from what was
/// known, and then proves that something was missed (SEM-8).
pub(super) fn write(key: &mut KeyState, history: usize, seeing: Seeing, places: &Places) -> Inserted {
    let writes = key.history_mut(history);
    if let Some(newest) = writes.writes.last()
        && seeing.sight.baseline()
    {
        let known = seeing.row.as_ref().is_some_and(|row| newest.sight.present() && row.agrees(&newest.row));
        let older = newest.sight.order(&seeing.sight, places) == Ordering::Greater;
        if known || older {
            writes.show_again(seeing.sight.at);
            return Inserted::Known;
        }
        writes.cut = true;
    }
    let mut row = seeing.row.unwrap_or_default();
    if seeing.counts_from != seeing.sight.at {
        row.set_counts_from(seeing.counts_from);
    }
    let write = Write { sight: seeing.sight, row, seq: 0, cells: CellSet::default() };
    let inserted = writes.insert(write, places);
    if let Inserted::At(index) = inserted
        && let writes = &key.history(history).writes
        && index + 1 < writes.len()
    {
        renumber(key, history, writes[index].seq);
    }
    inserted
}

/// A write was put in before others: what refers to those follows.
fn renumber(key: &mut KeyState, history: usize, from: u32) {
    key.sides.iter_mut().for_each(|side| side.renumber(history, from));
    if let Some(flight) = &mut key.flight {
        let later = flight.covers.iter_mut().filter(|cover| cover.history as usize == history && cover.seq >= from);
        later.for_each(|cover| cover.seq += 1);
    }
}

/// Looks anew where a side stands in a history, after a write came in that may explain what it holds.
pub(super) fn rematch(key: &mut KeyState, at: usize, plan: &ReplicaPlan, history: usize) {
    let side = &key.sides[at];
    if !side.seen || side.rare.is_none() {
        return;
    }
    let row = match key.held(at) {
        Held::Row(row) => Some(row),
        _ => None,
    };
    if history != MAIN && (row.is_none() || plan.others().all(|other| other != history)) {
        return;
    }
    let writes = key.history(history);
    let place = position(writes, at, plan.against[history].mask, row, side.top(history));
    let Some(Ok(index)) = place else { return };
    let (seq, simple) = (writes.writes[index].seq, plan.simple());
    // When a store that expires brought something back stays so, whatever write that was.
    let newest = index + 1 == writes.writes.len();
    let left_at = side.left_at(history).filter(|_| plan.may_be_missing && !newest);
    let side = &mut key.sides[at];
    if history == MAIN {
        side.set_shows(Some(seq).filter(|_| simple));
    }
    let rare = side.rare();
    rare.stands(history, (!simple).then_some(seq), left_at);
    if simple {
        rare.own = None;
    }
    side.tidy();
}
