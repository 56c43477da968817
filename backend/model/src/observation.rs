//! An observation: one fact that a collector saw, where it stood, when it was true, and where it is to be routed.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::{
    name::{CorrelationId, EntityName, EventId, EventType, Key, SagaName, ServiceName, SpanId, TraceId},
    position::ObservationId,
    span::SpanFact,
    state::StateFact,
    time::{ReceivedTime, SourceTime},
};

/// One fact with its circumstances. One record of a source may give several, told apart by `id.part`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Observation {
    pub id: ObservationId,
    pub at: SourceTime,
    pub received: ReceivedTime,
    pub route: Route,
    pub cause: Cause,
    pub fact: Fact,
}

/// The one key by which an observation finds its checker (ENG-5).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// To the convergence checker and the lineage of a key.
    Key { entity: EntityName, key: Key },
    /// To one saga type; an event that several sagas correlate gives one observation for each.
    Saga { saga: SagaName, id: CorrelationId },
    /// To the assembly of a trace.
    Trace(TraceId),
    /// To no checker: kept for look-ups only (logs without a trace, metrics).
    None,
}

impl Route {
    /// The engine partition, of `partitions`, that this routing key belongs to: the same on every machine.
    pub fn partition(&self, partitions: u32) -> u32 {
        let hash = match self {
            Self::Key { entity, key } => {
                xxh3_64_with_seed(key.as_str().as_bytes(), xxh3_64(entity.as_str().as_bytes()))
            }
            Self::Saga { saga, id } => xxh3_64_with_seed(id.as_str().as_bytes(), xxh3_64(saga.as_str().as_bytes())),
            Self::Trace(trace) => xxh3_64(&trace.0.to_be_bytes()),
            Self::None => 0,
        };
        (hash % u64::from(partitions.max(1))) as u32
    }
}

/// What is known of why a thing happened; ties lineage together. All parts may be unknown.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Cause {
    pub event: Option<EventId>,
    pub event_type: Option<EventType>,
    pub correlation: Option<CorrelationId>,
    pub causation: Option<EventId>,
    pub trace: Option<TraceId>,
    pub span: Option<SpanId>,
    /// Who wrote it, where it is told.
    pub service: Option<ServiceName>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    State(Box<StateFact>),
    Event(Box<EventFact>),
    Span(Box<SpanFact>),
    Log(Box<LogFact>),
    Metric(Box<MetricFact>),
}

/// A domain event. Its ids are in the observation's `cause`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EventFact {
    pub event_type: EventType,
    /// What it is about, as the sender says it (CloudEvents `subject`); empty where it does not.
    pub subject: CompactString,
}

/// A log record, kept as far as it serves traces and findings.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LogFact {
    pub service: ServiceName,
    /// OpenTelemetry severity number, 1–24; 0 where unspecified.
    pub severity: u8,
    pub body: CompactString,
}

/// One point of a metric, kept as far as it serves (throughput, errors, saturation).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct MetricFact {
    pub service: ServiceName,
    pub name: CompactString,
    pub unit: CompactString,
    pub value: f64,
}
