//! SEM-1: when it happened. A mapping's own `time`, else what the envelope says, else the broker's timestamp, else the time of
//! reception; and never a time that cannot be.

use plumbline_model::{ReceivedTime, SourceTime, time::Lag};
use serde_json::Value;

use super::Mapper;
use crate::{
    IssueKind, Place, RawRecord,
    canonical::instant,
    expr::{Find, Scope},
};

/// Times before 2000-01-01 are unset clocks and epoch zeros, not history.
pub(crate) const EARLIEST: SourceTime = SourceTime::from_secs(946_684_800);
/// Times further ahead of reception are broken clocks or wrong units: taken for true they would end every wait at once.
pub(crate) const MAX_AHEAD: Lag = Lag::from_secs(3600);

/// Refuses times that cannot be.
///
/// # Errors
/// What is wrong with the time, in words.
pub(crate) fn plausible(at: SourceTime, received: ReceivedTime) -> Result<SourceTime, String> {
    if at < EARLIEST {
        return Err(format!("the time {at} is before 2000"));
    }
    if at.0 > received.plus(MAX_AHEAD).0 {
        return Err(format!("the time {at} is more than an hour after reception at {received}"));
    }
    Ok(at)
}

/// What is expected of every time.
pub(crate) const EXPECTED: &str = "a time after 2000 and at most an hour ahead of reception";

/// When an observation counts as received: what comes from a recording, when it happened (SEM-4).
pub(crate) fn received(record: &RawRecord, at: SourceTime) -> ReceivedTime {
    if record.recorded { ReceivedTime(at.0) } else { record.received }
}

impl Mapper<'_> {
    /// The time that `selector` gives, or the document's; `None`, with an issue, where there is none that can be true.
    pub(super) fn time(&mut self, selector: Option<&Find>, scope: &Scope<'_>, place: &str) -> Option<SourceTime> {
        let found = match selector {
            Some(selector) => match selector.find(scope) {
                Ok(Some(value)) if !value.is_null() => self.read_time(&value, place)?,
                Ok(_) => {
                    let reason = "the record does not have it".to_owned();
                    self.issue(IssueKind::Time, Place::Mapping(place.to_owned()), reason, "a time");
                    return None;
                }
                Err(failure) => {
                    let reason = self.quote_failure(failure);
                    self.issue(IssueKind::Time, Place::Mapping(place.to_owned()), reason, "a time");
                    return None;
                }
            },
            None => self.own_time()?,
        };
        let place = match (selector, self.document.at) {
            (Some(_), _) => Place::Mapping(place.to_owned()),
            (None, Some(_)) => Place::Member(self.mapping.format.time_place().to_owned()),
            (None, None) => Place::Member("the record's timestamp".to_owned()),
        };
        plausible(found, self.record.received)
            .map_err(|reason| self.issue(IssueKind::Time, place, reason, EXPECTED))
            .ok()
    }

    fn own_time(&mut self) -> Option<SourceTime> {
        let told = self.document.at.or(self.record.timestamp);
        if told.is_none() && self.record.recorded {
            let reason = "the recorded record has no time".to_owned();
            self.issue(IssueKind::Time, Place::Whole, reason, "a time in the record, or a `time:` in its mapping");
            return None;
        }
        Some(told.unwrap_or(SourceTime(self.record.received.0)))
    }

    fn read_time(&mut self, value: &Value, place: &str) -> Option<SourceTime> {
        match instant(value, None) {
            // Beyond 64 bits it is beyond 2262 or before 1678: `plausible` says so of the nearest that fits.
            Ok(ns) => i64::try_from(ns.clamp(i64::MIN.into(), i64::MAX.into())).ok().map(SourceTime),
            Err(expected) => {
                let reason = format!("found {}", self.quote(value));
                self.issue(IssueKind::Time, Place::Mapping(place.to_owned()), reason, &expected);
                None
            }
        }
    }
}
