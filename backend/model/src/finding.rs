//! A finding: one thing that a checker holds against one subject, with what proves it (ENG-3). Prose is made from these
//! fields alone and never stored.

use std::fmt;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::{
    name::{
        CorrelationId, EntityName, EventType, FieldName, Key, OperationName, ReplicaName, SagaName, ServiceName,
        StepName,
    },
    position::ObservationId,
    span::EdgeKind,
    time::{Lag, ReceivedTime, SourceTime},
    verdict::Reason,
};

/// Derived from rule, subject and the position that began it (SEM-13): the same journal gives the same id everywhere.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FindingId(pub u64);

impl fmt::Display for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "f-{:016x}", self.0)
    }
}
impl fmt::Debug for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl FindingId {
    /// Reads what `Display` writes.
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.strip_prefix("f-").filter(|hex| hex.len() == 16)?;
        u64::from_str_radix(hex, 16).ok().map(Self)
    }
}
impl Serialize for FindingId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { self.0.serialize(serializer) }
    }
}
impl<'de> Deserialize<'de> for FindingId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return u64::deserialize(deserializer).map(Self);
        }
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format_args!("{text:?} is not a finding id")))
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Finding {
    pub id: FindingId,
    pub rule: Rule,
    pub subject: Subject,
    pub severity: Severity,
    /// Since when the subject has been so, by its source's clock; `None`: since before it was watched (SEM-8).
    pub since: Option<SourceTime>,
    /// The deadline that passed.
    pub due: Option<SourceTime>,
    /// When it was found: the tick after which the frontiers allowed it.
    pub opened: ReceivedTime,
    pub resolution: Option<Resolution>,
    pub detail: Detail,
    /// The observations that prove it, most telling first; at most 8.
    pub evidence: Vec<Evidence>,
    /// How far each source that could have disproved it had been seen, when it was found.
    pub frontiers: Vec<FrontierEvidence>,
}

/// The rule that was broken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// A replica converges on every write of its authority within the promised time.
    Convergence,
    /// A step of a saga is done within its time.
    SagaStep,
    /// A saga ends within its time.
    SagaWhole,
    /// What a failed saga did is undone within its time.
    SagaCompensation,
    /// An operation or edge takes no more of the critical path than its baseline says.
    Hotspot,
}

impl Rule {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Convergence => "convergence",
            Self::SagaStep => "saga step",
            Self::SagaWhole => "saga",
            Self::SagaCompensation => "compensation",
            Self::Hotspot => "hotspot",
        }
    }
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    Replica { entity: EntityName, key: Key, replica: ReplicaName },
    Saga { saga: SagaName, instance: CorrelationId, step: Option<StepName> },
    Operation { service: ServiceName, operation: OperationName },
    Edge { from: ServiceName, to: CompactString, edge: EdgeKind },
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Info,
    Warning,
    High,
}

impl Severity {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::High => "high",
        }
    }
}

/// What is special to the rule.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    Divergence {
        reason: Reason,
        fields: Vec<FieldDiff>,
        /// Writes of the authority that the replica lacks, where its value is one of the authority's.
        behind: Option<u32>,
        expected_version: Option<i64>,
        held_version: Option<i64>,
    },
    Stuck {
        waiting_for: Vec<EventType>,
        owner: Option<ServiceName>,
        /// The last event before the silence.
        after: Option<EventType>,
        within: Lag,
        /// Completed steps that are neither carried on nor undone, in the order they were done.
        owed: Vec<Owed>,
    },
    Slower {
        /// Exclusive time on the critical path at p95, in the window and in its baseline.
        p95: Lag,
        baseline_p95: Lag,
        /// Share of the critical path, parts per million.
        share_ppm: u32,
        samples: u64,
        baseline: BaselineKind,
    },
    /// A step that a completed run left out.
    Skipped { left_out: EventType, owner: Option<ServiceName> },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BaselineKind {
    /// The same window one baseline period earlier.
    SameWindowEarlier,
    /// The preceding window: there is not enough history for more (SEM-20).
    Preceding,
}

/// One field that differs. Values are there only where the configuration keeps them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FieldDiff {
    pub field: FieldName,
    pub expected: Option<CompactString>,
    pub held: Option<CompactString>,
}

/// Something that was done and is neither carried on nor undone.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Owed {
    pub done: StepName,
    /// The event that would undo it; `None` where none is declared.
    pub undo: Option<EventType>,
}

/// An observation, and what it proves.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Evidence {
    pub id: ObservationId,
    pub at: SourceTime,
    pub role: EvidenceRole,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceRole {
    /// The authority's write that the replica should show.
    Expected,
    /// What the replica was last seen to hold.
    Held,
    /// The first write that the replica lacks.
    FirstMissed,
    /// The event that began a saga, or a step.
    Began,
    /// The last event before the silence.
    Last,
    /// The event that ended or failed a saga.
    Ended,
    /// An exemplar: one trace of many.
    Exemplar,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FrontierEvidence {
    pub source: crate::name::SourceName,
    pub frontier: SourceTime,
    /// True where the frontier is an assumption about a push source (SEM-3).
    pub assumed: bool,
}

/// How a finding ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Resolution {
    /// When it came right, by the source's clock; `None` where no observation says so.
    pub at: Option<SourceTime>,
    pub found: ReceivedTime,
    pub how: Resolved,
    pub evidence: Option<ObservationId>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolved {
    /// The replica converged, or the event came, late.
    Late,
    /// A record that arrived late shows that it had been right in time.
    Disproved,
    /// A newer write made the question void; what follows has its own deadline.
    Superseded,
    /// It can no longer be decided (a gap, a re-created source).
    Unknown,
    /// The engine no longer holds it after an upgrade or a change of rules (SEM-12).
    EngineChanged,
    /// The figures came back under the threshold.
    Recovered,
}
