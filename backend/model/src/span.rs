//! A span as an observation: what OTLP told, less what the configuration forbids to keep. Assembly and paths live in the engine.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::{
    name::{OperationName, ServiceName, SpanId, TraceId},
    time::{Lag, SourceTime},
};

/// One finished span. The observation's source time is its end.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SpanFact {
    pub trace: TraceId,
    pub span: SpanId,
    pub parent: Option<SpanId>,
    pub service: ServiceName,
    /// `service.version`, empty where unknown.
    pub version: CompactString,
    pub operation: OperationName,
    pub kind: SpanKind,
    pub start: SourceTime,
    /// Not before `start`: decode turns an earlier end into a zero length and an issue.
    pub end: SourceTime,
    pub failed: bool,
    /// The status message, empty where there is none.
    pub message: CompactString,
    /// What a client or producer span talks to, from the semantic conventions; `None` for other kinds or where it is not told.
    pub peer: Option<Peer>,
    pub links: Vec<Link>,
    pub attributes: Vec<(CompactString, CompactString)>,
}

impl SpanFact {
    pub fn duration(&self) -> Lag {
        self.end.since(self.start)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanKind {
    #[default]
    Unspecified,
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

/// The far end of a hop: a topic, a database, a cache, another service.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Peer {
    pub kind: EdgeKind,
    /// Topic, database, host or service name.
    pub name: CompactString,
}

/// What lies between two services, or between a service and what it asks. One shape each in the dashboard.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EdgeKind {
    Network,
    Topic,
    Database,
    Cache,
    Outside,
}

/// A span link: this span was caused by, or handles a message of, another trace or span.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Link {
    pub trace: TraceId,
    pub span: SpanId,
}
