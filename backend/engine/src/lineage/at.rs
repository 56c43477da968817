//! The state of a key in every replica at one time, side by side, and for each value who wrote it. A revert is blamed for what
//! it brought back, a re-insert for the whole row.

use plumbline_model::{
    SourceTime,
    lineage::{Blame, FieldAt, FieldHeld, FieldState, Lineage, ReplicaAt, ReplicaLineage, StateAt, StateChange},
};

/// The key as of `at`.
pub fn state_at(lineage: &Lineage, at: SourceTime) -> StateAt {
    let authority = lineage.replicas.iter().find(|replica| replica.authority);
    let truth = authority.and_then(|replica| replica.change_at(at));
    let replicas: Vec<_> = lineage.replicas.iter().map(|replica| one(replica, truth, at)).collect();
    let differs = |field: &&String| {
        replicas.iter().flat_map(|it| &it.fields).any(|it| it.held.field == **field && it.differs == Some(true))
    };
    StateAt { at, differing: lineage.fields.iter().filter(differs).cloned().collect(), replicas }
}

fn one(replica: &ReplicaLineage, truth: Option<&StateChange>, at: SourceTime) -> ReplicaAt {
    let until = replica.changes.iter().rposition(|change| change.at <= at);
    let Some(index) = until else {
        return ReplicaAt {
            replica: replica.replica.clone(),
            present: None,
            version: None,
            change: None,
            fields: Vec::new(),
        };
    };
    let history = &replica.changes[..=index];
    let now = &replica.changes[index];
    let field = |held: &FieldHeld| FieldAt {
        held: held.clone(),
        differs: if replica.authority { None } else { differs(held, truth) },
        blame: blame(history, held),
    };
    ReplicaAt {
        replica: replica.replica.clone(),
        present: Some(now.present),
        version: now.version,
        change: Some(now.id.clone()),
        fields: now.fields.iter().map(field).collect(),
    }
}

/// `None` where either side is not known.
fn differs(held: &FieldHeld, truth: Option<&StateChange>) -> Option<bool> {
    let mine = held.digest.as_ref()?;
    let theirs = truth?.fields.iter().find(|it| it.field == held.field)?.digest.as_ref()?;
    Some(mine != theirs)
}

/// The first change of the run in which the field has had its value without a break.
fn blame(history: &[StateChange], held: &FieldHeld) -> Option<Blame> {
    if held.state == FieldState::NotCarried {
        return None;
    }
    let value = |change: &StateChange| {
        change
            .fields
            .iter()
            .find(|it| it.field == held.field)
            .filter(|_| change.present)
            .and_then(|it| it.digest.clone())
    };
    let run = history.iter().rev().take_while(|change| value(change) == held.digest).count();
    let first = history.len() - run;
    let wrote = history.get(first)?;
    let reverts =
        history[..first].iter().rev().find(|change| value(change) == held.digest).map(|change| change.id.clone());
    Some(Blame { change: wrote.id.clone(), at: wrote.at, version: wrote.version, cause: wrote.cause.clone(), reverts })
}
