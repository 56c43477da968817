//! The configuration file as people write it: plain data with defaults. Doc comments here are the user's documentation and
//! the JSON Schema's descriptions. Nothing is checked across keys here (`validate`), nor compiled (`compile`).

mod alerts;
mod latency;
mod operation;
mod streams;

use std::path::PathBuf;

use plumbline_collectors::config::{EntityConfig, EventConfig, OrderedMap, SagaConfig, SourceConfig};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::{
    alerts::{AlertsFile, GroupBy, ObjectiveFile, ReceiverFile, RouteFile, SubrouteFile, WebhookFile},
    latency::{HotspotsFile, LatencyFile},
    operation::{LimitsFile, LogFormat, OtlpFile, RetentionFile, TelemetryFile},
    streams::{OutboxFile, StreamFile},
};
use super::scalar::Address;

/// The configuration of Plumbline. A source, an entity with two replicas and `within` are a complete file.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "Plumbline")]
pub struct File {
    /// The name of what is watched, shown on every page and in alerts.
    pub environment: String,
    /// Marks every page as showing simulated data.
    pub simulated: bool,
    /// Where the journal and everything made from it are kept.
    pub data_dir: PathBuf,
    /// Not built yet: only the embedded store in `data_dir` is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// Where the dashboard, the API and the ingest of CloudEvents listen.
    pub listen: Address,
    /// The address under which people reach the dashboard; used in the links of alerts, and known as its own behind a proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,
    /// Where OTLP is taken in. With it a source named `otlp` is there without being declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otlp: Option<OtlpFile>,
    /// The things that are tapped, by name.
    pub sources: OrderedMap<SourceConfig>,
    /// The kinds of things whose state lives in several places, by name.
    pub entities: OrderedMap<EntityConfig>,
    /// Which records are domain events, and where their ids are. CloudEvents need none of it.
    pub events: Vec<EventConfig>,
    /// What is checked of event streams, by topic. Not built yet.
    pub streams: OrderedMap<StreamFile>,
    /// The business transactions over several services, by name.
    pub sagas: OrderedMap<SagaConfig>,
    /// What makes a latency hotspot.
    pub latency: LatencyFile,
    /// Who is told of what.
    pub alerts: AlertsFile,
    /// How long things are kept.
    pub retention: RetentionFile,
    /// What is taken in at most.
    pub limits: LimitsFile,
    /// Plumbline's own logs, traces and metrics.
    pub telemetry: TelemetryFile,
    /// Lets webhooks go to private, loopback and link-local addresses.
    pub allow_private_webhooks: bool,
}

impl Default for File {
    fn default() -> Self {
        Self {
            environment: "default".to_owned(),
            simulated: false,
            data_dir: PathBuf::from("./plumbline-data"),
            store: None,
            listen: Address::local(8080),
            public_url: None,
            otlp: None,
            sources: OrderedMap::new(),
            entities: OrderedMap::new(),
            events: Vec::new(),
            streams: OrderedMap::new(),
            sagas: OrderedMap::new(),
            latency: LatencyFile::default(),
            alerts: AlertsFile::default(),
            retention: RetentionFile::default(),
            limits: LimitsFile::default(),
            telemetry: TelemetryFile::default(),
            allow_private_webhooks: false,
        }
    }
}
