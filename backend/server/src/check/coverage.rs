//! Which configured replicas and sagas were not checked at all, in words that say why (SEM-4).

use plumbline_engine::Engine;
use plumbline_model::{
    SourceName,
    api::Mix,
    rules::{EntityRule, ReplicaRule, Rules, SagaRule},
};

use crate::report::{Accumulator, Standing};

/// The replicas that are held against an authority: all but those that are the authority of every field they map.
pub fn copies(entity: &EntityRule) -> impl Iterator<Item = &ReplicaRule> {
    entity.replicas.iter().filter(|replica| {
        let own = |field: &plumbline_model::FieldName| {
            let rule = entity.fields.iter().find(|rule| rule.name == *field);
            rule.and_then(|rule| rule.authority.as_ref()).unwrap_or(&entity.authority) == &replica.name
        };
        replica.name != entity.authority || !replica.fields.iter().all(own)
    })
}

/// What was not checked, in the order of the configuration; `recorded` says which sources told anything at all.
pub fn unchecked(
    rules: &Rules,
    recorded: &dyn Fn(&SourceName) -> bool,
    engine: &Engine,
    told: &Accumulator,
    standing: &[Standing],
) -> Vec<String> {
    let mut unchecked = Vec::new();
    for entity in &rules.entities {
        for replica in copies(entity) {
            let stands = standing.iter().find(|it| it.entity == entity.name && it.replica == replica.name);
            let keys = stands.map_or_else(Mix::default, |it| it.keys);
            // A store that may be without every key agrees with everything while nothing is seen of it.
            let blank = replica.may_be_missing && stands.is_none_or(|it| it.seen == 0);
            if !blank && (keys.converged + keys.diverged > 0 || told.closed(&entity.name, &replica.name)) {
                continue;
            }
            let why = replica_words(entity, replica, recorded, keys);
            unchecked.push(format!("replica {} of {}: {why}", replica.name, entity.name));
        }
    }
    for saga in &rules.sagas {
        let coverage = engine.sagas().coverage().iter().find(|it| it.saga == saga.name);
        if coverage.is_none_or(|it| it.checked == 0) {
            let why = saga_words(saga, recorded, coverage.map_or(0, |it| it.runs));
            unchecked.push(format!("saga {}: {why}", saga.name));
        }
    }
    unchecked
}

/// Copies that no record of theirs was seen of although their source told something: they may be empty, and then the accusation
/// is right, or their records are not recognised.
pub fn unmatched(rules: &Rules, recorded: &dyn Fn(&SourceName) -> bool, standing: &[Standing]) -> Vec<String> {
    let blank = |it: &&Standing| it.seen == 0;
    let words = |it: &Standing| {
        let entity = rules.entity(&it.entity)?;
        let replica = copies(entity).find(|replica| replica.name == it.replica)?;
        // Without the authority there is nothing to hold a copy against, and none of its keys is looked at.
        let authority = entity.replica(&entity.authority)?;
        (recorded(&replica.source) && recorded(&authority.source)).then(|| {
            format!(
                "no record of {} was a row of {} of {}: it is empty, or its `match` and `key` fit no record",
                replica.source, replica.name, entity.name
            )
        })
    };
    standing.iter().filter(blank).filter_map(words).collect()
}

fn replica_words(
    entity: &EntityRule,
    replica: &ReplicaRule,
    recorded: &dyn Fn(&SourceName) -> bool,
    keys: Mix,
) -> String {
    let authority = entity.replica(&entity.authority).map(|authority| &authority.source);
    if !recorded(&replica.source) {
        return format!("no recording of {} was given", replica.source);
    }
    if let Some(authority) = authority.filter(|source| !recorded(source)) {
        return format!("no recording of {authority}, its authority's source, was given");
    }
    match keys {
        Mix { unknown: 1.., .. } => "nothing of it could be decided".to_owned(),
        Mix { lagging: 1.., .. } => "nothing of it was due before the recording ended".to_owned(),
        _ => "nothing of it was seen".to_owned(),
    }
}

fn saga_words(saga: &SagaRule, recorded: &dyn Fn(&SourceName) -> bool, runs: u64) -> String {
    let steps = saga.steps.iter().flat_map(|step| &step.sources);
    if let Some(missing) = saga.sources.iter().chain(steps).find(|source| !recorded(source)) {
        return format!("no recording of {missing} was given, which could bring its events");
    }
    match runs {
        0 => "no run of it was seen".to_owned(),
        _ => "nothing of it was due before the recording ended".to_owned(),
    }
}
