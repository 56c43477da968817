//! What `/metrics` tells of the program itself, in OpenMetrics text. Counters are named after what they count, with its unit.

use std::sync::atomic::{AtomicI64, AtomicU64};

use plumbline_model::rollup::SourceCounts;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

/// Labels of what is counted per source.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct SourceLabel {
    pub source: String,
}

/// The program's own figures.
pub struct Metrics {
    registry: Registry,
    pub records: Family<SourceLabel, Counter>,
    pub observations: Family<SourceLabel, Counter>,
    pub issues: Family<SourceLabel, Counter>,
    pub duplicates: Family<SourceLabel, Counter>,
    pub refused: Family<SourceLabel, Counter>,
    pub frontier_behind_seconds: Family<SourceLabel, Gauge<f64, AtomicU64>>,
    pub journal_position: Gauge<i64, AtomicI64>,
    pub queue_fill: Gauge<f64, AtomicU64>,
    pub append_seconds: Histogram,
    pub step_seconds: Histogram,
    pub commit_seconds: Histogram,
    pub deliveries: Counter,
    pub delivery_failures: Counter,
}

/// From a tenth of a millisecond to ten seconds.
const BOUNDS_SECONDS: [f64; 11] = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0];

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("plumbline");
        let histogram = || Histogram::new(BOUNDS_SECONDS);
        let metrics = Self {
            records: Family::default(),
            observations: Family::default(),
            issues: Family::default(),
            duplicates: Family::default(),
            refused: Family::default(),
            frontier_behind_seconds: Family::default(),
            journal_position: Gauge::default(),
            queue_fill: Gauge::default(),
            append_seconds: histogram(),
            step_seconds: histogram(),
            commit_seconds: histogram(),
            deliveries: Counter::default(),
            delivery_failures: Counter::default(),
            registry: Registry::default(),
        };
        registry.register("records", "Records read from a source", metrics.records.clone());
        registry.register("observations", "Observations journaled", metrics.observations.clone());
        registry.register("issues", "Records that could not be read, or not wholly", metrics.issues.clone());
        registry.register("duplicates", "Records seen before and dropped", metrics.duplicates.clone());
        registry.register("refused", "Batches refused for lack of room", metrics.refused.clone());
        registry.register_with_unit(
            "frontier_behind",
            "How far a source's frontier is behind the clock",
            Unit::Seconds,
            metrics.frontier_behind_seconds.clone(),
        );
        registry.register("journal_position", "Last position committed", metrics.journal_position.clone());
        registry.register_with_unit(
            "queue_fill",
            "Share of the ingest queue's room that is taken",
            Unit::Ratios,
            metrics.queue_fill.clone(),
        );
        registry.register_with_unit(
            "append",
            "Time to make a batch durable",
            Unit::Seconds,
            metrics.append_seconds.clone(),
        );
        registry.register_with_unit(
            "step",
            "Time of the engine for a batch",
            Unit::Seconds,
            metrics.step_seconds.clone(),
        );
        registry.register_with_unit(
            "commit",
            "Time to commit what a batch changed",
            Unit::Seconds,
            metrics.commit_seconds.clone(),
        );
        registry.register("deliveries", "Messages delivered", metrics.deliveries.clone());
        registry.register("delivery_failures", "Tries that failed", metrics.delivery_failures.clone());
        Self { registry, ..metrics }
    }
}

impl Metrics {
    pub fn count(&self, source: &str, counts: &SourceCounts) {
        let label = SourceLabel { source: source.to_owned() };
        self.records.get_or_create(&label).inc_by(counts.records);
        self.observations.get_or_create(&label).inc_by(counts.observations);
        self.issues.get_or_create(&label).inc_by(counts.issues);
        self.duplicates.get_or_create(&label).inc_by(counts.duplicates);
    }

    /// The whole exposition; empty only if encoding text into memory fails.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if let Err(error) = encode(&mut text, &self.registry) {
            tracing::error!(%error, "metrics cannot be written");
        }
        text
    }
}
