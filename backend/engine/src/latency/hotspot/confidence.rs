//! How sure a p95 is: bounds by order statistics, which assume nothing of the shape of the times (Conover, *Practical
//! Nonparametric Statistics*, confidence intervals for quantiles). Integers only (SEM-21).

use plumbline_model::{Lag, Sketch};

/// Half the width of the bounds in standard deviations. Two windows that differ by chance only are apart by that much on
/// both sides about once in ten thousand looks; twice in a row, with half as much again on top, practically never.
/// Greater, and a hotspot needs more traffic to be seen; smaller, and quiet systems raise alarms.
const SIGMAS: u64 = 3;
/// p(1 − p) of the 95th percentile, in ten-thousandths.
const VARIANCE_E4: u64 = 475;

/// A p95 and what it could be as well.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct P95 {
    pub value: Lag,
    pub low: Lag,
    /// `None` while there are too few samples to bound it from above: fewer than about 180.
    pub high: Option<Lag>,
}

/// `None` without samples.
pub(crate) fn p95(sketch: &Sketch) -> Option<P95> {
    let count = sketch.count();
    let margin = (count.saturating_mul(VARIANCE_E4 * SIGMAS * SIGMAS) / 10_000).isqrt() + 1;
    let rank = (count.saturating_mul(95)).div_ceil(100);
    Some(P95 {
        value: sketch.quantile_ppm(950_000)?,
        low: at_rank(sketch, rank.saturating_sub(margin).max(1))?,
        high: if rank + margin <= count { at_rank(sketch, rank + margin) } else { None },
    })
}

/// The `rank`-th least sample, counted from 1.
fn at_rank(sketch: &Sketch, rank: u64) -> Option<Lag> {
    let ppm = u128::from(rank) * 1_000_000 / u128::from(sketch.count().max(1));
    sketch.quantile_ppm(ppm as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(values: impl Iterator<Item = i64>) -> Sketch {
        let mut sketch = Sketch::default();
        values.for_each(|us| sketch.add(Lag(us * 1_000)));
        sketch
    }

    #[test]
    fn bounds_are_the_ranks_around_the_quantile() {
        // 400 samples 1…400 µs: rank 380 ± (√(400 · 0.0475) · 3 + 1 = 14). Buckets are 3 % wide there.
        let told = p95(&sketch(1..=400)).unwrap();
        let near = |lag: Lag, us: i64| (lag.0 / 1_000 - us).abs() <= us / 32 + 1;
        assert!(near(told.value, 380) && near(told.low, 366) && near(told.high.unwrap(), 394), "{told:?}");
    }

    #[test]
    fn few_samples_have_no_upper_bound() {
        assert_eq!(p95(&Sketch::default()), None);
        assert_eq!(p95(&sketch(1..=60)).unwrap().high, None);
        assert!(p95(&sketch(1..=240)).unwrap().high.is_some());
    }
}
