//! The notifier: drains the outbox and tells receivers, at least once and always under the same `webhook-id`. What is told, and
//! whether, was decided and committed before (the incident fold); nothing here decides. A receiver that does not answer holds up
//! its own messages only.

pub mod schedule;
pub mod sign;
pub mod target;
#[cfg(test)]
mod tests;
mod tries;
pub mod webhook;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use plumbline_model::{Lag, ReceivedTime, ReceiverName};
use plumbline_store::{Attempt, DueMessage, Tried, prelude::*};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use self::{schedule::Next, tries::Tries, webhook::Answer};
use crate::{clock::SharedClock, http::live::Hub, metrics::Metrics};

/// Tries of one receiver at the same time (LIM-1).
const AT_ONCE: u32 = 8;
/// How often the outbox is looked at when nothing says that it changed.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Somebody who can be told.
#[async_trait]
pub trait Receiver: Send + Sync {
    /// One try, which ends within its own time-out.
    async fn send(&self, id: &str, now: ReceivedTime, body: &str) -> Answer;
}

/// Everything that the notifier needs.
pub struct Notifier {
    pub outbox: Arc<dyn Outbox>,
    pub clock: SharedClock,
    pub receivers: BTreeMap<ReceiverName, Arc<dyn Receiver>>,
    pub metrics: Arc<Metrics>,
    pub hub: Hub,
}

impl Notifier {
    /// Delivers until `closing`; tries that are under way are finished, within their time-out.
    pub async fn run(self, closing: CancellationToken) {
        let notifier = Arc::new(self);
        let mut tries = Tries::default();
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = closing.cancelled() => break,
                Some(recorded) = tries.ended() => {
                    notifier.hub.touch(vec!["incidents"]);
                    // What could not be recorded is still due: it is tried again after a pause, and not at once for ever.
                    if recorded {
                        look.reset_immediately();
                    }
                }
                _ = look.tick() => notifier.try_due(&mut tries).await,
            }
        }
        while tries.ended().await.is_some() {}
    }

    /// Starts what is due and not under way, as far as its receiver has not too much under way.
    async fn try_due(self: &Arc<Self>, tries: &mut Tries) {
        match self.outbox.due_messages(self.clock.now(), AT_ONCE).await {
            Ok(due) => {
                for due in due {
                    if tries.free(&due.message, AT_ONCE as usize) {
                        let notifier = Arc::clone(self);
                        tries.start(due.message.clone(), async move { notifier.deliver(due).await });
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "the outbox cannot be read; it is tried again"),
        }
    }

    /// One try of one message, with its line in the log of attempts; whether that could be written.
    async fn deliver(&self, due: DueMessage) -> bool {
        let message = &due.message;
        let started = self.clock.now();
        let answer = match self.receivers.get(&message.receiver) {
            Some(receiver) => receiver.send(&message.id, started, &message.body).await,
            None => Answer::impossible(format!("no receiver is named {} any more", message.receiver)),
        };
        let ended = self.clock.now();
        let delivered = answer.status.is_some_and(|status| (200..300).contains(&status));
        let gone = answer.status == Some(410);
        let outcome = match schedule::after_failure(&message.id, due.attempts + 1, ended, answer.retry_after, gone) {
            _ if delivered => Tried::Delivered,
            Next::TryAt(time) => Tried::RetryAt(time),
            Next::Dead => Tried::Dead,
        };
        if delivered {
            self.metrics.deliveries.inc();
        } else {
            self.metrics.delivery_failures.inc();
            tracing::warn!(message = %message.id, receiver = %message.receiver, note = %answer.note, "not delivered");
        }
        let took = Lag(ended.since(started).0.max(0));
        let attempt = Attempt { at: started, took, status: answer.status, note: answer.note, outcome };
        // If the log cannot be written the message stays due: it is sent again under the same id, which receivers know.
        let recorded = self.outbox.record_attempt(&message.id, &attempt).await;
        if let Err(error) = &recorded {
            tracing::error!(%error, message = %message.id, "the attempt could not be recorded");
        }
        recorded.is_ok()
    }
}
