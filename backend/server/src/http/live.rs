//! The live stream: a snapshot, then deltas that count up by one. Changes are gathered for a quarter of a second, so that a
//! busy engine costs a page four messages a second and not a thousand. A reader that falls behind gets a fresh snapshot.

use std::{
    collections::BTreeSet,
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use futures::{Stream, StreamExt, stream};
use plumbline_model::api::{LiveMessage, Status};
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;

use super::{AppState, problem::ApiError};

/// How long changes are gathered before pages are told.
const GATHER: Duration = Duration::from_millis(250);
/// Messages that a slow reader may be behind before it is given a snapshot instead.
const BEHIND_MAX: usize = 64;

/// A page's name, as `Delta.topics` has it.
pub type Topic = &'static str;

/// Tells pages that something changed.
#[derive(Clone)]
pub struct Hub {
    touched: mpsc::Sender<Vec<Topic>>,
    messages: broadcast::Sender<Arc<LiveMessage>>,
    /// Of the last delta: a snapshot carries it, so that the next delta is seen to follow.
    version: Arc<AtomicU64>,
}

impl Hub {
    /// The hub and the end from which its task takes what was touched.
    pub fn new() -> (Self, mpsc::Receiver<Vec<Topic>>) {
        let (touched, receiver) = mpsc::channel(1024);
        let (messages, _) = broadcast::channel(BEHIND_MAX);
        (Self { touched, messages, version: Arc::default() }, receiver)
    }

    /// Notes what changed. A full queue is no loss: the next delta names the same pages, and each refetches all it shows.
    pub fn touch(&self, topics: Vec<Topic>) {
        if !topics.is_empty() && self.touched.try_send(topics).is_err() {
            tracing::debug!("pages are told of changes already");
        }
    }

    /// Gathers and tells until `closing`.
    pub async fn run(self, mut receiver: mpsc::Receiver<Vec<Topic>>, state: AppState, closing: CancellationToken) {
        loop {
            let first = tokio::select! {
                () = closing.cancelled() => return,
                first = receiver.recv() => first,
            };
            let Some(first) = first else { return };
            let mut topics: BTreeSet<Topic> = first.into_iter().collect();
            tokio::time::sleep(GATHER).await;
            while let Ok(more) = receiver.try_recv() {
                topics.extend(more);
            }
            if self.messages.receiver_count() == 0 {
                continue;
            }
            match super::api::status::status(&state).await {
                Ok(status) => {
                    let version = self.version.fetch_add(1, Ordering::SeqCst) + 1;
                    let topics = topics.into_iter().map(str::to_owned).collect();
                    let _ =
                        self.messages.send(Arc::new(LiveMessage::Delta { version, status: Box::new(status), topics }));
                }
                Err(error) => tracing::warn!(detail = %error.problem().detail, "the live stream has no status to tell"),
            }
        }
    }
}

/// `GET /api/v1/events`.
pub async fn events(
    State(state): State<AppState>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    // Subscribing first leaves no hole between snapshot and deltas; readers skip deltas at or below the snapshot's version.
    let deltas = state.hub.messages.subscribe();
    let version = state.hub.version.load(Ordering::SeqCst);
    let status = super::api::status::status(&state).await?;
    let closing = state.closing.clone();
    let stream = stream::once(async move { snapshot(status, version) })
        .chain(stream::unfold((deltas, state), |(mut deltas, state)| async move {
            loop {
                match deltas.recv().await {
                    Ok(message) => return Some((event(&message), (deltas, state))),
                    Err(broadcast::error::RecvError::Closed) => return None,
                    Err(broadcast::error::RecvError::Lagged(_)) => {
                        deltas = state.hub.messages.subscribe();
                        let version = state.hub.version.load(Ordering::SeqCst);
                        if let Ok(status) = super::api::status::status(&state).await {
                            return Some((snapshot(status, version), (deltas, state)));
                        }
                    }
                }
            }
        }))
        // An open stream would hold up the shutdown for as long as somebody looks at a page.
        .take_until(closing.cancelled_owned())
        .map(Ok);
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))))
}

fn snapshot(status: Status, version: u64) -> Event {
    event(&LiveMessage::Snapshot { version, status: Box::new(status) })
}

fn event(message: &LiveMessage) -> Event {
    match Event::default().json_data(message) {
        Ok(event) => event,
        Err(error) => Event::default().comment(error.to_string()),
    }
}
