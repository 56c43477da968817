//! The configuration as the engine sees it: compiled, validated, in declared order. The judge half of SEM-11 and the
//! names of the decode half; where values are found in records is the collectors' business.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::{
    name::{EntityName, EventType, FieldName, ReceiverName, ReplicaName, SagaName, ServiceName, SourceName},
    time::Lag,
};

/// Everything that the checkers need to know.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
pub struct Rules {
    pub sources: Vec<SourceRule>,
    pub entities: Vec<EntityRule>,
    pub sagas: Vec<SagaRule>,
    pub latency: LatencyRule,
    pub alerts: AlertRules,
}

impl Rules {
    pub fn source(&self, name: &SourceName) -> Option<&SourceRule> {
        self.sources.iter().find(|source| source.name == *name)
    }
    pub fn entity(&self, name: &EntityName) -> Option<&EntityRule> {
        self.entities.iter().find(|entity| entity.name == *name)
    }
    pub fn saga(&self, name: &SagaName) -> Option<&SagaRule> {
        self.sagas.iter().find(|saga| saga.name == *name)
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SourceRule {
    pub name: SourceName,
    /// How far the source's clock may be off, either way (SEM-1). Default 500 ms.
    pub clock_error: Lag,
    pub capture: Capture,
}

/// Who can vouch for a frontier of the source.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capture {
    /// The broker or database itself (SEM-2).
    Direct,
    /// A relay stands between (SEM-2).
    Relay,
    /// Senders push; the frontier is an assumption (SEM-3).
    Push,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct EntityRule {
    pub name: EntityName,
    /// The compared fields in declared order.
    pub fields: Vec<FieldRule>,
    /// The system of record: existence is decided by it, and every field that names no other (SEM-6).
    pub authority: ReplicaName,
    /// The authority is among them.
    pub replicas: Vec<ReplicaRule>,
    /// Writes of the authority that are remembered at least, beyond what SEM-5 needs. Default 8.
    pub history: u32,
    /// Changes with all that decides what its records say: when it does, what was known of its keys is void (SEM-11).
    pub decode: u64,
}

impl EntityRule {
    pub fn replica(&self, name: &ReplicaName) -> Option<&ReplicaRule> {
        self.replicas.iter().find(|replica| replica.name == *name)
    }

    /// Whom a replica is held against: the entity's authority, and those of its fields that have one of their own. Nobody is
    /// held against itself, so of the authority of all that it maps it is nobody.
    pub fn authorities_of(&self, replica: &ReplicaRule) -> Vec<&ReplicaName> {
        let own = |field: &FieldName| self.fields.iter().find(|rule| rule.name == *field)?.authority.as_ref();
        let mut names = Vec::new();
        for name in [&self.authority].into_iter().chain(replica.fields.iter().filter_map(own)) {
            if *name != replica.name && !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The replicas that are held against somebody. Where a field has an authority of its own, the entity's is a copy of it.
    pub fn copies(&self) -> impl Iterator<Item = &ReplicaRule> {
        self.replicas.iter().filter(|replica| !self.authorities_of(replica).is_empty())
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FieldRule {
    pub name: FieldName,
    /// Field-level authority; `None`: the entity's.
    pub authority: Option<ReplicaName>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ReplicaRule {
    pub name: ReplicaName,
    pub source: SourceName,
    /// The time it is given to converge on a write.
    pub within: Lag,
    /// The fields that it maps, and so is compared on.
    pub fields: Vec<FieldName>,
    /// Absence is excused (a store that expires).
    pub may_be_missing: bool,
    /// Can only be asked (SEM-10).
    pub probed: bool,
    /// Declares which keys it should hold (`holds:`); the result arrives as observations (SEM-6).
    pub partial: bool,
    pub baseline: Baseline,
}

/// How it is known which keys a replica held when watching began (SEM-8).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Baseline {
    /// Nothing is known until a key is seen.
    None,
    /// It was empty: the log is read from its start, or the user declares it.
    Empty,
    /// A snapshot comes first, journaled as `Snapshot` records.
    Snapshot,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SagaRule {
    pub name: SagaName,
    pub start: EventType,
    /// Deadline for the whole, from its start.
    pub within: Option<Lag>,
    /// In declared order; each one is entered when the one before it is done.
    pub steps: Vec<StepRule>,
    pub completed: Vec<EventType>,
    pub failed: Vec<EventType>,
    /// Time for compensations, from the failure.
    pub compensation_within: Option<Lag>,
    /// The sources that could still bring an event of this saga (SEM-16).
    pub sources: Vec<SourceName>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct StepRule {
    /// The event that completes the step.
    pub event: EventType,
    pub owner: Option<ServiceName>,
    /// From entry into the step.
    pub within: Option<Lag>,
    /// The event that undoes it.
    pub compensate: Option<EventType>,
    /// The sources that could still bring the event; empty: those of the saga.
    pub sources: Vec<SourceName>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LatencyRule {
    /// The sources that bring spans.
    pub sources: Vec<SourceName>,
    /// A window is compared with the same window this long ago; the preceding one while there is not enough history (SEM-20).
    pub baseline: Lag,
    /// Least share of the critical path that makes a hotspot, in parts per million.
    pub min_share_ppm: u32,
    /// Least excess over the baseline that makes a hotspot.
    pub min_excess: Lag,
    /// Time without a span after which a finished trace is sealed (SEM-19). Default 10 s.
    pub settle: Lag,
    /// A trace is sealed incomplete after this. Default 2 min.
    pub give_up: Lag,
    /// Open traces kept at most; beyond it the oldest is sealed incomplete and counted (LIM-1).
    pub max_open_traces: u32,
}

impl Default for LatencyRule {
    fn default() -> Self {
        Self {
            sources: Vec::new(),
            baseline: Lag::from_secs(86_400),
            min_share_ppm: 20_000,
            min_excess: Lag::from_millis(10),
            settle: Lag::from_secs(10),
            give_up: Lag::from_secs(120),
            max_open_traces: 100_000,
        }
    }
}

/// Who is told of what. Matchers are a closed form, so that the fold stays pure.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AlertRules {
    /// First match wins; the last one matches everything. Empty: nobody is told.
    pub routes: Vec<RouteRule>,
    /// Findings of one cause are gathered for so long before the incident is told.
    pub group_wait: Lag,
    /// An open incident is told again after this.
    pub repeat: Lag,
}

impl Default for AlertRules {
    fn default() -> Self {
        Self { routes: Vec::new(), group_wait: Lag::from_secs(10), repeat: Lag::from_secs(4 * 3600) }
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RouteRule {
    pub matches: Vec<Matcher>,
    pub receiver: ReceiverName,
}

/// `label = value` or `label != value` over the labels of an incident: `severity`, `rule`, `reason`, `entity`, `replica`, `saga`, `step`, `service`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Matcher {
    pub label: CompactString,
    pub value: CompactString,
    pub equal: bool,
}
