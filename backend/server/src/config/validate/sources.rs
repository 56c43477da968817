//! `sources:` and `events:`.

use plumbline_collectors::config::{KafkaConfig, KafkaFormat, SourceConfig};

use super::Look;
use crate::config::{later, yaml::Path};

/// Paths of the server itself: an ingest path may not hide them.
const RESERVED: [&str; 6] = ["/api", "/assets", "/healthz", "/readyz", "/metrics", "/docs"];

pub fn look(look: &mut Look<'_>) {
    let file = look.file;
    for (name, source) in &file.sources {
        let path = Path::of(&["sources", name]);
        kind(look, &path, source);
        if let Some(kafka) = &source.kafka {
            kafka_source(look, &path.key("kafka"), kafka);
        }
        if let Some(http) = &source.http {
            http_path(look, name, &http.path);
        }
        timing(look, &path, source);
    }
    one_otlp(look);
    events(look);
    streams(look);
}

/// The kinds that a source names, in the order in which they are documented.
pub fn kinds(source: &SourceConfig) -> Vec<&'static str> {
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
            look.error(path, "the source does not say what it is", format!("expected one of {}", later::SOURCES_BUILT))
        }
        [kind] if later::SOURCES.contains(kind) => {
            let message = format!("the source kind `{kind}` is not built into this version");
            look.key_error(&path.key(*kind), message, format!("built: {}", later::SOURCES_BUILT));
        }
        ["kafka"] if !cfg!(feature = "kafka") => {
            look.key_error(
                &path.key("kafka"),
                "this program was built without Kafka",
                "build it with the feature `kafka`",
            );
        }
        [_] => {}
        [first, second, ..] => {
            let message = format!("a source is one thing, this one is `{first}` and `{second}`");
            look.key_error(&path.key(*second), message, "make two sources of it");
        }
    }
}

fn kafka_source(look: &mut Look<'_>, path: &Path, kafka: &KafkaConfig) {
    if kafka.brokers.is_empty() {
        look.error(&path.key("brokers"), "no broker is named", "expected at least one `host:port`");
    }
    for (at, broker) in kafka.brokers.iter().enumerate() {
        let port = broker.rsplit_once(':').and_then(|(host, port)| (!host.is_empty()).then_some(port));
        if port.is_none_or(|port| port.parse::<u16>().is_err()) {
            let path = path.key("brokers").index(at);
            let secret = look.tree.at(&path).is_some_and(|node| node.secret);
            let shown = if secret { "the value".to_owned() } else { format!("`{broker}`") };
            look.error(&path, format!("{shown} is no broker"), "expected `host:port`, such as `localhost:9092`");
        }
    }
    if kafka.topics.is_empty() {
        look.error(&path.key("topics"), "no topic is named", "expected at least one");
    }
    for (at, topic) in kafka.topics.iter().enumerate() {
        if kafka.topics[..at].contains(topic) {
            look.error(&path.key("topics").index(at), format!("the topic `{topic}` is there twice"), "name it once");
        }
    }
}

fn http_path(look: &mut Look<'_>, name: &str, http_path: &str) {
    let path = Path::of(&["sources", name, "http", "path"]);
    let plain = http_path.starts_with('/')
        && http_path.len() > 1
        && !http_path.ends_with('/')
        && http_path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte));
    if !plain {
        look.error(&path, format!("`{http_path}` is not a path"), "expected one such as `/ingest/functions`");
        return;
    }
    let within = |root: &&&str| http_path == **root || http_path.starts_with(&format!("{root}/"));
    if let Some(taken) = RESERVED.iter().find(within) {
        let message = format!("`{taken}` belongs to the dashboard and its API");
        look.error(&path, message, "expected one such as `/ingest/functions`");
    }
    let mut before = look.file.sources.iter().take_while(|(other, _)| *other != name);
    let twin = before.find(|(_, other)| other.http.as_ref().is_some_and(|http| http.path == http_path));
    if let Some((twin, _)) = twin {
        let message = format!("the sources `{twin}` and `{name}` cannot both be sent to `{http_path}`");
        look.error(&path, message, "give each one a path of its own");
    }
}

/// Which settings belong to which sources.
fn timing(look: &mut Look<'_>, path: &Path, source: &SourceConfig) {
    let pushed = source.http.is_some() || source.otlp.is_some();
    let only_pushed = [
        ("lateness", source.lateness.is_some()),
        ("silence", source.silence.is_some()),
        ("retry_horizon", source.retry_horizon.is_some()),
        ("delivery", source.delivery.is_some()),
    ];
    for (key, there) in only_pushed {
        if there && !pushed && is_built(source) {
            let help = "it is for sources that are pushed to: http, otlp";
            look.key_error(&path.key(key), format!("`{key}` means nothing here"), help);
        }
    }
    if source.capture.is_some() && pushed {
        let help = "who pushes vouches for nothing; its frontier is assumed, see `lateness`";
        look.key_error(&path.key("capture"), "`capture` means nothing here", help);
    }
}

fn one_otlp(look: &mut Look<'_>) {
    let names: Vec<_> =
        look.file.sources.iter().filter(|(_, source)| source.otlp.is_some()).map(|(name, _)| name).collect();
    if let [first, second, ..] = names.as_slice() {
        let message = format!("`{first}` and `{second}` would both be what is sent to the OTLP addresses");
        look.error(&Path::of(&["sources", second]), message, "one source of kind `otlp` takes them in");
    }
    let taken = look.file.sources.get("otlp").is_some_and(|source| source.otlp.is_none());
    if look.file.otlp.is_some() && names.is_empty() && taken {
        let message = "the name `otlp` is taken, so what is sent by OTLP has no source";
        look.error(
            &Path::of(&["sources", "otlp"]),
            message,
            "name this source otherwise, or declare one of kind `otlp`",
        );
    }
}

fn events(look: &mut Look<'_>) {
    let file = look.file;
    let names: Vec<_> = file.sources.keys().map(String::as_str).collect();
    for (at, event) in file.events.iter().enumerate() {
        let path = Path::of(&["events"]).index(at).key("source");
        if look.known(&path, "source", &event.source, &names) && file.sources[&event.source].otlp.is_some() {
            look.error(&path, format!("`{}` brings traces, not events", event.source), "expected a source of events");
        }
    }
}

fn streams(look: &mut Look<'_>) {
    let file = look.file;
    for name in file.streams.keys() {
        let help = "gaps, duplicates and outboxes of streams come with a later version";
        look.warn(&Path::of(&["streams", name]), format!("the stream `{name}` is not checked by this version"), help);
    }
}

/// The topics that a source reads, where it is a Kafka that can be read.
pub fn topics(source: &SourceConfig) -> Option<Vec<&str>> {
    source.kafka.as_ref().map(|kafka| kafka.topics.iter().map(String::as_str).collect())
}

/// Whether records of the source name a table: change capture.
pub fn has_tables(source: &SourceConfig) -> bool {
    use plumbline_collectors::config::FileFormat;
    source.kafka.as_ref().is_some_and(|kafka| kafka.format == KafkaFormat::Debezium)
        || source.file.as_ref().is_some_and(|file| file.format == FileFormat::Debezium)
}
