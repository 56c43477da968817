//! A small generator of random numbers: the same seed gives the same shop on every machine. SplitMix64 (Steele, Lea and
//! Flood, "Fast splittable pseudorandom number generators", 2014).

#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Evenly from `from` to `to`, both included.
    pub fn between(&mut self, from: i64, to: i64) -> i64 {
        let span = to.abs_diff(from) + 1;
        from + i64::try_from(self.next() % span).unwrap_or(0)
    }

    pub fn chance(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    /// Exponentially distributed with the given mean: the time between two arrivals that do not know of each other.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        // 53 bits make a fraction above 0 and up to 1.
        let fraction = ((self.next() >> 11) + 1) as f64 / (1u64 << 53) as f64;
        -mean * fraction.ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_numbers_are_those_of_the_reference() {
        // The reference implementation (Vigna, splitmix64.c) from seed 1234567.
        let mut rng = Rng::new(1_234_567);
        assert_eq!([rng.next(), rng.next()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    #[test]
    fn between_includes_both_ends() {
        let mut rng = Rng::new(1);
        let drawn: std::collections::BTreeSet<i64> = (0..200).map(|_| rng.between(-1, 1)).collect();
        assert_eq!(drawn.into_iter().collect::<Vec<_>>(), [-1, 0, 1]);
    }

    #[test]
    fn the_mean_of_arrivals_is_the_mean() {
        let mut rng = Rng::new(7);
        let mean = (0..20_000).map(|_| rng.exponential(500.0)).sum::<f64>() / 20_000.0;
        assert!((480.0..520.0).contains(&mean), "{mean}");
    }
}
