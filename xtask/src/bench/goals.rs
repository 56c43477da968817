//! What is promised, by the name of the bench that measures it. A new promise is a line here.

use super::figures::Figure;

enum Goal {
    /// Things a second, on one core.
    AtLeastPerSecond(f64),
    /// Seconds for one iteration.
    AtMostSeconds(f64),
}
use Goal::{AtLeastPerSecond, AtMostSeconds};

/// Names, or the beginnings of names where several are promised the same.
const GOALS: [(&str, Goal); 9] = [
    ("convergence/", AtLeastPerSecond(500_000.0)),
    ("ingest/otlp spans", AtLeastPerSecond(50_000.0)),
    ("otlp/protobuf to observations", AtLeastPerSecond(200_000.0)),
    ("append/fsynced", AtLeastPerSecond(200_000.0)),
    ("engine/spans of traces", AtLeastPerSecond(333_000.0)),
    ("path/119,680 spans", AtMostSeconds(0.2)),
    ("state/load a million keys", AtMostSeconds(2.5)),
    ("recovery/", AtMostSeconds(5.0)),
    ("page/", AtMostSeconds(0.1)),
];

/// The figure against its goal, in words; above 1 is better than promised.
pub fn ratio(figure: &Figure) -> String {
    let goal = GOALS.iter().find(|(name, _)| figure.name.starts_with(name)).map(|(_, goal)| goal);
    match goal {
        None => "–".to_owned(),
        Some(AtLeastPerSecond(rate)) => format!("{:.2} (≥ {rate} a second)", figure.per_second() / rate),
        Some(AtMostSeconds(seconds)) => format!("{:.2} (≤ {seconds} s)", seconds / figure.mean_seconds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn above_one_is_better_than_promised() {
        let figure = |name: &str, mean_seconds, elements| Figure { name: name.into(), mean_seconds, elements };
        assert!(ratio(&figure("page/traces: newest", 0.02, 1.0)).starts_with("5.00"));
        assert!(ratio(&figure("convergence/step", 2.0, 500_000.0)).starts_with("0.50"));
        assert_eq!(ratio(&figure("read/in order", 1.0, 1.0)), "–");
    }
}
