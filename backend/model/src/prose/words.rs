//! Small pieces of English: plurals, lists, times of day. They must not know what they are used for.

use jiff::{Timestamp, civil::DateTime, tz::Offset};

use crate::time::{ReceivedTime, SourceTime};

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The regular plural of a name as people configure them: `order` → `orders`, `copy` → `copies`, `box` → `boxes`.
pub fn plural(noun: &str) -> String {
    let before_last = noun.chars().rev().nth(1);
    match noun.chars().last() {
        Some('y') if before_last.is_some_and(|letter| !"aeiou".contains(letter)) => {
            format!("{}ies", &noun[..noun.len() - 1])
        }
        Some('s' | 'x' | 'z') => format!("{noun}es"),
        Some('h') if matches!(before_last, Some('c' | 's')) => format!("{noun}es"),
        Some(_) => format!("{noun}s"),
        None => String::new(),
    }
}

/// `1 order`, `38 orders`, `412,306 orders`.
pub fn counted(count: u64, noun: &str) -> String {
    let digits = count.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3 + noun.len() + 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if count == 1 { format!("{grouped} {noun}") } else { format!("{grouped} {}", plural(noun)) }
}

/// `a`, `a and b`, `a, b and c`.
pub fn list(items: impl IntoIterator<Item = impl AsRef<str>>, and: &str) -> String {
    let items: Vec<_> = items.into_iter().collect();
    let mut said = String::new();
    for (at, item) in items.iter().enumerate() {
        match at {
            0 => {}
            _ if at + 1 == items.len() => {
                said.push(' ');
                said.push_str(and);
                said.push(' ');
            }
            _ => said.push_str(", "),
        }
        said.push_str(item.as_ref());
    }
    said
}

/// How a sentence writes its times.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Times {
    /// `14:54:07`, for readers whose zone is not known: messages and files.
    Utc,
    /// `2026-11-21T14:54:07Z`, and `2026-11-21T14:54Z` where the minute is enough: the API says the zone, and a page writes
    /// it in that of its reader.
    Stamped,
}

impl Times {
    /// To the second.
    pub fn clock(self, at: SourceTime, seen: ReceivedTime) -> String {
        match self {
            Self::Utc => clock(at, seen),
            Self::Stamped => stamped(at, "%Y-%m-%dT%H:%M:%SZ"),
        }
    }

    /// To the minute.
    pub fn minute(self, at: SourceTime, seen: ReceivedTime) -> String {
        match self {
            Self::Utc => minute_clock(at, seen),
            Self::Stamped => stamped(at, "%Y-%m-%dT%H:%MZ"),
        }
    }
}

fn stamped(at: SourceTime, form: &str) -> String {
    civil(at.0).map_or_else(|| at.to_string(), |time| time.strftime(form).to_string())
}

/// `14:54:07` in UTC; with the date where that differs from the day of `seen`, with the year where that differs too.
pub fn clock(at: SourceTime, seen: ReceivedTime) -> String {
    spoken(at, seen, |time| format!("{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second()))
}

/// `14:54` in UTC, with the date as [`clock`].
pub fn minute_clock(at: SourceTime, seen: ReceivedTime) -> String {
    spoken(at, seen, |time| format!("{:02}:{:02}", time.hour(), time.minute()))
}

fn spoken(at: SourceTime, seen: ReceivedTime, time_of_day: impl Fn(DateTime) -> String) -> String {
    let (Some(time), Some(seen)) = (civil(at.0), civil(seen.0)) else { return at.to_string() };
    let month = MONTHS.get(usize::from(time.month().unsigned_abs()).wrapping_sub(1)).copied().unwrap_or_default();
    let said = time_of_day(time);
    if time.date() == seen.date() {
        said
    } else if time.year() == seen.year() {
        format!("{} {month} {said}", time.day())
    } else {
        format!("{} {month} {} {said}", time.day(), time.year())
    }
}

fn civil(ns: i64) -> Option<DateTime> {
    Timestamp::from_nanosecond(i128::from(ns)).ok().map(|stamp| Offset::UTC.to_datetime(stamp))
}
