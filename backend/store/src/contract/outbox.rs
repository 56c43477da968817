//! The outbox: messages that were committed with what they tell, and the log of trying to deliver them. At least once,
//! always under the same id; a message leaves only as delivered or as a dead letter.

use async_trait::async_trait;
use plumbline_model::{
    Lag, ReceivedTime, ReceiverName,
    incident::{IncidentId, OutboxMessage},
};

use crate::{Page, Paging, StoreError};

/// A message whose time to be tried has come.
#[derive(Clone, PartialEq, Debug)]
pub struct DueMessage {
    pub message: OutboxMessage,
    /// Tries so far.
    pub attempts: u32,
}

/// One try to deliver a message.
#[derive(Clone, PartialEq, Debug)]
pub struct Attempt {
    pub at: ReceivedTime,
    pub took: Lag,
    /// HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// What went wrong, and the beginning of the answer; empty where nothing did.
    pub note: String,
    pub outcome: Tried,
}

/// What follows from a try.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tried {
    Delivered,
    RetryAt(ReceivedTime),
    /// Given up: a dead letter, sent again only by hand.
    Dead,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeliveryState {
    Waiting { due: ReceivedTime },
    Delivered { at: ReceivedTime },
    Dead { at: ReceivedTime },
}

/// A message with everything that became of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Delivery {
    pub message: OutboxMessage,
    pub state: DeliveryState,
    /// Oldest first; the newest 50 of a longer list.
    pub attempts: Vec<Attempt>,
    pub attempts_total: u32,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReceiverCounts {
    pub receiver: ReceiverName,
    pub delivered: u64,
    pub waiting: u64,
    pub dead: u64,
}

#[async_trait]
pub trait Outbox: Send + Sync {
    /// Messages that are due at `now`, the longest due first; at most so many of each receiver, so that those of one that does
    /// not answer stand before nobody else's.
    async fn due_messages(&self, now: ReceivedTime, of_each: u32) -> Result<Vec<DueMessage>, StoreError>;

    /// When the next waiting message becomes due; `None` while there is none.
    async fn next_due(&self) -> Result<Option<ReceivedTime>, StoreError>;

    /// Records a try and what follows from it. False if there is no such message waiting (it was pruned, or ended).
    async fn record_attempt(&self, message: &str, attempt: &Attempt) -> Result<bool, StoreError>;

    /// Makes a message due at `now` once more, whatever its state. False if there is none.
    async fn send_again(&self, message: &str, now: ReceivedTime) -> Result<bool, StoreError>;

    async fn delivery(&self, message: &str) -> Result<Option<Delivery>, StoreError>;

    /// What was told of an incident, oldest first.
    async fn deliveries(&self, incident: IncidentId) -> Result<Vec<Delivery>, StoreError>;

    /// Dead letters, newest first.
    async fn dead_letters(&self, paging: &Paging) -> Result<Page<Delivery>, StoreError>;

    async fn receiver_counts(&self) -> Result<Vec<ReceiverCounts>, StoreError>;
}
