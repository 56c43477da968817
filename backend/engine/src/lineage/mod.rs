//! The lineage of one key: every change in every replica with its cause, the verdicts over time, and who wrote what is held.
//! A pure function over what was observed of the key. Its verdicts come from the convergence checker itself, shown the same
//! observations with time passing between them, so that a page and a finding cannot disagree.

mod at;
mod bands;
mod held;

#[cfg(test)]
mod tests;

use plumbline_model::{
    Fact, Key, Observation, ReplicaName,
    lineage::{CauseView, ChangeKind, EventMark, FieldHeld, FieldState, Lineage, ReplicaLineage, StateChange},
    observation::Cause,
    rules::{EntityRule, ReplicaRule},
    state::{FieldValue, StateFact, StateKind},
};

pub use self::at::state_at;
use self::held::{Held, Sight};
use crate::frontier::Frontiers;

/// Tells the lineage of `key` from observations of it in any order: states of all replicas, and events that name it.
/// `frontiers` say up to when verdicts can be told.
pub fn lineage(rule: &EntityRule, key: &Key, observations: &[Observation], frontiers: &Frontiers) -> Lineage {
    let authority = sights(rule, &rule.authority, observations);
    let bands = bands::bands(rule, key, observations, frontiers);
    let mut replicas: Vec<&ReplicaRule> = rule.replicas.iter().collect();
    replicas.sort_by_key(|replica| replica.name != rule.authority);
    let replicas = replicas.into_iter().map(|replica| {
        let own = replica.name == rule.authority;
        let sights = if own { authority.clone() } else { sights(rule, &replica.name, observations) };
        ReplicaLineage {
            replica: replica.name.to_string(),
            source: replica.source.to_string(),
            authority: own,
            fields: replica.fields.iter().map(ToString::to_string).collect(),
            within_seconds: replica.within.seconds(),
            changes: changes(replica, &sights, if own { None } else { Some(&authority) }),
            bands: bands.get(&replica.name).cloned().unwrap_or_default(),
        }
    });
    let mut events: Vec<EventMark> = observations.iter().filter_map(event).collect();
    events.sort_by(|left, right| (left.at, &left.id).cmp(&(right.at, &right.id)));
    events.dedup_by(|left, right| left.id == right.id);
    Lineage {
        entity: rule.name.to_string(),
        key: key.to_string(),
        fields: rule.fields.iter().map(|field| field.name.to_string()).collect(),
        replicas: replicas.collect(),
        events,
    }
}

/// What one replica was seen to hold, in the order of its own positions, each position once.
fn sights<'a>(rule: &EntityRule, replica: &ReplicaName, observations: &'a [Observation]) -> Vec<Sight<'a>> {
    let own = observations.iter().filter_map(|observation| match &observation.fact {
        Fact::State(state) if state.entity == rule.name && state.replica == *replica => {
            Some((observation, state.as_ref()))
        }
        _ => None,
    });
    let mut own: Vec<(&Observation, &StateFact)> = own.collect();
    own.sort_by_key(|(it, state)| (it.id.position.order, state.version, it.received, it.id.position.ident));
    own.dedup_by(|later, earlier| later.0.id == earlier.0.id);
    let mut held = Held::default();
    own.into_iter()
        .map(|(observation, state)| {
            let before = held.clone();
            held.take(state);
            Sight { observation, state, before, held: held.clone() }
        })
        .collect()
}

fn changes(replica: &ReplicaRule, sights: &[Sight<'_>], authority: Option<&[Sight<'_>]>) -> Vec<StateChange> {
    let fields = &replica.fields;
    let change = |(index, sight): (usize, &Sight<'_>)| {
        let shown = authority.map(|writes| held::shown(writes, sight, fields));
        // What may expire does not disagree by having expired (SEM-6).
        let excused = replica.may_be_missing && !sight.held.present;
        StateChange {
            id: sight.observation.id.to_string(),
            at: sight.observation.at,
            received: sight.observation.received,
            kind: kind(sight.state.kind),
            version: sight.state.version,
            present: sight.held.present,
            fields: if sight.held.present {
                fields.iter().map(|name| field(name.as_str(), sight.held.get(name))).collect()
            } else {
                Vec::new()
            },
            changed: sight.held.changed_since(&sight.before, fields),
            cause: cause(&sight.observation.cause),
            reverts: held::reverts(&sights[..index], sight, fields),
            equals_authority: shown.as_ref().and_then(|shown| shown.equals).filter(|equals| *equals || !excused),
            shows: shown.as_ref().and_then(|shown| shown.write.map(|write| write.observation.id.to_string())),
            lag_seconds: shown
                .and_then(|shown| Some(sight.observation.at.since(shown.write?.observation.at).seconds().max(0.0))),
        }
    };
    sights.iter().enumerate().map(change).collect()
}

fn field(name: &str, value: Option<&FieldValue>) -> FieldHeld {
    let state = match value {
        Some(FieldValue::Value { .. }) => FieldState::Value,
        Some(FieldValue::Null) => FieldState::Null,
        Some(FieldValue::NotCarried) | None => FieldState::NotCarried,
    };
    FieldHeld {
        field: name.to_owned(),
        state,
        text: value.and_then(FieldValue::text).map(str::to_owned),
        digest: value.and_then(FieldValue::digest).map(|digest| format!("{digest:016x}")),
    }
}

const fn kind(kind: StateKind) -> ChangeKind {
    match kind {
        StateKind::Create => ChangeKind::Create,
        StateKind::Update => ChangeKind::Update,
        StateKind::Write => ChangeKind::Write,
        StateKind::Delete => ChangeKind::Delete,
        StateKind::Snapshot => ChangeKind::Snapshot,
        StateKind::Probe { .. } => ChangeKind::Probe,
    }
}

fn event(observation: &Observation) -> Option<EventMark> {
    let Fact::Event(event) = &observation.fact else { return None };
    Some(EventMark {
        id: observation.id.to_string(),
        at: observation.at,
        received: observation.received,
        event_type: event.event_type.to_string(),
        subject: event.subject.to_string(),
        cause: cause(&observation.cause),
    })
}

fn cause(cause: &Cause) -> CauseView {
    let text = |it: &Option<plumbline_model::EventId>| it.as_ref().map(ToString::to_string);
    CauseView {
        event: text(&cause.event),
        event_type: cause.event_type.as_ref().map(ToString::to_string),
        correlation: cause.correlation.as_ref().map(ToString::to_string),
        causation: text(&cause.causation),
        trace: cause.trace.map(|trace| trace.to_string()),
        span: cause.span.map(|span| span.to_string()),
        service: cause.service.as_ref().map(ToString::to_string),
    }
}
