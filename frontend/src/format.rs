//! Numbers and times as people read them: a unit, a fair precision, nothing rounded up to perfection. Pure functions, the
//! same on the server and in the browser.

use plumbline_model::{Lag, ReceivedTime, SourceTime};

/// `768,204`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `9,999`, `12.8 k`, `1.28 M`, `3.1 G`: for places where the exact number is one click away.
pub fn short(n: u64) -> String {
    let scaled = |unit: f64, name: &str| {
        let value = n as f64 / unit;
        let digits = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
        format!("{value:.digits$} {name}")
    };
    match n {
        0..10_000 => count(n),
        10_000..1_000_000 => scaled(1e3, "k"),
        1_000_000..1_000_000_000 => scaled(1e6, "M"),
        _ => scaled(1e9, "G"),
    }
}

/// `1 key`, `38 keys`.
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// `99.971 %`: as many digits as tell the share from 0 and 1, cut towards the middle, so that only 1 reads as 100 %.
pub fn percent(share: f64) -> String {
    if !share.is_finite() {
        return "–".to_owned();
    }
    if share <= 0.0 || share >= 1.0 {
        return if share >= 1.0 { "100 %".to_owned() } else { "0 %".to_owned() };
    }
    let edge = share.min(1.0 - share);
    let digits = if edge >= 0.1 { 0 } else { (-edge.log10()).floor().clamp(1.0, 6.0) as i32 };
    let scale = 10_f64.powi(digits);
    let raw = share * 100.0 * scale;
    // A hair of tolerance: 0.98 * 100 is 97.99999…, which is not meant to be cut to 97.9.
    let cut = if share < 0.5 { (raw - 1e-6).ceil() } else { (raw + 1e-6).floor() };
    let text = format!("{:.*}", digits as usize, cut / scale);
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text} %")
}

/// `33 %`, `< 1 %`: what has a part is never told as nothing.
pub fn whole_percent(share: f64) -> String {
    if share > 0.0 && share < 0.01 { "< 1 %".to_owned() } else { format!("{:.0} %", share * 100.0) }
}

/// `3.5`: never rounded up.
pub fn nines(nines: f64) -> String {
    format!("{:.1}", (nines * 10.0 + 1e-9).floor() / 10.0)
}

/// `850 ms`, `2.90 s`, `26 m`, `3 h 5 m`.
pub fn duration(seconds: f64) -> String {
    lag(seconds).to_string()
}

/// A time that somebody set: `5 s`, `2 m`, `48 h`, `7 d`; without the digits of a measured one.
pub fn period(seconds: f64) -> String {
    const UNITS: [(f64, &str); 4] = [(86_400.0, "d"), (3_600.0, "h"), (60.0, "m"), (1.0, "s")];
    let whole = |unit: &&(f64, &str)| seconds >= unit.0 && (seconds / unit.0).fract() == 0.0;
    match UNITS.iter().find(whole) {
        // Two days are as often written 48h; one or two units of the next size read better in the smaller one.
        Some((_, "d")) if seconds <= 2.0 * 86_400.0 => format!("{} h", seconds / 3_600.0),
        Some((unit, name)) => format!("{} {name}", seconds / unit),
        None => duration(seconds),
    }
}

/// `+1.63 s`, `−26 ms`, `±0`.
pub fn difference(seconds: f64) -> String {
    match lag(seconds) {
        Lag(0) => "±0".to_owned(),
        positive if positive.0 > 0 => format!("+{positive}"),
        negative => negative.to_string(),
    }
}

/// A time that stands since long is told in its coarsest two units: `26 m`, not `26 m 3 s`.
pub fn age(lag: Lag) -> String {
    let seconds = lag.0 / 1_000_000_000;
    match seconds {
        ..0 => format!("in {}", age(Lag(-lag.0))),
        0 => "now".to_owned(),
        1..60 => format!("{seconds} s"),
        60..3_600 => format!("{} m", seconds / 60),
        _ => Lag::from_secs(seconds / 60 * 60).to_string(),
    }
}

/// How far a frontier is behind: tenths below ten seconds, `0.4 s`, then like an age.
pub fn behind(seconds: f64) -> String {
    if (0.0..10.0).contains(&seconds) { format!("{seconds:.1} s") } else { age(lag(seconds)) }
}

/// Seconds as nanoseconds, saturating; what is no number is 0.
pub fn lag(seconds: f64) -> Lag {
    Lag((seconds * 1e9).round() as i64)
}

/// `3,120/s`, `59/s`, `4.2/s`, `3.5/min`, `12/h`.
pub fn rate(per_second: f64) -> String {
    match per_second {
        r if r <= 0.0 || !r.is_finite() => "0/s".to_owned(),
        r if r >= 10.0 => format!("{}/s", count(r.round() as u64)),
        r if r >= 1.0 => format!("{r:.1}/s"),
        r if r * 60.0 >= 1.0 => format!("{:.1}/min", r * 60.0),
        r => format!("{:.1}/h", r * 3600.0),
    }
}

/// `59 writes/s`, `3.5 writes/min`.
pub fn rate_of(per_second: f64, what: &str) -> String {
    let rate = rate(per_second);
    match rate.split_once('/') {
        Some((number, unit)) => format!("{number} {what}/{unit}"),
        None => rate,
    }
}

/// `b41e70…9f35d0c`: cut in the middle, because ids differ at both ends. The whole belongs into the title.
pub fn middle(text: &str, max: usize) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= max.max(5) {
        return text.to_owned();
    }
    let keep = max.max(5) - 1;
    let head: String = chars[..keep.div_ceil(2)].iter().collect();
    let tail: String = chars[chars.len() - keep / 2..].iter().collect();
    format!("{head}…{tail}")
}

/// `compensation_owed` as words.
pub fn words(snake: &str) -> String {
    snake.replace('_', " ")
}

/// First letter large, for the start of a line.
pub fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// A time of either clock, as nanoseconds since the epoch: what the dashboard does with both is the same.
pub trait Moment: Copy {
    fn ns(self) -> i64;
}
impl Moment for SourceTime {
    fn ns(self) -> i64 {
        self.0
    }
}
impl Moment for ReceivedTime {
    fn ns(self) -> i64 {
        self.0
    }
}

/// Parts of a time, shifted by `offset_minutes` east of UTC: date `2026-11-21`, clock `15:20:02`, millis `123`.
pub struct Civil {
    pub date: String,
    pub clock: String,
    pub millis: u32,
}

impl Civil {
    pub fn of(at: impl Moment, offset_minutes: i32) -> Self {
        let shifted = SourceTime(at.ns().saturating_add(i64::from(offset_minutes) * 60_000_000_000));
        let text = SourceTime::from_millis(shifted.millis()).to_string();
        let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default().to_owned();
        Self { date: part(0, 10), clock: part(11, 19), millis: shifted.millis().rem_euclid(1000) as u32 }
    }
    /// `15:20`.
    pub fn minutes(&self) -> &str {
        self.clock.get(..5).unwrap_or_default()
    }
    /// `15:20:02.123`.
    pub fn precise(&self) -> String {
        format!("{}.{:03}", self.clock, self.millis)
    }
    /// `21 Nov`.
    pub fn day(&self) -> String {
        const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let number = |from: usize, to: usize| self.date.get(from..to).and_then(|text| text.parse::<usize>().ok());
        match (number(8, 10), number(5, 7).and_then(|month| MONTHS.get(month.wrapping_sub(1)))) {
            (Some(day), Some(month)) => format!("{day} {month}"),
            _ => self.date.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_carry_commas_and_units() {
        assert_eq!([0, 999, 1_000, 768_204].map(count), ["0", "999", "1,000", "768,204"]);
        assert_eq!(
            [9_999, 12_800, 412_306, 1_280_000, 3_100_000_000].map(short),
            ["9,999", "12.8 k", "412 k", "1.28 M", "3.10 G"]
        );
        assert_eq!(counted(1, "key", "keys"), "1 key");
    }

    #[test]
    fn shares_never_round_to_perfection() {
        let said = [1.0, 0.999_999_4, 0.99971, 0.986, 0.42, 0.025, 0.003, 0.0, 0.98, 0.999_999_999_9].map(percent);
        assert_eq!(
            said,
            ["100 %", "99.99994 %", "99.971 %", "98.6 %", "42 %", "2.5 %", "0.3 %", "0 %", "98 %", "99.999999 %"]
        );
        assert_eq!([0.0, 0.004, 0.01, 0.333].map(whole_percent), ["0 %", "< 1 %", "1 %", "33 %"]);
        assert_eq!(nines(3.99), "3.9", "four nines are not claimed before they are reached");
    }

    #[test]
    fn rates_choose_their_unit() {
        assert_eq!(
            [0.0, 3_120.2, 59.0, 4.21, 0.058, 0.001].map(rate),
            ["0/s", "3,120/s", "59/s", "4.2/s", "3.5/min", "3.6/h"]
        );
    }

    #[test]
    fn durations_and_their_differences() {
        assert_eq!(
            [5.0, 120.0, 90.0, 172_800.0, 604_800.0, 0.25].map(period),
            ["5 s", "2 m", "90 s", "48 h", "7 d", "250 ms"]
        );
        assert_eq!([1.63, -0.026, 0.0].map(difference), ["+1.63 s", "−26 ms", "±0"]);
        let ages = [0, 45, 1_563, 11_110, 187_200, -90].map(|seconds| age(Lag::from_secs(seconds)));
        assert_eq!(ages, ["now", "45 s", "26 m", "3 h 5 m", "2 d 4 h", "in 1 m"]);
    }

    #[test]
    fn long_ids_are_cut_in_the_middle() {
        assert_eq!(middle("b41e70a2c95f4d31a19f35d0c", 12), "b41e70…35d0c");
        assert_eq!(middle("o-48213", 12), "o-48213");
    }

    #[test]
    fn times_in_a_zone() {
        let at = SourceTime::parse("2026-11-21T23:59:02.1235Z").unwrap();
        let (utc, east) = (Civil::of(at, 0), Civil::of(at, 60));
        assert_eq!((utc.precise().as_str(), utc.day().as_str()), ("23:59:02.123", "21 Nov"));
        assert_eq!((east.minutes(), east.date.as_str()), ("00:59", "2026-11-22"));
    }
}
