//! Refusals of OTLP as `google.rpc.Status`: over gRPC in the trailers, over HTTP as the body, in the encoding of the request
//! (OTLP 1.x, "OTLP/HTTP Response", "Failures"). What is refused, and why, is said elsewhere.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use plumbline_collectors::otlp::Encoding;
use serde_json::json;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::http::problem::{ApiError, JOURNAL_RETRY_SECONDS};

/// What OTLP's clients make of the codes: they send `UNAVAILABLE` again, and `RESOURCE_EXHAUSTED` where it carries `RetryInfo`;
/// what can never be taken must be neither, nor `OUT_OF_RANGE`.
fn code(status: u16) -> Code {
    match status {
        429 => Code::ResourceExhausted,
        503 => Code::Unavailable,
        408 => Code::DeadlineExceeded,
        400..=499 => Code::InvalidArgument,
        _ => Code::Internal,
    }
}

/// Where the data were bad, or when to come again.
fn details(error: &ApiError) -> ErrorDetails {
    let problem = error.problem();
    match code(problem.status) {
        Code::ResourceExhausted | Code::Unavailable => {
            let wait = problem.retry_after_seconds.unwrap_or(JOURNAL_RETRY_SECONDS);
            ErrorDetails::with_retry_info(Some(Duration::from_secs(wait.into())))
        }
        Code::InvalidArgument => {
            let field = problem.position.as_deref().unwrap_or_default();
            ErrorDetails::with_bad_request_violation(field, &problem.detail)
        }
        _ => ErrorDetails::new(),
    }
}

pub fn grpc(error: &ApiError) -> Status {
    let problem = error.problem();
    Status::with_error_details(code(problem.status), &problem.detail, details(error))
}

pub fn http(encoding: Encoding, error: ApiError) -> Response {
    let (kind, body) = match encoding {
        // What gRPC carries beside the code and the words is the same message, whole.
        Encoding::Protobuf => ("application/x-protobuf", grpc(&error).details().to_vec()),
        Encoding::Json => ("application/json", json(&error).to_string().into_bytes()),
    };
    let mut response = error.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().remove(header::CONTENT_LENGTH);
    *response.body_mut() = Body::from(body);
    response
}

/// The message in protobuf's JSON mapping.
fn json(error: &ApiError) -> serde_json::Value {
    let problem = error.problem();
    let details = details(error);
    let mut all = Vec::new();
    if let Some(wait) = details.retry_info().and_then(|it| it.retry_delay) {
        let delay = format!("{}s", wait.as_secs());
        all.push(json!({ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay }));
    }
    if let Some(bad) = details.bad_request() {
        let violation = |it: &tonic_types::FieldViolation| json!({ "field": it.field, "description": it.description });
        let violations: Vec<_> = bad.field_violations.iter().map(violation).collect();
        all.push(json!({ "@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations }));
    }
    json!({ "code": i32::from(code(problem.status)), "message": problem.detail, "details": all })
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use http_body_util::BodyExt as _;
    use prost::Message as _;

    use super::*;
    use crate::ingest::queue::Refused;

    async fn told(encoding: Encoding, error: ApiError) -> (u16, String, Option<String>, Vec<u8>) {
        let response = http(encoding, error);
        let text = |name| response.headers().get(name).map(|it| it.to_str().unwrap().to_owned());
        let (status, kind, retry) = (response.status().as_u16(), text(header::CONTENT_TYPE), text(header::RETRY_AFTER));
        (status, kind.unwrap(), retry, response.into_body().collect().await.unwrap().to_bytes().to_vec())
    }

    fn bad() -> ApiError {
        ApiError::bad_request("expected 16 bytes").at("spans[0].traceId")
    }

    fn full() -> ApiError {
        Refused::Full { retry_after_seconds: 2 }.into()
    }

    #[tokio::test]
    async fn json_is_answered_with_the_message_as_json() {
        let (status, kind, retry, body) = told(Encoding::Json, bad()).await;
        assert_eq!((status, kind.as_str(), retry), (400, "application/json", None));
        let violation = json!([{ "field": "spans[0].traceId", "description": "expected 16 bytes" }]);
        let wanted = json!({
            "code": 3, "message": "expected 16 bytes",
            "details": [{ "@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violation }],
        });
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&body).unwrap(), wanted);
        let (status, _, retry, body) = told(Encoding::Json, full()).await;
        assert_eq!((status, retry.as_deref()), (429, Some("2")));
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&body["code"], &body["details"][0]["retryDelay"]), (&json!(8), &json!("2s")));
    }

    #[tokio::test]
    async fn protobuf_is_answered_with_the_message_as_protobuf() {
        let (status, kind, retry, body) = told(Encoding::Protobuf, full()).await;
        assert_eq!((status, kind.as_str(), retry.as_deref()), (429, "application/x-protobuf", Some("2")));
        let message = tonic_types::Status::decode(body.as_slice()).unwrap();
        assert_eq!((message.code, message.message.as_str()), (8, full().problem().detail.as_str()));
        assert_eq!(message.details[0].type_url, "type.googleapis.com/google.rpc.RetryInfo");
        let (_, _, _, body) = told(Encoding::Protobuf, bad()).await;
        let message = tonic_types::Status::decode(body.as_slice()).unwrap();
        assert_eq!(message.details[0].type_url, "type.googleapis.com/google.rpc.BadRequest");
        let (_, _, _, body) = told(Encoding::Protobuf, ApiError::new(StatusCode::REQUEST_TIMEOUT, "x", "late")).await;
        let message = tonic_types::Status::decode(body.as_slice()).unwrap();
        assert_eq!((message.code, message.message.as_str()), (4, "late"), "without details too");
    }
}
