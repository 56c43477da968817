//! The lineage of one key: what every replica held when, what caused it, when it differed from the authority, and who wrote
//! what it holds. `plumbline_engine::lineage` fills these shapes from observations, the API answers with them and the
//! dashboard draws them; like the shapes of `api` they are flat, and nothing here decides anything (UI-1).

use serde::{Deserialize, Serialize};

use crate::{ReceivedTime, SourceTime, api::VerdictWord, time::Lag};

/// Everything that is known to have happened to one key.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Lineage {
    pub entity: String,
    pub key: String,
    /// The compared fields in declared order.
    pub fields: Vec<String>,
    /// Every replica of the entity, the authority first, then in declared order; those without changes too.
    pub replicas: Vec<ReplicaLineage>,
    /// Domain events that name the key, in order of source time.
    pub events: Vec<EventMark>,
}

/// One replica's side of the story.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReplicaLineage {
    pub replica: String,
    pub source: String,
    /// The system of record.
    pub authority: bool,
    /// The fields that it maps.
    pub fields: Vec<String>,
    /// The time it is given, in seconds.
    pub within_seconds: f64,
    /// What it was seen to hold, in the order of its own positions. A repetition of one position appears once.
    pub changes: Vec<StateChange>,
    /// The verdicts over time, without gaps between them, from the first observation of the key anywhere. Empty for the authority.
    pub bands: Vec<Band>,
}

/// One change of one replica: what it held from then on.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StateChange {
    /// Source, partition and position of the observation (`view-db@88`).
    pub id: String,
    pub at: SourceTime,
    pub received: ReceivedTime,
    pub kind: ChangeKind,
    pub version: Option<i64>,
    /// False where the key ceased to exist.
    pub present: bool,
    /// What it holds of every mapped field after the change; empty where it is not present.
    pub fields: Vec<FieldHeld>,
    /// The fields that this change gave another value.
    pub changed: Vec<String>,
    pub cause: CauseView,
    /// The id of the earlier change whose content this one brings back, where it does (a revert, a re-insert).
    pub reverts: Option<String>,
    /// Whether it equals what the authority held at that time; `None` for the authority and where that is not known.
    pub equals_authority: Option<bool>,
    /// For a copy: the write of the authority whose content it shows, the newest that was made by then.
    pub shows: Option<String>,
    /// For a copy: how long after that write, in seconds.
    pub lag_seconds: Option<f64>,
}

/// How a change came to be seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    Create,
    Update,
    Write,
    Delete,
    /// A row of a snapshot: it was so by then, nobody saw since when (SEM-8).
    Snapshot,
    /// An answer to a probe (SEM-10).
    Probe,
}

/// One field as a replica holds it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FieldHeld {
    pub field: String,
    pub state: FieldState,
    /// The value where the configuration keeps it.
    pub text: Option<String>,
    /// Equal digests are equal values, 16 hexadecimal digits; `None` where nothing is known.
    pub digest: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum FieldState {
    Value,
    Null,
    /// No record has carried it yet (SEM-6).
    NotCarried,
}

/// A stretch of source time, `from` included, over which one verdict held.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Band {
    pub from: SourceTime,
    /// `None`: it still holds.
    pub to: Option<SourceTime>,
    pub verdict: VerdictWord,
    /// `stale`, `missing` … where it is diverged.
    pub reason: Option<String>,
    /// In words, where it is unknown.
    pub why: Option<String>,
    /// Lagging: when it has to have converged.
    pub due: Option<SourceTime>,
}

/// What is known of why a change or an event happened. All parts may be unknown.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CauseView {
    pub event: Option<String>,
    pub event_type: Option<String>,
    pub correlation: Option<String>,
    /// The event that caused this one.
    pub causation: Option<String>,
    /// 32 and 16 hexadecimal digits.
    pub trace: Option<String>,
    pub span: Option<String>,
    pub service: Option<String>,
}

/// A domain event that names the key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EventMark {
    pub id: String,
    pub at: SourceTime,
    pub received: ReceivedTime,
    pub event_type: String,
    pub subject: String,
    pub cause: CauseView,
}

/// The key in every replica at one time, side by side.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StateAt {
    pub at: SourceTime,
    /// In the order of `Lineage::replicas`.
    pub replicas: Vec<ReplicaAt>,
    /// The fields that differ in at least one replica, in declared order.
    pub differing: Vec<String>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReplicaAt {
    pub replica: String,
    /// `None`: it had not been seen by then.
    pub present: Option<bool>,
    pub version: Option<i64>,
    /// The change that brought it there.
    pub change: Option<String>,
    /// One for every mapped field, in declared order; empty where it is not present.
    pub fields: Vec<FieldAt>,
}

/// One cell of the comparison.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FieldAt {
    pub held: FieldHeld,
    /// Whether it differs from the field's authority at that time; `None` for the authority itself and where one is not known.
    pub differs: Option<bool>,
    /// Who wrote the value.
    pub blame: Option<Blame>,
}

/// The change that gave a field the value it has. A revert is blamed for what it brought back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Blame {
    /// The change's id.
    pub change: String,
    pub at: SourceTime,
    pub version: Option<i64>,
    pub cause: CauseView,
    /// The earlier change that had written the same value before another one replaced it.
    pub reverts: Option<String>,
}

impl ReplicaLineage {
    /// The verdict that holds now; `None` for the authority.
    pub fn now(&self) -> Option<&Band> {
        self.bands.last()
    }

    /// The change whose state held at `at`; `None` before the first.
    pub fn change_at(&self, at: SourceTime) -> Option<&StateChange> {
        self.changes.iter().rev().find(|change| change.at <= at)
    }
}

impl Band {
    /// How long it lasted; `None` while it lasts.
    pub fn length(&self) -> Option<Lag> {
        self.to.map(|to| to.since(self.from))
    }
}
