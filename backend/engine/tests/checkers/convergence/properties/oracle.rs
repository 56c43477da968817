//! The brute-force oracle (SEM-22): with complete ground truth and no doubt about anything, when was a replica divergent,
//! and how does it stand in the end? It follows the wording of SEM-5 over the whole timeline and shares no code with the
//! checker. It wants worlds in which no value returns, so that every value tells which write it is.

use plumbline_model::{Lag, Reason, SourceTime};

use super::truth::{CLOCK_ERROR, State, WITHIN};

/// What is true of one key in one replica.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Answer {
    pub ever_diverged: bool,
    /// The verdict in the end; `None`: converged.
    pub in_the_end: Option<Reason>,
}

/// Decides over the whole timeline. `maps` is how many of the fields the replica maps.
pub fn answer(writes: &[State], states: &[State], maps: usize) -> Answer {
    let mut answer = Answer::default();
    let mut times: Vec<SourceTime> = writes.iter().chain(states).map(|state| state.at).collect();
    times.sort();
    let mut replica = Replica::default();
    for (index, &now) in times.iter().enumerate() {
        let written = &writes[..writes.iter().filter(|write| write.at <= now).count()];
        if let Some(state) = states.iter().find(|state| state.at == now) {
            replica.holds(state, written, maps);
        }
        let next = times.get(index + 1).copied().unwrap_or(SourceTime::MAX);
        let Some((reason, due)) = replica.claim(written, maps) else {
            answer.in_the_end = None;
            continue;
        };
        // It stays as it is until the next event; a fault counts if it lasts beyond within and the clock errors.
        let passed = due.plus(Lag(2 * CLOCK_ERROR.0)) < next;
        answer.ever_diverged |= passed;
        answer.in_the_end = passed.then_some(reason);
    }
    answer
}

/// What a replica holds, and what it held before.
#[derive(Default)]
struct Replica {
    value: Option<Vec<u64>>,
    since: SourceTime,
    /// The latest write that it has shown, and when it left that position.
    top: Option<usize>,
    left_at: Option<SourceTime>,
}

impl Replica {
    fn holds(&mut self, state: &State, written: &[State], maps: usize) {
        let value = state.fields.map(|fields| fields[..maps].to_vec());
        if value == self.value {
            return;
        }
        let strange = |held: &Self| held.value.is_some() && held.after(written, maps).is_none();
        let stays = strange(self);
        self.value = value;
        // One wrong value after another is wrong since the first.
        if !stays || !strange(self) {
            self.since = state.at;
        }
        match self.shown(written, maps) {
            Some(index) if self.top.is_none_or(|top| index >= top) => {
                self.top = Some(index);
                self.left_at = None;
            }
            Some(_) => drop(self.left_at.get_or_insert(state.at)),
            None if self.value.is_none() && self.top.is_some() => drop(self.left_at.get_or_insert(state.at)),
            None => {}
        }
    }

    /// The first write since the last delete that it shows.
    fn shown(&self, written: &[State], maps: usize) -> Option<usize> {
        let value = self.value.as_ref()?;
        written.iter().position(|write| write.fields.is_some_and(|fields| fields[..maps] == value[..]))
    }

    /// What is held against it, and when that is due.
    fn claim(&self, written: &[State], maps: usize) -> Option<(Reason, SourceTime)> {
        let newest = written.last().and_then(|write| write.fields).map(|fields| fields[..maps].to_vec());
        if newest == self.value {
            return None;
        }
        let left_at = self.left_at.unwrap_or(SourceTime::MIN);
        let lacks = |index: usize| written[index].at.max(left_at).plus(WITHIN);
        let (reason, due) = match (&self.value, &newest) {
            // The authority has never had it.
            (Some(_), None) if written.is_empty() => (Reason::Orphan, self.since.plus(WITHIN)),
            (None, Some(_)) => (Reason::Missing, lacks(0)),
            (Some(_), None) => (Reason::Orphan, lacks(self.after(written, maps).unwrap_or(written.len() - 1))),
            (Some(_), _) => match self.after(written, maps) {
                None => (Reason::Phantom, self.since.plus(WITHIN)),
                Some(first) if self.top.is_some_and(|top| first <= top) => (Reason::Regressed, lacks(first)),
                Some(first) => (Reason::Stale, lacks(first)),
            },
            (None, None) => return None,
        };
        Some((reason, due))
    }

    /// The first write after the ones that show what it holds.
    fn after(&self, written: &[State], maps: usize) -> Option<usize> {
        let value = self.value.as_ref()?;
        let same = |write: &State| write.fields.is_some_and(|fields| fields[..maps] == value[..]);
        written.iter().rposition(same).map(|last| last + 1)
    }
}
