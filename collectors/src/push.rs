//! The frontier of a pushed source (SEM-3): an assumption, named as one, and held as soon as it could be wrong. Pure: time is
//! an argument.

use plumbline_model::{
    Lag, Partition, ReceivedTime, SourceName, SourceTime,
    journal::{Gap, GapReason, Held, Progress, Proof},
};

use crate::config::{DeliveryConfig, Duration, SourceConfig};

/// What is assumed of the senders of a pushed source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PushRules {
    /// No record comes later than this after it happened.
    pub lateness: Lag,
    /// Nothing is assumed any more when nothing was heard for so long.
    pub silence: Lag,
    /// A sender tries again for so long what was refused.
    pub retry_horizon: Lag,
    pub delivery: DeliveryConfig,
}

impl Default for PushRules {
    fn default() -> Self {
        Self {
            lateness: Lag::from_secs(30),
            silence: Lag::from_secs(300),
            retry_horizon: Lag::from_secs(300),
            delivery: DeliveryConfig::Once,
        }
    }
}

impl PushRules {
    /// What the configuration declares, and the defaults for the rest.
    pub fn of(config: &SourceConfig) -> Self {
        let default = Self::default();
        Self {
            lateness: config.lateness.map_or(default.lateness, Duration::lag),
            silence: config.silence.map_or(default.silence, Duration::lag),
            retry_horizon: config.retry_horizon.map_or(default.retry_horizon, Duration::lag),
            delivery: config.delivery.unwrap_or_default(),
        }
    }
}

/// The frontier of one pushed source.
#[derive(Clone, Debug)]
pub struct PushFrontier {
    source: SourceName,
    rules: PushRules,
    /// When something was last accepted, or a heartbeat came.
    heard: Option<ReceivedTime>,
    hold: Option<Hold>,
    frontier: Option<SourceTime>,
    told: Option<Proof>,
}

/// Something may be missing that senders will bring again.
#[derive(Clone, Copy, Debug)]
struct Hold {
    since: ReceivedTime,
    until: ReceivedTime,
    why: Held,
}

impl PushFrontier {
    pub const fn new(source: SourceName, rules: PushRules) -> Self {
        Self { source, rules, heard: None, hold: None, frontier: None, told: None }
    }

    /// The program started at `now`; the journal's last record is of `last`. What was sent in between is missing for good,
    /// which is the gap returned, or will be sent again, which holds the frontier.
    pub fn restarted(&mut self, last: ReceivedTime, now: ReceivedTime) -> Option<Gap> {
        match self.rules.delivery {
            DeliveryConfig::Retried => {
                let until = now.plus(self.rules.retry_horizon);
                self.hold = Some(Hold { since: last, until, why: Held::Restarted });
                None
            }
            DeliveryConfig::Once => Some(Gap {
                source: self.source.clone(),
                partition: None,
                from: self.assumed(last),
                to: Some(SourceTime(now.0)),
                reason: GapReason::NotRunning,
            }),
        }
    }

    /// A record was accepted.
    pub fn accepted(&mut self, now: ReceivedTime) {
        self.heard = self.heard.max(Some(now));
    }

    /// The sender said that it lives, though it has nothing to send.
    pub fn heartbeat(&mut self, now: ReceivedTime) {
        self.accepted(now);
    }

    /// A request was refused (429, 5xx, overrun): its sender may try again.
    pub fn refused(&mut self, now: ReceivedTime) {
        let until = now.plus(self.rules.retry_horizon);
        match &mut self.hold {
            Some(hold) if now < hold.until => hold.until = hold.until.max(until),
            hold => *hold = Some(Hold { since: now, until, why: Held::Refused }),
        }
    }

    /// The frontier at `now`, where it moved or its proof changed.
    pub fn tick(&mut self, now: ReceivedTime) -> Option<Progress> {
        if self.hold.is_some_and(|hold| now >= hold.until) {
            self.hold = None;
        }
        let silent_from = self.heard.map(|heard| heard.plus(self.rules.silence));
        let (up_to, proof) = match (self.hold, self.heard, silent_from) {
            (Some(hold), ..) => (Some(hold.since), Proof::Held { since: hold.since, why: hold.why }),
            (None, Some(heard), Some(end)) if now > end => (Some(end), Proof::Held { since: heard, why: Held::Silent }),
            (None, Some(_), _) => (Some(now), Proof::Assumed { lateness: self.rules.lateness }),
            // Nothing was ever heard: nothing is known.
            (None, None, _) => (None, self.told.clone().unwrap_or(Proof::Held { since: now, why: Held::Silent })),
        };
        let frontier = self.frontier.max(up_to.map(|up_to| self.assumed(up_to)));
        if frontier == self.frontier && self.told.as_ref() == Some(&proof) {
            return None;
        }
        self.frontier = frontier;
        self.told = Some(proof.clone());
        Some(Progress {
            source: self.source.clone(),
            partition: Partition::default(),
            position: None,
            frontier,
            proof,
            partitions: 1,
        })
    }

    const fn assumed(&self, received: ReceivedTime) -> SourceTime {
        SourceTime(received.minus(self.rules.lateness).0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: i64) -> ReceivedTime {
        ReceivedTime::from_secs(seconds)
    }

    fn frontier() -> PushFrontier {
        PushFrontier::new("traces".into(), PushRules::default())
    }

    /// `970 assumed`, or `-` where nothing new is told.
    fn told(frontier: &mut PushFrontier, now: i64) -> String {
        let Some(progress) = frontier.tick(s(now)) else { return "-".to_owned() };
        let at = progress.frontier.map_or("none".to_owned(), |at| (at.0 / 1_000_000_000).to_string());
        match progress.proof {
            Proof::Assumed { .. } => format!("{at} assumed"),
            Proof::Held { since, why } => format!("{at} held since {}: {why:?}", since.0 / 1_000_000_000),
            other => format!("{at} {other:?}"),
        }
    }

    #[test]
    fn it_follows_the_clock_while_something_is_heard_and_stops_in_silence() {
        let mut it = frontier();
        assert_eq!(told(&mut it, 1000), "none held since 1000: Silent");
        assert_eq!(told(&mut it, 1001), "-", "nothing new");
        it.accepted(s(1002));
        assert_eq!(told(&mut it, 1003), "973 assumed");
        assert_eq!(told(&mut it, 1302), "1272 assumed");
        assert_eq!(told(&mut it, 1303), "1272 held since 1002: Silent");
        assert_eq!(told(&mut it, 2000), "-");
        it.heartbeat(s(2001));
        assert_eq!(told(&mut it, 2001), "1971 assumed");
    }

    #[test]
    fn it_is_held_at_the_first_refusal_until_the_last_one_cannot_be_retried() {
        let mut it = frontier();
        it.accepted(s(1000));
        assert_eq!(told(&mut it, 1000), "970 assumed");
        it.refused(s(1001));
        it.accepted(s(1100));
        it.refused(s(1200));
        assert_eq!(told(&mut it, 1210), "971 held since 1001: Refused");
        it.accepted(s(1400));
        assert_eq!(told(&mut it, 1499), "-");
        assert_eq!(told(&mut it, 1500), "1470 assumed");
    }

    #[test]
    fn a_restart_is_a_gap_or_a_hold_by_what_senders_do() {
        let mut it = frontier();
        let gap = it.restarted(s(1000), s(1100)).unwrap();
        assert_eq!((gap.from, gap.to), (SourceTime::from_secs(970), Some(SourceTime::from_secs(1100))));
        assert_eq!(gap.reason, GapReason::NotRunning);
        let mut it =
            PushFrontier::new("traces".into(), PushRules { delivery: DeliveryConfig::Retried, ..PushRules::default() });
        assert_eq!(it.restarted(s(1000), s(1100)), None);
        it.accepted(s(1101));
        assert_eq!(told(&mut it, 1101), "970 held since 1000: Restarted");
        assert_eq!(told(&mut it, 1400), "1370 assumed");
    }

    #[test]
    fn it_never_goes_back() {
        let mut it = frontier();
        it.accepted(s(1000));
        assert_eq!(told(&mut it, 1010), "980 assumed");
        assert_eq!(told(&mut it, 1005), "-", "an older request is still on its way");
        it.refused(s(990));
        assert_eq!(told(&mut it, 1011), "980 held since 990: Refused");
    }
}
