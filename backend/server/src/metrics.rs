//! What `/metrics` tells of the program itself, in OpenMetrics text. Counters are named after what they count, with its unit.

use std::sync::atomic::{AtomicI64, AtomicU64};

use plumbline_model::rollup::SourceCounts;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Metric, Registry, Unit},
};

/// Labels of what is counted per source.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct SourceLabel {
    pub source: String,
}

/// What is registered, for whoever exports it by other means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Figure {
    /// As in the exposition, without what a kind adds to it (`_total`, `_count`).
    pub name: String,
    pub help: &'static str,
    pub kind: Kind,
    /// It has a value for each source.
    pub labelled: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// The program's own figures.
pub struct Metrics {
    registry: Registry,
    figures: Vec<Figure>,
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

const PREFIX: &str = "plumbline";
/// From a tenth of a millisecond to ten seconds.
const BOUNDS_SECONDS: [f64; 11] = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0];

impl Default for Metrics {
    fn default() -> Self {
        let histogram = || Histogram::new(BOUNDS_SECONDS);
        let mut metrics = Self {
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
            registry: Registry::with_prefix(PREFIX),
            figures: Vec::new(),
        };
        metrics.register_all();
        metrics
    }
}

impl Metrics {
    fn register_all(&mut self) {
        let by_source = |kind| (kind, true);
        let (counter, gauge, histogram) = ((Kind::Counter, false), (Kind::Gauge, false), (Kind::Histogram, false));
        let seconds = Some(Unit::Seconds);
        let counters = [
            ("records", "Records read from a source", self.records.clone()),
            ("observations", "Observations journaled", self.observations.clone()),
            ("issues", "Records that could not be read, or not wholly", self.issues.clone()),
            ("duplicates", "Records seen before and dropped", self.duplicates.clone()),
            ("refused", "Batches refused for lack of room", self.refused.clone()),
        ];
        for (name, help, metric) in counters {
            self.register(name, help, None, by_source(Kind::Counter), metric);
        }
        let behind = self.frontier_behind_seconds.clone();
        let help = "How far a source's frontier is behind the clock";
        self.register("frontier_behind", help, seconds.clone(), by_source(Kind::Gauge), behind);
        let position = self.journal_position.clone();
        self.register("journal_position", "Last position committed", None, gauge, position);
        let fill = self.queue_fill.clone();
        let help = "Share of the ingest queue's room that is taken";
        self.register("queue_fill", help, Some(Unit::Ratios), gauge, fill);
        let times = [
            ("append", "Time to make a batch durable", self.append_seconds.clone()),
            ("step", "Time of the engine for a batch", self.step_seconds.clone()),
            ("commit", "Time to commit what a batch changed", self.commit_seconds.clone()),
        ];
        for (name, help, metric) in times {
            self.register(name, help, seconds.clone(), histogram, metric);
        }
        let deliveries = [
            ("deliveries", "Messages delivered", self.deliveries.clone()),
            ("delivery_failures", "Tries that failed", self.delivery_failures.clone()),
        ];
        for (name, help, metric) in deliveries {
            self.register(name, help, None, counter, metric);
        }
    }

    fn register(
        &mut self,
        name: &'static str,
        help: &'static str,
        unit: Option<Unit>,
        (kind, labelled): (Kind, bool),
        metric: impl Metric,
    ) {
        let suffix = unit.as_ref().map(|unit| format!("_{}", unit.as_str())).unwrap_or_default();
        self.figures.push(Figure { name: format!("{PREFIX}_{name}{suffix}"), help, kind, labelled });
        match unit {
            Some(unit) => self.registry.register_with_unit(name, help, unit, metric),
            None => self.registry.register(name, help, metric),
        }
    }

    /// All that is registered.
    pub fn figures(&self) -> &[Figure] {
        &self.figures
    }

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
