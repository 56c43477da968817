//! From configuration to librdkafka's settings: what Plumbline needs for its promises is not open to change.

use rdkafka::ClientConfig;

use crate::config::KafkaConfig;

const GROUP: &str = "plumbline";

/// Settings that the promises of the client rest on, and why.
const MANAGED: [(&str, &str); 5] = [
    // Only the journal decides what was read.
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    // An offset that is gone must be noticed, not skipped.
    ("auto.offset.reset", "error"),
    // Once a second librdkafka tells where partitions ended, control records included.
    ("enable.partition.eof", "true"),
    ("statistics.interval.ms", "1000"),
];

/// Defaults that people may change.
const DEFAULTS: [(&str, &str); 5] = [
    ("client.id", "plumbline"),
    // What was aborted never became true.
    ("isolation.level", "read_committed"),
    // Watching must not create what it watches.
    ("allow.auto.create.topics", "false"),
    // Memory for records that wait to be taken (LIM-1): without it, librdkafka holds up to 64 MiB for each partition.
    ("queued.max.messages.kbytes", "16384"),
    // Waiting for more bytes would only delay what is seen.
    ("fetch.wait.max.ms", "200"),
];

/// The settings of a client.
pub(super) fn client_config(config: &KafkaConfig) -> ClientConfig {
    let mut client = ClientConfig::new();
    for (name, value) in DEFAULTS {
        client.set(name, value);
    }
    for (name, value) in &config.properties {
        client.set(name, value);
    }
    for (name, value) in MANAGED {
        client.set(name, value);
    }
    client.set("bootstrap.servers", config.brokers.join(","));
    client.set("group.id", config.group.as_deref().unwrap_or(GROUP));
    client
}

/// Checks `properties` without any I/O: the mistakes, by property.
pub(crate) fn check(config: &KafkaConfig) -> Vec<(String, String, String)> {
    let managed = |name: &str| MANAGED.iter().any(|(known, _)| *known == name);
    let mut mistakes = Vec::new();
    for (name, value) in &config.properties {
        if managed(name) {
            let message = format!("`{name}` is set by Plumbline: what it says of the source rests on it");
            mistakes.push((name.clone(), message, "other settings of librdkafka".to_owned()));
        } else if let Some(own) =
            [("bootstrap.servers", "brokers"), ("group.id", "group")].iter().find(|it| it.0 == name)
        {
            let message = format!("`{name}` is set by `{}`", own.1);
            mistakes.push((name.clone(), message, "other settings of librdkafka".to_owned()));
        } else if let Err(error) = ClientConfig::new().set(name, value).create_native_config() {
            // The error quotes name and value; values may be secrets.
            let reason = match error {
                rdkafka::error::KafkaError::ClientConfig(_, why, ..) => why,
                _ => "it is refused".to_owned(),
            };
            mistakes.push((name.clone(), reason, "a setting of librdkafka (CONFIGURATION.md there)".to_owned()));
        }
    }
    mistakes
}
