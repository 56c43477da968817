//! Writes that a replica missed and that its authority's history has forgotten since: how many in which minute, so that they
//! are counted as late once the replica has come past them (SEM-9). A replica that stands still while its key is written a
//! thousand times is late with a thousand writes, of which few are remembered.

use plumbline_model::time::Minute;
use serde::{Deserialize, Serialize};

use super::{side::Side, tally::Tally};

/// Minutes that are told apart for each replica of a key at most (LIM-1); of more, the oldest are counted together. Larger
/// keeps the minutes of a longer standstill apart, at 24 bytes each.
const MINUTES_MAX: usize = 64;

/// The missed writes of a minute.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Missed {
    history: u8,
    /// The number of the last of them.
    last: u32,
    count: u32,
    minute: Minute,
}

impl Missed {
    fn is_of(&self, history: usize) -> bool {
        self.history as usize == history
    }

    /// A write was put in before others.
    pub fn renumber(&mut self, history: usize, from: u32) {
        if self.is_of(history) && self.last >= from {
            self.last += 1;
        }
    }
}

/// A missed write is forgotten; they come in their order.
pub(super) fn forget(side: &mut Side, history: usize, seq: u32, minute: Minute) {
    let missed = &mut side.rare().missed;
    match missed.iter_mut().rev().find(|known| known.is_of(history)) {
        Some(known) if known.minute == minute => (known.last, known.count) = (seq, known.count.saturating_add(1)),
        _ => missed.push(Missed { history: history as u8, last: seq, count: 1, minute }),
    }
    if missed.len() > MINUTES_MAX {
        // There are far fewer histories than minutes, so two of one history stand among them.
        let next =
            |index: &usize| (index + 1..missed.len()).find(|next| missed[*next].history == missed[*index].history);
        if let Some((older, newer)) = (0..missed.len()).find_map(|index| Some((index, next(&index)?))) {
            missed[newer].count = missed[newer].count.saturating_add(missed[older].count);
            missed.remove(older);
        }
    }
}

/// Whether any were forgotten.
pub(super) fn any(side: &Side, history: usize) -> bool {
    side.rare.as_ref().is_some_and(|rare| rare.missed.iter().any(|missed| missed.is_of(history)))
}

/// The replica shows a write: what it missed before that one has come right.
pub(super) fn heal(side: &mut Side, history: usize, shown: u32, (entity, replica): (u16, usize), tally: &mut Tally) {
    let Some(rare) = &mut side.rare else { return };
    rare.missed.retain(|missed| {
        let healed = missed.is_of(history) && missed.last < shown;
        if healed {
            tally.heal(entity, replica, missed.minute, u64::from(missed.count));
        }
        !healed
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_more_minutes_than_are_told_apart_none_is_lost() {
        let mut side = Side::default();
        for seq in 0..1000 {
            forget(&mut side, (seq % 2) as usize, seq, Minute(i64::from(seq)));
        }
        let missed = &side.rare().missed;
        assert_eq!(missed.len(), MINUTES_MAX);
        let of = |history| missed.iter().filter(|it| it.is_of(history)).map(|it| it.count).sum::<u32>();
        assert_eq!((of(0), of(1)), (500, 500));
        assert_eq!(missed.last().map(|it| (it.minute, it.last, it.count)), Some((Minute(999), 999, 1)));
    }
}
