//! What both ways of OTLP share: decode, offer to the journal, and say what was not accepted.

use plumbline_collectors::otlp::{self, Encoding, Signal};
use plumbline_model::{ReceivedTime, SourceName};

use super::queue::{Batch, Refused};
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
    payload: &[u8],
    weight_bytes: usize,
) -> Result<Taken, ApiError> {
    let on_the_way = state.pushes.begin(source, now);
    let exported = otlp::decode(source, now, signal, encoding, payload);
    let malformed = exported.malformed().map(|issue| ApiError::bad_request(issue.to_string()).at(issue.place.to_string()));
    let taken = offer(state, source, now, exported, weight_bytes).await;
    drop(on_the_way);
    match (malformed, taken) {
        (Some(malformed), Ok(_)) => Err(malformed),
        (_, Ok(taken)) => Ok(taken),
        (_, Err(refused)) => Err(refused.into()),
    }
}

/// Offers what was decoded to the journal, and waits until it is there.
///
/// # Errors
/// Where there is no room, or the journal cannot be written.
pub async fn offer(
    state: &AppState,
    source: &SourceName,
    now: ReceivedTime,
    exported: otlp::Exported,
    weight_bytes: usize,
) -> Result<Taken, Refused> {
    let taken = Taken { rejected: i64::try_from(exported.rejected).unwrap_or(i64::MAX), message: exported.message };
    let batch = Batch::of(source.clone(), exported.items, exported.decoded, weight_bytes);
    if let Err(refused) = state.ingest.offer(batch).await {
        state.refused(source, now);
        return Err(refused);
    }
    Ok(taken)
}
