//! What requests may say: a range of time, a place in a list. Wrong values are named with what was expected.

use plumbline_model::{
    Lag, ReceivedTime, SourceTime,
    api::{Axis, Range},
    time::{MINUTE_NS, Minute},
};
use plumbline_store::{Cursor, Paging};
use serde::Deserialize;

use crate::http::problem::ApiError;

/// `from`, `to` (RFC 3339) or `last` (`15m`, `1h`, `7d`). Without any: the last hour.
#[derive(Clone, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RangeParams {
    pub from: Option<String>,
    pub to: Option<String>,
    pub last: Option<String>,
    /// Another word for `last`, as `plumbline report --since 1h` says it.
    pub since: Option<String>,
}

/// Points of a chart at most: more cannot be told apart on a screen.
const POINTS_MAX: i64 = 120;
/// The longest range that can be asked for.
const RANGE_MAX: Lag = Lag::from_secs(400 * 86_400);

impl RangeParams {
    /// The range, ending at `now` where no end is given.
    ///
    /// # Errors
    /// 400 naming the parameter.
    pub fn range(&self, now: ReceivedTime) -> Result<Range, ApiError> {
        let time = |name: &str, text: &str| {
            SourceTime::parse(text).ok_or_else(|| {
                let expected = "expected an RFC 3339 time such as 2026-11-21T10:00:00Z";
                ApiError::bad_request(format!("`{name}`: {expected}, got {text:?}")).at(name)
            })
        };
        let given = [("from", &self.from), ("last", &self.last), ("since", &self.since)];
        let given: Vec<_> = given.into_iter().filter(|(_, value)| value.is_some()).map(|(name, _)| name).collect();
        if let [one, other, ..] = given.as_slice() {
            let detail = format!("`{one}` and `{other}` both say where the range begins: give one of them");
            return Err(ApiError::bad_request(detail).at(*other));
        }
        let to = match &self.to {
            Some(text) => time("to", text)?,
            None => SourceTime(now.0),
        };
        let from = match (&self.from, self.last.as_ref().or(self.since.as_ref())) {
            (Some(text), _) => time("from", text)?,
            (None, Some(last)) => {
                let length: plumbline_collectors::config::Duration = last
                    .parse()
                    .map_err(|error| ApiError::bad_request(format!("`{0}`: {error}", given[0])).at(given[0]))?;
                to.minus(length.lag())
            }
            (None, None) => to.minus(Lag::from_secs(3600)),
        };
        if from >= to {
            let detail = format!("the range is empty: it begins at {from} and ends at {to}");
            return Err(ApiError::bad_request(detail).at("from"));
        }
        if to.since(from) > RANGE_MAX {
            return Err(ApiError::bad_request("a range may be 400 days long at most").at("from"));
        }
        Ok(Range { from, to })
    }
}

/// The whole minutes that a range touches, and how many of them make one point of a chart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Grid {
    pub from: Minute,
    /// Behind the last.
    pub to: Minute,
    pub step_minutes: u32,
}

impl Grid {
    pub fn of(range: Range) -> Self {
        let from = range.from.minute().0;
        let to = (range.to.0 - 1).div_euclid(MINUTE_NS) + 1;
        // From ten minutes on whole multiples of what the store has sums of.
        let steps = [1, 2, 5, 10, 20, 30, 60, 120, 180, 360, 720, 1440];
        let step = steps.into_iter().find(|step| (to - from) / step < POINTS_MAX).unwrap_or(1440 * 4);
        // Steps begin at whole multiples, so that a moving range keeps its points.
        let from = from.div_euclid(step) * step;
        Self { from: Minute(from), to: Minute(to), step_minutes: step as u32 }
    }
    pub fn steps(self) -> usize {
        ((self.to.0 - self.from.0) as u64).div_ceil(u64::from(self.step_minutes)) as usize
    }
    /// Which point a minute falls into, if any.
    pub fn index(self, minute: Minute) -> Option<usize> {
        let index = (minute.0 - self.from.0).div_euclid(i64::from(self.step_minutes));
        usize::try_from(index).ok().filter(|index| *index < self.steps())
    }
    pub fn axis(self) -> Axis {
        Axis { from: self.from.start(), step_seconds: self.step_minutes * 60, steps: self.steps() as u32 }
    }
}

/// The place in a list that `cursor` and `limit` name.
///
/// # Errors
/// 400 for a cursor that is none of ours, and for a page that is empty or too long.
pub fn paging(cursor: Option<&str>, limit: Option<u32>) -> Result<Paging, ApiError> {
    let cursor = match cursor.filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => Some(Cursor::parse(text).map_err(|error| ApiError::bad_request(error.to_string()).at("cursor"))?),
    };
    let limit = limit.unwrap_or(50);
    if !(1..=Paging::MAX).contains(&limit) {
        let detail = format!("`limit`: expected 1 to {}, got {limit}", Paging::MAX);
        return Err(ApiError::bad_request(detail).at("limit"));
    }
    Ok(Paging::after(limit, cursor))
}

/// A filter's name, where one was given: forms send empty fields too.
pub fn named<T: for<'a> From<&'a str>>(text: Option<&String>) -> Option<T> {
    text.map(String::as_str).filter(|text| !text.is_empty()).map(T::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: ReceivedTime = ReceivedTime::from_secs(1_800_000_000);

    #[test]
    fn ranges_are_read_or_refused_by_the_name_of_the_parameter() {
        let last = |text: &str| RangeParams { last: Some(text.to_owned()), ..RangeParams::default() };
        assert_eq!(last("15m").range(NOW).unwrap().length(), Lag::from_secs(900));
        assert_eq!(last("soon").range(NOW).unwrap_err().problem().position.as_deref(), Some("last"));
        let both = RangeParams { from: Some("2020-01-01T00:00:00Z".into()), ..last("15m") };
        let both = both.range(NOW).unwrap_err();
        assert_eq!((both.problem().status, both.problem().position.as_deref()), (400, Some("last")), "{both:?}");
        let backwards = RangeParams { from: Some("2030-01-01T00:00:00Z".into()), ..RangeParams::default() };
        assert!(backwards.range(NOW).unwrap_err().problem().detail.contains("empty"));
    }

    #[test]
    fn a_page_has_a_length_that_can_be_answered() {
        assert_eq!(paging(None, Some(1_000)).unwrap().limit, 1_000);
        for limit in [0, 1_001, 100_000] {
            assert_eq!(paging(None, Some(limit)).unwrap_err().problem().position.as_deref(), Some("limit"), "{limit}");
        }
    }

    #[test]
    fn a_grid_has_few_points_and_covers_the_range() {
        for length_seconds in [60, 300, 3_600, 86_400, 7 * 86_400, 90 * 86_400] {
            let to = SourceTime::from_secs(1_800_000_007);
            let range = Range { from: to.minus(Lag::from_secs(length_seconds)), to };
            let grid = Grid::of(range);
            assert!(grid.steps() as i64 <= POINTS_MAX + 1, "{length_seconds}");
            assert!(grid.from.start() <= range.from && grid.to.start() >= range.to);
            assert_eq!(
                grid.index(range.from.minute()),
                Some(((range.from.minute().0 - grid.from.0) / i64::from(grid.step_minutes)) as usize)
            );
        }
    }
}
