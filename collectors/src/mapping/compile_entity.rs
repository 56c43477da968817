//! Entities: their replicas, each with its source, and their fields, each with its type.

use std::collections::BTreeSet;

use plumbline_model::{EntityName, ReplicaName};

use super::{
    compile::Compiler,
    replica::{FieldMapping, ReplicaMapping},
};
use crate::{
    canonical::Written,
    config::{
        AuthorityConfig, BaselineConfig, CaptureConfig, EntityConfig, FieldType, OrderedMap, ReplicaConfig,
        SourceConfig, ValuesConfig,
    },
    expr::{Cel, Names},
    format::Format,
};

/// The most older writes of a key that may be remembered.
const MAX_HISTORY: u32 = 10_000;
/// The most places that `decimal` may have.
const MAX_PLACES: u8 = 28;

impl EntityConfig {
    /// The compared fields with their types: those of `compare` in declared order, then what else a replica maps, as text.
    pub fn fields(&self) -> OrderedMap<FieldType> {
        let declared = self.compare.iter().flatten().map(|(name, kind)| (name.clone(), *kind));
        let mut fields: OrderedMap<FieldType> = declared.collect();
        for name in self.replicas.values().flat_map(|replica| replica.fields.keys()) {
            if !fields.contains_key(name) {
                fields.insert(name.clone(), FieldType::Text);
            }
        }
        fields
    }

    /// The fields of `compare` that no replica maps.
    fn unmapped(&self) -> impl Iterator<Item = &String> {
        let mapped = |name: &String| self.replicas.values().any(|replica| replica.fields.contains_key(name));
        self.compare.iter().flat_map(OrderedMap::keys).filter(move |name| !mapped(name))
    }

    /// The system of record: what is declared, else the first replica.
    pub fn authority(&self) -> Option<&str> {
        match &self.authority {
            Some(AuthorityConfig::Replica(name)) => Some(name),
            Some(AuthorityConfig::Fields(fields)) => fields.get(AuthorityConfig::DEFAULT).map(String::as_str),
            None => self.replicas.keys().next().map(String::as_str),
        }
    }

    /// The authority of one field, where it is another than the entity's.
    pub fn field_authority(&self, field: &str) -> Option<&str> {
        match &self.authority {
            Some(AuthorityConfig::Fields(fields)) if field != AuthorityConfig::DEFAULT => {
                fields.get(field).map(String::as_str)
            }
            _ => None,
        }
    }
}

impl AuthorityConfig {
    /// The name under which a map of authorities holds the one of everything else.
    pub const DEFAULT: &str = "default";
}

impl SourceConfig {
    /// Whether a relay such as Debezium stands between: declared, else by the format.
    pub fn is_relayed(&self) -> bool {
        match self.capture {
            Some(capture) => capture == CaptureConfig::Relay,
            None => self.format() == Some(Format::Debezium),
        }
    }
}

pub(super) fn entity(compiler: &mut Compiler<'_>, name: &str, entity: &EntityConfig) {
    let path = format!("entities.{name}");
    if entity.replicas.is_empty() {
        compiler.errors.push(format!("{path}.replicas"), "there is no replica", "the authority and at least one copy");
    }
    if entity.within.lag().0 == 0 {
        compiler.errors.push(format!("{path}.within"), "no time at all is given", "a duration such as `5s`");
    }
    if entity.history.is_some_and(|history| !(1..=MAX_HISTORY).contains(&history)) {
        let expected = format!("a number from 1 to {MAX_HISTORY}");
        compiler.errors.push(format!("{path}.history"), "so many writes cannot be remembered", expected);
    }
    let fields = entity.fields();
    for name in entity.unmapped() {
        let mapped: BTreeSet<&str> =
            entity.replicas.values().flat_map(|replica| replica.fields.keys()).map(String::as_str).collect();
        compiler.errors.unknown(format!("{path}.compare.{name}"), "mapped field", name, mapped);
    }
    for (field, kind) in &fields {
        if matches!(kind, FieldType::Decimal(places) if *places > MAX_PLACES) {
            let message = "the decimal has too many places";
            compiler.errors.push(format!("{path}.compare.{field}"), message, format!("at most {MAX_PLACES}"));
        }
    }
    authority(compiler, &path, entity, &fields);
    let mut holds = Vec::new();
    for (replica_name, replica) in &entity.replicas {
        let replica_path = format!("{path}.replicas.{replica_name}");
        if let Some(text) = &replica.holds {
            let holds_path = format!("{replica_path}.holds");
            if entity.authority() == Some(replica_name.as_str()) {
                compiler.errors.push(
                    &holds_path,
                    "the authority holds what it holds",
                    "`holds` on other replicas only",
                );
            }
            // It is evaluated over the authority's record, with the compared fields as variables.
            let authority = entity.authority().and_then(|name| entity.replicas.get(name));
            let compared: Vec<_> = fields.keys().map(String::as_str).collect();
            let format = authority.and_then(|it| compiler.names(&it.source).format);
            let names = Names { format, fields: &compared };
            if let Some(cel) = compiler.condition(&holds_path, text, &names) {
                holds.push((ReplicaName::new(replica_name), cel));
            }
        }
    }
    for (replica_name, replica) in &entity.replicas {
        let replica_path = format!("{path}.replicas.{replica_name}");
        let is_authority = entity.authority() == Some(replica_name.as_str());
        let holds = if is_authority { std::mem::take(&mut holds) } else { Vec::new() };
        let mapping = self::replica(compiler, &replica_path, (name, replica_name), replica, entity, &fields, holds);
        if let (Some(compiled), Some(source)) =
            (mapping, compiler.mapping(&format!("{replica_path}.source"), &replica.source))
        {
            source.quotes &= compiled.values == ValuesConfig::Store;
            source.replicas.push(compiled);
        }
    }
}

fn authority(compiler: &mut Compiler<'_>, path: &str, entity: &EntityConfig, fields: &OrderedMap<FieldType>) {
    let replicas = || entity.replicas.keys().map(String::as_str);
    let errors = &mut compiler.errors;
    match &entity.authority {
        None => {}
        Some(AuthorityConfig::Replica(name)) if !entity.replicas.contains_key(name) => {
            errors.unknown(format!("{path}.authority"), "replica", name, replicas());
        }
        Some(AuthorityConfig::Replica(_)) => {}
        Some(AuthorityConfig::Fields(by_field)) => {
            if !by_field.contains_key(AuthorityConfig::DEFAULT) {
                let message = "the authority of the other fields and of existence is not named";
                errors.push(format!("{path}.authority"), message, "`default: REPLICA` beside the fields");
            }
            for (field, replica) in by_field {
                if field != AuthorityConfig::DEFAULT && !fields.contains_key(field) {
                    errors.unknown(
                        format!("{path}.authority.{field}"),
                        "field",
                        field,
                        fields.keys().map(String::as_str),
                    );
                }
                match entity.replicas.get(replica) {
                    None => errors.unknown(format!("{path}.authority.{field}"), "replica", replica, replicas()),
                    Some(it) if field != AuthorityConfig::DEFAULT && !it.fields.contains_key(field) => {
                        let message = format!("`{replica}` does not map `{field}`");
                        errors.push(format!("{path}.authority.{field}"), message, "a replica that maps the field");
                    }
                    Some(_) => {}
                }
            }
        }
    }
}

fn replica(
    compiler: &mut Compiler<'_>,
    path: &str,
    (entity_name, name): (&str, &str),
    config: &ReplicaConfig,
    entity: &EntityConfig,
    compared: &OrderedMap<FieldType>,
    holds: Vec<(ReplicaName, Cel)>,
) -> Option<ReplicaMapping> {
    if config.within.is_some_and(|within| within.lag().0 == 0) {
        compiler.errors.push(format!("{path}.within"), "no time at all is given", "a duration such as `5s`");
    }
    if config.probe.is_some() {
        let message = format!("`{}` is no store that can be asked", config.source);
        compiler.errors.push(format!("{path}.probe"), message, "a replica that is told of by its source's records");
    }
    let source = compiler.configs.get(&config.source);
    let capture = source.and_then(SourceConfig::format) == Some(Format::Debezium);
    let relayed = source.is_some_and(SourceConfig::is_relayed);
    let in_a_log = source.is_some_and(|source| source.kafka.is_some());
    let matcher = compiler.matcher(&format!("{path}.match"), &config.source, config.matches.as_ref());
    let names = compiler.names(&config.source);
    let fields = fields(compiler, path, config, compared, &names);
    let version = compiler.optional(&format!("{path}.version"), config.version.as_ref(), &names);
    let base = compiler.optional(&format!("{path}.base"), config.base.as_ref(), &names);
    let time = compiler.optional(&format!("{path}.time"), config.time.as_ref(), &names);
    let deleted = config.deleted.as_ref().and_then(|text| compiler.condition(&format!("{path}.deleted"), text, &names));
    let key = match &config.key {
        Some(key) => compiler.selector(&format!("{path}.key"), key, &names)?,
        None => {
            compiler.errors.push(path, "the replica has no `key`", "`key: $.id`, or where else the key is found");
            return None;
        }
    };
    Some(ReplicaMapping {
        entity: EntityName::new(entity_name),
        replica: ReplicaName::new(name),
        path: format!("{entity_name}.{name}"),
        matcher,
        key,
        version,
        base,
        time,
        fields,
        deleted,
        values: entity.values,
        holds,
        snapshots: config.baseline.map_or(capture, |baseline| baseline == BaselineConfig::Snapshot),
        from_start: config.baseline.is_none() && in_a_log && !relayed,
    })
}

/// The fields that the replica maps, in the order in which the entity compares them.
fn fields(
    compiler: &mut Compiler<'_>,
    path: &str,
    config: &ReplicaConfig,
    compared: &OrderedMap<FieldType>,
    names: &Names<'_>,
) -> Vec<FieldMapping> {
    let mut fields = Vec::new();
    let capture = names.format == Some(Format::Debezium);
    for (name, kind) in compared {
        let Some(field) = config.fields.get(name) else { continue };
        let path = format!("{path}.fields.{name}");
        if field.unit.is_some() && !matches!(kind, FieldType::Timestamp(_)) {
            compiler.errors.push(
                format!("{path}.unit"),
                "only timestamps count in units",
                "a field of type `timestamp`",
            );
        }
        if field.scale.is_some() && !matches!(kind, FieldType::Decimal(_)) {
            compiler.errors.push(format!("{path}.scale"), "only decimals have a scale", "a field of type `decimal`");
        }
        if let Some(find) = compiler.selector(&path, &field.selector, names) {
            let written = Written { unit: field.unit, scale: field.scale, capture };
            fields.push(FieldMapping { name: name.as_str().into(), find, kind: *kind, written });
        }
    }
    fields
}
