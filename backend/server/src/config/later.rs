//! Kinds that the file may name and this version does not have yet. They parse, are named in one clear error, and nothing
//! else is said of them. Recordings of such sources can be checked all the same: offline nothing is connected to.

use plumbline_collectors::config::{FileConfig, FileFormat, SourceConfig};

use super::{
    file::File,
    yaml::{Path, Segment},
};

pub const SOURCES: [&str; 5] = ["postgres", "redis", "rabbitmq", "memcached", "cassandra"];
pub const RECEIVERS: [&str; 4] = ["slack", "pagerduty", "alertmanager", "cloudevents"];
pub const SOURCES_BUILT: &str = "kafka, http, otlp, file";
pub const RECEIVERS_BUILT: &str = "webhook";

/// Whether the path is, or lies in, the settings of such a kind.
pub fn contains(path: &Path) -> bool {
    let key = |at: usize| match path.0.get(at) {
        Some(Segment::Key(key)) => key.as_str(),
        _ => "",
    };
    (key(0) == "sources" && SOURCES.contains(&key(2)))
        || (key(0) == "alerts" && key(1) == "receivers" && RECEIVERS.contains(&key(3)))
}

/// Puts recordings in the place of sources that cannot be connected to yet: change capture as Debezium writes it, messages as
/// CloudEvents, what is stored under keys as JSON or CSV.
pub fn as_recordings(file: &mut File) {
    for source in file.sources.values_mut() {
        let format = match source {
            SourceConfig { postgres: Some(_), .. } | SourceConfig { cassandra: Some(_), .. } => FileFormat::Debezium,
            SourceConfig { rabbitmq: Some(_), .. } => FileFormat::CloudEvents,
            SourceConfig { redis: Some(_), .. } | SourceConfig { memcached: Some(_), .. } => FileFormat::Json,
            SourceConfig { kafka: Some(kafka), .. } => {
                kafka.watch_groups.clear();
                continue;
            }
            _ => continue,
        };
        source.file = Some(FileConfig { format });
        (source.postgres, source.cassandra, source.rabbitmq) = (None, None, None);
        (source.redis, source.memcached) = (None, None);
    }
}

/// What there is to decode in recordings: nobody can be asked, so a replica that is told of by answers alone has no mapping.
/// Its rules stay, and what an answer would have decided is unknown for want of it (SEM-4).
pub fn without_probes(file: &File) -> File {
    let mut told = file.clone();
    for entity in told.entities.values_mut() {
        entity.replicas.retain(|_, replica| replica.probe.is_none() || replica.key.is_some());
        entity.replicas.values_mut().for_each(|replica| replica.probe = None);
    }
    told
}
