//! What both ways of OTLP share: decode, offer to the journal, and say what was not accepted.

use opentelemetry_proto::tonic::collector::{
    logs::v1::{ExportLogsPartialSuccess, ExportLogsServiceResponse},
    metrics::v1::{ExportMetricsPartialSuccess, ExportMetricsServiceResponse},
    trace::v1::{ExportTracePartialSuccess, ExportTraceServiceResponse},
};
use plumbline_collectors::otlp::{self, Arrival, Encoding, Request, Signal};
use plumbline_model::{ReceivedTime, SourceName};
use prost::Message as _;

use super::{
    body::{Payload, Unreadable},
    queue::{Batch, Refused},
    unread::Senders,
};
use crate::http::{AppState, problem::ApiError};

/// What a sender is told of a request that was taken.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Taken {
    /// Spans, log records or points that were not accepted; sending them again does not help.
    pub rejected: i64,
    /// Why, in words.
    pub message: String,
}

/// Takes a request as bytes.
///
/// # Errors
/// 400 for what is no OTLP, 429 and 503 where it should be sent again later.
pub async fn take(
    state: &AppState,
    source: &SourceName,
    now: ReceivedTime,
    signal: Signal,
    encoding: Encoding,
    payload: Payload,
) -> Result<Taken, ApiError> {
    let weight_bytes = super::cloudevents::weight(payload.bytes.len());
    let arrival = Arrival { source: source.clone(), received: now, recorded: false };
    match otlp::decode(signal, encoding, &payload.bytes, &arrival) {
        Ok(request) => {
            // From here on it takes room in the queue.
            drop(payload);
            Ok(offer(state, source, now, request, weight_bytes).await?)
        }
        Err(undecodable) => {
            Err(Unreadable::undecodable(undecodable, &payload.bytes).told(state, source, now, Senders::Anybody).await)
        }
    }
}

/// Offers what was decoded to the journal, and waits until it is there.
async fn offer(
    state: &AppState,
    source: &SourceName,
    now: ReceivedTime,
    request: Request,
    weight_bytes: usize,
) -> Result<Taken, Refused> {
    let taken = Taken { rejected: i64::try_from(request.rejected).unwrap_or(i64::MAX), message: request.message };
    let records = request.accepted + request.rejected;
    let mut batch = Batch::of(source.clone(), records, request.decoded, weight_bytes);
    // A request without any content is a heartbeat; one of which nothing could be used is none.
    batch.heard = request.accepted > 0 || request.rejected == 0;
    if let Err(refused) = state.ingest.offer(batch).await {
        state.refused(source, now);
        return Err(refused);
    }
    Ok(taken)
}

/// What a sender is answered, in the encoding of its request.
///
/// # Errors
/// Only if JSON cannot be written into memory.
pub fn answer(signal: Signal, encoding: Encoding, taken: Taken) -> Result<Vec<u8>, serde_json::Error> {
    let partial = taken.rejected > 0 || !taken.message.is_empty();
    let Taken { rejected, message: error_message } = taken;
    macro_rules! encoded {
        ($response:ident, $partial:ident, $count:ident) => {{
            let told = $partial { $count: rejected, error_message };
            let response = $response { partial_success: partial.then_some(told) };
            match encoding {
                Encoding::Protobuf => Ok(response.encode_to_vec()),
                Encoding::Json => serde_json::to_vec(&response),
            }
        }};
    }
    match signal {
        Signal::Traces => encoded!(ExportTraceServiceResponse, ExportTracePartialSuccess, rejected_spans),
        Signal::Logs => encoded!(ExportLogsServiceResponse, ExportLogsPartialSuccess, rejected_log_records),
        Signal::Metrics => encoded!(ExportMetricsServiceResponse, ExportMetricsPartialSuccess, rejected_data_points),
    }
}
