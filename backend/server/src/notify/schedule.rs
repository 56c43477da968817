//! When a message is tried again: the Standard Webhooks schedule with jitter drawn from the message's id (not from chance,
//! so that a restart changes nothing), and never before a receiver's `Retry-After`.

use plumbline_model::{Lag, ReceivedTime};
use xxhash_rust::xxh3::xxh3_64;

/// Waits before the tries after the first; spread over about a day, as Standard Webhooks advises. In seconds.
const WAITS_SECONDS: [i64; 9] = [5, 30, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 86_400];
/// A receiver may ask for patience, but not without end.
const RETRY_AFTER_MAX: Lag = Lag::from_secs(86_400);

/// What becomes of a message after a failed try.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    TryAt(ReceivedTime),
    /// No more tries: it waits for a person who sends it again.
    Dead,
}

/// `tries` counts those made, the failed one included; `retry_after` is what the receiver asked for.
pub fn after_failure(id: &str, tries: u32, now: ReceivedTime, retry_after: Option<Lag>, gone: bool) -> Next {
    let Some(&wait) = WAITS_SECONDS.get(tries.saturating_sub(1) as usize).filter(|_| !gone) else { return Next::Dead };
    let wait = Lag::from_secs(wait);
    let draw = xxh3_64(format!("{id}.{tries}").as_bytes()) % 1_000;
    // Up to a fifth later, so that many messages that failed together do not come back together.
    let jitter = Lag(wait.0 / 5_000 * draw as i64);
    let asked = retry_after.unwrap_or(Lag::ZERO).min(RETRY_AFTER_MAX);
    Next::TryAt(now.plus(wait.saturating_add(jitter).max(asked)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: ReceivedTime = ReceivedTime::from_secs(1_000);

    #[test]
    fn waits_grow_and_end() {
        let waits: Vec<_> = (1..=10).map(|tries| after_failure("m", tries, NOW, None, false)).collect();
        for pair in waits[..9].windows(2) {
            let (Next::TryAt(first), Next::TryAt(second)) = (pair[0], pair[1]) else { panic!("{pair:?}") };
            assert!(first < second);
        }
        assert_eq!(waits[9], Next::Dead);
        assert_eq!(after_failure("m", 1, NOW, None, true), Next::Dead, "410 Gone ends it at once");
    }

    #[test]
    fn the_receiver_is_obeyed_and_the_draw_is_the_same_after_a_restart() {
        assert_eq!(
            after_failure("m", 1, NOW, Some(Lag::from_secs(90)), false),
            Next::TryAt(NOW.plus(Lag::from_secs(90)))
        );
        assert_eq!(after_failure("m", 2, NOW, None, false), after_failure("m", 2, NOW, None, false));
        assert_ne!(after_failure("a", 2, NOW, None, false), after_failure("b", 2, NOW, None, false));
    }
}
