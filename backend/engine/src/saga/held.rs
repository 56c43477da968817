//! The state of a run as its book has it: a word, because nearly every run is in a state that says no more. Kept and told it
//! is the model's.

use plumbline_model::saga::SagaState;
use serde::{Deserialize, Serialize};

/// A state in 16 bytes instead of 40.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(from = "SagaState", into = "SagaState")]
pub(super) enum Held {
    Running,
    AtRisk,
    Compensating,
    Completed,
    Compensated,
    Failed,
    Zombie,
    Abandoned,
    /// One that names a step or a reason.
    Other(Box<SagaState>),
}

impl From<SagaState> for Held {
    fn from(state: SagaState) -> Self {
        match state {
            SagaState::Running => Self::Running,
            SagaState::AtRisk => Self::AtRisk,
            SagaState::Compensating => Self::Compensating,
            SagaState::Completed => Self::Completed,
            SagaState::Compensated => Self::Compensated,
            SagaState::Failed => Self::Failed,
            SagaState::Zombie => Self::Zombie,
            SagaState::Abandoned => Self::Abandoned,
            SagaState::Stuck { .. } | SagaState::CompensationOwed { .. } | SagaState::Unknown { .. } => {
                Self::Other(Box::new(state))
            }
        }
    }
}

impl From<Held> for SagaState {
    fn from(held: Held) -> Self {
        held.get()
    }
}

impl Held {
    pub fn get(&self) -> SagaState {
        match self {
            Self::Running => SagaState::Running,
            Self::AtRisk => SagaState::AtRisk,
            Self::Compensating => SagaState::Compensating,
            Self::Completed => SagaState::Completed,
            Self::Compensated => SagaState::Compensated,
            Self::Failed => SagaState::Failed,
            Self::Zombie => SagaState::Zombie,
            Self::Abandoned => SagaState::Abandoned,
            Self::Other(state) => (**state).clone(),
        }
    }

    pub fn is_open(&self) -> bool {
        self.get().is_open()
    }
}

#[cfg(test)]
mod tests {
    use plumbline_model::Why;

    use super::*;

    #[test]
    fn every_state_stays_what_it_is_and_small() {
        let states = [
            SagaState::Running,
            SagaState::AtRisk,
            SagaState::Stuck { step: "paid".into() },
            SagaState::Compensating,
            SagaState::CompensationOwed { steps: vec!["paid".into()] },
            SagaState::Completed,
            SagaState::Compensated,
            SagaState::Failed,
            SagaState::Zombie,
            SagaState::Abandoned,
            SagaState::Unknown { why: Why::InputEnded },
        ];
        for state in states {
            let held = Held::from(state.clone());
            assert_eq!((held.get(), held.is_open()), (state.clone(), state.is_open()));
        }
        assert!(size_of::<Held>() <= 16);
    }
}
