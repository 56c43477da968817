//! Quantiles of a sketch, in seconds, as the API tells them.

use plumbline_model::{Sketch, api::Quantiles};

/// p50, p95, p99 and the greatest value; all `None` where there are no values.
pub fn of(sketch: &Sketch) -> Quantiles {
    let at = |ppm| sketch.quantile_ppm(ppm).map(plumbline_model::Lag::seconds);
    Quantiles {
        count: sketch.count(),
        p50_seconds: at(500_000),
        p95_seconds: at(950_000),
        p99_seconds: at(990_000),
        max_seconds: at(1_000_000).map(|_| sketch.max().seconds()),
    }
}

#[cfg(test)]
mod tests {
    use plumbline_model::Lag;

    use super::*;

    #[test]
    fn an_empty_sketch_has_no_quantiles() {
        assert_eq!(of(&Sketch::default()), Quantiles::default());
    }

    #[test]
    fn seconds_of_known_values() {
        let mut sketch = Sketch::default();
        (1..=100).for_each(|ms| sketch.add(Lag::from_millis(ms)));
        let it = of(&sketch);
        let near = |told: Option<f64>, ms: f64| told.is_some_and(|told| (told * 1e3 / ms - 1.0).abs() < 0.032);
        assert!(near(it.p50_seconds, 50.0) && near(it.p95_seconds, 95.0) && near(it.p99_seconds, 99.0), "{it:?}");
        assert_eq!((it.count, it.max_seconds), (100, Some(0.1)));
    }
}
