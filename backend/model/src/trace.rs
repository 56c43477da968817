//! A sealed trace: its critical path as sections, and what it adds up to (SEM-19, SEM-20).

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::{
    name::{OperationName, ServiceName, SpanId, TraceId},
    span::EdgeKind,
    time::{Lag, SourceTime},
};

/// What the list of traces shows, upserted by trace id; late spans revise it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TraceSummary {
    pub trace: TraceId,
    /// The root whose path is summarised: the first one, if there are several.
    pub service: ServiceName,
    pub operation: OperationName,
    pub start: SourceTime,
    pub duration: Lag,
    pub spans: u32,
    pub services: u32,
    pub errors: u32,
    /// Sealed without a root, with an open parent, or evicted.
    pub incomplete: bool,
    /// Spans that came after sealing: on the trace's page, not in rollups.
    pub late_spans: u32,
    /// The longest stay on the path, for the list.
    pub longest: Option<(PathPlace, Lag)>,
}

/// Where time on a critical path is spent: in an operation, or on an edge.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PathPlace {
    Operation { service: ServiceName, operation: OperationName },
    Edge { from: ServiceName, to: CompactString, edge: EdgeKind },
}

/// One stretch [start, end) of a critical path. The sections of a request path are disjoint and sum to the root's duration.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Section {
    pub span: SpanId,
    pub start: SourceTime,
    pub end: SourceTime,
    pub place: PathPlace,
    /// The edge rule for a hop with one span was used: the time includes the caller's own (SEM-20).
    pub includes_caller: bool,
}

/// A trace's critical path with what had to be bent to draw it.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
pub struct CriticalPath {
    pub root: SpanId,
    pub sections: Vec<Section>,
    pub warnings: Vec<PathWarning>,
}

/// What could make the path another one, or what did not fit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PathWarning {
    /// A child stuck out of its parent and was cut.
    Clamped { span: SpanId, by: Lag },
    /// A child lay wholly outside of its parent and was left out.
    Dropped { span: SpanId },
    /// Two siblings overlap by so little that skew may have ordered them.
    Overlap { before: SpanId, after: SpanId, by: Lag },
    /// The parent is not among the spans.
    MissingParent { span: SpanId },
    /// The parent ids form a circle; it was cut at this span.
    Cycle { span: SpanId },
    /// A second root beside the first.
    SeveralRoots { span: SpanId },
}
