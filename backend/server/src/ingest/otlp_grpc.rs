//! OTLP over gRPC. Overload answers `RESOURCE_EXHAUSTED` with `RetryInfo`, without which clients may drop what they hold.

use std::time::Duration;

use opentelemetry_proto::tonic::collector::{
    logs::v1::{
        ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse,
        logs_service_server::{LogsService, LogsServiceServer},
    },
    metrics::v1::{
        ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
        metrics_service_server::{MetricsService, MetricsServiceServer},
    },
    trace::v1::{
        ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
};
use plumbline_collectors::otlp::{self as decode, Arrival, Request as Exported};
use plumbline_model::SourceName;
use prost::Message;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Response, Status, codec::CompressionEncoding, transport::Server};
use tonic_types::{ErrorDetails, StatusExt as _};

use super::{
    cloudevents::weight,
    otlp::{self, Taken},
    queue::Refused,
};
use crate::http::AppState;

#[derive(Clone)]
struct Tap {
    state: AppState,
    source: SourceName,
}

/// Serves until `closing`; requests under way are answered.
pub async fn serve(listener: TcpListener, state: AppState, source: SourceName, closing: CancellationToken) {
    let limit = state.limits.max_body_bytes;
    let tap = Tap { state, source };
    macro_rules! service {
        ($server:ident) => {
            $server::new(tap.clone()).accept_compressed(CompressionEncoding::Gzip).max_decoding_message_size(limit)
        };
    }
    let served = Server::builder()
        .add_service(service!(TraceServiceServer))
        .add_service(service!(LogsServiceServer))
        .add_service(service!(MetricsServiceServer))
        .serve_with_incoming_shutdown(TcpListenerStream::new(listener), closing.cancelled_owned())
        .await;
    if let Err(error) = served {
        tracing::error!(%error, "OTLP over gRPC ended");
    }
}

impl Tap {
    async fn take<R: Message>(
        &self,
        request: Request<R>,
        decode: impl FnOnce(R, &Arrival) -> Exported,
    ) -> Result<Taken, Status> {
        let now = self.state.clock.now();
        let request = request.into_inner();
        let weight_bytes = weight(request.encoded_len());
        let on_the_way = self.state.pushes.begin(&self.source, now);
        let exported = decode(request, &otlp::arrival(&self.source, now));
        let taken = otlp::offer(&self.state, &self.source, now, exported, weight_bytes).await;
        drop(on_the_way);
        taken.map_err(status)
    }
}

fn status(refused: Refused) -> Status {
    let message = refused.to_string();
    let (code, wait_seconds) = match refused {
        Refused::Full { retry_after_seconds } => (Code::ResourceExhausted, retry_after_seconds),
        Refused::Closing { retry_after_seconds } => (Code::Unavailable, retry_after_seconds),
        Refused::Journal(_) => (Code::Unavailable, 10),
    };
    let wait = Duration::from_secs(u64::from(wait_seconds));
    Status::with_error_details(code, message, ErrorDetails::with_retry_info(Some(wait)))
}

#[tonic::async_trait]
impl TraceService for Tap {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let taken = self.take(request, decode::traces).await?;
        let partial = ExportTracePartialSuccess { rejected_spans: taken.rejected, error_message: taken.message };
        let told = partial.rejected_spans > 0 || !partial.error_message.is_empty();
        Ok(Response::new(ExportTraceServiceResponse { partial_success: told.then_some(partial) }))
    }
}

#[tonic::async_trait]
impl LogsService for Tap {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        let taken = self
            .take(request, |request, arrival| {
                let body = request.encode_to_vec();
                decode::logs(request, &body, arrival)
            })
            .await?;
        let partial = ExportLogsPartialSuccess { rejected_log_records: taken.rejected, error_message: taken.message };
        let told = partial.rejected_log_records > 0 || !partial.error_message.is_empty();
        Ok(Response::new(ExportLogsServiceResponse { partial_success: told.then_some(partial) }))
    }
}

#[tonic::async_trait]
impl MetricsService for Tap {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let taken = self
            .take(request, |request, arrival| {
                let body = request.encode_to_vec();
                decode::metrics(request, &body, arrival)
            })
            .await?;
        let partial =
            ExportMetricsPartialSuccess { rejected_data_points: taken.rejected, error_message: taken.message };
        let told = partial.rejected_data_points > 0 || !partial.error_message.is_empty();
        Ok(Response::new(ExportMetricsServiceResponse { partial_success: told.then_some(partial) }))
    }
}
