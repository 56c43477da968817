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
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{
    body::{self, Payload, Unreadable},
    otlp::{self, Taken},
    otlp_status,
    unread::Senders,
};
use crate::http::{AppState, listen, problem::ApiError};

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
        .fallback(async |headers: HeaderMap| refused(&headers, ApiError::not_found(PATHS)))
        .method_not_allowed_fallback(async |headers: HeaderMap| {
            refused(&headers, ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method", PATHS))
        })
        .layer(tower_http::catch_panic::CatchPanicLayer::new())
        .with_state(Tap { state, source });
    listen::serve(listener, router, closing).await;
}

async fn take(State(tap): State<Tap>, Path(signal): Path<String>, headers: HeaderMap, body: Body) -> Response {
    let signal = match signal.as_str() {
        "traces" => Signal::Traces,
        "logs" => Signal::Logs,
        "metrics" => Signal::Metrics,
        other => {
            let detail = format!("there is no signal {other:?}; there are traces, logs and metrics");
            return refused(&headers, ApiError::not_found(detail));
        }
    };
    let now = tap.state.clock.now();
    let on_the_way = tap.state.pushes.begin(&tap.source, now);
    let taken = match tap.read(&headers, body).await {
        Ok((encoding, payload)) => {
            let taken = otlp::take(&tap.state, &tap.source, now, signal, encoding, payload).await;
            taken.map(|taken| answer(signal, encoding, taken))
        }
        Err(unreadable) => Err(unreadable.told(&tap.state, &tap.source, now, Senders::Anybody).await),
    };
    drop(on_the_way);
    taken.unwrap_or_else(|error| refused(&headers, error))
}

impl Tap {
    async fn read(&self, headers: &HeaderMap, body: Body) -> Result<(Encoding, Payload), Unreadable> {
        let (limit_bytes, room) = (self.state.limits.max_body_bytes, self.state.ingest.room());
        match encoding(headers) {
            Ok(encoding) => Ok((encoding, body::read(headers, body, limit_bytes, room).await?)),
            // It is read all the same, so that it can be kept aside.
            Err(error) => Err(Unreadable::new(error, &body::collect(body, limit_bytes, room).await?.bytes)),
        }
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
        Err(error) => otlp_status::http(encoding, ApiError::internal(error.to_string())),
    }
}

/// A refusal in the encoding of the request; in JSON, which people can read, where it has none of OTLP's.
fn refused(headers: &HeaderMap, error: ApiError) -> Response {
    otlp_status::http(encoding(headers).unwrap_or(Encoding::Json), error)
}
