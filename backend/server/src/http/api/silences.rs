//! `GET /silences` and `POST /silences/end`: what holds messages back, by whose word, and its end before its time. A silence
//! is set by an action on an incident.

use axum::{Json, extract::State, response::Response};
use plumbline_model::{
    api::{SilenceEnd, SilenceRow},
    journal::Command,
};

use super::{
    Answer,
    action::{self, Action},
};
use crate::http::{AppState, problem::ApiError};

pub async fn list(State(state): State<AppState>) -> Answer<Vec<SilenceRow>> {
    Ok(Json(rows(&state)))
}

/// Those in force now, the one that ends first first.
pub fn rows(state: &AppState) -> Vec<SilenceRow> {
    let now = state.clock.now();
    let kept = state.silences.borrow().clone();
    let mut rows: Vec<SilenceRow> = kept
        .iter()
        .filter(|silence| silence.until > now)
        .map(|silence| SilenceRow {
            matcher: silence.matcher.to_string(),
            until: silence.until,
            by: silence.by.to_string(),
            why: silence.why.to_string(),
        })
        .collect();
    rows.sort_by_key(|row| row.until);
    rows
}

/// `POST /silences/end`, as JSON or as a form: from the next tick on nothing is held back by this silence.
pub async fn end(
    State(state): State<AppState>,
    Action { asker, asked }: Action<SilenceEnd>,
) -> Result<Response, ApiError> {
    let named = rows(&state).into_iter().find(|row| row.matcher == asked.matcher);
    let Some(silence) = named else {
        let detail = format!("no silence of {:?} is in force; GET /silences lists those that are", asked.matcher);
        return Err(ApiError::not_found(detail).at("matcher"));
    };
    let command = Command::Silence {
        matcher: silence.matcher.into(),
        until: state.clock.now(),
        by: action::by(&asked.by),
        why: silence.why.into(),
    };
    state.ingest.command(command).await?;
    Ok(asker.done("/settings"))
}
