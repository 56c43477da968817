//! `sources:`: the things that are tapped, and what is assumed of their clocks and of their completeness.

use std::{fmt, path::PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Duration, OrderedMap};

/// A thing that is tapped: exactly one of `kafka`, `http`, `otlp`, `file`, and what is assumed of it.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceConfig {
    /// Topics of a Kafka cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kafka: Option<KafkaConfig>,
    /// CloudEvents sent by HTTP POST.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpConfig>,
    /// Traces, logs and metrics sent by OTLP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otlp: Option<OtlpConfig>,
    /// A recording, for `plumbline check` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileConfig>,
    /// Not built yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postgres: Option<LaterConfig>,
    /// Not built yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redis: Option<LaterConfig>,
    /// Not built yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rabbitmq: Option<LaterConfig>,
    /// Not built yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memcached: Option<LaterConfig>,
    /// Not built yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cassandra: Option<LaterConfig>,

    /// How far the source's clock may be off, either way. Default `500ms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_error: Option<Duration>,
    /// Who vouches that everything was seen. Default: `relay` for Debezium, `direct` otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture: Option<CaptureConfig>,
    /// Pushed sources: how late a record may come. Default `30s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lateness: Option<Duration>,
    /// Pushed sources: how long nothing may be heard before nothing is assumed any more. Default `5m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silence: Option<Duration>,
    /// Pushed sources: how long a sender tries again what was refused. Default `5m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_horizon: Option<Duration>,
    /// Pushed sources: whether senders keep what they could not deliver while Plumbline was down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<DeliveryConfig>,
}

/// Who vouches that everything up to a time was seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaptureConfig {
    /// The services write to it themselves: the end of the log proves it.
    Direct,
    /// A relay such as Debezium or an outbox stands between: only what it brings proves it.
    Relay,
}

/// What a sender does with what it could not deliver.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryConfig {
    /// It may be lost: the time in which Plumbline did not run is a gap.
    #[default]
    Once,
    /// It comes again when Plumbline is back.
    Retried,
}

/// Topics of a Kafka cluster.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KafkaConfig {
    /// Where to begin: `host:port`, at least one.
    pub brokers: Vec<String>,
    /// The topics to read, by their whole names.
    pub topics: Vec<String>,
    /// What the records hold.
    pub format: KafkaFormat,
    /// Its own consumer group, where only the offsets are kept. Default `plumbline`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Consumer groups whose lag is watched. Not built yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub watch_groups: Vec<String>,
    /// Further settings of librdkafka, such as `security.protocol`.
    #[serde(default, skip_serializing_if = "OrderedMap::is_empty")]
    pub properties: OrderedMap<String>,
}

impl fmt::Debug for KafkaConfig {
    /// Without the values of `properties`: passwords are among them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaConfig")
            .field("brokers", &self.brokers)
            .field("topics", &self.topics)
            .field("format", &self.format)
            .field("group", &self.group)
            .field("watch_groups", &self.watch_groups)
            .field("properties", &self.properties.keys().collect::<Vec<_>>())
            .finish()
    }
}

/// What the records of a topic hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KafkaFormat {
    /// Any JSON.
    Json,
    /// CloudEvents 1.0 as JSON, structured or binary.
    #[serde(rename = "cloudevents")]
    CloudEvents,
    /// Debezium's envelope as JSON, with or without schemas.
    Debezium,
}

/// CloudEvents 1.0 sent by HTTP POST: structured, binary or batched.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpConfig {
    /// Where they are sent, under the address of the dashboard (`/ingest/functions`).
    pub path: String,
    /// A file that holds the bearer token which senders must show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
}

/// Traces, logs and metrics sent by OTLP; the addresses are set under the top-level `otlp`.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OtlpConfig {}

/// A recording that `plumbline check` is given for this source.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileConfig {
    /// What its lines hold.
    pub format: FileFormat,
}

/// What the lines of a recording hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileFormat {
    /// Any JSON: one value a line, or one array.
    Json,
    /// CloudEvents 1.0, structured.
    #[serde(rename = "cloudevents")]
    CloudEvents,
    /// Debezium's envelope.
    Debezium,
    /// Rows under a header; each becomes an object of texts.
    Csv,
    /// OTLP/JSON, as the OpenTelemetry Collector's file exporter writes it.
    Otlp,
}

/// The settings of a kind of source that is not built yet; using it is an error that says so.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct LaterConfig(pub serde_json::Value);
