//! Kafka sources: a client on a thread of its own hands over what it read; here it is decoded and sent to the journal, and
//! acknowledged when it is there. A client that ends is started again from the journal's positions, never from its own.

use std::{sync::Arc, time::Duration};

use plumbline_collectors::{
    Decoded, Decoder, SourceBatch,
    config::SourceConfig,
    kafka::{ClientError, KafkaClient, Now, Start},
};
use plumbline_engine::frontier::Frontiers;
use plumbline_model::SourceName;
use plumbline_store::StoreError;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::{
    outages::Outages,
    queue::{Batch, Ingest, Refused},
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
                state.outages.met(&name, &error.to_string(), state.clock.now());
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
    let (batches, read) = mpsc::channel(AHEAD);
    // The client stops with the program, and also when its batches cannot be journaled.
    let stop = closing.child_token();
    let client = {
        let stop = stop.clone();
        tokio::task::spawn_blocking(move || KafkaClient::new(start, now)?.run(&batches, &stop))
    };
    journal(read, Way::of(state), &stop).await;
    Ok(client.await??)
}

/// Journals batches in the order in which they were read, up to the first that cannot be. Those read ahead of it must not be:
/// the positions of a later batch say that everything before them is in the journal (STO-1), so what failed would never be
/// read again. They are dropped with `read`, which tells the client that they are not journaled.
async fn journal(mut read: mpsc::Receiver<SourceBatch>, way: Way<'_>, stop: &CancellationToken) {
    while let Some(batch) = read.recv().await {
        if let Err(refused) = way.take(batch).await {
            tracing::warn!(%refused, "a batch is not journaled; it is read again, and all behind it");
            return stop.cancel();
        }
    }
}

/// What a batch passes on its way into the journal.
#[derive(Clone, Copy)]
struct Way<'a> {
    decoder: &'a Decoder,
    ingest: &'a Ingest,
    outages: &'a Outages,
    frontiers: &'a watch::Receiver<Arc<Frontiers>>,
}

impl<'a> Way<'a> {
    fn of(state: &'a AppState) -> Self {
        Self { decoder: &state.decoder, ingest: &state.ingest, outages: &state.outages, frontiers: &state.frontiers }
    }

    /// Decodes a batch and waits until the journal has it.
    async fn take(self, batch: SourceBatch) -> Result<(), Refused> {
        // The reader has logged them.
        let seen = !batch.records.is_empty() || batch.progress.iter().any(|it| it.frontier.is_some());
        for notice in &batch.notices {
            self.outages.met(&batch.source, &notice.text, notice.at);
        }
        if seen && batch.notices.is_empty() {
            self.outages.over(&batch.source);
        }
        let bytes = batch.records.iter().map(|record| record.weight_bytes()).sum();
        let records = batch.records.len() as u64;
        let mut decoded = Decoded { snapshots: batch.snapshots, ..Decoded::default() };
        let frontiers = Arc::clone(&self.frontiers.borrow());
        let mut unread = Unread::new(&batch.source, Senders::Known, &frontiers);
        for record in &batch.records {
            let of_record = self.decoder.decode(record);
            unread.take(record, &of_record);
            decoded.merge(of_record);
        }
        let gaps = batch.gaps.into_iter().chain(unread.gaps()).collect();
        let mut journaled = Batch::of(batch.source, records, decoded, bytes);
        journaled.gaps = gaps;
        journaled.progress = batch.progress;
        self.ingest.send(journaled).await?;
        batch.ack.done();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use plumbline_collectors::{Ack, Acked};
    use plumbline_model::journal::{Progress, Proof};

    use super::{super::queue::queue, *};

    fn batch(position: u64) -> (SourceBatch, Acked) {
        let (ack, acked) = Ack::new();
        let progress = Progress {
            source: "s".into(),
            partition: "t/0".into(),
            position: Some(position),
            frontier: None,
            proof: Proof::LogEnd,
            partitions: 1,
        };
        let batch = SourceBatch {
            source: "s".into(),
            gaps: Vec::new(),
            snapshots: Vec::new(),
            records: Vec::new(),
            progress: vec![progress],
            notices: Vec::new(),
            ack,
        };
        (batch, acked)
    }

    #[tokio::test]
    async fn nothing_behind_a_batch_that_failed_is_journaled() {
        let decoder = Decoder::compile(&Default::default(), &Default::default(), &[], &Default::default()).unwrap();
        let (ingest, mut queued) = queue(1 << 20);
        let (sender, read) = mpsc::channel(3);
        let mut acked = Vec::new();
        for position in [10, 20, 30] {
            let (batch, told) = batch(position);
            sender.try_send(batch).unwrap();
            acked.push(told);
        }
        let journal_that_fails_once = tokio::spawn(async move {
            let mut offered = Vec::new();
            while let Some(next) = queued.recv().await {
                let answer = if offered.is_empty() { Err(Refused::Journal("locked".to_owned())) } else { Ok(()) };
                offered.extend(next.batch.progress.iter().filter_map(|it| it.position));
                next.done.send(answer).unwrap();
            }
            offered
        });
        let stop = CancellationToken::new();
        let (_nothing_moves, frontiers) = watch::channel(Arc::new(Frontiers::default()));
        let way = Way { decoder: &decoder, ingest: &ingest, outages: &Outages::default(), frontiers: &frontiers };
        let ended = tokio::time::timeout(Duration::from_secs(10), journal(read, way, &stop)).await;
        ended.expect("it ends at the first that failed");
        drop(ingest);
        assert!(stop.is_cancelled(), "the client is to begin again");
        assert!(sender.is_closed(), "and hands nothing over any more");
        assert_eq!(journal_that_fails_once.await.unwrap(), [10]);
        for told in acked {
            told.await.expect_err("what is not in the journal is not acknowledged");
        }
    }
}
