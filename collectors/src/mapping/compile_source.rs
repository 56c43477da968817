//! Sources: exactly one kind, and nothing said that the kind does not have.

use std::collections::HashMap;

use super::{SourceDecoder, SourceMapping, compile::Compiler};
use crate::{
    config::{FileFormat, KafkaConfig, KafkaFormat, SourceConfig},
    format::Format,
};

const BUILT: &str = "one of `kafka`, `http`, `otlp`, `file`";

impl SourceConfig {
    /// What its records hold; `None` for OTLP and for kinds that are not built.
    pub(crate) fn format(&self) -> Option<Format> {
        match (&self.kafka, &self.http, &self.file) {
            (Some(kafka), ..) => Some(match kafka.format {
                KafkaFormat::Json => Format::Json,
                KafkaFormat::CloudEvents => Format::CloudEvents,
                KafkaFormat::Debezium => Format::Debezium,
            }),
            (None, Some(_), _) => Some(Format::CloudEvents),
            (None, None, Some(file)) => match file.format {
                FileFormat::Json | FileFormat::Csv => Some(Format::Json),
                FileFormat::CloudEvents => Some(Format::CloudEvents),
                FileFormat::Debezium => Some(Format::Debezium),
                FileFormat::Otlp => None,
            },
            (None, None, None) => None,
        }
    }

    /// The kinds that are set, by name, and whether each is built.
    fn kinds(&self) -> Vec<(&'static str, bool)> {
        [
            ("kafka", self.kafka.is_some(), true),
            ("http", self.http.is_some(), true),
            ("otlp", self.otlp.is_some(), true),
            ("file", self.file.is_some(), true),
            ("postgres", self.postgres.is_some(), false),
            ("redis", self.redis.is_some(), false),
            ("rabbitmq", self.rabbitmq.is_some(), false),
            ("memcached", self.memcached.is_some(), false),
            ("cassandra", self.cassandra.is_some(), false),
        ]
        .into_iter()
        .filter_map(|(name, set, built)| set.then_some((name, built)))
        .collect()
    }
}

pub(super) fn sources(compiler: &mut Compiler<'_>) {
    let mut paths: HashMap<&str, &str> = HashMap::new();
    let mut otlp: Option<&str> = None;
    let configs = compiler.configs;
    for (name, source) in configs {
        let path = format!("sources.{name}");
        if name.is_empty() || name.contains(['/', '@', '#']) {
            let message = format!("`{name}` cannot be the name of a source");
            compiler.errors.push(
                &path,
                message,
                "a name without `/`, `@` and `#`: they separate the parts of an observation's id",
            );
        }
        if !kind(compiler, &path, source) {
            continue;
        }
        if let Some(other) = source.http.as_ref().and_then(|http| paths.insert(&http.path, name)) {
            let message = format!("the source `{other}` has the same path");
            compiler.errors.push(format!("{path}.http.path"), message, "a path of its own");
        }
        if source.otlp.is_some()
            && let Some(other) = otlp.replace(name)
        {
            let message = format!("the source `{other}` takes all that is sent by OTLP already");
            compiler.errors.push(format!("{path}.otlp"), message, "one `otlp` source");
        }
        pushed_or_pulled(compiler, &path, source);
        let decoder = match source.format() {
            Some(format) => SourceDecoder::Mapped(SourceMapping {
                format,
                events: Vec::new(),
                sagas: Vec::new(),
                replicas: Vec::new(),
                quotes: true,
            }),
            None => SourceDecoder::Otlp,
        };
        compiler.sources.insert(name.as_str().into(), decoder);
    }
}

/// Whether the source is of exactly one kind, and that one is built.
fn kind(compiler: &mut Compiler<'_>, path: &str, source: &SourceConfig) -> bool {
    let errors = &mut compiler.errors;
    match source.kinds().as_slice() {
        [] => errors.push(path, "the source has no kind", format!("{BUILT} (`otlp: {{}}` if there is nothing to say)")),
        [(name, false)] => errors.push(format!("{path}.{name}"), format!("`{name}` is not built yet"), BUILT),
        [("kafka", _)] => return source.kafka.as_ref().is_some_and(|kafka| self::kafka(compiler, path, kafka)),
        [("http", _)] => {
            let address = source.http.as_ref().map_or("", |http| http.path.as_str());
            if !address.starts_with('/') || address.len() < 2 || address.contains(['?', '#', '{', '*', ' ']) {
                let message = format!("`{address}` is not the path of an address");
                errors.push(format!("{path}.http.path"), message, "a path such as `/ingest/functions`");
                return false;
            }
            return true;
        }
        [_] => return true,
        several => {
            let names: Vec<_> = several.iter().map(|(name, _)| *name).collect();
            errors.push(path, format!("the source has several kinds: {}", names.join(", ")), "exactly one");
        }
    }
    false
}

fn kafka(compiler: &mut Compiler<'_>, path: &str, kafka: &KafkaConfig) -> bool {
    let errors = &mut compiler.errors;
    let before = errors.0.len();
    if kafka.brokers.is_empty() {
        errors.push(format!("{path}.kafka.brokers"), "there is no broker", "at least one `host:port`");
    }
    for (index, broker) in kafka.brokers.iter().enumerate() {
        let port = broker.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port.parse::<u16>());
        if !matches!(port, Some(Ok(1..))) {
            errors.push(
                format!("{path}.kafka.brokers[{index}]"),
                format!("`{broker}` is not an address"),
                "`host:port`",
            );
        }
    }
    if kafka.topics.is_empty() {
        errors.push(format!("{path}.kafka.topics"), "there is no topic", "at least one topic");
    }
    for (index, topic) in kafka.topics.iter().enumerate() {
        // Kafka's own rule for names.
        let legal = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-');
        if topic.is_empty() || topic.len() > 249 || !topic.chars().all(legal) {
            let message = format!("`{topic}` is not the name of a topic");
            errors.push(
                format!("{path}.kafka.topics[{index}]"),
                message,
                "a whole name of letters, digits, `.`, `_` and `-`",
            );
        } else if kafka.topics[..index].contains(topic) {
            errors.push(
                format!("{path}.kafka.topics[{index}]"),
                format!("`{topic}` is listed twice"),
                "each topic once",
            );
        }
    }
    if !kafka.watch_groups.is_empty() {
        let path = format!("{path}.kafka.watch_groups");
        errors.push(path, "the lag of other groups is not built yet", "no `watch_groups`");
    }
    #[cfg(feature = "kafka")]
    for (property, message, expected) in crate::kafka::check(kafka) {
        errors.push(format!("{path}.kafka.properties.{property}"), message, expected);
    }
    errors.0.len() == before
}

/// Settings that only pushed sources have, and those that only pulled ones have.
fn pushed_or_pulled(compiler: &mut Compiler<'_>, path: &str, source: &SourceConfig) {
    let errors = &mut compiler.errors;
    let pushed = source.http.is_some() || source.otlp.is_some();
    if pushed && source.capture.is_some() {
        errors.push(format!("{path}.capture"), "nobody vouches for a pushed source", "`lateness` and `silence`");
    }
    if !pushed && source.kafka.is_some() {
        for (name, set) in [
            ("lateness", source.lateness.is_some()),
            ("silence", source.silence.is_some()),
            ("retry_horizon", source.retry_horizon.is_some()),
            ("delivery", source.delivery.is_some()),
        ] {
            if set {
                let message = format!("`{name}` belongs to pushed sources; this one is read");
                errors.push(format!("{path}.{name}"), message, "`capture` and `clock_error`");
            }
        }
    }
}
