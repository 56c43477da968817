//! `entities:`: things with a key whose state lives in several places, and where each place's records say what.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Duration, FieldSelector, FieldType, OneOrMany, OrderedMap, Selector};

/// A kind of thing with a key, and the places that hold its state.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EntityConfig {
    /// How long a replica may lag behind the authority.
    pub within: Duration,
    /// The types of compared fields. What a replica maps and is not listed is compared as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compare: Option<OrderedMap<FieldType>>,
    /// What may be kept of field values.
    #[serde(default)]
    pub values: ValuesConfig,
    /// The replica that is the system of record. Default: the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<AuthorityConfig>,
    /// How many older writes of each key are remembered at least, to tell an old value from one that was never written.
    /// Default: 8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000))]
    pub history: Option<u32>,
    /// The places that hold its state, by name.
    pub replicas: OrderedMap<ReplicaConfig>,
}

/// What may be kept of field values; divergence is found with any of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ValuesConfig {
    /// The values themselves, so that a divergence shows both sides.
    #[default]
    Store,
    /// A hash of each value, keyed with a secret of this installation.
    Hash,
    /// The same hash, and it is not shown either.
    Drop,
}

/// `orders`, or a map from field to replica in which `default` names the authority of all other fields and of existence.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected the name of a replica, or a map from field to replica with `default`")]
pub enum AuthorityConfig {
    Replica(String),
    Fields(OrderedMap<String>),
}

/// A place that holds copies of the entity's state.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplicaConfig {
    /// The source that tells of it, as named under `sources`.
    pub source: String,
    /// Which records of the source tell of it; all of them by default.
    #[serde(default, rename = "match", skip_serializing_if = "Option::is_none")]
    pub matches: Option<MatchConfig>,
    /// How long this replica may lag, where it differs from the entity's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Duration>,
    /// Where the key is found. Not needed with `probe`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Selector>,
    /// A whole number that grows with every write of a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Selector>,
    /// The version that the writer had read; it proves lost updates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Selector>,
    /// When the state became so, where the record's own time is not it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Selector>,
    /// Where the compared fields are found. A field that is not listed is not compared in this replica. A record that lacks
    /// a listed one says nothing of it: what was known of it stays.
    #[serde(default)]
    pub fields: OrderedMap<FieldSelector>,
    /// A missing key is not held against it: it is a store that expires.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub may_be_missing: bool,
    /// Which keys it should hold: a CEL expression over the authority's record, whose compared fields are variables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holds: Option<String>,
    /// A CEL expression over the replica's own record that says that the key is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<String>,
    /// It can only be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<ProbeConfig>,
    /// How it is known which keys it held when watching began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<BaselineConfig>,
}

/// Which records of a source are meant. All that is said must hold.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MatchConfig {
    /// Kafka: the topic, or a list of topics.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    pub topic: OneOrMany<String>,
    /// Change capture: the table with its schema (`public.orders`), or a list.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    pub table: OneOrMany<String>,
    /// CloudEvents: the type, or a list. Other formats: the value at `$.type`.
    #[serde(default, rename = "type", skip_serializing_if = "OneOrMany::is_empty")]
    pub event_type: OneOrMany<String>,
    /// A CEL expression over the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
}

/// How a place is asked that cannot tell by itself.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProbeConfig {
    /// The key to ask for; `{key}` stands for the entity's key.
    pub key: String,
}

/// How it is known which keys a replica held when watching began.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BaselineConfig {
    /// It is not known: a key that was never seen is neither missing nor an orphan.
    None,
    /// It was empty.
    Empty,
    /// The source begins with a snapshot of it.
    Snapshot,
}
