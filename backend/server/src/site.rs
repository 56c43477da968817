//! What pages and the API need of the configuration, made once when it comes into force. Secrets are not in it.

use std::collections::BTreeMap;

use plumbline_model::{EntityName, ReceivedTime, ReceiverName, ReplicaName, SourceName, SourceTime, rules::Rules};

/// The configuration in force, as it is shown.
#[derive(Clone, Default, Debug)]
pub struct Site {
    pub environment: String,
    pub simulated: bool,
    /// Where people reach it, as the configuration says.
    pub public_url: Option<String>,
    pub rules: Rules,
    /// BLAKE3 of the text, hexadecimal.
    pub digest: String,
    /// The effective configuration with secrets masked.
    pub text: String,
    /// When it came into force.
    pub since: Option<ReceivedTime>,
    /// The earliest time that the journal knows.
    pub watching_since: Option<SourceTime>,
    /// `Kafka`, `HTTP, CloudEvents`, `OTLP` by source.
    pub kinds: BTreeMap<SourceName, String>,
    /// Receivers and where they go, without secrets.
    pub receivers: Vec<(ReceiverName, String)>,
    /// Promised shares by entity and replica.
    pub objectives: BTreeMap<(EntityName, ReplicaName), f64>,
}

impl Site {
    pub fn objective(&self, entity: &EntityName, replica: &ReplicaName) -> Option<f64> {
        self.objectives.get(&(entity.clone(), replica.clone())).copied()
    }

    /// What a source is, in words: `Kafka, 6 partitions`.
    pub fn source_kind(&self, source: &SourceName, partitions: usize) -> String {
        let kind = self.kinds.get(source).map_or("source", String::as_str);
        match partitions {
            0 | 1 => kind.to_owned(),
            some => format!("{kind}, {some} partitions"),
        }
    }

    /// What lives on a source: replicas, sagas, latency.
    pub fn feeds(&self, source: &SourceName) -> Vec<String> {
        let rules = &self.rules;
        let replicas = rules.entities.iter().flat_map(|entity| &entity.replicas);
        let mut feeds: Vec<_> = replicas.filter(|it| it.source == *source).map(|it| it.name.to_string()).collect();
        feeds.extend(rules.sagas.iter().filter(|saga| saga.sources.contains(source)).map(|saga| saga.name.to_string()));
        if rules.latency.sources.contains(source) {
            feeds.push("latency".to_owned());
        }
        feeds
    }
}
