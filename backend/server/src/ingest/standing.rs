//! How keys stand at this moment, beside the counts that are told once a minute: judged anew every few seconds, as long as
//! that costs little. It tells pages and decides nothing.

use std::{collections::BTreeMap, time::Duration};

use plumbline_model::{EntityName, Lag, ReceivedTime, ReplicaName, rollup::Keys};

/// Judging anew so often.
const EVERY: Lag = Lag::from_secs(5);
/// All keys are judged in the loop that takes records in. Where it takes longer than this, senders would wait for a page.
const CHEAP: Duration = Duration::from_millis(100);
/// How long it is left alone where it was not cheap.
const REST: Lag = Lag::from_secs(600);
/// What is older is worse than the count of the last minute.
const FRESH: Lag = Lag::from_secs(30);

/// Keys by entity and replica, as of a moment.
#[derive(Clone, Default, Debug)]
pub struct Standing {
    at: ReceivedTime,
    keys: BTreeMap<(EntityName, ReplicaName), Keys>,
}

impl Standing {
    pub fn new(at: ReceivedTime, keys: BTreeMap<(EntityName, ReplicaName), Keys>) -> Self {
        Self { at, keys }
    }

    /// The counts, unless they are too old to be shown as the present.
    pub fn keys(&self, now: ReceivedTime) -> BTreeMap<(EntityName, ReplicaName), Keys> {
        if now.0 - self.at.0 > FRESH.0 { BTreeMap::new() } else { self.keys.clone() }
    }
}

/// When keys are judged the next time.
#[derive(Clone, Copy, Default, Debug)]
pub struct Turn {
    next: ReceivedTime,
}

impl Turn {
    pub fn has_come(&self, now: ReceivedTime) -> bool {
        now >= self.next
    }

    pub fn took(&mut self, now: ReceivedTime, took: Duration) {
        let pause = if took > CHEAP { REST } else { EVERY };
        self.next = now.plus(pause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_counts_are_no_present() {
        let at = ReceivedTime::from_secs(1_000);
        let place = ("order".into(), "view".into());
        let standing = Standing::new(at, [(place, Keys { unknown: 3, ..Keys::default() })].into());
        assert_eq!(standing.keys(at.plus(Lag::from_secs(30))).len(), 1);
        assert!(standing.keys(at.plus(Lag::from_secs(31))).is_empty());
    }

    #[test]
    fn what_is_not_cheap_is_left_alone_for_long() {
        let at = ReceivedTime::from_secs(1_000);
        let mut turn = Turn::default();
        assert!(turn.has_come(at));
        turn.took(at, Duration::from_millis(3));
        assert!(!turn.has_come(at.plus(Lag::from_secs(4))) && turn.has_come(at.plus(Lag::from_secs(5))));
        turn.took(at, Duration::from_millis(300));
        assert!(!turn.has_come(at.plus(Lag::from_secs(599))));
    }
}
