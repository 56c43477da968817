//! `entities:`: what the collectors do not check themselves when they compile the mappings.

use plumbline_collectors::config::{EntityConfig, ReplicaConfig};

use super::{Look, sources};
use crate::config::{compile, yaml::Path};

pub fn look(look: &mut Look<'_>) {
    let file = look.file;
    for (name, entity) in &file.entities {
        let path = Path::of(&["entities", name]).key("replicas");
        if entity.replicas.len() == 1 {
            let message = format!("`{name}` has one replica, so there is nothing to compare it with");
            look.warn(&path, message, "add the places that hold copies");
        }
        for (replica_name, replica) in &entity.replicas {
            let path = path.key(replica_name);
            mapped_by_authority(look, &path, entity, replica);
            clock(look, &path, entity, replica);
        }
    }
}

/// Fields are compared where both sides have them, so each one must be mapped by its authority.
fn mapped_by_authority(look: &mut Look<'_>, path: &Path, entity: &EntityConfig, replica: &ReplicaConfig) {
    for field in replica.fields.keys() {
        let Some(name) = entity.field_authority(field).or_else(|| entity.authority()) else { continue };
        if entity.replicas.get(name).is_some_and(|authority| !authority.fields.contains_key(field)) {
            let message =
                format!("the authority `{name}` does not map `{field}`, so there is nothing to compare it with");
            let help = format!("add `{field}` to the fields of `{name}`, or take it out here");
            look.key_error(&path.key("fields").key(field), message, help);
        }
    }
}

/// A promise that is finer than the clocks can never be judged (SEM-1).
fn clock(look: &mut Look<'_>, path: &Path, entity: &EntityConfig, replica: &ReplicaConfig) {
    let Some(source) = look.file.sources.get(&replica.source).filter(|source| sources::is_built(source)) else {
        return;
    };
    let (error, within) = (compile::clock_error(source), replica.within.unwrap_or(entity.within).lag());
    if error > within {
        let message = format!("the clock error of `{}` ({error}) is larger than `within` ({within})", replica.source);
        look.warn(path, message, "no difference can be decided and no write counted as in time: raise `within`, or declare a smaller `clock_error`");
    }
}
