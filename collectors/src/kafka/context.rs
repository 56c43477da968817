//! What the driver tells from its own threads: ends behind which there was nothing to deliver, troubles, and its log.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use rdkafka::{
    ClientContext, config::RDKafkaLogLevel, consumer::ConsumerContext, error::KafkaError, types::RDKafkaErrorCode,
};
use serde::Deserialize;

use super::positions::Log;

/// What the driver tells from its own threads.
#[derive(Default)]
pub(super) struct Context {
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    /// Offsets behind which there was nothing to deliver, control records included.
    ends: Option<BTreeMap<Log, u64>>,
    troubles: Vec<String>,
}

/// What the survey deals with: it sees which log it is, and from where it can be read.
pub(super) const fn is_no_trouble(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::PartitionEOF | RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange
    )
}

impl Context {
    /// What was told since the last call.
    pub fn take(&self) -> (Option<BTreeMap<Log, u64>>, Vec<String>) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        (told.ends.take(), std::mem::take(&mut told.troubles))
    }
}

impl ConsumerContext for Context {}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        match level {
            // Told by `error` too, which says each of them once a minute.
            _ if matches!(facility, "FAIL" | "ERROR") => tracing::debug!(facility, "{text}"),
            RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical | RDKafkaLogLevel::Error => {
                tracing::error!(facility, "{text}");
            }
            RDKafkaLogLevel::Warning => tracing::warn!(facility, "{text}"),
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => tracing::info!(facility, "{text}"),
            RDKafkaLogLevel::Debug => tracing::debug!(facility, "{text}"),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        if error.rdkafka_error_code().is_some_and(is_no_trouble) {
            return;
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        // Taken several times a second; more than these are repetitions.
        if told.troubles.len() < 16 {
            told.troubles.push(format!("{error}: {reason}"));
        }
    }

    fn stats_raw(&self, statistics: &[u8]) {
        #[derive(Deserialize)]
        struct Statistics {
            topics: BTreeMap<String, Topic>,
        }
        #[derive(Deserialize)]
        struct Topic {
            partitions: BTreeMap<i32, Position>,
        }
        #[derive(Deserialize)]
        struct Position {
            eof_offset: i64,
        }
        match serde_json::from_slice::<Statistics>(statistics) {
            Ok(statistics) => {
                let of_topic = |(topic, it): (String, Topic)| {
                    let ends = it.partitions.into_iter();
                    ends.filter_map(move |(index, it)| {
                        Some(((topic.clone(), index), u64::try_from(it.eof_offset).ok()?))
                    })
                };
                let ends = statistics.topics.into_iter().flat_map(of_topic).collect();
                self.told.lock().unwrap_or_else(PoisonError::into_inner).ends = Some(ends);
            }
            Err(error) => tracing::warn!("statistics of librdkafka cannot be read: {error}"),
        }
    }
}
