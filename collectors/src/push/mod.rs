//! The frontier of a push source (SEM-3): an assumption, and named as one. It follows the clock at a distance, only while
//! something is heard, and stands from the first refusal until senders had time to try again. Pure: time is an argument.

use plumbline_model::{
    Lag, Partition, ReceivedTime, SourceName, SourceTime,
    journal::{Held, Progress, Proof},
};

use crate::config::SourceConfig;

/// No record is assumed to be later than this. Larger: findings come later; smaller: late records are more often too late.
pub const LATENESS: Lag = Lag::from_secs(30);
/// A source of which nothing was heard for so long may be cut off. Larger: a broken sender goes unnoticed for longer.
pub const SILENCE: Lag = Lag::from_secs(300);
/// For so long after a refusal a sender may still repeat what was refused. The default of OTLP exporters is 5 min.
pub const RETRY_HORIZON: Lag = Lag::from_secs(300);

/// The frontier of one push source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PushFrontier {
    source: SourceName,
    lateness: Lag,
    silence: Lag,
    retry_horizon: Lag,
    /// When something was last accepted, or a heartbeat came.
    heard: Option<ReceivedTime>,
    hold: Option<Hold>,
    /// It never goes back.
    frontier: Option<SourceTime>,
}

/// Why and for how long the frontier stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Hold {
    why: Held,
    since: ReceivedTime,
    until: ReceivedTime,
}

impl PushFrontier {
    pub fn new(source: SourceName, config: &SourceConfig) -> Self {
        let lag = |declared: Option<crate::config::Duration>, default| declared.map_or(default, |it| it.lag());
        Self {
            source,
            lateness: lag(config.lateness, LATENESS),
            silence: lag(config.silence, SILENCE),
            retry_horizon: lag(config.retry_horizon, RETRY_HORIZON),
            heard: None,
            hold: None,
            frontier: None,
        }
    }

    /// A request was accepted, or a heartbeat came.
    pub fn accepted(&mut self, now: ReceivedTime) {
        self.heard = self.heard.max(Some(now));
    }

    /// A request was refused with 429 or 5xx, or overran: what was in it may come again.
    pub fn refused(&mut self, now: ReceivedTime) {
        self.hold(Held::Refused, now);
    }

    /// Plumbline was down, and the senders are declared to try again (`delivery: retried`).
    pub fn restarted(&mut self, now: ReceivedTime) {
        self.hold(Held::Restarted, now);
    }

    /// The frontier stands at the first refusal; later ones make it stand longer.
    fn hold(&mut self, why: Held, now: ReceivedTime) {
        let until = now.plus(self.retry_horizon);
        match &mut self.hold {
            Some(hold) if hold.until > now => hold.until = until,
            hold => *hold = Some(Hold { why, since: now, until }),
        }
    }

    /// The progress at `now`, the time up to which everything received was journaled. `None` before anything was heard.
    pub fn tick(&mut self, now: ReceivedTime) -> Option<Progress> {
        let heard = self.heard?;
        let silent = heard.plus(self.silence);
        if self.hold.is_some_and(|hold| hold.until <= now) {
            self.hold = None;
        }
        let (seen_to, proof) = match self.hold {
            Some(hold) => (hold.since, Proof::Held { since: hold.since, why: hold.why }),
            None if now > silent => (silent, Proof::Held { since: silent, why: Held::Silent }),
            None => (now, Proof::Assumed { lateness: self.lateness }),
        };
        self.frontier = self.frontier.max(Some(SourceTime(seen_to.0).minus(self.lateness)));
        Some(Progress {
            source: self.source.clone(),
            partition: Partition::default(),
            position: None,
            frontier: self.frontier,
            proof,
            partitions: 1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> ReceivedTime {
        ReceivedTime::from_secs(seconds)
    }

    /// The frontier in seconds, and whether it is assumed or why it is held.
    fn told(frontier: &mut PushFrontier, now: i64) -> (i64, Option<Held>) {
        let progress = frontier.tick(at(now)).unwrap();
        let held = match progress.proof {
            Proof::Held { why, .. } => Some(why),
            _ => None,
        };
        (progress.frontier.unwrap().0 / 1_000_000_000, held)
    }

    #[test]
    fn follows_the_clock_at_a_distance_while_something_is_heard() {
        let mut frontier = PushFrontier::new("otlp".into(), &SourceConfig::default());
        assert_eq!(frontier.tick(at(1_000)), None, "nothing was heard: nobody can say");
        frontier.accepted(at(1_000));
        assert_eq!(told(&mut frontier, 1_001), (971, None));
        assert_eq!(told(&mut frontier, 1_300), (1_270, None), "quiet for exactly as long as is allowed");
        assert_eq!(told(&mut frontier, 1_400), (1_270, Some(Held::Silent)), "and no further");
        frontier.accepted(at(1_450));
        assert_eq!(told(&mut frontier, 1_450), (1_420, None));
    }

    #[test]
    fn stands_from_the_first_refusal_until_senders_had_time() {
        let mut frontier = PushFrontier::new("otlp".into(), &SourceConfig::default());
        frontier.accepted(at(1_000));
        frontier.refused(at(1_010));
        frontier.accepted(at(1_200));
        frontier.refused(at(1_200));
        assert_eq!(told(&mut frontier, 1_201), (980, Some(Held::Refused)));
        assert_eq!(told(&mut frontier, 1_499), (980, Some(Held::Refused)), "the second refusal makes it longer");
        frontier.accepted(at(1_499));
        assert_eq!(told(&mut frontier, 1_500), (1_470, None));
    }

    #[test]
    fn never_goes_back() {
        let mut frontier = PushFrontier::new("otlp".into(), &SourceConfig::default());
        frontier.accepted(at(1_000));
        assert_eq!(told(&mut frontier, 1_020), (990, None));
        frontier.restarted(at(1_000));
        assert_eq!(told(&mut frontier, 1_021), (990, Some(Held::Restarted)));
    }
}
