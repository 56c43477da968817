//! The order of the end. What is started first is stopped last: push sources are held before their listeners close, listeners
//! close before the queue is drained, the queue is drained before the state is kept, and the notifier ends before the store.
//! Nobody who sends, or only says that he will, can hold it up.

use std::time::Duration;

use anyhow::anyhow;
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{clock::SharedClock, ingest::push::Pushes};

/// How long requests that are under way, and batches that a client has read, are waited for.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// The stages of the end, one after the other.
#[derive(Clone)]
pub struct Stages {
    /// It is to end.
    pub closing: CancellationToken,
    /// Push sources are held, so listeners may close and clients stop.
    pub closed: CancellationToken,
    /// Nothing comes in any more.
    pub draining: CancellationToken,
}

/// What runs until the end.
pub struct Running {
    /// Everything that takes something in or answers somebody.
    pub taps: JoinSet<()>,
    pub journal: JoinHandle<()>,
    pub notifier: JoinHandle<()>,
}

impl Stages {
    pub fn new(closing: CancellationToken) -> Self {
        Self { closing, closed: CancellationToken::new(), draining: CancellationToken::new() }
    }

    /// Waits until it is to end, and ends in order.
    ///
    /// # Errors
    /// When the ingest loop ended though nobody asked it to, or a task panicked. The rest is ended in order all the same.
    pub async fn end(self, running: Running, pushes: &Pushes, clock: &SharedClock) -> anyhow::Result<()> {
        let Running { mut taps, mut journal, notifier } = running;
        let early = tokio::select! {
            () = self.closing.cancelled() => None,
            ended = &mut journal => Some(ended),
        };
        if early.is_some() {
            tracing::error!("the ingest loop ended, so nothing can be taken: ending");
        }
        self.closing.cancel();
        // SEM-3: what is refused from here on may be missing. Held first, so that no tick in between says otherwise.
        pushes.close(clock.now());
        self.closed.cancel();
        let tapped = end_taps(&mut taps).await;
        self.draining.cancel();
        let journaled = match early {
            Some(ended) => {
                ended.map_err(panicked("the ingest loop")).and_then(|()| Err(anyhow!("the ingest loop ended")))
            }
            None => journal.await.map_err(panicked("the ingest loop")),
        };
        notifier.await.map_err(panicked("the notifier")).and(journaled).and(tapped)
    }
}

/// Waits for those that answer, and cuts off those that do not come to an end.
async fn end_taps(taps: &mut JoinSet<()>) -> anyhow::Result<()> {
    let mut first = Ok(());
    let all = async {
        while let Some(ended) = taps.join_next().await {
            first = std::mem::replace(&mut first, Ok(())).and(ended.map_err(panicked("a tap")));
        }
    };
    if tokio::time::timeout(ANSWER_WITHIN, all).await.is_err() {
        tracing::warn!("requests that did not come to an end within {} s are cut off", ANSWER_WITHIN.as_secs());
        taps.shutdown().await;
    }
    first
}

fn panicked(what: &str) -> impl Fn(JoinError) -> anyhow::Error {
    move |error| anyhow::Error::new(error).context(format!("{what} panicked"))
}
