//! What several pages share: ranges, pages of a list, mixes of verdicts, consistency with its denominator, lines for charts.

use crate::{SourceTime, time::Lag};

shapes! {
    /// A stretch of source time, `from` included, `to` not.
    #[derive(Copy)]
    pub struct Range {
        pub from: SourceTime,
        pub to: SourceTime,
    }

    /// One page of a list. `next` continues behind the last item; it stays good while items come and go.
    pub struct Page<T> {
        pub items: Vec<T>,
        pub next: Option<String>,
        /// How many match the filter, where that is cheap to know.
        pub total: Option<u64>,
    }

    /// Keys, or writes, by verdict. `unknown` is never part of the others.
    #[derive(Copy, Default)]
    pub struct Mix {
        pub converged: u64,
        pub lagging: u64,
        pub diverged: u64,
        pub unknown: u64,
    }

    /// The four verdicts without their details, for marks and words.
    #[derive(Copy, Eq, PartialOrd, Ord, Hash)]
    #[serde(rename_all = "snake_case")]
    pub enum VerdictWord {
        Converged,
        Lagging,
        Diverged,
        Unknown,
    }

    /// Consistency over a range (SEM-9), always beside its denominator and coverage.
    #[derive(Default)]
    pub struct Consistency {
        /// Writes × replicas that closed as in time, not in time or unknown.
        pub closed: u64,
        pub in_time: u64,
        pub not_in_time: u64,
        pub unknown: u64,
        /// Of those not in time: healed later.
        pub late: u64,
        /// In no ratio yet: not due, or waiting for a frontier.
        pub open: u64,
        /// `in_time / (closed − unknown)`; `None` where there was nothing to check.
        pub ratio: Option<f64>,
        /// `−log10(1 − ratio)`, no more of them than the denominator bears at 95 %; `None` where there was nothing to check.
        pub nines: Option<f64>,
        /// The denominator bounds `nines`: there were too few writes to show more.
        pub bounded: bool,
        /// `1 − unknown / closed`, or the share of time in which the frontiers advanced if that is less.
        pub coverage: Option<f64>,
        /// Why the unknown ones are, most frequent first.
        pub whys: Vec<CountedWhy>,
    }

    /// Quantiles of a duration; all `None` where there are no values.
    #[derive(Copy, Default)]
    pub struct Quantiles {
        pub count: u64,
        pub p50_seconds: Option<f64>,
        pub p95_seconds: Option<f64>,
        pub p99_seconds: Option<f64>,
        pub max_seconds: Option<f64>,
    }

    pub struct CountedWhy {
        /// In words (`blind`, `no baseline`).
        pub why: String,
        /// The source that stands in the way, where it is one.
        pub source: Option<String>,
        pub count: u64,
        /// What would make it known.
        pub remedy: Option<String>,
    }

    /// Equally spaced values; `None` where nothing is known.
    #[derive(Default)]
    pub struct Line {
        pub values: Vec<Option<f64>>,
    }

    /// The common x axis of a page's charts: the start of each step.
    #[derive(Copy)]
    pub struct Axis {
        pub from: SourceTime,
        pub step_seconds: u32,
        pub steps: u32,
    }

    /// Something that happened at a time and is drawn across charts (a deploy, a gap).
    pub struct TimeMark {
        pub at: SourceTime,
        pub until: Option<SourceTime>,
        pub label: String,
    }
}

impl Mix {
    pub const fn total(self) -> u64 {
        self.converged + self.lagging + self.diverged + self.unknown
    }
    /// The worst verdict that occurs; `None` where nothing was seen.
    pub const fn worst(self) -> Option<VerdictWord> {
        match self {
            Self { diverged: 1.., .. } => Some(VerdictWord::Diverged),
            Self { unknown: 1.., .. } => Some(VerdictWord::Unknown),
            Self { lagging: 1.., .. } => Some(VerdictWord::Lagging),
            Self { converged: 1.., .. } => Some(VerdictWord::Converged),
            _ => None,
        }
    }
}

impl VerdictWord {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Converged => "converged",
            Self::Lagging => "lagging",
            Self::Diverged => "diverged",
            Self::Unknown => "unknown",
        }
    }
}

impl Range {
    pub const fn length(self) -> Lag {
        self.to.since(self.from)
    }
}
