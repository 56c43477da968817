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
    /// `None`: as long as this process lives.
    until: Option<ReceivedTime>,
    why: Held,
}

/// What the journal last said of a pushed source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LastTold {
    pub frontier: Option<SourceTime>,
    pub proof: Proof,
}

impl PushFrontier {
    pub const fn new(source: SourceName, rules: PushRules) -> Self {
        Self { source, rules, heard: None, hold: None, frontier: None, told: None }
    }

    /// The program started at `now`; the journal's last record is of `last`, and `told` is what it says of this source. What was
    /// sent since nobody listened is missing for good, which is the gap returned, or will be sent again, which holds the frontier.
    pub fn restarted(&mut self, last: ReceivedTime, told: Option<LastTold>, now: ReceivedTime) -> Option<Gap> {
        let until = Some(now.plus(self.rules.retry_horizon));
        let mut deaf_since = last;
        if let Some(LastTold { frontier, proof }) = told {
            self.frontier = frontier;
            match proof {
                // Time went on in the journal while nobody listened any more.
                Proof::Held { since, why: Held::Closing } => deaf_since = since.min(last),
                // What was refused then may still come.
                Proof::Held { since, why: why @ (Held::Refused | Held::Restarted) } => {
                    self.hold = Some(Hold { since, until, why });
                }
                _ => {}
            }
        }
        match self.rules.delivery {
            DeliveryConfig::Retried => {
                let since = self.hold.map_or(deaf_since, |hold| hold.since.min(deaf_since));
                self.hold = Some(Hold { since, until, why: Held::Restarted });
                None
            }
            DeliveryConfig::Once => Some(Gap {
                source: self.source.clone(),
                partition: None,
                from: self.assumed(deaf_since),
                to: Some(SourceTime(now.0)),
                reason: GapReason::NotRunning,
            }),
        }
    }

    /// Nobody listens any more from `now` on: the frontier stands for the rest of this process, and the next one learns from
    /// the journal since when.
    pub fn close(&mut self, now: ReceivedTime) {
        let since = self.hold.map_or(now, |hold| hold.since.min(now));
        self.hold = Some(Hold { since, until: None, why: Held::Closing });
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
        self.end_hold(now);
        match &mut self.hold {
            Some(hold) => hold.until = hold.until.map(|end| end.max(until)),
            none => *none = Some(Hold { since: now, until: Some(until), why: Held::Refused }),
        }
    }

    fn end_hold(&mut self, now: ReceivedTime) {
        self.hold = self.hold.filter(|hold| hold.until.is_none_or(|until| now < until));
    }

    /// The frontier at `now`, where it moved or its proof changed.
    pub fn tick(&mut self, now: ReceivedTime) -> Option<Progress> {
        self.end_hold(now);
        let heard = self.heard.map(|heard| (heard, heard.plus(self.rules.silence)));
        let (up_to, proof) = match (self.hold, heard) {
            // A hold stops the frontier and never moves it: where nothing was heard, nothing is known up to the hold either.
            (Some(hold), heard) => {
                let up_to = heard.map(|(_, silent_from)| silent_from.min(hold.since));
                (up_to, Proof::Held { since: hold.since, why: hold.why })
            }
            (None, Some((heard, silent_from))) if now > silent_from => {
                (Some(silent_from), Proof::Held { since: heard, why: Held::Silent })
            }
            (None, Some(_)) => (Some(now), Proof::Assumed { lateness: self.rules.lateness }),
            // Nothing was heard in this process: nothing more is known.
            (None, None) => (None, self.silent_since(now)),
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

    /// The proof of a source that was never heard. What was told stays, so that nothing new is told each second.
    fn silent_since(&self, now: ReceivedTime) -> Proof {
        match &self.told {
            Some(told @ Proof::Held { why: Held::Silent, .. }) => told.clone(),
            _ => Proof::Held { since: now, why: Held::Silent },
        }
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

    fn retried() -> PushFrontier {
        let rules = PushRules { delivery: DeliveryConfig::Retried, ..PushRules::default() };
        PushFrontier::new("traces".into(), rules)
    }

    /// What a journal keeps of what was told.
    fn last_told(frontier: &PushFrontier) -> Option<LastTold> {
        Some(LastTold { frontier: frontier.frontier, proof: frontier.told.clone()? })
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
        let gap = it.restarted(s(1000), None, s(1100)).unwrap();
        assert_eq!((gap.from, gap.to), (SourceTime::from_secs(970), Some(SourceTime::from_secs(1100))));
        assert_eq!(gap.reason, GapReason::NotRunning);
        let mut it = retried();
        assert_eq!(it.restarted(s(1000), None, s(1100)), None);
        it.accepted(s(1101));
        assert_eq!(told(&mut it, 1101), "970 held since 1000: Restarted");
        assert_eq!(told(&mut it, 1400), "1370 assumed");
    }

    #[test]
    fn closed_it_stands_and_the_next_start_knows_since_when() {
        for delivery in [DeliveryConfig::Once, DeliveryConfig::Retried] {
            let new = || PushFrontier::new("traces".into(), PushRules { delivery, ..PushRules::default() });
            let mut it = new();
            it.accepted(s(999));
            assert_eq!(told(&mut it, 1000), "970 assumed");
            it.close(s(1000));
            // What was on its way is still taken or refused.
            it.accepted(s(1001));
            it.refused(s(1002));
            assert_eq!(told(&mut it, 1003), "970 held since 1000: Closing");
            for now in 1004..1400 {
                assert_eq!(told(&mut it, now), "-", "at {now}");
            }
            let mut next = new();
            let gap = next.restarted(s(1400), last_told(&it), s(1500));
            next.accepted(s(1501));
            if delivery == DeliveryConfig::Once {
                let gap = gap.unwrap();
                assert_eq!((gap.from, gap.to), (SourceTime::from_secs(970), Some(SourceTime::from_secs(1500))));
            } else {
                assert_eq!(gap, None);
                assert_eq!(told(&mut next, 1501), "970 held since 1000: Restarted");
                assert_eq!(told(&mut next, 1799), "-");
                assert_eq!(told(&mut next, 1800), "1770 assumed");
            }
        }
    }

    #[test]
    fn a_restart_ends_no_hold_and_makes_nothing_known() {
        let mut it = retried();
        it.accepted(s(1000));
        it.refused(s(1001));
        assert_eq!(told(&mut it, 1100), "971 held since 1001: Refused");
        let mut next = retried();
        next.restarted(s(1100), last_told(&it), s(1110));
        next.accepted(s(1111));
        assert_eq!(told(&mut next, 1111), "971 held since 1001: Restarted", "what was refused may still come");
        let mut never = retried();
        never.restarted(s(1000), None, s(1100));
        assert_eq!(told(&mut never, 1101), "none held since 1000: Restarted");
        assert_eq!(told(&mut never, 1400), "none held since 1400: Silent", "nothing was ever heard");
        assert_eq!(told(&mut never, 1401), "-");
        let mut silent = retried();
        silent.accepted(s(1000));
        assert_eq!(told(&mut silent, 2000), "1270 held since 1000: Silent");
        let mut next = retried();
        next.restarted(s(2000), last_told(&silent), s(2100));
        assert_eq!(told(&mut next, 2101), "1270 held since 2000: Restarted");
    }

    #[test]
    fn a_refusal_makes_nothing_known_either() {
        let mut it = frontier();
        it.refused(s(1000));
        assert_eq!(told(&mut it, 1001), "none held since 1000: Refused");
        it.accepted(s(1002));
        assert_eq!(told(&mut it, 1003), "970 held since 1000: Refused");
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
