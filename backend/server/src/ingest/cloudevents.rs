//! CloudEvents over HTTP: binary, structured and batched, POSTed to the path that an `http` source declares. The answer comes
//! when the journal has the events, so a sender that sees 2xx may forget them.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use compact_str::CompactString;
use plumbline_collectors::{Decoded, Issue, RawRecord};
use plumbline_model::SourceName;
use serde::Serialize;

use super::{
    body,
    queue::Batch,
    unread::{Senders, Unread},
};
use crate::http::{AppState, problem::ApiError};

/// One `http` source: where it is POSTed to, and what a sender must know.
#[derive(Clone, Debug)]
pub struct HttpSource {
    pub name: SourceName,
    /// `/ingest/functions`.
    pub path: String,
    /// The bearer token; `None`: anybody who reaches the port may send.
    pub token: Option<Arc<str>>,
}

impl HttpSource {
    fn senders(&self) -> Senders {
        if self.token.is_some() { Senders::Known } else { Senders::Anybody }
    }
}

/// What became of a request that was taken.
#[derive(Serialize)]
struct Taken {
    /// Observations that are in the journal now.
    observations: u64,
    /// Events that no mapping wanted. They are counted on the Collectors page.
    unmapped: u64,
    /// Events, or fields of events, that could not be read; the others were taken.
    problems: Vec<String>,
}

/// Problems told in one answer at most; the Collectors page has all of them.
const PROBLEMS: usize = 20;

pub fn router(state: &AppState) -> Router<AppState> {
    let mut router = Router::new();
    for source in state.http_sources.iter().cloned() {
        let path = source.path.clone();
        let take = move |State(state): State<AppState>, headers: HeaderMap, body: Body| {
            let source = source.clone();
            async move { take(&state, &source, headers, body).await }
        };
        router = router.route(&path, post(take));
    }
    router
}

async fn take(state: &AppState, source: &HttpSource, headers: HeaderMap, body: Body) -> Result<Response, ApiError> {
    if !allowed(source, &headers) {
        body::turn_away(&headers, body, state.limits.max_body_bytes);
        let detail =
            format!("source {} wants `authorization: Bearer …` with the token of its `token_file`", source.name);
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", detail));
    }
    let now = state.clock.now();
    let on_the_way = state.pushes.begin(&source.name, now);
    let result = read_and_offer(state, source, now, headers, body).await;
    drop(on_the_way);
    result
}

async fn read_and_offer(
    state: &AppState,
    source: &HttpSource,
    now: plumbline_model::ReceivedTime,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let payload = match body::read(&headers, body, state.limits.max_body_bytes, state.ingest.room()).await {
        Ok(payload) => payload,
        Err(unreadable) => return Err(unreadable.told(state, &source.name, now, source.senders()).await),
    };
    let body::Payload { bytes: payload, room } = payload;
    let bytes = payload.len();
    let record = RawRecord {
        source: source.name.clone(),
        received: now,
        headers: headers
            .iter()
            .map(|(name, value)| (CompactString::new(name.as_str()), value.as_bytes().to_vec().into()))
            .collect(),
        payload: Some(payload),
        ..RawRecord::default()
    };
    let decoded = state.decoder.decode(&record);
    let frontiers = Arc::clone(&state.frontiers.borrow());
    let mut unread = Unread::new(&source.name, source.senders(), &frontiers);
    unread.take(&record, &decoded);
    let gaps = unread.gaps();
    // From here on it takes room in the queue.
    drop((record, room));
    let taken = Taken {
        observations: decoded.observations.len() as u64,
        unmapped: u64::from(decoded.unmapped),
        problems: decoded.issues.iter().take(PROBLEMS).map(words).collect(),
    };
    let refused = nothing_readable(&decoded);
    let records = decoded.documents.max(1);
    // What could not be read is journaled as an issue too, so that it is seen here as well as by its sender.
    let heard = refused.is_none();
    let batch = Batch { gaps, heard, ..Batch::of(source.name.clone(), records, decoded, weight(bytes)) };
    if let Err(error) = state.ingest.offer(batch).await {
        state.refused(&source.name, now);
        return Err(error.into());
    }
    match refused {
        Some(problem) => Err(problem),
        None => Ok((StatusCode::ACCEPTED, Json(taken)).into_response()),
    }
}

/// Memory that a decoded request holds, roughly: its observations are larger than its text.
pub fn weight(bytes: usize) -> usize {
    bytes * 3 + 512
}

/// The refusal of a request of which nothing was an event.
fn nothing_readable(decoded: &Decoded) -> Option<ApiError> {
    let first = decoded.issues.first()?;
    if !decoded.observations.is_empty() || decoded.unmapped > 0 {
        return None;
    }
    let expected = if first.expected.is_empty() { String::new() } else { format!("; expected {}", first.expected) };
    Some(ApiError::bad_request(format!("{}{expected}", first.reason)).at(first.place.to_string()))
}

fn words(issue: &Issue) -> String {
    issue.to_string()
}

/// Compares in a time that does not depend on where the tokens differ.
fn allowed(source: &HttpSource, headers: &HeaderMap) -> bool {
    let Some(token) = &source.token else { return true };
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let given = given.strip_prefix("Bearer ").unwrap_or_default().as_bytes();
    let wanted = token.as_bytes();
    given.len() == wanted.len() && given.iter().zip(wanted).fold(0, |sum, (left, right)| sum | (left ^ right)) == 0
}
