//! The tries that are under way: no message twice, and of each receiver so many at most. What is tried, and when, is said
//! elsewhere.

use std::collections::HashMap;

use compact_str::CompactString;
use plumbline_model::{ReceiverName, incident::OutboxMessage};
use tokio::task::{Id, JoinSet};

#[derive(Default)]
pub struct Tries {
    tasks: JoinSet<bool>,
    /// Message and receiver of each task.
    of: HashMap<Id, (CompactString, ReceiverName)>,
}

impl Tries {
    /// Whether a message is not under way and its receiver has less than so many that are.
    pub fn free(&self, message: &OutboxMessage, at_once: usize) -> bool {
        let its = self.of.values().filter(|(_, receiver)| *receiver == message.receiver);
        self.of.values().all(|(id, _)| *id != message.id) && its.count() < at_once
    }

    pub fn start(&mut self, message: OutboxMessage, deliver: impl Future<Output = bool> + Send + 'static) {
        let task = self.tasks.spawn(deliver);
        self.of.insert(task.id(), (message.id, message.receiver));
    }

    /// Waits for the end of one try: whether it is recorded. `None` while nothing is under way. May be dropped and asked again.
    pub async fn ended(&mut self) -> Option<bool> {
        let (id, recorded) = match self.tasks.join_next_with_id().await? {
            Ok(ended) => ended,
            Err(error) => {
                tracing::error!(%error, "a try broke off");
                (error.id(), false)
            }
        };
        self.of.remove(&id);
        Some(recorded)
    }
}
