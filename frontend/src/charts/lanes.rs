//! The axis of a lineage: one list of stretches, each with its times and its shares of the width. What is busy shares one
//! scale; quiet time is folded into narrow strips, so that a day with three minutes of work shows the three minutes. Pure.

use plumbline_model::{Lag, SourceTime};

/// Quiet for longer than this is folded, unless there would be too many folds.
const QUIET: Lag = Lag::from_secs(20);
/// Strips at most; the threshold doubles until they fit.
const STRIPS: usize = 14;
/// Share of the width that one strip takes.
const STRIP: f64 = 0.026;

/// A stretch of the axis. `folded` ones are strips: their width says nothing of their length.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Stretch {
    pub from: SourceTime,
    pub to: SourceTime,
    pub x0: f64,
    pub x1: f64,
    pub folded: bool,
}

/// The whole axis, from left to right without gaps.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Folded {
    pub stretches: Vec<Stretch>,
}

impl Folded {
    /// An axis from `from` to `to` around the times at which something happened, which need not be sorted.
    pub fn around(from: SourceTime, to: SourceTime, times: &[SourceTime], fold: bool) -> Self {
        let to = if to.0 > from.0 { to } else { from.plus(Lag::from_secs(1)) };
        if !fold {
            return Self { stretches: vec![Stretch { from, to, x0: 0.0, x1: 1.0, folded: false }] };
        }
        let mut times: Vec<SourceTime> = times.iter().copied().filter(|at| *at >= from && *at <= to).collect();
        times.sort_unstable();
        times.dedup();
        let mut quiet = QUIET;
        loop {
            let parts = parts(from, to, &times, quiet);
            if parts.iter().filter(|(_, _, folded)| *folded).count() <= STRIPS {
                return Self::laid(&parts);
            }
            quiet = Lag(quiet.0.saturating_mul(2));
        }
    }

    fn laid(parts: &[(SourceTime, SourceTime, bool)]) -> Self {
        let strips = parts.iter().filter(|(_, _, folded)| *folded).count();
        let busy: f64 =
            parts.iter().filter(|(_, _, folded)| !folded).map(|(from, to, _)| to.since(*from).0 as f64).sum();
        // With nothing busy at all the strip is the whole axis.
        let (strip, room) =
            if busy > 0.0 { (STRIP, 1.0 - STRIP * strips as f64) } else { (1.0 / strips.max(1) as f64, 0.0) };
        let mut x = 0.0;
        let stretches = parts.iter().map(|(from, to, folded)| {
            let width = if *folded { strip } else { to.since(*from).0 as f64 / busy.max(1.0) * room };
            let stretch = Stretch { from: *from, to: *to, x0: x, x1: x + width, folded: *folded };
            x += width;
            stretch
        });
        Self { stretches: stretches.collect() }
    }

    /// The share of the width at which a time stands; times outside stand at the ends.
    pub fn x(&self, at: SourceTime) -> f64 {
        let Some(first) = self.stretches.first() else { return 0.0 };
        if at <= first.from {
            return 0.0;
        }
        let stretch = self.stretches.iter().find(|stretch| at <= stretch.to);
        stretch.map_or(1.0, |it| {
            it.x0 + at.since(it.from).0 as f64 / it.to.since(it.from).0.max(1) as f64 * (it.x1 - it.x0)
        })
    }

    /// The time at a share of the width.
    pub fn at(&self, x: f64) -> Option<SourceTime> {
        let stretch = self.stretches.iter().find(|stretch| x <= stretch.x1).or(self.stretches.last())?;
        let share = ((x - stretch.x0) / (stretch.x1 - stretch.x0).max(1e-12)).clamp(0.0, 1.0);
        Some(stretch.from.plus(Lag((share * stretch.to.since(stretch.from).0 as f64) as i64)))
    }

    /// Nanoseconds to which one hundredth of a busy stretch's width corresponds.
    pub fn hundredth(&self) -> f64 {
        let busy = self
            .stretches
            .iter()
            .filter(|stretch| !stretch.folded)
            .max_by(|a, b| (a.x1 - a.x0).total_cmp(&(b.x1 - b.x0)));
        busy.map_or(0.0, |it| it.to.since(it.from).0 as f64 / (it.x1 - it.x0).max(1e-9) / 100.0)
    }
}

/// The stretches in order: busy around the times, with a margin, and quiet between them.
fn parts(from: SourceTime, to: SourceTime, times: &[SourceTime], quiet: Lag) -> Vec<(SourceTime, SourceTime, bool)> {
    let margin = Lag(quiet.0 / 8);
    let mut busy: Vec<(SourceTime, SourceTime)> = Vec::new();
    for at in times {
        let (start, end) = (at.minus(margin).max(from), at.plus(margin).min(to));
        match busy.last_mut() {
            Some(last) if start.since(last.1) <= quiet => last.1 = end.max(last.1),
            _ => busy.push((start, end)),
        }
    }
    let mut parts = Vec::new();
    let mut at = from;
    for (start, end) in busy {
        if start > at {
            let short = start.since(at) <= quiet;
            parts.push((at, start, !short));
        }
        if end > start {
            parts.push((start, end, false));
        }
        at = end;
    }
    if to > at {
        parts.push((at, to, to.since(at) > quiet));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> SourceTime {
        SourceTime::from_secs(seconds)
    }

    #[test]
    fn quiet_time_is_folded_and_the_axis_has_no_holes() {
        let axis = Folded::around(at(0), at(3_600), &[at(600), at(605), at(3_000)], true);
        assert!(
            axis.stretches.windows(2).all(|pair| pair[0].to == pair[1].from && (pair[0].x1 - pair[1].x0).abs() < 1e-9)
        );
        assert!((axis.stretches.last().unwrap().x1 - 1.0).abs() < 1e-9);
        assert_eq!(axis.stretches.iter().filter(|it| it.folded).count(), 3, "before, between, after");
        assert!(axis.x(at(605)) - axis.x(at(600)) > 0.3, "five busy seconds get room");
    }

    #[test]
    fn places_and_times_are_inverse() {
        let axis = Folded::around(at(0), at(86_400), &[at(100), at(5_000), at(5_001), at(80_000)], true);
        for seconds in [0, 100, 5_000, 40_000, 86_400] {
            let back = axis.at(axis.x(at(seconds))).unwrap();
            assert!(back.since(at(seconds)).0.abs() < 1_000_000, "{seconds}: {back}");
        }
    }

    #[test]
    fn many_bursts_still_leave_room_for_what_is_busy() {
        let times: Vec<_> = (0..500).map(|n| at(n * 100)).collect();
        let axis = Folded::around(at(0), at(50_000), &times, true);
        assert!(axis.stretches.iter().filter(|it| it.folded).count() <= STRIPS);
    }

    #[test]
    fn an_axis_without_anything_is_still_an_axis() {
        let axis = Folded::around(at(0), at(3_600), &[], true);
        assert_eq!((axis.x(at(0)), axis.x(at(3_600))), (0.0, 1.0));
        assert_eq!(Folded::around(at(5), at(5), &[], false).x(at(5)), 0.0);
    }
}
