//! Whether a place takes more of the critical path than it used to: a pure comparison of a window with its baseline, each
//! side with its confidence. It must not remember anything; what follows from a verdict is `stage`'s.

use plumbline_model::{Lag, finding::BaselineKind, rules::LatencyRule};
use serde::{Deserialize, Serialize};

use super::{confidence, history::Stay};
use crate::latency::view::share_ppm;

/// Samples below which a window is not judged.
pub(crate) const MIN_SAMPLES: u64 = 30;
/// Least excess, as a part of the baseline's p95. Less is real now and then, and nobody's night's sleep.
const EXCESS_PART: i64 = 2;

/// What a window is compared with. Frozen when a suspicion begins, so that a slowness does not become its own measure.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Baseline {
    pub kind: BaselineKind,
    pub p95: Lag,
    /// What its p95 could be as well.
    pub high: Lag,
    /// Time on all paths, per path, in nanoseconds.
    pub per_path: i64,
}

/// What a window shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Figures {
    pub p95: Lag,
    low: Lag,
    pub share_ppm: u32,
    pub samples: u64,
    per_path: i64,
}

/// What a window is, against its baseline.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// Slower, beyond threshold and doubt.
    Hot,
    /// Somewhat slower, or not certain.
    Between,
    /// Less than half the threshold above.
    Calm,
}

impl Baseline {
    /// `None` if there are too few samples to say what is usual. `paths`: paths in the same time, whatever they led through.
    pub fn new(kind: BaselineKind, stay: &Stay, paths: u64) -> Option<Self> {
        let p95 = confidence::p95(&stay.time).filter(|_| stay.time.count() >= MIN_SAMPLES)?;
        Some(Self { kind, p95: p95.value, high: p95.high?, per_path: per_path(stay, paths) })
    }
}

impl Figures {
    /// `None` if there are too few samples.
    pub fn new(stay: &Stay, paths: u64) -> Option<Self> {
        let p95 = confidence::p95(&stay.time).filter(|_| stay.time.count() >= MIN_SAMPLES)?;
        Some(Self {
            p95: p95.value,
            low: p95.low,
            share_ppm: share_ppm(stay.time.sum(), stay.whole),
            samples: stay.time.count(),
            per_path: per_path(stay, paths),
        })
    }
}

fn per_path(stay: &Stay, paths: u64) -> i64 {
    stay.time.sum().0 / i64::try_from(paths.max(1)).unwrap_or(i64::MAX)
}

/// Compares a window with its baseline.
pub(crate) fn judge(rule: &LatencyRule, figures: &Figures, baseline: &Baseline) -> Verdict {
    let threshold = rule.min_excess.max(Lag(baseline.p95.0 / EXCESS_PART));
    let excess = figures.p95.0 - baseline.p95.0;
    if excess * 2 < threshold.0 {
        return Verdict::Calm;
    }
    // A branch that comes onto the path only when it is slow, because another one got slower, is slow in all its samples and
    // takes no more than before.
    let takes_more = figures.per_path > baseline.per_path.saturating_add(baseline.per_path / 4);
    let is_hot =
        excess >= threshold.0 && figures.low > baseline.high && figures.share_ppm >= rule.min_share_ppm && takes_more;
    if is_hot { Verdict::Hot } else { Verdict::Between }
}
