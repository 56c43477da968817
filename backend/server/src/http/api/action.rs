//! Bodies of actions: JSON from programs, or a form from a page without scripts, which is led back to where it came from.

use axum::{
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::de::DeserializeOwned;

use crate::http::problem::ApiError;

/// Who asked, and how they are answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asker {
    Program,
    Form,
}

/// Reads the body of an action; an empty one is the default.
///
/// # Errors
/// 400 when it is not what its content type says, or not an action.
pub fn read<T: DeserializeOwned + Default>(headers: &HeaderMap, body: &[u8]) -> Result<(Asker, T), ApiError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/x-www-form-urlencoded") {
        let read = serde_urlencoded::from_bytes(body);
        return read.map(|asked| (Asker::Form, asked)).map_err(|it| ApiError::bad_request(format!("the form: {it}")));
    }
    if body.is_empty() {
        return Ok((Asker::Program, T::default()));
    }
    let read = serde_json::from_slice(body);
    read.map(|asked| (Asker::Program, asked)).map_err(|it| ApiError::bad_request(format!("the body: {it}")))
}

impl Asker {
    /// The answer to an action that was taken: 202, or for a form the way back to its page.
    pub fn done(self, page: &str) -> Response {
        match self {
            Self::Form => Redirect::to(page).into_response(),
            Self::Program => StatusCode::ACCEPTED.into_response(),
        }
    }
}

/// Who acts, in their own words.
pub fn by(text: &str) -> compact_str::CompactString {
    let text = text.trim();
    if text.is_empty() { "somebody".into() } else { text.into() }
}
