//! What both ways of OTLP share: decode, offer to the journal, and say what was not accepted.

use plumbline_collectors::{
    Decoded, Issue, IssueKind,
    issue::MAX_RAW_BYTES,
    otlp::{self, Arrival, Encoding, Request, Signal, Undecodable},
};
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

/// When and from where a request came.
pub fn arrival(source: &SourceName, received: ReceivedTime) -> Arrival {
    Arrival { source: source.clone(), received, recorded: false }
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
) -> Result<Taken, ApiError> {
    let weight_bytes = super::cloudevents::weight(payload.len());
    match otlp::decode(signal, encoding, payload, &arrival(source, now)) {
        Ok(request) => Ok(offer(state, source, now, request, weight_bytes).await?),
        Err(undecodable) => {
            // Nothing of it is used, but it is seen on the Collectors page, with its bytes.
            let request = Request {
                decoded: Decoded { issues: vec![issue(source, now, &undecodable, payload)], ..Decoded::default() },
                ..Request::default()
            };
            offer(state, source, now, request, weight_bytes).await?;
            Err(ApiError::bad_request(undecodable.to_string()).at(undecodable.place.to_string()))
        }
    }
}

fn issue(source: &SourceName, now: ReceivedTime, undecodable: &Undecodable, payload: &[u8]) -> Issue {
    Issue {
        source: source.clone(),
        partition: Default::default(),
        offset: None,
        topic: Default::default(),
        received: now,
        kind: IssueKind::Malformed,
        place: undecodable.place.clone(),
        reason: undecodable.reason.clone(),
        expected: undecodable.expected.to_owned(),
        raw: payload[..payload.len().min(MAX_RAW_BYTES)].to_vec(),
        raw_bytes: payload.len() as u64,
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
    request: Request,
    weight_bytes: usize,
) -> Result<Taken, Refused> {
    let taken = Taken { rejected: i64::try_from(request.rejected).unwrap_or(i64::MAX), message: request.message };
    let records = request.accepted + request.rejected;
    let batch = Batch::of(source.clone(), records, request.decoded, weight_bytes);
    if let Err(refused) = state.ingest.offer(batch).await {
        state.refused(source, now);
        return Err(refused);
    }
    Ok(taken)
}
