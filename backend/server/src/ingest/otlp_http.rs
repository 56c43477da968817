//! OTLP over HTTP: `/v1/traces`, `/v1/logs`, `/v1/metrics`; protobuf and JSON, gzip and zstd, partial success. The answer comes when
//! the journal has what was sent.

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use plumbline_collectors::otlp::{Encoding, Signal};
use plumbline_model::SourceName;
use prost::Message as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{
    body,
    otlp::{self, Taken},
    unread::Senders,
};
use crate::http::{AppState, problem::ApiError};

/// What there is, for those who ask for something else.
const PATHS: &str = "OTLP is POSTed to /v1/traces, /v1/logs or /v1/metrics";

#[derive(Clone)]
struct Tap {
    state: AppState,
    source: SourceName,
}

/// Serves until `closing`; requests under way are answered.
pub async fn serve(listener: TcpListener, state: AppState, source: SourceName, closing: CancellationToken) {
    let router = Router::new()
        .route("/v1/{signal}", post(take))
        .fallback(async || ApiError::not_found(PATHS))
        .method_not_allowed_fallback(async || ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method", PATHS))
        .layer(tower_http::catch_panic::CatchPanicLayer::new())
        .with_state(Tap { state, source });
    if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(closing.cancelled_owned()).await {
        tracing::error!(%error, "OTLP over HTTP ended");
    }
}

async fn take(State(tap): State<Tap>, Path(signal): Path<String>, headers: HeaderMap, body: Body) -> Response {
    let encoding = match encoding(&headers) {
        Ok(encoding) => encoding,
        Err(error) => return error.into_response(),
    };
    let signal = match signal.as_str() {
        "traces" => Signal::Traces,
        "logs" => Signal::Logs,
        "metrics" => Signal::Metrics,
        other => {
            return refused(
                encoding,
                ApiError::not_found(format!("there is no signal {other:?}; there are traces, logs and metrics")),
            );
        }
    };
    let now = tap.state.clock.now();
    let on_the_way = tap.state.pushes.begin(&tap.source, now);
    let taken = match body::read(&headers, body, tap.state.limits.max_body_bytes, tap.state.ingest.room()).await {
        Ok(payload) => otlp::take(&tap.state, &tap.source, now, signal, encoding, payload).await,
        Err(unreadable) => Err(unreadable.told(&tap.state, &tap.source, now, Senders::Anybody).await),
    };
    drop(on_the_way);
    match taken {
        Ok(taken) => answer(signal, encoding, taken),
        Err(error) => refused(encoding, error),
    }
}

fn encoding(headers: &HeaderMap) -> Result<Encoding, ApiError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match kind.split(';').next().unwrap_or_default().trim() {
        "application/x-protobuf" => Ok(Encoding::Protobuf),
        "application/json" => Ok(Encoding::Json),
        other => Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            format!("`content-type`: expected application/x-protobuf or application/json, got {other:?}"),
        )),
    }
}

/// An answer in the encoding of the request, as OTLP wants it.
fn answer(signal: Signal, encoding: Encoding, taken: Taken) -> Response {
    let kind = match encoding {
        Encoding::Protobuf => "application/x-protobuf",
        Encoding::Json => "application/json",
    };
    match otlp::answer(signal, encoding, taken) {
        Ok(bytes) => ([(header::CONTENT_TYPE, kind)], bytes).into_response(),
        Err(error) => ApiError::internal(error.to_string()).into_response(),
    }
}

/// Errors are a `google.rpc.Status` in protobuf, as the specification wants, and problem+json otherwise.
fn refused(encoding: Encoding, error: ApiError) -> Response {
    let Encoding::Protobuf = encoding else { return error.into_response() };
    let problem = error.problem().clone();
    let mut response = error.into_response();
    let status = tonic_types::Status { code: i32::from(problem.status), message: problem.detail, details: Vec::new() };
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/x-protobuf"));
    response.headers_mut().remove(header::CONTENT_LENGTH);
    *response.body_mut() = Body::from(status.encode_to_vec());
    response
}
