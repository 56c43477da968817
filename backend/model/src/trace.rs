//! A sealed trace: its critical path as sections, what it adds up to, and its page (SEM-19, SEM-20).
//! Plain data: the paths are walked in the engine, nothing here computes one.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::{
    name::{OperationName, ServiceName, SpanId, TraceId},
    position::ObservationId,
    span::{EdgeKind, Link, Peer, SpanKind},
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
    /// The observation that brought the root, or the earliest span where there is no root: the evidence that the trace is.
    pub observation: ObservationId,
}

/// Where time on a critical path is spent: in an operation, or on an edge.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PathPlace {
    Operation { service: ServiceName, operation: OperationName },
    Edge { from: ServiceName, to: CompactString, edge: EdgeKind },
}

impl PathPlace {
    /// What lies between two services.
    pub fn network(from: &ServiceName, to: &ServiceName) -> Self {
        Self::Edge { from: from.clone(), to: to.0.clone(), edge: EdgeKind::Network }
    }
    /// The stay in a topic or queue until a service consumes from it.
    pub fn stay(topic: &str, to: &ServiceName) -> Self {
        Self::Edge { from: ServiceName::new(topic), to: to.0.clone(), edge: EdgeKind::Topic }
    }
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
    /// A child that its parent cannot have waited for (fire and forget): it ended so much later, by the same clock.
    /// It is left out of the request path and has a path of its own.
    Detached { span: SpanId, by: Lag },
}

/// A trace as its page shows it. Made from all of its spans, late ones included.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
pub struct TraceView {
    pub trace: TraceId,
    /// Earliest start and latest end of any span; offsets count from `start`.
    pub start: SourceTime,
    pub end: SourceTime,
    /// In the order of their first span's start.
    pub services: Vec<ServiceName>,
    pub spans: u32,
    pub errors: u32,
    /// No root, or a span whose parent is not there.
    pub incomplete: bool,
    /// In waterfall order: a span, then its children by start; what waited in a topic stands above its consumer.
    pub rows: Vec<TraceRow>,
    /// The request path of each root, the first root's first; then those of what ran asynchronously (message handlers,
    /// fire and forget), each of which is a request of its own, by start.
    pub requests: Vec<PathView>,
    /// From the first root to its last asynchronous descendant, through topics (SEM-20). Equal to the first request path
    /// where nothing asynchronous ends later.
    pub operation: Option<PathView>,
}

/// A path with what it adds up to.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
pub struct PathView {
    /// The sections tile [start, end).
    pub path: CriticalPath,
    pub start: SourceTime,
    pub end: SourceTime,
    /// Time per place, the longest first; they sum to `end - start`.
    pub places: Vec<PlaceTime>,
    /// How much of the path could belong elsewhere: overlaps and clamped ends of spans that are on it.
    pub uncertain: Lag,
}

/// What one place takes of a path.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PlaceTime {
    pub place: PathPlace,
    pub time: Lag,
    /// Share of the path, parts per million.
    pub share_ppm: u32,
    /// Some of it is the caller's own time, because there is only one span on the hop (SEM-20).
    pub includes_caller: bool,
}

/// One row of a waterfall.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceRow {
    Span(Box<SpanRow>),
    /// A stay in a topic or queue: an edge, drawn outlined.
    Topic(TopicRow),
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SpanRow {
    /// 0 for a root.
    pub depth: u32,
    pub trace: TraceId,
    pub span: SpanId,
    pub parent: Option<SpanId>,
    /// Rows below that belong to it, at any depth.
    pub descendants: u32,
    pub service: ServiceName,
    /// `service.version`, empty where unknown.
    pub version: CompactString,
    pub operation: OperationName,
    pub kind: SpanKind,
    /// Start, counted from the start of the view.
    pub offset: Lag,
    pub duration: Lag,
    /// Own (exclusive) time on its request path, and on the operation path.
    pub on_request: Lag,
    pub on_operation: Lag,
    pub failed: bool,
    pub message: CompactString,
    pub peer: Option<Peer>,
    pub links: Vec<Link>,
    pub marks: Vec<RowMark>,
}

/// The time between a producer and the consumer of its message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TopicRow {
    pub depth: u32,
    /// Topic or queue; the producing service where the spans do not name it.
    pub topic: CompactString,
    pub to: ServiceName,
    pub producer: SpanId,
    pub consumer: SpanId,
    pub offset: Lag,
    pub duration: Lag,
    pub on_operation: Lag,
}

/// What is to be said of a row beside its figures.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowMark {
    /// Nobody waits for it: a message's handler, or fire and forget.
    Asynchronous,
    /// It stuck out of its parent by so much and was cut.
    Clamped {
        by: Lag,
    },
    /// It lay wholly outside of its parent: a clock is off.
    Dropped,
    /// It overlaps the sibling after it by so little that it was taken to come before it.
    Overlap {
        by: Lag,
    },
    MissingParent,
    Cycle,
}
