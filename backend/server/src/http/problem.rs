//! Errors of the HTTP side as problem details (RFC 9457). Every handler answers with one of these or with its data.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use plumbline_model::api::Problem;

use crate::ingest::queue::Refused;

/// When to come back where the journal could not be written.
pub const JOURNAL_RETRY_SECONDS: u32 = 10;

/// A refusal that names what was wrong and what was expected.
#[derive(Clone, PartialEq, Debug)]
pub struct ApiError(Box<Problem>);

impl ApiError {
    pub fn new(status: StatusCode, kind: &str, detail: impl Into<String>) -> Self {
        Self(Box::new(Problem {
            kind: kind.to_owned(),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            position: None,
            retry_after_seconds: None,
        }))
    }
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", detail)
    }
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }
    /// Something that is not the caller's fault.
    pub fn internal(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }
    /// Where in the input it was: a field, a line, a JSON pointer.
    pub fn at(mut self, position: impl Into<String>) -> Self {
        self.0.position = Some(position.into());
        self
    }
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after_seconds = Some(seconds);
        self
    }
    pub fn problem(&self) -> &Problem {
        &self.0
    }
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        let detail = refused.to_string();
        match refused {
            Refused::Full { retry_after_seconds } => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "overloaded", detail).retry_after(retry_after_seconds)
            }
            Refused::Journal(_) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "journal", detail).retry_after(JOURNAL_RETRY_SECONDS)
            }
            Refused::Closing { retry_after_seconds } => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "closing", detail).retry_after(retry_after_seconds)
            }
        }
    }
}

impl From<plumbline_store::StoreError> for ApiError {
    fn from(error: plumbline_store::StoreError) -> Self {
        // A cursor of another list, or one that somebody made up: nothing is wrong with the store.
        if let plumbline_store::StoreError::Cursor(_) = error {
            return Self::bad_request(error.to_string()).at("cursor");
        }
        tracing::error!(%error, "the store did not answer");
        Self::internal(format!("the store did not answer: {error}"))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry = self.0.retry_after_seconds;
        let asks_for_token = status == StatusCode::UNAUTHORIZED;
        let mut response = (status, Json(*self.0)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        // RFC 9110, 11.6.1: whoever is refused is told by what he would be let in.
        if asks_for_token {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = retry {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use plumbline_store::StoreError;

    use super::*;

    #[test]
    fn who_is_not_let_in_is_told_by_what() {
        let response = ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", "a token, please").into_response();
        assert_eq!(response.headers().get(header::WWW_AUTHENTICATE).unwrap(), "Bearer");
        assert_eq!(ApiError::not_found("x").into_response().headers().get(header::WWW_AUTHENTICATE), None);
    }

    #[test]
    fn a_wrong_cursor_is_the_callers_and_a_full_disk_is_ours() {
        let wrong = ApiError::from(StoreError::Cursor("aaaa".to_owned()));
        assert_eq!((wrong.problem().status, wrong.problem().position.as_deref()), (400, Some("cursor")));
        assert_eq!(wrong.problem().detail, "\"aaaa\" is not a cursor of this list");
        assert_eq!(ApiError::from(StoreError::Full { file: "plumbline.sqlite".to_owned() }).problem().status, 500);
    }
}
