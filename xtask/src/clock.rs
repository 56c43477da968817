//! The one place in this package that reads the time (TIM-1 has its own, injected clock in the product).

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A point in time that only serves to measure how long something took.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "the commands of the project measure how long they took")]
    pub fn start() -> Self {
        Self(Instant::now())
    }
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
    pub fn seconds(self) -> String {
        format!("{:.1} s", self.elapsed().as_secs_f64())
    }
}

/// Microseconds since 1970, by the wall clock.
#[expect(clippy::disallowed_methods, reason = "the shop is a system of its own: its events happen in real time")]
pub fn unix_micros() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// A time as RFC 3339 in UTC with milliseconds.
pub fn rfc3339(unix_micros: i64) -> String {
    match jiff::Timestamp::from_microsecond(unix_micros) {
        Ok(time) => format!("{time:.3}"),
        Err(error) => format!("(no time: {error})"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn times_are_written_with_milliseconds() {
        assert_eq!(super::rfc3339(1_700_000_000_120_000), "2023-11-14T22:13:20.120Z");
    }
}
