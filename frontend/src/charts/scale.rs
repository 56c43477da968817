//! Scales and ticks: which round numbers stand at an axis, and where. Pure arithmetic.

use plumbline_model::{SourceTime, api::Axis};

use crate::format;

/// What the values of a track are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    Count,
    Seconds,
    Share,
}

impl Unit {
    pub fn words(self, value: f64) -> String {
        match self {
            Self::Count if value.fract() == 0.0 && value >= 0.0 => format::short(value as u64),
            Self::Count => format!("{value:.1}"),
            Self::Seconds => format::duration(value),
            Self::Share => format::percent(value),
        }
    }
    /// A tick's words: as few digits as tell it from its neighbours.
    pub fn tick(self, value: f64) -> String {
        match self {
            Self::Seconds if (1.0..60.0).contains(&value) => format!("{} s", trim(value)),
            Self::Seconds if value > 0.0 && value < 1.0 => format!("{} ms", trim(value * 1e3)),
            Self::Share => format!("{} %", trim(value * 100.0)),
            _ => self.words(value),
        }
    }
}

/// At most three decimals, without zeros at their end.
pub fn trim(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Round ticks from 0 to the first one at or above `max`, about `want` steps apart.
pub fn ticks(max: f64, want: usize, unit: Unit) -> Vec<f64> {
    if max <= 0.0 || !max.is_finite() {
        return vec![0.0];
    }
    let raw = max / want.max(1) as f64;
    let base = 10_f64.powf(raw.log10().floor());
    let step =
        [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|m| m * base).find(|step| *step >= raw * 0.999).unwrap_or(raw);
    let step = if unit == Unit::Count { step.ceil() } else { step };
    let count = (max / step - 1e-9).ceil() as usize;
    (0..=count).map(|i| i as f64 * step).collect()
}

/// Round times within an axis, with their share of its width: about six.
pub fn time_ticks(from: SourceTime, length_seconds: f64) -> Vec<(SourceTime, f64)> {
    const STEPS: [i64; 15] = [1, 5, 10, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400];
    let step = STEPS
        .into_iter()
        .find(|step| length_seconds / *step as f64 <= 7.5)
        .unwrap_or(86_400 * (length_seconds / 604_800.0).ceil().max(1.0) as i64);
    let step_ns = step * 1_000_000_000;
    let first = from.0.div_euclid(step_ns) * step_ns + if from.0.rem_euclid(step_ns) == 0 { 0 } else { step_ns };
    (0..)
        .map(|i| first + i * step_ns)
        .map(|at| (SourceTime(at), (at - from.0) as f64 / 1e9 / length_seconds))
        .take_while(|(_, share)| *share < 1.0)
        .collect()
}

/// Length of an axis in seconds.
pub fn length(axis: &Axis) -> f64 {
    f64::from(axis.step_seconds) * f64::from(axis.steps)
}

/// The time at a share of an axis.
pub fn at(axis: &Axis, share: f64) -> SourceTime {
    axis.from.plus(format::lag(length(axis) * share.clamp(0.0, 1.0)))
}

/// The share of an axis at which a time stands; may lie outside of 0 to 1.
pub fn share(axis: &Axis, at: SourceTime) -> f64 {
    at.since(axis.from).seconds() / length(axis).max(1e-9)
}

/// Per cent, as an attribute.
pub fn pct(share: f64) -> String {
    format!("{:.3}%", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_reach_the_top() {
        assert_eq!(ticks(47.0, 5, Unit::Count), [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]);
        assert_eq!(ticks(1.0, 4, Unit::Count), [0.0, 1.0], "no fractions of a key");
        assert_eq!(ticks(3.35, 2, Unit::Seconds), [0.0, 2.0, 4.0]);
        assert_eq!(ticks(0.0, 4, Unit::Count), [0.0]);
    }

    #[test]
    fn time_ticks_stand_at_round_times() {
        let from = SourceTime::parse("2026-11-21T14:20:30Z").unwrap();
        let ticks = time_ticks(from, 3600.0);
        assert_eq!(ticks.first().map(|(at, _)| at.to_string()).as_deref(), Some("2026-11-21T14:30:00Z"));
        assert_eq!(ticks.len(), 6);
        assert!(ticks.iter().all(|(_, share)| (0.0..1.0).contains(share)));
    }
}
