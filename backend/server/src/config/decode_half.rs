//! The decode half of a configuration (SEM-11): what decides which observations a record gives.

use plumbline_collectors::config::{EntityConfig, ReplicaConfig, SagaConfig, SourceConfig};
use serde_json::{Value, json};
use xxhash_rust::xxh3::xxh3_64;

use super::file::File;

/// All of it.
pub fn of(file: &File) -> Value {
    json!({
        "sources": map(file.sources.iter().map(|(name, it)| (name, source(it)))),
        "entities": map(file.entities.iter().map(|(name, it)| (name, entity(it)))),
        "events": file.events,
        "sagas": map(file.sagas.iter().map(|(name, it)| (name, saga(it)))),
    })
}

/// What changes with the half that concerns an entity: its own, and its sources'. What is known of a replica from before does
/// not belong to it: it changes no value, and keys that were seen stay seen.
pub fn digest(file: &File, it: &EntityConfig) -> u64 {
    let sources = it.replicas.values().filter_map(|replica| file.sources.get_key_value(&replica.source));
    let mut half = json!({ "sources": map(sources.map(|(name, it)| (name, source(it)))), "entity": entity(it) });
    let replicas = half.pointer_mut("/entity/replicas").and_then(Value::as_object_mut);
    for replica in replicas.into_iter().flat_map(|replicas| replicas.values_mut()) {
        replica.as_object_mut().map(|replica| replica.remove("baseline"));
    }
    xxh3_64(half.to_string().as_bytes())
}

fn map<'a>(entries: impl Iterator<Item = (&'a String, Value)>) -> Value {
    entries.map(|(name, value)| (name.clone(), value)).collect::<serde_json::Map<_, _>>().into()
}

/// What its records are; how it is reached changes nothing.
fn source(it: &SourceConfig) -> Value {
    json!({
        "kafka": it.kafka.as_ref().map(|kafka| json!({ "topics": kafka.topics, "format": kafka.format })),
        "http": it.http.is_some(),
        "otlp": it.otlp.is_some(),
        "file": it.file,
    })
}

fn entity(it: &EntityConfig) -> Value {
    json!({
        "compare": it.fields(),
        "values": it.values,
        "authority": it.authority(),
        "field_authorities": map(it.fields().keys().filter_map(|field| Some((field, json!(it.field_authority(field)?))))),
        "replicas": map(it.replicas.iter().map(|(name, it)| (name, replica(it)))),
    })
}

fn replica(it: &ReplicaConfig) -> Value {
    json!({
        "source": it.source,
        "match": it.matches,
        "key": it.key,
        "version": it.version,
        "base": it.base,
        "time": it.time,
        "fields": it.fields,
        "holds": it.holds,
        "deleted": it.deleted,
        "probe": it.probe,
        "baseline": it.baseline,
    })
}

/// Steps, ends and deadlines are judged; which events belong to which run is decoded.
fn saga(it: &SagaConfig) -> Value {
    json!({ "correlate": it.correlate, "from": it.from })
}
