//! What is promised, by the name of the figure that proves it. A new promise is a line here.

use super::figures::Figure;

/// A limit in the figure's own unit.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    AtLeast(f64),
    AtMost(f64),
}
use Limit::{AtLeast, AtMost};

/// By the name of the figure. Rates are things a second on one core, times are
/// seconds on one core.
const GOALS: [(&str, Limit); 15] = [
    ("convergence/1000 keys", AtLeast(500_000.0)),
    ("convergence/1000000 keys", AtLeast(500_000.0)),
    ("memory/key × replica, 2 remembered writes", AtMost(150.0)),
    ("memory/open saga, 2 events", AtMost(300.0)),
    ("ingest/otlp spans", AtLeast(50_000.0)),
    ("otlp/protobuf to observations", AtLeast(200_000.0)),
    ("append/fsynced", AtLeast(200_000.0)),
    ("engine/spans of traces of ten", AtLeast(333_000.0)),
    ("path/119,680 spans, 8 children each", AtMost(0.2)),
    ("path/119,680 spans, one below the other", AtMost(0.2)),
    ("path/119,680 spans, all below the root", AtMost(0.2)),
    ("path/1,000,000 spans, 8 children each", AtMost(2.0)),
    ("state/load a million keys", AtMost(2.5)),
    ("recovery/a million keys and observations", AtMost(5.0)),
    ("pages/slowest at p99", AtMost(100.0)),
];

impl Limit {
    /// What is promised of a figure, and the promise's place among them.
    pub fn of(figure: &Figure) -> Option<(usize, Self)> {
        let at = GOALS.iter().position(|(name, _)| figure.name == *name)?;
        Some((at, GOALS[at].1))
    }

    /// Whether a rate of things is promised, where the bench gives a time.
    pub const fn is_rate(self) -> bool {
        matches!(self, AtLeast(_))
    }

    pub const fn value(self) -> f64 {
        match self {
            AtLeast(value) | AtMost(value) => value,
        }
    }

    /// Above 1 is better than promised.
    pub fn ratio(self, value: f64) -> f64 {
        match self {
            AtLeast(limit) => value / limit,
            AtMost(limit) => limit / value,
        }
    }

    pub const fn sign(self) -> &'static str {
        match self {
            AtLeast(_) => "≥",
            AtMost(_) => "≤",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn above_one_is_better_than_promised() {
        assert_eq!(AtMost(100.0).ratio(20.0), 5.0);
        assert_eq!(AtLeast(500_000.0).ratio(250_000.0), 0.5);
    }

    #[test]
    fn a_promise_is_for_one_figure() {
        let limit = |name: &str| Limit::of(&Figure::printed(name, 1.0, "B")).map(|(at, _)| at);
        assert_eq!(limit("convergence/1000 keys"), Some(0));
        assert_eq!(limit("convergence/1000 keys, bare hash map"), None);
    }
}
