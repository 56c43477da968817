//! Figures that are no times of criterion's: bytes, quantiles, rates of a whole server. One line each on standard output,
//! which `cargo xtask bench` reads.

use std::time::Duration;

/// Prints a figure; `name` is what `xtask/src/bench/goals.rs` knows it by.
pub fn figure(name: &str, value: f64, unit: &str) {
    println!("figure: {name} = {value:.3} {unit}");
}

/// The time that a share of the samples does not exceed; the longest of few samples.
pub fn quantile(samples: &mut [Duration], share: f64) -> Duration {
    samples.sort_unstable();
    let at = (samples.len() as f64 * share).ceil() as usize;
    samples.get(at.saturating_sub(1).min(samples.len().saturating_sub(1))).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_a_sample() {
        let mut samples: Vec<_> = (1..=100).rev().map(Duration::from_millis).collect();
        assert_eq!(quantile(&mut samples, 0.5), Duration::from_millis(50));
        assert_eq!(quantile(&mut samples, 0.99), Duration::from_millis(99));
        assert_eq!(quantile(&mut samples[..3], 0.99), Duration::from_millis(3));
        assert_eq!(quantile(&mut [], 0.99), Duration::ZERO);
    }
}
