//! Stores that expire: they may be without a key at any time, and what is written meanwhile they need not have (SEM-6). A
//! write is followed when the store is next without the key, or holds it; one that comes while it is without the key is
//! excused, and so is one that it still lacks when it is filled again: its time to come right begins with that (SEM-5).

use plumbline_model::{Lag, SourceTime};

use super::{
    cells,
    cellset::Cell,
    history::Write,
    keys::{Cover, KeyState},
    plan::{MAIN, ReplicaPlan},
};

/// Notes that a store that expires did not lack the writes that are still open, because it was without the key.
pub(super) fn excuse(key: &mut KeyState, replica: usize, plan: &ReplicaPlan, excused: impl Fn(usize, &Write) -> bool) {
    for history in (0..key.histories()).filter(|history| plan.concerned(*history)) {
        for index in 0..key.history(history).writes.len() {
            let write = &key.history(history).writes[index];
            if write.cells.get(replica) != Cell::Open || !excused(history, write) {
                continue;
            }
            let cover = Cover { history: history as u8, replica: replica as u8, seq: write.seq, lag: None };
            key.flight().covers.push(cover);
            key.history_mut(history).writes[index].cells.set(replica, Cell::Shown);
        }
    }
}

/// It is told only now that the store was without the key before it held, or last left, what is known of it. What was seen
/// next after that had brought the key back.
pub(super) fn late(
    key: &mut KeyState,
    replica: usize,
    plan: &ReplicaPlan,
    (expired, filled_at): (SourceTime, SourceTime),
) {
    for history in (0..key.histories()).filter(|history| plan.concerned(*history)) {
        followed(key, replica, plan, history, (expired, filled_at));
    }
    let side = &mut key.sides[replica];
    if !side.present() {
        return;
    }
    let since = if side.changed_at > expired { side.changed_at } else { side.sight.at };
    for history in plan.others().chain([MAIN]) {
        let (top, left_at) = (side.top(history), side.left_at(history).max(Some(since)));
        side.rare().stands(history, top, left_at);
    }
}

/// Notes for the cells of the writes until it was filled again what they would be, had it been told in its turn that the
/// replica was without the key. Where it need not be without it, nothing is excused: it had only followed what came before.
pub(super) fn followed(
    key: &mut KeyState,
    replica: usize,
    plan: &ReplicaPlan,
    history: usize,
    (expired, filled_at): (SourceTime, SourceTime),
) {
    for index in 0..key.history(history).writes.len() {
        let write = &key.history(history).writes[index];
        let (seq, written) = (write.seq, write.sight.at);
        if !write.cells.get(replica).open() || written > filled_at {
            continue;
        }
        let due = cells::deadline(plan, history, write);
        let in_turn = |shown: Option<Lag>| match shown {
            _ if written <= expired => {
                Some(shown.map_or(expired.since(written), |lag| lag.min(expired.since(written))))
            }
            Some(lag) if written.plus(lag) <= filled_at && filled_at < due => Some(lag),
            _ => None,
        };
        let (history, replica) = (history as u8, replica as u8);
        let covers = &mut key.flight().covers;
        match covers.iter_mut().find(|cover| cover.is(history.into(), replica.into(), seq)) {
            // What nobody saw happen is in time already.
            Some(cover) => cover.lag = cover.lag.and_then(|lag| in_turn(Some(lag))),
            None => covers.push(Cover { history, replica, seq, lag: in_turn(None) }),
        }
        key.history_mut(history.into()).writes[index].cells.set(replica.into(), Cell::Shown);
    }
}
