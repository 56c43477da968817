//! How replicas follow what was written: honest ones, in time, by chance. Everything follows from the dice.

use plumbline_model::{Lag, SourceTime};

use super::truth::{LAG_MAX, State};

/// A generator of small numbers; xorshift, after Marsaglia.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed | 1)
    }
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % sides.max(1)
    }
    pub fn one_in(&mut self, sides: u64) -> bool {
        self.roll(sides) == 0
    }
}

/// A replica that shows every write in time, or skips it because it shows the next one early enough.
pub fn follow(writes: &[State], dice: &mut Dice) -> Vec<State> {
    let mut states: Vec<State> = Vec::new();
    let mut skipped: Option<SourceTime> = None;
    for (index, write) in writes.iter().enumerate() {
        let oldest = *skipped.get_or_insert(write.at);
        let next_is_near = writes.get(index + 1).is_some_and(|next| next.at < oldest.plus(Lag(LAG_MAX.0 / 2)));
        if next_is_near && dice.one_in(3) {
            continue;
        }
        let room = oldest.plus(LAG_MAX).since(write.at);
        let shown = write.at.plus(Lag(1 + dice.roll(room.0 as u64) as i64));
        let after_last = states.last().map_or(SourceTime::MIN, |last| last.at.plus(Lag(1)));
        states.push(State { at: shown.max(after_last), ..write.clone() });
        skipped = None;
    }
    states
}

/// A store that loses the key now and then. What it brings back before it shows the newest again may be any older write, but
/// not for longer than is promised.
pub fn expire(writes: &[State], states: Vec<State>, dice: &mut Dice) -> Vec<State> {
    let mut expiring: Vec<State> = Vec::new();
    for (index, state) in states.iter().enumerate() {
        expiring.push(state.clone());
        let next = states.get(index + 1).map_or(SourceTime::MAX, |next| next.at);
        let gone = state.at.plus(Lag(1 + dice.roll(8_000_000_000) as i64));
        if gone >= next || dice.one_in(2) {
            continue;
        }
        expiring.push(State { at: gone, fields: None, version: state.version });
        let old_at = gone.plus(Lag(1 + dice.roll(30_000_000_000) as i64));
        let again_at = old_at.plus(Lag(1 + dice.roll(LAG_MAX.0 as u64) as i64));
        if again_at >= next || dice.one_in(3) {
            continue;
        }
        let written = writes.iter().filter(|write| write.at < old_at).count() as u64;
        let old = &writes[dice.roll(written) as usize];
        expiring.push(State { at: old_at, ..old.clone() });
        expiring.push(State { at: again_at, ..state.clone() });
    }
    expiring
}
