//! Reading rollups: sums of amounts over minutes, never made from observations or spans.

use async_trait::async_trait;
use plumbline_model::{
    rollup::{Amount, Series},
    time::Minute,
};

use crate::StoreError;

/// The kind of a series: its variant without the names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SeriesKind {
    Cells,
    Keys,
    Operation,
    Edge,
    OperationPath,
    EdgePath,
    Root,
    Step,
    Saga,
    Logs,
    Source,
}

impl SeriesKind {
    pub const fn of(series: &Series) -> Self {
        match series {
            Series::Cells { .. } => Self::Cells,
            Series::Keys { .. } => Self::Keys,
            Series::Operation { .. } => Self::Operation,
            Series::Edge { .. } => Self::Edge,
            Series::OperationPath { .. } => Self::OperationPath,
            Series::EdgePath { .. } => Self::EdgePath,
            Series::Root { .. } => Self::Root,
            Series::Step { .. } => Self::Step,
            Series::Saga { .. } => Self::Saga,
            Series::Logs { .. } => Self::Logs,
            Series::Source { .. } => Self::Source,
        }
    }
    /// The number under which it is kept; never changed, never used again.
    pub(crate) const fn number(self) -> i64 {
        match self {
            Self::Cells => 1,
            Self::Keys => 2,
            Self::Operation => 3,
            Self::Edge => 4,
            Self::OperationPath => 5,
            Self::EdgePath => 6,
            Self::Root => 7,
            Self::Step => 8,
            Self::Saga => 9,
            Self::Logs => 10,
            Self::Source => 11,
        }
    }
    /// The number under which the most of each level is kept beside the sums of tens of minutes and hours, whose levels are
    /// the last ones: `None` for kinds that only count.
    pub(crate) const fn most_number(self) -> Option<i64> {
        match self {
            Self::Keys => Some(102),
            Self::Saga => Some(109),
            _ => None,
        }
    }
    /// Whether amounts of different minutes may be added: levels at the end of a minute (`Keys`) may not.
    pub const fn adds_over_time(self) -> bool {
        !matches!(self, Self::Keys)
    }
}

/// Which rollups, and how wide a point is.
#[derive(Clone, PartialEq, Debug)]
pub struct RollupQuery {
    pub kind: SeriesKind,
    /// `None`: all series of the kind.
    pub series: Option<Series>,
    /// The first minute.
    pub from: Minute,
    /// The minute behind the last one.
    pub to: Minute,
    /// Minutes summed into one point, counted from `from`; `None`: one point for the whole range. Of levels (`Keys`), a
    /// point is the last minute in it that is known, or the most (`levels`). (`SagaCounts` has both: its `open`, `stuck` and `unknown` are levels
    /// and are taken from the last minute too.)
    pub step_minutes: Option<u32>,
    /// Which of the minutes of a point its levels are taken from.
    pub levels: Levels,
}

/// Which level stands for a stretch of time.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Levels {
    /// That of its last minute: how things stood.
    #[default]
    Last,
    /// The highest of any of its minutes, each by itself: a burst between two points is not lost.
    Most,
}

impl RollupQuery {
    /// All series of a kind, one point each for the whole range.
    pub const fn sums(kind: SeriesKind, from: Minute, to: Minute) -> Self {
        Self { kind, series: None, from, to, step_minutes: None, levels: Levels::Last }
    }
    /// All series of a kind, a point every `step_minutes`.
    pub const fn steps(kind: SeriesKind, from: Minute, to: Minute, step_minutes: u32) -> Self {
        Self { kind, series: None, from, to, step_minutes: Some(step_minutes), levels: Levels::Last }
    }
    /// The highest levels in place of the last ones.
    pub fn most(self) -> Self {
        Self { levels: Levels::Most, ..self }
    }
    /// Only this series.
    pub fn only(self, series: Series) -> Self {
        Self { series: Some(series), ..self }
    }
}

/// One point of one series.
#[derive(Clone, PartialEq, Debug)]
pub struct RollupPoint {
    /// The first minute that it covers.
    pub start: Minute,
    pub series: Series,
    pub amount: Amount,
}

#[async_trait]
pub trait ReadRollups: Send + Sync {
    /// Points by series, then by start. A point without any amount is left out.
    async fn rollups(&self, query: &RollupQuery) -> Result<Vec<RollupPoint>, StoreError>;

    /// Every series of a kind that was ever told (and not forgotten), sorted.
    async fn series(&self, kind: SeriesKind) -> Result<Vec<Series>, StoreError>;
}
