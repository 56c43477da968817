//! OTLP over gRPC. The three calls are unary, so a request is one message; its bytes are read and decoded where those of OTLP
//! over HTTP are, and what is no message is counted and kept aside with them. Overload answers `RESOURCE_EXHAUSTED` with
//! `RetryInfo`, without which clients may drop what they hold.

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, HeaderValue, Response, header},
    routing::post,
};
use http_body_util::{BodyExt as _, Full};
use plumbline_collectors::otlp::{Encoding, Signal};
use plumbline_model::SourceName;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::sync::CancellationToken;
use tonic::{Status, service::Routes, transport::Server};

use super::{
    body::{self, Payload, Unreadable},
    otlp::{self, Taken},
    otlp_status,
    unread::Senders,
};
use crate::http::{AppState, problem::ApiError};

/// Before a message: whether it is packed, and its length (gRPC over HTTP/2, "Length-Prefixed-Message").
const PREFIX_BYTES: usize = 5;

#[derive(Clone)]
struct Tap {
    state: AppState,
    source: SourceName,
}

/// Serves until `closing`; requests under way are answered.
pub async fn serve(listener: TcpListener, state: AppState, source: SourceName, closing: CancellationToken) {
    let tap = Tap { state, source };
    let call = |signal: Signal| {
        post(move |State(tap): State<Tap>, headers: HeaderMap, body: Body| async move {
            tap.export(signal, &headers, body).await
        })
    };
    let router = Router::new()
        .route("/opentelemetry.proto.collector.trace.v1.TraceService/Export", call(Signal::Traces))
        .route("/opentelemetry.proto.collector.logs.v1.LogsService/Export", call(Signal::Logs))
        .route("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", call(Signal::Metrics))
        .fallback(async || {
            Status::unimplemented("there are Export of TraceService, LogsService and MetricsService")
                .into_http::<Body>()
        })
        .with_state(tap);
    let served = Server::builder()
        .add_routes(Routes::from(router))
        .serve_with_incoming_shutdown(TcpListenerStream::new(listener), closing.cancelled_owned())
        .await;
    if let Err(error) = served {
        tracing::error!(%error, "OTLP over gRPC ended");
    }
}

impl Tap {
    async fn export(&self, signal: Signal, headers: &HeaderMap, body: Body) -> Response<Body> {
        let now = self.state.clock.now();
        let on_the_way = self.state.pushes.begin(&self.source, now);
        let limit = self.state.limits.max_body_bytes;
        let read = body::collect(body, limit + PREFIX_BYTES, self.state.ingest.room()).await;
        let taken = match read.and_then(|payload| message(payload, headers, limit)) {
            Ok(message) => otlp::take(&self.state, &self.source, now, signal, Encoding::Protobuf, message).await,
            Err(unreadable) => Err(unreadable.told(&self.state, &self.source, now, Senders::Anybody).await),
        };
        drop(on_the_way);
        taken.map_or_else(|error| otlp_status::grpc(&error).into_http(), |taken| answer(signal, taken))
    }
}

/// The message of a request, unpacked.
fn message(payload: Payload, headers: &HeaderMap, limit_bytes: usize) -> Result<Payload, Unreadable> {
    let whole = payload.bytes.clone();
    let wrong = |reason: String| Unreadable::new(ApiError::bad_request(reason), &whole);
    let Some((prefix, message)) = whole.split_at_checked(PREFIX_BYTES) else {
        return Err(wrong(format!(
            "expected a message of gRPC behind {PREFIX_BYTES} bytes, got {} in all",
            whole.len()
        )));
    };
    let told = u32::from_be_bytes([prefix[1], prefix[2], prefix[3], prefix[4]]);
    if message.len() != told as usize {
        return Err(wrong(format!("expected one message of {told} bytes, got {} bytes", message.len())));
    }
    let message = Payload { bytes: whole.slice(PREFIX_BYTES..), room: payload.room };
    match prefix[0] {
        0 => Ok(message),
        1 => {
            let encoding = headers.get("grpc-encoding").and_then(|value| value.to_str().ok()).unwrap_or("none named");
            body::unpack(message, encoding, limit_bytes)
        }
        other => Err(wrong(format!("expected 0 or 1 as the first byte, whether the message is packed, got {other}"))),
    }
}

fn answer(signal: Signal, taken: Taken) -> Response<Body> {
    let message = match otlp::answer(signal, Encoding::Protobuf, taken) {
        Ok(message) => message,
        Err(error) => return Status::internal(error.to_string()).into_http(),
    };
    let mut framed = vec![0];
    framed.extend((message.len() as u32).to_be_bytes());
    framed.extend(message);
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let body = Full::new(Bytes::from(framed)).with_trailers(std::future::ready(Some(Ok(trailers))));
    let mut response = Response::new(Body::new(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}
