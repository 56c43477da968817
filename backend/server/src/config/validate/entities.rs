//! `entities:`.

use std::collections::BTreeSet;

use plumbline_collectors::config::{AuthorityConfig, Duration, EntityConfig, MatchConfig, ReplicaConfig, SourceConfig};

use super::{Look, sources};
use crate::config::{compile, yaml::Path};

pub fn look(look: &mut Look<'_>) {
    let file = look.file;
    for (name, entity) in &file.entities {
        let path = Path::of(&["entities", name]);
        if entity.replicas.is_empty() {
            look.error(
                &path.key("replicas"),
                "an entity needs replicas",
                "expected at least two: the authority and a copy",
            );
            continue;
        }
        if entity.replicas.len() == 1 {
            let message = format!("`{name}` has one replica, so there is nothing to compare it with");
            look.warn(&path.key("replicas"), message, "add the places that hold copies");
        }
        positive(look, &path.key("within"), entity.within);
        authority(look, &path, entity);
        for (replica_name, replica) in &entity.replicas {
            let path = path.key("replicas").key(replica_name);
            self::replica(look, &path, entity, replica);
        }
    }
}

fn positive(look: &mut Look<'_>, path: &Path, duration: Duration) {
    if duration.lag().0 == 0 {
        look.error(path, "nothing converges within 0 s", "expected a time above zero, such as `5s`");
    }
}

fn authority(look: &mut Look<'_>, path: &Path, entity: &EntityConfig) {
    let replicas: Vec<_> = entity.replicas.keys().map(String::as_str).collect();
    let path = path.key("authority");
    match &entity.authority {
        None => {}
        Some(AuthorityConfig::Replica(name)) => {
            look.known(&path, "replica", name, &replicas);
        }
        Some(AuthorityConfig::Fields(fields)) => {
            let compared = compared_fields(entity);
            let names: Vec<_> = compared.iter().copied().chain(["default"]).collect();
            for (field, replica) in fields {
                let path = path.key(field);
                if !names.contains(&field.as_str()) {
                    look.known_key(&path, "compared field", field, &names);
                } else if look.known(&path, "replica", replica, &replicas)
                    && field != "default"
                    && !entity.replicas[replica].fields.contains_key(field)
                {
                    let message = format!("`{replica}` is the authority of `{field}` and does not map it");
                    look.error(&path, message, format!("add `{field}` to the fields of `{replica}`"));
                }
            }
        }
    }
}

/// The names of the compared fields: declared, or else every field that a replica maps.
fn compared_fields(entity: &EntityConfig) -> Vec<&str> {
    match &entity.compare {
        Some(compare) => compare.keys().map(String::as_str).collect(),
        None => {
            let mapped: BTreeSet<_> =
                entity.replicas.values().flat_map(|it| it.fields.keys().map(String::as_str)).collect();
            mapped.into_iter().collect()
        }
    }
}

fn replica(look: &mut Look<'_>, path: &Path, entity: &EntityConfig, replica: &ReplicaConfig) {
    let file = look.file;
    if let Some(within) = replica.within {
        positive(look, &path.key("within"), within);
    }
    fields(look, path, entity, replica);
    let names: Vec<_> = file.sources.keys().map(String::as_str).collect();
    if !look.known(&path.key("source"), "source", &replica.source, &names) {
        return;
    }
    let source = &file.sources[&replica.source];
    // What a source that is not built could do is not known: its own error says enough.
    if !sources::is_built(source) {
        return;
    }
    if source.otlp.is_some() {
        let message = format!("`{}` brings traces, which hold no state", replica.source);
        look.error(&path.key("source"), message, "expected a source of records");
        return;
    }
    if replica.probe.is_some() {
        let message = format!("`{}` cannot be asked", replica.source);
        look.key_error(&path.key("probe"), message, "no kind of source that can be asked is built into this version");
    } else if replica.key.is_none() {
        look.error(path, "the replica does not say where its key is", "add `key`, such as `key: $.id`");
    }
    if let Some(matches) = &replica.matches {
        matching(look, &path.key("match"), &replica.source, source, matches);
    }
    let within = replica.within.unwrap_or(entity.within).lag();
    let error = compile::clock_error(source);
    if error > within {
        let message = format!("the clock error of `{}` ({error}) is larger than `within` ({within})", replica.source);
        look.warn(path, message, "every verdict will be unknown: raise `within`, or declare a smaller `clock_error`");
    }
}

/// Fields are compared where both sides have them, so each one must be declared, and be mapped by its authority.
fn fields(look: &mut Look<'_>, path: &Path, entity: &EntityConfig, replica: &ReplicaConfig) {
    let compared = compared_fields(entity);
    for field in replica.fields.keys() {
        let path = path.key("fields").key(field);
        if !compared.contains(&field.as_str()) {
            look.known_key(&path, "compared field", field, &compared);
            continue;
        }
        let authority = compile::field_authority(entity, field);
        let maps = entity.replicas.get(authority).is_none_or(|authority| authority.fields.contains_key(field));
        if !maps {
            let message =
                format!("the authority `{authority}` does not map `{field}`, so there is nothing to compare it with");
            look.key_error(
                &path,
                message,
                format!("add `{field}` to the fields of `{authority}`, or take it out here"),
            );
        }
    }
}

fn matching(look: &mut Look<'_>, path: &Path, name: &str, source: &SourceConfig, matches: &MatchConfig) {
    match sources::topics(source) {
        Some(topics) => {
            for (at, topic) in matches.topic.iter().enumerate() {
                let path = item(path.key("topic"), matches.topic.as_slice().len(), at);
                look.known(&path, &format!("topic of `{name}`"), topic, &topics);
            }
        }
        None if source.file.is_none() && !matches.topic.is_empty() => {
            look.key_error(
                &path.key("topic"),
                format!("`{name}` has no topics"),
                "topics belong to sources of kind `kafka`",
            );
        }
        None => {}
    }
    if !matches.table.is_empty() && !sources::has_tables(source) {
        let help = "tables are named by change capture: `format: debezium`";
        look.key_error(&path.key("table"), format!("records of `{name}` name no table"), help);
    }
}

/// A value that stands alone has the place of its key's value, not of an item.
fn item(path: Path, length: usize, at: usize) -> Path {
    if length == 1 { path } else { path.index(at) }
}
