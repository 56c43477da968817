//! Kafka sources: a client on a thread of its own hands over what it read; here it is decoded and sent to the journal, and
//! acknowledged when it is there. A client that ends is started again from the journal's positions, never from its own.

use std::{sync::Arc, time::Duration};

use plumbline_collectors::{
    Decoded, SourceBatch,
    config::SourceConfig,
    kafka::{ClientError, KafkaClient, Now, Start},
};
use plumbline_model::SourceName;
use plumbline_store::StoreError;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    queue::{Batch, Refused},
    unread::{Senders, Unread},
};
use crate::http::AppState;

/// Batches that are read ahead while one is being journaled.
const AHEAD: usize = 2;
/// Between the end of a client and its next start.
const RESTART: Duration = Duration::from_secs(5);

/// Why a source has to be started again.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error("the journal's positions cannot be read: {0}")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("the thread of the client panicked: {0}")]
    Panicked(#[from] tokio::task::JoinError),
}

/// Reads one source until `closing`.
pub async fn run(name: SourceName, config: SourceConfig, state: AppState, closing: CancellationToken) {
    while !closing.is_cancelled() {
        match read(&name, &config, &state, &closing).await {
            Ok(()) => return,
            Err(error) => {
                tracing::warn!(source = %name, %error, "reading Kafka ended; it begins again in {} s", RESTART.as_secs())
            }
        }
        tokio::select! {
            () = closing.cancelled() => {}
            () = tokio::time::sleep(RESTART) => {}
        }
    }
}

/// One life of a client.
async fn read(
    name: &SourceName,
    config: &SourceConfig,
    state: &AppState,
    closing: &CancellationToken,
) -> Result<(), Ended> {
    let journaled = state.store.resume_positions().await?;
    let own = journaled.into_iter().filter(|((source, _), _)| source == name);
    let start = Start {
        source: name.clone(),
        config: config.clone(),
        journaled: own.map(|((_, partition), offset)| (partition, offset)).collect(),
        seen: state.frontiers.borrow().source(name).and_then(|source| source.joint()),
        from_start: state.decoder.from_start(name),
    };
    let clock = Arc::clone(&state.clock);
    let now: Now = Arc::new(move || clock.now());
    let (batches, mut read) = mpsc::channel(AHEAD);
    // The client stops with the program, and also when its batches cannot be journaled.
    let stop = closing.child_token();
    let client = {
        let stop = stop.clone();
        tokio::task::spawn_blocking(move || KafkaClient::new(start, now)?.run(&batches, &stop))
    };
    while let Some(batch) = read.recv().await {
        if take(batch, state).await.is_err() {
            stop.cancel();
        }
    }
    Ok(client.await??)
}

/// Decodes a batch and waits until the journal has it.
async fn take(batch: SourceBatch, state: &AppState) -> Result<(), Refused> {
    for notice in &batch.notices {
        tracing::warn!(source = %batch.source, "{}", notice.text);
    }
    let bytes = batch.records.iter().map(|record| record.weight_bytes()).sum();
    let records = batch.records.len() as u64;
    let mut decoded = Decoded { snapshots: batch.snapshots, ..Decoded::default() };
    let frontiers = Arc::clone(&state.frontiers.borrow());
    let mut unread = Unread::new(&batch.source, Senders::Known, &frontiers);
    for record in &batch.records {
        let of_record = state.decoder.decode(record);
        unread.take(record, &of_record);
        decoded.merge(of_record);
    }
    let gaps = batch.gaps.into_iter().chain(unread.gaps()).collect();
    let mut journaled = Batch::of(batch.source, records, decoded, bytes);
    journaled.gaps = gaps;
    journaled.progress = batch.progress;
    state.ingest.send(journaled).await?;
    batch.ack.done();
    Ok(())
}
