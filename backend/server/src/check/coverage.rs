//! What a check or a replay did not check: configured replicas and sagas of which nothing was decided, in words that say why
//! (SEM-4), and what looks like a mistake of the configuration.

use plumbline_engine::{Engine, latency::hotspot::Hotspots};
use plumbline_model::{
    SourceName,
    api::{Coverage, Mix},
    rules::{EntityRule, ReplicaRule, Rules, SagaRule},
};

use crate::report::{Accumulator, Standing, uncompared};

/// What was checked and what was not, but for what only the reader of the records knows: their counts and gaps. `recorded` says
/// which sources told anything at all.
pub fn coverage(
    rules: &Rules,
    recorded: &dyn Fn(&SourceName) -> bool,
    (engine, hotspots): (&Engine, &Hotspots),
    told: &Accumulator,
    standing: &[Standing],
) -> Coverage {
    let unchecked = unchecked(rules, recorded, engine, told, standing);
    Coverage {
        ratio: None,
        complete: unchecked.is_empty(),
        unchecked,
        not_checked: Vec::new(),
        unwatched: Vec::new(),
        uncompared: uncompared(!rules.latency.sources.is_empty(), told.traces(), hotspots.compared()),
        notes: unmatched(rules, recorded, standing),
        gaps: Vec::new(),
        records: 0,
        issues: 0,
        unmapped: None,
        issue_samples: Vec::new(),
    }
}

/// What was not checked, in the order of the configuration.
fn unchecked(
    rules: &Rules,
    recorded: &dyn Fn(&SourceName) -> bool,
    engine: &Engine,
    told: &Accumulator,
    standing: &[Standing],
) -> Vec<String> {
    let mut unchecked = Vec::new();
    for entity in &rules.entities {
        for replica in entity.copies() {
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
fn unmatched(rules: &Rules, recorded: &dyn Fn(&SourceName) -> bool, standing: &[Standing]) -> Vec<String> {
    let blank = |it: &&Standing| it.seen == 0;
    let words = |it: &Standing| {
        let entity = rules.entity(&it.entity)?;
        let replica = entity.copies().find(|replica| replica.name == it.replica)?;
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
