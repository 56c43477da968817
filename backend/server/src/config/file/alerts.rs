//! `alerts:`: who is told of what, and the objectives that are promised.

use std::path::PathBuf;

use plumbline_collectors::config::{Duration, LaterConfig, OrderedMap};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::scalar::{Secret, Share};

/// Who is told of what. Without a route nobody is told, and incidents are only shown.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AlertsFile {
    /// Which incident goes to which receiver.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<RouteFile>,
    /// The receivers by name.
    pub receivers: OrderedMap<ReceiverFile>,
    /// What is promised of replicas.
    pub objectives: Vec<ObjectiveFile>,
    /// For how long findings of one cause are gathered before the incident is told.
    pub group_wait: Duration,
    /// After how long an open incident is told again.
    pub repeat: Duration,
}

impl Default for AlertsFile {
    fn default() -> Self {
        Self {
            route: None,
            receivers: OrderedMap::new(),
            objectives: Vec::new(),
            group_wait: Duration::from_secs(10),
            repeat: Duration::from_secs(4 * 3600),
        }
    }
}

/// The first of `routes` that matches counts; otherwise `receiver`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RouteFile {
    /// Who is told of what no other route matches.
    pub receiver: String,
    /// What one message is about.
    #[serde(default)]
    pub group_by: Vec<GroupBy>,
    /// Routes that are tried first, in order.
    #[serde(default)]
    pub routes: Vec<SubrouteFile>,
}

/// What one message is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroupBy {
    /// One incident: all findings that have one cause.
    Cause,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubrouteFile {
    /// `label == "value"` or `label != "value"`, several joined by `&&`. Labels: `severity`, `rule`, `reason`, `entity`, `replica`,
    /// `saga`, `step`, `service`.
    #[serde(rename = "match")]
    pub matches: String,
    pub receiver: String,
}

/// A receiver: exactly one of its kinds.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReceiverFile {
    /// POST of JSON, signed as Standard Webhooks says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<WebhookFile>,
    /// Not built yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slack: Option<LaterConfig>,
    /// Not built yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pagerduty: Option<LaterConfig>,
    /// Not built yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alertmanager: Option<LaterConfig>,
    /// Not built yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cloudevents: Option<LaterConfig>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookFile {
    /// Where it is sent: `https://…`.
    pub url: String,
    /// The shared secret of the signature: `whsec_` and base64 of 24 to 64 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    /// A file that holds the secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,
}

/// A promise about a replica.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectiveFile {
    pub entity: String,
    pub replica: String,
    /// The share of writes that converge in time.
    pub consistent: Share,
    /// Over how long.
    #[serde(default = "four_weeks")]
    pub window: Duration,
}

fn four_weeks() -> Duration {
    Duration::from_secs(28 * 86_400)
}
