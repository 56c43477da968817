//! Instants: RFC 3339 and what databases write instead, and numbers since the epoch, cut to a precision and told in UTC.

use jiff::{Timestamp, civil};
use serde_json::Value;

use super::Numeral;
use crate::config::{Precision, TimeUnit};

const SECOND_NS: i128 = 1_000_000_000;
const DAY_NS: i128 = 86_400 * SECOND_NS;
/// Numbers without a unit must lie between 1990 and 2100 in exactly one unit. The units are a thousand times apart (days and
/// seconds even more), the window only sixfold, so that no number fits two.
const PLAUSIBLE_NS: std::ops::RangeInclusive<i128> = (631_152_000 * SECOND_NS)..=(4_102_444_800 * SECOND_NS);

const UNITS: [TimeUnit; 5] = [TimeUnit::D, TimeUnit::S, TimeUnit::Ms, TimeUnit::Us, TimeUnit::Ns];

pub(super) fn canonical(value: &Value, precision: Precision, unit: Option<TimeUnit>) -> Result<String, String> {
    let instant = instant(value, unit)?;
    let grain = match precision {
        Precision::D => DAY_NS,
        Precision::S => SECOND_NS,
        Precision::Ms => 1_000_000,
        Precision::Us => 1_000,
        Precision::Ns => 1,
    };
    let cut = instant.div_euclid(grain) * grain;
    Timestamp::from_nanosecond(cut)
        .map(|it| it.to_string())
        .map_err(|_| "a timestamp between -9999 and 9999".to_owned())
}

/// Nanoseconds since the epoch.
///
/// # Errors
/// What was expected, where the value is no instant or its unit cannot be known.
pub(crate) fn instant(value: &Value, unit: Option<TimeUnit>) -> Result<i128, String> {
    match value {
        Value::Number(number) => counted(&number.to_string(), unit),
        Value::String(text) => written(text.trim()).map_or_else(|| counted(text, unit), Ok),
        _ => Err(expected()),
    }
}

fn expected() -> String {
    "a timestamp: RFC 3339, a date, or a number since the epoch".to_owned()
}

fn counted(text: &str, unit: Option<TimeUnit>) -> Result<i128, String> {
    let number = Numeral::parse(text).ok_or_else(expected)?;
    if let Some(unit) = unit {
        return in_unit(&number, unit).ok_or_else(expected);
    }
    let found = UNITS.into_iter().filter_map(|unit| in_unit(&number, unit)).find(|ns| PLAUSIBLE_NS.contains(ns));
    found.ok_or_else(|| "a time between 1990 and 2100 where no `unit:` (d, s, ms, us, ns) is declared".to_owned())
}

fn in_unit(number: &Numeral, unit: TimeUnit) -> Option<i128> {
    match unit {
        TimeUnit::D => number.floor_scaled(0)?.checked_mul(DAY_NS),
        TimeUnit::S => number.floor_scaled(9),
        TimeUnit::Ms => number.floor_scaled(6),
        TimeUnit::Us => number.floor_scaled(3),
        TimeUnit::Ns => number.floor_scaled(0),
    }
}

/// With a zone or offset; else as UTC, which is how databases mean a timestamp without one.
fn written(text: &str) -> Option<i128> {
    if let Ok(stamp) = text.parse::<Timestamp>() {
        return Some(stamp.as_nanosecond());
    }
    let day_or_time = text.parse::<civil::DateTime>().ok()?;
    day_or_time.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp().as_nanosecond())
}
