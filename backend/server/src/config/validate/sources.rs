//! `sources:`, `events:` and `streams:`: what the collectors do not check themselves when they compile the mappings.

use plumbline_collectors::config::SourceConfig;

use super::Look;
use crate::config::{later, yaml::Path};

/// Paths of the server itself: an ingest path may not hide them.
const RESERVED: [&str; 5] = ["/api", "/assets", "/healthz", "/readyz", "/metrics"];

pub fn look(look: &mut Look<'_>) {
    let file = look.file;
    for (name, source) in &file.sources {
        let path = Path::of(&["sources", name]);
        kind(look, &path, source);
        if let Some(http) = &source.http {
            reserved(look, &path, &http.path);
        }
    }
    let taken = file.sources.get("otlp").is_some_and(|source| source.otlp.is_none());
    if taken && file.otlp.is_some() && file.sources.values().all(|source| source.otlp.is_none()) {
        let message = "the name `otlp` is taken, so what is sent by OTLP has no source";
        let help = "name this source otherwise, or declare one of kind `otlp`";
        look.key_error(&Path::of(&["sources", "otlp"]), message, help);
    }
    for name in file.streams.keys() {
        let help = "gaps, duplicates and outboxes of streams come with a later version";
        look.warn(&Path::of(&["streams", name]), format!("the stream `{name}` is not checked by this version"), help);
    }
}

/// The kinds that a source names, in the order in which they are documented.
fn kinds(source: &SourceConfig) -> Vec<&'static str> {
    let named = [
        ("kafka", source.kafka.is_some()),
        ("http", source.http.is_some()),
        ("otlp", source.otlp.is_some()),
        ("file", source.file.is_some()),
        ("postgres", source.postgres.is_some()),
        ("redis", source.redis.is_some()),
        ("rabbitmq", source.rabbitmq.is_some()),
        ("memcached", source.memcached.is_some()),
        ("cassandra", source.cassandra.is_some()),
    ];
    named.into_iter().filter(|(_, there)| *there).map(|(kind, _)| kind).collect()
}

/// Whether the source is of a kind that this version has.
pub fn is_built(source: &SourceConfig) -> bool {
    kinds(source).iter().all(|kind| !later::SOURCES.contains(kind))
}

fn kind(look: &mut Look<'_>, path: &Path, source: &SourceConfig) {
    match kinds(source).as_slice() {
        [] => {
            let help = format!("expected one of {} (`otlp: {{}}` if there is nothing to say)", later::SOURCES_BUILT);
            look.error(path, "the source does not say what it is", help);
        }
        [kind] if later::SOURCES.contains(kind) => {
            let message = format!("the source kind `{kind}` is not built into this version");
            let help = format!("built: {}; a recording of it can be given to `plumbline check`", later::SOURCES_BUILT);
            look.key_error(&path.key(*kind), message, help);
        }
        ["kafka"] if !cfg!(feature = "kafka") => {
            let help = "build it with the feature `kafka`";
            look.key_error(&path.key("kafka"), "this program was built without Kafka", help);
        }
        [_] => {}
        [first, second, ..] => {
            let message = format!("a source is one thing, this one is `{first}` and `{second}`");
            look.error(path, message, "make two sources of it");
        }
    }
}

fn reserved(look: &mut Look<'_>, path: &Path, http_path: &str) {
    let hides = |root: &&&str| http_path == **root || http_path.starts_with(&format!("{root}/"));
    if let Some(taken) = RESERVED.iter().find(hides) {
        let message = format!("`{taken}` belongs to the dashboard and its API");
        look.error(&path.key("http").key("path"), message, "expected one such as `/ingest/functions`");
    }
}
