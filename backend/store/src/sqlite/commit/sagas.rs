//! Saga instances of a commit.

use std::collections::BTreeMap;

use plumbline_model::{CorrelationId, SagaName, saga::SagaInstance};
use sqlx::SqliteConnection;

use super::super::{
    file::InFile,
    insert::{Statement, Target},
};
use crate::{StoreError, rows};

const SAGA: Target<'_> = Target {
    table: "saga",
    columns: "saga, instance, run, state, open, badness, wait, last, started, waiting_for, body",
    conflict: "ON CONFLICT (saga, instance, run) DO UPDATE SET state = excluded.state, open = excluded.open, \
               badness = excluded.badness, wait = excluded.wait, last = excluded.last, started = excluded.started, \
               waiting_for = excluded.waiting_for, body = excluded.body",
};

#[derive(Default)]
pub(super) struct Changed<'a>(BTreeMap<(&'a SagaName, &'a CorrelationId, u32), &'a SagaInstance>);

impl<'a> Changed<'a> {
    pub(super) fn set(&mut self, it: &'a SagaInstance) {
        self.0.insert((&it.saga, &it.instance, it.run), it);
    }
}

pub(super) async fn write(tx: &mut SqliteConnection, file: &str, changed: &Changed<'_>) -> Result<(), StoreError> {
    let rows: Vec<_> = changed.0.values().map(|it| (*it, rows::pack(it))).collect();
    SAGA.insert(tx, &rows, |statement, (instance, body)| bind(statement, instance).bind(body.clone()))
        .await
        .in_file(file)
}

fn bind<'q>(statement: Statement<'q>, it: &SagaInstance) -> Statement<'q> {
    let (open, badness) = (it.state.is_open(), badness(it.state.word()));
    // The longest wait first; of those that wait for nothing any more, the newest.
    let wait = if open { it.waiting_since.unwrap_or(it.last).0 } else { it.last.0.saturating_neg() };
    statement
        .bind(it.saga.to_string())
        .bind(it.instance.to_string())
        .bind(i64::from(it.run))
        .bind(it.state.word())
        .bind(i64::from(open))
        .bind(badness)
        .bind(wait)
        .bind(it.last.0)
        .bind(it.started.map(|started| started.0))
        .bind(it.waiting_for.first().map(ToString::to_string))
}

/// The badness of everything that has ended; what is open is worse.
pub(in super::super) const ENDED: i64 = 5;

/// The order of `SagaOrder::Worst`, by the word of a state.
pub(in super::super) fn badness(state: &str) -> i64 {
    match state {
        "stuck" | "compensation owed" => 0,
        "at risk" => 1,
        "unknown" => 2,
        "compensating" => 3,
        "on course" => 4,
        _ => ENDED,
    }
}

#[cfg(test)]
mod tests {
    use plumbline_model::{Why, saga::SagaState};

    use super::*;

    #[test]
    fn what_is_open_is_worse_than_what_has_ended() {
        let open = [
            SagaState::Stuck { step: "paid".into() },
            SagaState::CompensationOwed { steps: Vec::new() },
            SagaState::AtRisk,
            SagaState::Unknown { why: Why::InputEnded },
            SagaState::Compensating,
            SagaState::Running,
        ];
        let badness = |state: &SagaState| badness(state.word());
        assert!(open.iter().all(|state| state.is_open() && badness(state) < ENDED));
        assert!(open.iter().is_sorted_by_key(badness));
        let ended =
            [SagaState::Completed, SagaState::Compensated, SagaState::Failed, SagaState::Zombie, SagaState::Abandoned];
        assert!(ended.iter().all(|state| !state.is_open() && badness(state) == ENDED));
    }
}
