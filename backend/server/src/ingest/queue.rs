//! The one bounded way into the journal. What is taken in is bounded by observations and bytes, not by calls, so that a
//! flood of large requests cannot fill the memory (LIM-1). Pushers are refused when it is full; pullers wait.

use std::sync::Arc;

use plumbline_model::{
    Observation, Record, SourceName,
    journal::{Command, Gap, Progress, Snapshot},
    rollup::SourceCounts,
};
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

/// What one collector hands in at once: decoded, not yet durable.
#[derive(Default, Debug)]
pub struct Batch {
    pub source: SourceName,
    pub observations: Vec<Observation>,
    pub snapshots: Vec<Snapshot>,
    pub progress: Vec<Progress>,
    pub gaps: Vec<Gap>,
    /// What a person asked for; such a batch has no source.
    pub commands: Vec<Command>,
    pub issues: Vec<plumbline_collectors::Issue>,
    pub counts: SourceCounts,
    /// Whether its sender is told that it was accepted. What was wrong with a refused request is journaled too, but nothing of
    /// it was heard (SEM-3).
    pub heard: bool,
    /// Memory that the batch holds, roughly.
    pub bytes: usize,
}

impl Batch {
    /// What a decoder made of one record or request, with its counts.
    pub fn of(source: SourceName, records: u64, decoded: plumbline_collectors::Decoded, bytes: usize) -> Self {
        let counts = SourceCounts {
            records,
            observations: decoded.observations.len() as u64,
            issues: decoded.issues.len() as u64,
            unmapped: u64::from(decoded.unmapped),
            ..SourceCounts::default()
        };
        let (observations, snapshots, issues) = (decoded.observations, decoded.snapshots, decoded.issues);
        Self { source, observations, snapshots, issues, counts, heard: true, bytes, ..Self::default() }
    }

    /// Appends what is to be journaled, in the order in which it must be stepped: progress speaks of the data before it.
    pub fn into_records(self, records: &mut Vec<Record>) {
        let decoded = plumbline_collectors::Decoded {
            observations: self.observations,
            snapshots: self.snapshots,
            ..plumbline_collectors::Decoded::default()
        };
        records.extend(self.gaps.into_iter().map(Record::Gap));
        decoded.append_to(records);
        records.extend(self.progress.into_iter().map(Record::Progress));
        records.extend(self.commands.into_iter().map(Record::Command));
    }
}

/// Why a batch was not taken.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Refused {
    #[error("the ingest queue is full; try again in {retry_after_seconds} s")]
    Full { retry_after_seconds: u32 },
    #[error("the journal cannot be written: {0}")]
    Journal(String),
    #[error("the server is shutting down; try again in {retry_after_seconds} s")]
    Closing { retry_after_seconds: u32 },
}

/// A batch on its way, with the permit that it holds until it is journaled and the promise to tell so.
pub struct Queued {
    pub batch: Batch,
    pub done: oneshot::Sender<Result<(), Refused>>,
    /// The room that it takes until it is journaled.
    pub permit: OwnedSemaphorePermit,
}

/// Hands batches in. Cheap to clone.
#[derive(Clone)]
pub struct Ingest {
    sender: mpsc::Sender<Queued>,
    room: Arc<Semaphore>,
    /// For what is being read and is no batch yet; as much again.
    reading: Arc<Semaphore>,
    room_total: u32,
}

/// The room that a request takes while it is read. Dropping it gives it back.
#[derive(Debug)]
pub struct Room {
    of: Arc<Semaphore>,
    total: u32,
    bytes: usize,
    taken: Option<OwnedSemaphorePermit>,
}

impl Room {
    /// Whether there is room for so many bytes now; takes none.
    ///
    /// # Errors
    /// `Full` while others have it.
    pub fn fits(&self, bytes: usize) -> Result<(), Refused> {
        let wanted = permits(self.bytes + bytes, self.total) as usize;
        let full = Refused::Full { retry_after_seconds: RETRY_SECONDS };
        if wanted <= self.of.available_permits() { Ok(()) } else { Err(full) }
    }

    /// Takes room for so many bytes more. What is larger than all the room takes all of it, so that it passes alone.
    ///
    /// # Errors
    /// `Full` while others have it.
    pub fn grow(&mut self, bytes: usize) -> Result<(), Refused> {
        self.bytes += bytes;
        let wanted = permits(self.bytes, self.total);
        let has = self.taken.as_ref().map_or(0, |taken| taken.num_permits() as u32);
        if wanted > has {
            let more = Arc::clone(&self.of).try_acquire_many_owned(wanted - has);
            let more = more.map_err(|_| Refused::Full { retry_after_seconds: RETRY_SECONDS })?;
            match &mut self.taken {
                Some(taken) => taken.merge(more),
                none => *none = Some(more),
            }
        }
        Ok(())
    }
}

/// A batch or body larger than the whole room takes all of it, so that it passes alone instead of never.
fn permits(bytes: usize, total: u32) -> u32 {
    u32::try_from(bytes / PERMIT_BYTES + 1).unwrap_or(u32::MAX).min(total)
}

/// Bytes that one permit stands for: coarse enough for a 32-bit count, fine enough to be fair.
const PERMIT_BYTES: usize = 1024;
/// Calls that may wait at most; the real bound are the bytes.
const CALLS: usize = 4096;
const RETRY_SECONDS: u32 = 2;

/// Makes the queue; `bytes` bounds what may wait in it.
pub fn queue(bytes: usize) -> (Ingest, mpsc::Receiver<Queued>) {
    let room_total = u32::try_from(bytes / PERMIT_BYTES).unwrap_or(u32::MAX).max(1);
    let (sender, receiver) = mpsc::channel(CALLS);
    let room = || Arc::new(Semaphore::new(room_total as usize));
    (Ingest { sender, room: room(), reading: room(), room_total }, receiver)
}

impl Ingest {
    /// For pushers: takes the batch now or refuses it, then waits until the journal has it.
    ///
    /// # Errors
    /// `Full` while there is no room, `Journal` where it could not be written, `Closing` at shutdown.
    pub async fn offer(&self, batch: Batch) -> Result<(), Refused> {
        let full = Refused::Full { retry_after_seconds: RETRY_SECONDS };
        let permits = permits(batch.bytes, self.room_total);
        let permit = Arc::clone(&self.room).try_acquire_many_owned(permits).map_err(|_| full.clone())?;
        let (done, told) = oneshot::channel();
        self.sender.try_send(Queued { batch, done, permit }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => full,
            mpsc::error::TrySendError::Closed(_) => closing(),
        })?;
        told.await.unwrap_or(Err(closing()))
    }

    /// For pullers: waits for room, which is what stops their reading, then until the journal has the batch.
    ///
    /// # Errors
    /// `Journal` where it could not be written, `Closing` at shutdown.
    pub async fn send(&self, batch: Batch) -> Result<(), Refused> {
        let permits = permits(batch.bytes, self.room_total);
        let permit = Arc::clone(&self.room).acquire_many_owned(permits).await.map_err(|_| closing())?;
        let (done, told) = oneshot::channel();
        self.sender.send(Queued { batch, done, permit }).await.map_err(|_| closing())?;
        told.await.unwrap_or(Err(closing()))
    }

    /// For what a person asked for: waits for room like a puller, because a person does not send it again by himself.
    ///
    /// # Errors
    /// As `send`.
    pub async fn command(&self, command: Command) -> Result<(), Refused> {
        self.send(Batch { commands: vec![command], bytes: PERMIT_BYTES, ..Batch::default() }).await
    }

    /// For a request that is about to be read.
    pub fn room(&self) -> Room {
        Room { of: Arc::clone(&self.reading), total: self.room_total, bytes: 0, taken: None }
    }

    /// Share of the room that is taken, for `/metrics` and readiness.
    pub fn fill(&self) -> f64 {
        1.0 - self.room.available_permits() as f64 / f64::from(self.room_total)
    }
}

const fn closing() -> Refused {
    Refused::Closing { retry_after_seconds: RETRY_SECONDS }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(bytes: usize) -> Batch {
        Batch { bytes, ..Batch::default() }
    }

    #[tokio::test]
    async fn pushers_are_refused_when_the_room_is_taken_and_welcome_again_later() {
        let (ingest, mut receiver) = queue(8 * PERMIT_BYTES);
        let first = tokio::spawn({
            let ingest = ingest.clone();
            async move { ingest.offer(batch(6 * PERMIT_BYTES)).await }
        });
        let queued = receiver.recv().await.unwrap();
        assert_eq!(
            ingest.offer(batch(4 * PERMIT_BYTES)).await,
            Err(Refused::Full { retry_after_seconds: RETRY_SECONDS })
        );
        let Queued { done, permit, .. } = queued;
        drop(permit);
        done.send(Ok(())).unwrap();
        assert_eq!(first.await.unwrap(), Ok(()));
        assert!(ingest.fill() < 0.01);
    }

    #[tokio::test]
    async fn a_batch_larger_than_the_room_passes_alone() {
        let (ingest, mut receiver) = queue(2 * PERMIT_BYTES);
        let send = tokio::spawn(async move { ingest.send(batch(100 * PERMIT_BYTES)).await });
        receiver.recv().await.unwrap().done.send(Ok(())).unwrap();
        assert_eq!(send.await.unwrap(), Ok(()));
    }
}
