//! The decode half of a configuration (SEM-11): what decides which observations a record gives. Two of them are compared
//! member by member, so that every difference is named.

use std::fmt;

use plumbline_collectors::config::{EntityConfig, ReplicaConfig, SagaConfig, SourceConfig};
use serde_json::{Value, json};

use crate::config::file::File;

/// A member of the decode half that is not the same.
#[derive(Clone, PartialEq, Debug)]
pub struct Difference {
    /// `entities.order.replicas.order-view.key`.
    pub path: String,
    /// `None`: it is not there.
    pub journal: Option<Value>,
    pub now: Option<Value>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.journal, &self.now) {
            (Some(journal), Some(now)) => write!(f, "{}: the journal has {journal}, the file says {now}", self.path),
            (Some(_), None) => write!(f, "{}: it was there when the journal was written", self.path),
            (None, _) => write!(f, "{}: nothing was decoded for it", self.path),
        }
    }
}

/// What `now` would decode otherwise than `journal` did.
pub fn differences(journal: &File, now: &File) -> Vec<Difference> {
    let mut differences = Vec::new();
    compare("", &half(journal), &half(now), &mut differences);
    differences
}

fn compare(path: &str, journal: &Value, now: &Value, out: &mut Vec<Difference>) {
    match (journal, now) {
        (Value::Object(left), Value::Object(right)) => {
            let names = left.keys().chain(right.keys().filter(|name| !left.contains_key(*name)));
            for name in names {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                match (left.get(name), right.get(name)) {
                    (Some(left), Some(right)) => compare(&path, left, right, out),
                    (left, right) => out.push(Difference { path, journal: left.cloned(), now: right.cloned() }),
                }
            }
        }
        _ if journal == now => {}
        _ => out.push(Difference { path: path.to_owned(), journal: Some(journal.clone()), now: Some(now.clone()) }),
    }
}

fn half(file: &File) -> Value {
    json!({
        "sources": map(file.sources.iter().map(|(name, it)| (name, source(it)))),
        "entities": map(file.entities.iter().map(|(name, it)| (name, entity(it)))),
        "events": file.events,
        "sagas": map(file.sagas.iter().map(|(name, it)| (name, saga(it)))),
    })
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
