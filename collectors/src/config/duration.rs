//! Durations as people write them: `200ms`, `5s`, `48h`, `28d`, `1h30m`.

use std::{borrow::Cow, fmt, str::FromStr};

use plumbline_model::Lag;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

/// Longest units first; `Display` relies on it.
const UNITS: [(&str, i64); 8] = [
    ("d", 86_400 * 1_000_000_000),
    ("h", 3_600 * 1_000_000_000),
    ("m", 60 * 1_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("µs", 1_000),
    ("ns", 1),
];

/// A length of time that is not negative, up to 292 years.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Duration(Lag);

/// The text is not a duration.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum DurationError {
    #[error("a duration needs a number and a unit (ns, us, ms, s, m, h, d), such as `5s` or `1h30m`; found `{0}`")]
    Form(String),
    #[error("`{0}` is longer than 292 years")]
    TooLong(String),
}

impl Duration {
    pub const fn from_millis(millis: i64) -> Self {
        Self(Lag::from_millis(millis))
    }
    pub const fn from_secs(seconds: i64) -> Self {
        Self(Lag::from_secs(seconds))
    }
    pub const fn lag(self) -> Lag {
        self.0
    }
    pub const fn to_std(self) -> std::time::Duration {
        std::time::Duration::from_nanos(self.0.0.unsigned_abs())
    }
}

impl FromStr for Duration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        let form = || DurationError::Form(text.to_owned());
        let too_long = || DurationError::TooLong(text.to_owned());
        let mut rest = text.trim();
        let mut total = 0_i64;
        if rest.is_empty() {
            return Err(form());
        }
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (number, tail) = rest.split_at(digits);
            let letters = tail.find(|c: char| !c.is_alphabetic()).unwrap_or(tail.len());
            let (unit, tail) = tail.split_at(letters);
            let scale = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, scale)| *scale).ok_or_else(form)?;
            if number.is_empty() {
                return Err(form());
            }
            let part = number.parse::<i64>().ok().and_then(|number| number.checked_mul(scale)).ok_or_else(too_long)?;
            total = total.checked_add(part).ok_or_else(too_long)?;
            rest = tail.trim_start();
        }
        Ok(Self(Lag(total)))
    }
}

impl fmt::Display for Duration {
    /// In the greatest units that say it exactly; what `from_str` reads back to the same value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.0;
        if rest == 0 {
            return f.write_str("0s");
        }
        for (name, scale) in UNITS.iter().filter(|(name, _)| name.is_ascii()) {
            if rest >= *scale {
                write!(f, "{}{name}", rest / scale)?;
                rest %= scale;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = Duration;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration with its unit, such as `5s` or `200ms`")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Duration, E> {
                text.parse().map_err(E::custom)
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Duration, E> {
                Err(E::custom(DurationError::Form(number.to_string())))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Duration, E> {
                Err(E::custom(DurationError::Form(number.to_string())))
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Duration, E> {
                Err(E::custom(DurationError::Form(number.to_string())))
            }
        }
        deserializer.deserialize_any(Text)
    }
}

impl JsonSchema for Duration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A length of time with its unit: ns, us, ms, s, m, h or d.",
            "pattern": "^\\s*([0-9]+(ns|us|µs|ms|s|m|h|d)\\s*)+$",
            "examples": ["5s", "200ms", "48h", "28d", "1h30m"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write_and_says_it_back() {
        for (text, ns, said) in [
            ("5s", 5_000_000_000, "5s"),
            ("200ms", 200_000_000, "200ms"),
            ("48h", 172_800_000_000_000, "2d"),
            ("1h30m", 5_400_000_000_000, "1h30m"),
            ("1h 30m", 5_400_000_000_000, "1h30m"),
            ("7µs", 7_000, "7us"),
            ("0s", 0, "0s"),
        ] {
            let read: Duration = text.parse().unwrap();
            assert_eq!((read.lag().0, read.to_string()), (ns, said.to_owned()), "{text}");
            assert_eq!(read.to_string().parse(), Ok(read), "{text} survives being written");
        }
    }

    #[test]
    fn says_what_was_expected() {
        for text in ["", "5", "s", "5 x", "-5s", "1.5h", "5s!", "fünf"] {
            assert_eq!(text.parse::<Duration>(), Err(DurationError::Form(text.to_owned())));
        }
        for text in ["300000d", "99999999999999999999s"] {
            assert_eq!(text.parse::<Duration>(), Err(DurationError::TooLong(text.to_owned())));
        }
    }
}
