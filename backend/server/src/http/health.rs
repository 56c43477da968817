//! `/healthz`: the process lives. `/readyz`: it can take what is sent. `/metrics`: the program's own figures.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use plumbline_model::{Lag, ReceivedTime};
use serde::Serialize;

use super::{
    AppState,
    problem::{ApiError, JOURNAL_RETRY_SECONDS},
};

pub async fn live() -> &'static str {
    "alive\n"
}

#[derive(Serialize)]
struct Ready {
    ready: bool,
    applied: u64,
    journal: u64,
    queue_fill: f64,
}

/// The ingest loop ticks once a second; one that has not for so long takes nothing.
const TICKED_WITHIN: Lag = Lag::from_secs(5);

/// 200 while batches are taken; 503 with the reason at start and at shutdown, while nothing can be written, while the ingest loop
/// stands, and while the store does not answer.
pub async fn ready(State(state): State<AppState>) -> Result<Response, ApiError> {
    if state.closing.is_cancelled() {
        return Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "closing", "the server is shutting down"));
    }
    if let Some(trouble) = state.trouble.words() {
        return Err(
            ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "journal", trouble).retry_after(JOURNAL_RETRY_SECONDS)
        );
    }
    let ticked = state.sources.borrow().now;
    if state.clock.now().since(ticked) > TICKED_WITHIN {
        let detail = if ticked == ReceivedTime::default() {
            "the server is starting".to_owned()
        } else {
            format!("the ingest loop stands since {ticked}: nothing is taken, and no time passes")
        };
        return Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "loop", detail));
    }
    state.store.incident_counts().await.map_err(|error| {
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "store", format!("the store does not answer: {error}"))
    })?;
    let ready = Ready {
        ready: true,
        applied: state.store.applied().0,
        journal: state.store.end().0,
        queue_fill: state.ingest.fill(),
    };
    Ok(Json(ready).into_response())
}

pub async fn metrics(State(state): State<AppState>) -> impl IntoResponse {
    state.metrics.queue_fill.set(state.ingest.fill());
    state.metrics.journal_position.set(i64::try_from(state.store.applied().0).unwrap_or(i64::MAX));
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], state.metrics.text())
}
