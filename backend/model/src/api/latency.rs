//! Latency: where does the time go?

use super::{Axis, EdgeView, Line, Quantiles, Range};
use crate::SourceTime;

shapes! {
    pub struct LatencyPage {
        pub range: Range,
        pub headline: String,
        pub axis: Axis,
        /// Root operations to choose from, busiest first.
        pub roots: Vec<RootRow>,
        pub hotspots: Vec<HotspotRow>,
        /// In words: what the figures leave out.
        pub not_counted: Vec<String>,
        pub heat: HeatMap,
        pub map: ServiceMap,
        pub baseline: String,
    }

    pub struct RootRow {
        pub service: String,
        pub operation: String,
        pub traces: u64,
        pub incomplete: u64,
        pub duration: Quantiles,
        pub p95_line: Line,
    }

    /// An operation or an edge on critical paths.
    pub struct HotspotRow {
        /// `operation`, `network`, `topic`, `database`, `cache`, `outside`.
        pub shape: String,
        /// `payment POST /authorise` or `shop.orders → order-view`.
        pub name: String,
        pub service: String,
        pub operation: Option<String>,
        pub edge: Option<EdgeView>,
        /// Traces whose path it is on.
        pub traces: u64,
        /// Share of the time on all critical paths.
        pub share: f64,
        pub now: Quantiles,
        pub before: Quantiles,
        pub share_before: Option<f64>,
        /// p95 now less p95 before; `None` without a baseline.
        pub excess_seconds: Option<f64>,
        /// How far the excess may be off.
        pub margin_seconds: Option<f64>,
        /// A finding is open on it.
        pub above: bool,
        pub since: Option<SourceTime>,
        pub includes_caller: bool,
        pub error_share: Option<f64>,
        pub p95_line: Line,
        /// Slowest traces.
        pub exemplars: Vec<String>,
    }

    /// Time × duration: counts of root spans.
    #[derive(Default)]
    pub struct HeatMap {
        /// Lower bounds of the rows in seconds, and the upper bound of the last: one more than rows.
        pub bounds_seconds: Vec<f64>,
        /// One column per step of the page's axis, each with one count per row.
        pub columns: Vec<Vec<u32>>,
        pub p95: Line,
    }

    #[derive(Default)]
    pub struct ServiceMap {
        pub nodes: Vec<MapNode>,
        pub edges: Vec<MapEdge>,
    }

    pub struct MapNode {
        pub id: String,
        pub name: String,
        /// `service`, `topic`, `database`, `cache`, `outside`.
        pub shape: String,
        pub rate_per_second: f64,
        pub error_share: f64,
        pub p95_seconds: Option<f64>,
    }

    pub struct MapEdge {
        pub from: String,
        pub to: String,
        pub kind: String,
        pub rate_per_second: f64,
        pub error_share: f64,
        pub p95_seconds: Option<f64>,
        /// A hotspot finding is open on it.
        pub above: bool,
    }

    pub struct TraceRow {
        pub trace: String,
        pub service: String,
        pub operation: String,
        pub start: SourceTime,
        pub duration_seconds: f64,
        pub spans: u32,
        pub services: u32,
        pub errors: u32,
        pub incomplete: bool,
        pub late_spans: u32,
        /// Where most of its path went.
        pub longest: Option<String>,
        pub longest_seconds: Option<f64>,
    }
}
