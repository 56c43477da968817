//! The notifier: drains the outbox and tells receivers, at least once and always under the same `webhook-id`. What is told, and
//! whether, was decided and committed before (the incident fold); nothing here decides.

pub mod schedule;
pub mod sign;
pub mod target;
pub mod webhook;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures::{StreamExt, stream};
use plumbline_model::{Lag, ReceiverName};
use plumbline_store::{Attempt, DueMessage, Tried, prelude::*};
use tokio_util::sync::CancellationToken;

use crate::{clock::SharedClock, http::live::Hub, metrics::Metrics};
use schedule::Next;
use webhook::{Answer, Webhook};

/// Messages that are tried at the same time: a slow receiver must not hold up the others.
const AT_ONCE: usize = 8;
/// How often the outbox is looked at when nothing says that it changed.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Everything that the notifier needs.
pub struct Notifier {
    pub store: Arc<dyn Store>,
    pub clock: SharedClock,
    pub receivers: BTreeMap<ReceiverName, Webhook>,
    pub metrics: Arc<Metrics>,
    pub hub: Hub,
}

impl Notifier {
    /// Delivers until `closing`; tries that are under way are finished, within their time-out.
    pub async fn run(self, closing: CancellationToken) {
        loop {
            let now = self.clock.now();
            match self.store.due_messages(now, 64).await {
                Ok(due) if !due.is_empty() => {
                    stream::iter(due).for_each_concurrent(AT_ONCE, |message| self.deliver(message)).await;
                    self.hub.touch(vec!["incidents"]);
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "the outbox cannot be read; it is tried again"),
            }
            tokio::select! {
                () = closing.cancelled() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// One try of one message, with its line in the log of attempts.
    async fn deliver(&self, due: DueMessage) {
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
        if let Err(error) = self.store.record_attempt(&message.id, &attempt).await {
            tracing::error!(%error, message = %message.id, "the attempt could not be recorded");
        }
    }
}
