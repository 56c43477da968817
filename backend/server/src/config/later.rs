//! Kinds that the file may name and this version does not have yet. They parse, are named in one clear error, and nothing
//! else is said of them.

use super::yaml::{Path, Segment};

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
