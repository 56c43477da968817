//! Kafka (SEM-2): a client that reads the whole of some topics in a group of its own, begins where the journal ends, and says
//! how far it has read and who vouches for it. It writes nothing but its own offsets, and those only as a courtesy (COL-2).

mod client;
mod config;
mod context;
mod decode;
mod frontier;
mod positions;
mod reader;
mod survey;

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc};

use plumbline_model::{Partition, ReceivedTime, SourceName, SourceTime};
use thiserror::Error;

pub use self::client::KafkaClient;
pub(crate) use self::config::check;
use crate::{FromStart, config::SourceConfig};

/// The clock that the server injects (TIM-1).
pub type Now = Arc<dyn Fn() -> ReceivedTime + Send + Sync>;

/// What a client needs to begin.
#[derive(Clone, Debug)]
pub struct Start {
    pub source: SourceName,
    /// A configuration that has `kafka`, as checked by `Decoder::compile`.
    pub config: SourceConfig,
    /// The greatest offset per partition that the journal has (SEM-13); empty at the very first start.
    pub journaled: BTreeMap<Partition, u64>,
    /// Up to when the source had been seen when the program ended: where a gap begins, if there is one.
    pub seen: Option<SourceTime>,
    /// The replicas that are known to be empty before the first record: `Decoder::from_start`.
    pub from_start: Vec<FromStart>,
}

/// Why a client ended before it was told to.
#[derive(Debug, Error)]
pub enum ClientError {
    #[error("source {0} is not a kafka source")]
    NotKafka(SourceName),
    #[error("the client cannot be set up: {0}")]
    Setup(#[source] rdkafka::error::KafkaError),
    #[error("the client cannot go on: {0}")]
    Fatal(#[source] rdkafka::error::KafkaError),
    #[error("a batch was not journaled; read again from the journal's positions")]
    NotJournaled,
    #[error("a thread of the client cannot be started: {0}")]
    Thread(#[source] std::io::Error),
}
