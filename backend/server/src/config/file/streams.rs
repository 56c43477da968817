//! `streams:`: what is checked of event streams. Read and validated; the checks themselves are not built yet, and the program
//! says so.

use plumbline_collectors::config::Selector;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StreamFile {
    /// A number that grows by one with every event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<Selector>,
    /// What the sequence counts for: the key of the aggregate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per: Option<Selector>,
    /// The replica whose writes each owe an event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outbox: Option<OutboxFile>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutboxFile {
    pub replica: String,
}
