//! `sagas:`: business transactions over several services, their steps, deadlines and compensations.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Duration, OneOrMany, Selector};

/// A business transaction over several services.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SagaConfig {
    /// Where the id of the run is found. Of a list, the first one that an event carries counts. Default `$.correlationid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlate: Option<OneOrMany<Selector>>,
    /// The event that begins a run.
    pub start: String,
    /// Time for the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Duration>,
    /// The steps in the order in which they are expected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<StepConfig>,
    /// The events that end a run.
    #[serde(default)]
    pub ends: EndsConfig,
    /// What a failed run owes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compensation: Option<CompensationConfig>,
    /// The sources that bring its events; by default every source that carries events.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    pub from: OneOrMany<String>,
    /// Propose steps from what is seen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub discover: bool,
}

/// One step of a saga.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepConfig {
    /// The type of the event that completes the step.
    pub event: String,
    /// The service that owes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Time for it, from the end of the step before. A run that is completed without a step that has a time is told to have
    /// skipped it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Duration>,
    /// The type of the event that undoes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compensate: Option<String>,
    /// The sources that bring the event; by default those of the saga.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    pub from: OneOrMany<String>,
}

/// The events that end a run.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndsConfig {
    /// One type, or a list: the run has done what it was for.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    pub completed: OneOrMany<String>,
    /// One type, or a list: the run was given up, and what it did is to be undone.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    pub failed: OneOrMany<String>,
}

/// What a failed run owes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompensationConfig {
    /// Time for all compensations, from the failure.
    pub within: Duration,
}
