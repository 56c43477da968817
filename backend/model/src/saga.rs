//! One run of a saga, as the engine tells it to the store and the store to people.

use serde::{Deserialize, Serialize};

use crate::{
    finding::Owed,
    name::{CorrelationId, EventType, SagaName, ServiceName, StepName},
    position::ObservationId,
    time::{ReceivedTime, SourceTime},
    verdict::Why,
};

/// One run, upserted by (saga, instance, run).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SagaInstance {
    pub saga: SagaName,
    pub instance: CorrelationId,
    /// From 1; a start after an end opens the next (SEM-17).
    pub run: u32,
    pub state: SagaState,
    pub started: Option<SourceTime>,
    /// When the last event happened.
    pub last: SourceTime,
    pub last_event: EventType,
    /// What the wait is for; empty after the end.
    pub waiting_for: Vec<EventType>,
    pub owner: Option<ServiceName>,
    /// When the wait began.
    pub waiting_since: Option<SourceTime>,
    /// The next deadline, of the step or of the whole.
    pub due: Option<SourceTime>,
    /// What is owed as things stand.
    pub owed: Vec<Owed>,
    /// The events in order of source time; the first 64 and the last 64 of a longer run.
    pub events: Vec<SagaEvent>,
    /// Events beyond those.
    pub omitted_events: u32,
    pub updated: ReceivedTime,
}

impl SagaInstance {
    /// How it ended, whatever came of it since: [`SagaRole::Completed`] or [`SagaRole::Failed`].
    pub fn end(&self) -> Option<SagaRole> {
        let said = self.events.iter().map(|event| event.role);
        let mut ends = said.filter(|role| matches!(role, SagaRole::Completed | SagaRole::Failed));
        ends.next().or(match self.state {
            SagaState::Completed => Some(SagaRole::Completed),
            SagaState::Failed | SagaState::Compensated | SagaState::CompensationOwed { .. } => Some(SagaRole::Failed),
            _ => None,
        })
    }

    /// Whether something happened after its end (SEM-17): also where it owes something, and so is not [`SagaState::Zombie`].
    pub fn went_on(&self) -> bool {
        let after_end = || self.events.iter().any(|event| event.role == SagaRole::AfterEnd);
        self.state == SagaState::Zombie || self.started.is_some() && self.end().is_some() && after_end()
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SagaEvent {
    pub event: EventType,
    pub at: SourceTime,
    pub id: ObservationId,
    pub role: SagaRole,
    pub trace: Option<crate::TraceId>,
}

/// What an event does in its saga.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SagaRole {
    Start,
    Step,
    /// A step done before; counted, never an end of the wait.
    Repeated,
    Compensation,
    Completed,
    Failed,
    /// Of the same correlation id, but not declared.
    Undeclared,
    /// After the end (SEM-17).
    AfterEnd,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SagaState {
    Running,
    AtRisk,
    Stuck { step: StepName },
    Compensating,
    CompensationOwed { steps: Vec<StepName> },
    Completed,
    Compensated,
    Failed,
    Zombie,
    Abandoned,
    Unknown { why: Why },
}

impl SagaState {
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Running => "on course",
            Self::AtRisk => "at risk",
            Self::Stuck { .. } => "stuck",
            Self::Compensating => "compensating",
            Self::CompensationOwed { .. } => "compensation owed",
            Self::Completed => "completed",
            Self::Compensated => "compensated",
            Self::Failed => "failed",
            Self::Zombie => "zombie",
            Self::Abandoned => "abandoned",
            Self::Unknown { .. } => "unknown",
        }
    }
    /// Whether something is still expected to happen.
    pub const fn is_open(&self) -> bool {
        !matches!(self, Self::Completed | Self::Compensated | Self::Failed | Self::Zombie | Self::Abandoned)
    }
}
