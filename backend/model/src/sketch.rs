//! A mergeable sketch of non-negative times: log-linear buckets with integer arithmetic only, so that every machine gives
//! the same bytes (SEM-21). Same idea as HdrHistogram and DDSketch: 32 buckets for every power of two, relative error ≤ 1.6 %.

use serde::{Deserialize, Serialize};

use crate::time::Lag;

/// log2 of the buckets per power of two.
const SUB_BITS: u32 = 5;
const SUB: u64 = 1 << SUB_BITS;

/// Counts of values in sparse buckets, sorted by bucket.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Sketch {
    buckets: Vec<(u16, u32)>,
    count: u64,
    sum_us: u64,
    max_us: u64,
}

impl Sketch {
    /// Adds one value; negative values (clock skew) count as zero. Values are kept in microseconds.
    pub fn add(&mut self, value: Lag) {
        self.add_weighted(value, 1);
    }

    /// Adds a value `weight` times.
    pub fn add_weighted(&mut self, value: Lag, weight: u32) {
        let us = u64::try_from(value.0 / 1_000).unwrap_or(0);
        self.put(bucket(us), weight);
        self.count = self.count.saturating_add(u64::from(weight));
        self.sum_us = self.sum_us.saturating_add(us.saturating_mul(u64::from(weight)));
        self.max_us = self.max_us.max(us);
    }

    pub fn merge(&mut self, other: &Self) {
        for &(index, count) in &other.buckets {
            self.put(index, count);
        }
        self.count = self.count.saturating_add(other.count);
        self.sum_us = self.sum_us.saturating_add(other.sum_us);
        self.max_us = self.max_us.max(other.max_us);
    }

    fn put(&mut self, index: u16, count: u32) {
        match self.buckets.binary_search_by_key(&index, |bucket| bucket.0) {
            Ok(at) => self.buckets[at].1 = self.buckets[at].1.saturating_add(count),
            Err(at) => self.buckets.insert(at, (index, count)),
        }
    }

    pub const fn count(&self) -> u64 {
        self.count
    }
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }
    pub const fn max(&self) -> Lag {
        Lag(self.max_us as i64 * 1_000)
    }
    pub const fn sum(&self) -> Lag {
        Lag(self.sum_us.saturating_mul(1_000) as i64)
    }

    /// The value below which `ppm` millionths of the values lie (nearest rank); `None` if there are none.
    pub fn quantile_ppm(&self, ppm: u32) -> Option<Lag> {
        if self.count == 0 {
            return None;
        }
        let rank = (u128::from(self.count) * u128::from(ppm)).div_ceil(1_000_000).max(1) as u64;
        let mut seen = 0;
        for &(index, count) in &self.buckets {
            seen += u64::from(count);
            if seen >= rank {
                return Some(Lag(middle(index).min(self.max_us) as i64 * 1_000));
            }
        }
        Some(self.max())
    }

    /// How many values lie at or below `bound`, to the resolution of a bucket.
    pub fn at_most(&self, bound: Lag) -> u64 {
        let Ok(us) = u64::try_from(bound.0 / 1_000) else { return 0 };
        let last = bucket(us);
        self.buckets.iter().take_while(|(index, _)| *index <= last).map(|(_, count)| u64::from(*count)).sum()
    }

    /// The buckets as (lower bound, upper bound, count), for drawing.
    pub fn buckets(&self) -> impl Iterator<Item = (Lag, Lag, u64)> + '_ {
        self.buckets.iter().map(|&(index, count)| {
            let (low, width) = bounds(index);
            (Lag(low as i64 * 1_000), Lag((low + width) as i64 * 1_000), u64::from(count))
        })
    }
}

/// Exact below `2 * SUB`, then `SUB` buckets for every power of two.
fn bucket(us: u64) -> u16 {
    let log = (us | 1).ilog2();
    if log <= SUB_BITS {
        return us as u16;
    }
    let shift = log - SUB_BITS;
    (u64::from(shift) * SUB + (us >> shift)) as u16
}

/// Lower bound and width, in microseconds.
fn bounds(index: u16) -> (u64, u64) {
    let index = u64::from(index);
    if index < 2 * SUB {
        return (index, 1);
    }
    let shift = index / SUB - 1;
    ((index % SUB + SUB) << shift, 1 << shift)
}

fn middle(index: u16) -> u64 {
    let (low, width) = bounds(index);
    low + width / 2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn buckets_tile_the_line() {
        let mut next = 0;
        for index in 0..=bucket(u64::from(u32::MAX)) {
            let (low, width) = bounds(index);
            assert_eq!(low, next, "bucket {index} begins where the one before ends");
            assert_eq!((bucket(low), bucket(low + width - 1)), (index, index));
            next = low + width;
        }
    }

    proptest! {
        #[test]
        fn quantiles_are_within_a_bucket(mut values in prop::collection::vec(0_i64..10_000_000, 1..200), ppm in 0_u32..=1_000_000) {
            let mut sketch = Sketch::default();
            values.iter().for_each(|us| sketch.add(Lag(us * 1_000)));
            values.sort_unstable();
            let rank = ((values.len() as u64 * u64::from(ppm)).div_ceil(1_000_000)).max(1) as usize;
            let exact = values[rank - 1];
            let told = sketch.quantile_ppm(ppm).unwrap().0 / 1_000;
            prop_assert!((told - exact).abs() * 32 <= exact.max(32), "{told} for {exact}");
        }

        #[test]
        fn merging_is_adding(left in prop::collection::vec(0_i64..1_000_000_000, 0..50), right in prop::collection::vec(0_i64..1_000_000_000, 0..50)) {
            let sketch = |values: &[i64]| {
                let mut sketch = Sketch::default();
                values.iter().for_each(|ns| sketch.add(Lag(*ns)));
                sketch
            };
            let mut merged = sketch(&left);
            merged.merge(&sketch(&right));
            prop_assert_eq!(merged, sketch(&[left, right].concat()));
        }
    }
}
