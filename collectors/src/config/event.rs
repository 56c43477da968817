//! `events:`: which records are domain events, and where their ids are.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{MatchConfig, Selector};

/// Records of a source that are domain events. CloudEvents need none of it: their attributes say it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventConfig {
    /// The source that brings them, as named under `sources`.
    pub source: String,
    /// Which of its records; all of them by default.
    #[serde(default, rename = "match", skip_serializing_if = "Option::is_none")]
    pub matches: Option<MatchConfig>,
    /// The type of the event, such as `order.placed`. Default `$.type`.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub event_type: Option<Selector>,
    /// What it is about. Default `$.subject`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Selector>,
    /// What ties the events of one business transaction together. Default `$.correlationid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<Selector>,
    /// The id of the event that caused it. Default `$.causationid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation: Option<Selector>,
    /// The id of the event itself. Default `$.id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Selector>,
    /// When it happened. Default: what the format says (CloudEvents `time`, Debezium's commit time), else the broker's timestamp.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Selector>,
}
