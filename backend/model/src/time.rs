//! The two clocks (TIM-1): `SourceTime` is when a thing became true at its holder (SEM-1), `ReceivedTime` is when
//! Plumbline was told. They differ in type so that they can never be compared by accident. Nothing here reads a clock.

use std::{fmt, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// Nanoseconds of one second.
pub const SECOND_NS: i64 = 1_000_000_000;
/// Nanoseconds of one minute, the width of a rollup.
pub const MINUTE_NS: i64 = 60 * SECOND_NS;

/// A signed difference of two times of one clock, in nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lag(pub i64);

impl Lag {
    pub const ZERO: Self = Self(0);
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds * SECOND_NS)
    }
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis * 1_000_000)
    }
    pub fn seconds(self) -> f64 {
        self.0 as f64 / SECOND_NS as f64
    }
    pub fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
    /// How a time that somebody set is said: `8 s`, without the digits of a measured one.
    pub fn declared(self) -> String {
        if (0..MINUTE_NS).contains(&self.0) && self.0 % SECOND_NS == 0 {
            format!("{} s", self.0 / SECOND_NS)
        } else {
            self.to_string()
        }
    }
}

impl From<Duration> for Lag {
    fn from(duration: Duration) -> Self {
        Self(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX))
    }
}

impl fmt::Display for Lag {
    /// `850 ms`, `12.4 s`, `26 m`, `3 h 5 m`, `2 d 4 h`: the precision a person can use.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "−" } else { "" };
        let ns = self.0.unsigned_abs();
        let (second, minute, hour, day) = (1_000_000_000_u64, 60_000_000_000, 3_600_000_000_000, 86_400_000_000_000);
        match ns {
            0 => f.write_str("0 s"),
            _ if ns < 1_000_000 => write!(f, "{sign}{} µs", ns / 1_000),
            _ if ns < 10_000_000 => write!(f, "{sign}{:.1} ms", ns as f64 / 1e6),
            _ if ns < second => write!(f, "{sign}{} ms", ns / 1_000_000),
            _ if ns < 10 * second => write!(f, "{sign}{:.2} s", ns as f64 / 1e9),
            _ if ns < minute => write!(f, "{sign}{:.1} s", ns as f64 / 1e9),
            _ if ns < hour => match (ns / minute, ns % minute / second) {
                (m, s) if m < 10 && s > 0 => write!(f, "{sign}{m} m {s} s"),
                (m, _) => write!(f, "{sign}{m} m"),
            },
            _ if ns < day => match (ns / hour, ns % hour / minute) {
                (h, 0) => write!(f, "{sign}{h} h"),
                (h, m) => write!(f, "{sign}{h} h {m} m"),
            },
            _ => match (ns / day, ns % day / hour) {
                (d, 0) => write!(f, "{sign}{d} d"),
                (d, h) => write!(f, "{sign}{d} d {h} h"),
            },
        }
    }
}

macro_rules! clocks {
    ($($(#[$doc:meta])* $name:ident),+) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub i64);

        impl $name {
            pub const MIN: Self = Self(i64::MIN);
            pub const MAX: Self = Self(i64::MAX);
            pub const fn from_millis(millis: i64) -> Self {
                Self(millis.saturating_mul(1_000_000))
            }
            pub const fn from_secs(seconds: i64) -> Self {
                Self(seconds.saturating_mul(SECOND_NS))
            }
            pub const fn millis(self) -> i64 {
                self.0.div_euclid(1_000_000)
            }
            /// The minute that this time falls into, counted from the epoch.
            pub const fn minute(self) -> Minute {
                Minute(self.0.div_euclid(MINUTE_NS))
            }
            pub const fn plus(self, lag: Lag) -> Self {
                Self(self.0.saturating_add(lag.0))
            }
            pub const fn minus(self, lag: Lag) -> Self {
                Self(self.0.saturating_sub(lag.0))
            }
            /// How long after `earlier` this is; negative if it is before.
            pub const fn since(self, earlier: Self) -> Lag {
                Lag(self.0.saturating_sub(earlier.0))
            }
            /// Reads RFC 3339 (`2026-11-21T10:00:00.25Z`, any offset). `None` where it is not, or lies outside 1678–2262.
            pub fn parse(text: &str) -> Option<Self> {
                let stamp: jiff::Timestamp = text.trim().parse().ok()?;
                i64::try_from(stamp.as_nanosecond()).ok().map(Self)
            }
        }
        impl fmt::Display for $name {
            /// RFC 3339 in UTC, with as many digits as the value has.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match jiff::Timestamp::from_nanosecond(i128::from(self.0)) {
                    Ok(stamp) => fmt::Display::fmt(&stamp, f),
                    Err(_) => write!(f, "{} ns", self.0),
                }
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() { serializer.collect_str(self) } else { self.0.serialize(serializer) }
            }
        }
        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "format": "date-time" })
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if !deserializer.is_human_readable() {
                    return i64::deserialize(deserializer).map(Self);
                }
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Self::parse(&text).ok_or_else(|| D::Error::custom(format_args!("{text:?} is not an RFC 3339 time")))
            }
        }
    )+ };
}

clocks! {
    /// When a state became true at its holder, in nanoseconds since the epoch (SEM-1).
    SourceTime,
    /// When Plumbline received a record, in nanoseconds since the epoch.
    ReceivedTime
}

/// A minute of source time, counted from the epoch: the grain of every rollup.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Minute(pub i64);

impl Minute {
    pub const fn start(self) -> SourceTime {
        SourceTime(self.0.saturating_mul(MINUTE_NS))
    }
    pub const fn end(self) -> SourceTime {
        SourceTime((self.0 + 1).saturating_mul(MINUTE_NS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_travel_as_text_and_as_numbers() {
        let time = SourceTime::parse("2026-11-21T10:00:00.25+01:00").unwrap();
        assert_eq!(time.to_string(), "2026-11-21T09:00:00.25Z");
        assert_eq!(serde_json::from_str::<SourceTime>(&serde_json::to_string(&time).unwrap()).unwrap(), time);
        assert_eq!(SourceTime::parse("yesterday"), None);
        assert_eq!(SourceTime::parse("9999-01-01T00:00:00Z"), None, "outside of what 64 bits hold");
    }

    #[test]
    fn lags_read_like_a_person_says_them() {
        let said: Vec<_> = [
            0,
            1_500_000,
            850_000_000,
            2_900_000_000,
            45_000_000_000,
            125_000_000_000,
            1_560_000_000_000,
            11_100_000_000_000,
            180_000_000_000_000,
        ]
        .map(|ns| Lag(ns).to_string())
        .to_vec();
        assert_eq!(said, ["0 s", "1.5 ms", "850 ms", "2.90 s", "45.0 s", "2 m 5 s", "26 m", "3 h 5 m", "2 d 2 h"]);
    }

    #[test]
    fn minutes_floor_before_the_epoch_too() {
        assert_eq!(SourceTime(-1).minute(), Minute(-1));
        assert_eq!(SourceTime(MINUTE_NS).minute().start(), SourceTime(MINUTE_NS));
    }
}
