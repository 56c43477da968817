//! Bodies of pushed requests: read up to a limit, unpacked up to the same limit, so that a small packed body cannot fill the
//! memory; and all that are being read at once within the room of the queue, so that many senders cannot either (LIM-1).

use std::{io::Read as _, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes, HttpBody as _},
    http::{HeaderMap, StatusCode, header},
};
use http_body_util::BodyExt as _;
use plumbline_collectors::{Issue, IssueKind, Place, issue::MAX_RAW_BYTES, otlp::Undecodable};
use plumbline_model::{ReceivedTime, SourceName};

use super::{
    queue::{Batch, Refused, Room},
    unread::{Senders, Unread},
};
use crate::http::{AppState, problem::ApiError};

/// A sender that takes longer for its body holds up the frontier of its source for nothing.
const READ_WITHIN: Duration = Duration::from_secs(30);
/// What a refused sender still writes is read for so long, so that he comes to read why.
const DISCARD_WITHIN: Duration = Duration::from_secs(2);
/// Unpacked at once, before it is asked whether there is room for more.
const PIECE_BYTES: u64 = 64 << 10;

/// A body that was read whole, and the room that it takes.
#[derive(Debug)]
pub struct Payload {
    pub bytes: Bytes,
    pub room: Room,
}

/// A body that cannot be used: what its sender is told, and what is kept aside.
#[derive(Debug)]
pub struct Unreadable {
    pub error: ApiError,
    place: Place,
    reason: String,
    expected: String,
    /// It did not come whole: what it held is missing, and its sender may send it again.
    missing: bool,
    /// The beginning of what came, as it came.
    head: Vec<u8>,
    bytes: u64,
}

impl Unreadable {
    pub fn new(error: ApiError, came: &[u8]) -> Self {
        Self {
            place: Place::Whole,
            reason: error.problem().detail.clone(),
            expected: String::new(),
            // A body that was too slow or too large.
            missing: matches!(error.problem().status, 408 | 413),
            error,
            head: came[..came.len().min(MAX_RAW_BYTES)].to_vec(),
            bytes: came.len() as u64,
        }
    }

    /// A body that is no request.
    pub fn undecodable(of: Undecodable, came: &[u8]) -> Self {
        let error = ApiError::bad_request(of.to_string()).at(of.place.to_string());
        Self { place: of.place, reason: of.reason, expected: of.expected.to_owned(), ..Self::new(error, came) }
    }

    /// Has it counted and shown with its source, so that it is seen here as well as by its sender. Returns what to tell him.
    /// From a known sender it is a gap: whatever it was, it will not come again.
    pub async fn told(self, state: &AppState, source: &SourceName, now: ReceivedTime, senders: Senders) -> ApiError {
        let overloaded = matches!(self.error.problem().status, 429 | 500..);
        // At once: a sender that broke off takes this call away with it where it waits.
        if overloaded || self.missing {
            state.refused(source, now);
        }
        if overloaded {
            return self.error;
        }
        let issue = Issue {
            source: source.clone(),
            partition: Default::default(),
            offset: None,
            topic: Default::default(),
            received: now,
            kind: IssueKind::Malformed,
            place: self.place,
            reason: self.reason,
            expected: self.expected,
            raw: if state.decoder.keeps_raw(source) { self.head } else { Vec::new() },
            raw_bytes: self.bytes,
        };
        let decoded = plumbline_collectors::Decoded { issues: vec![issue], ..Default::default() };
        let frontiers = Arc::clone(&state.frontiers.borrow());
        let mut unread = Unread::new(source, senders, &frontiers);
        unread.request(now);
        let gaps = unread.gaps();
        let batch = Batch { gaps, heard: false, ..Batch::of(source.clone(), 1, decoded, MAX_RAW_BYTES) };
        match state.ingest.offer(batch).await {
            Ok(()) => self.error,
            // What cannot be written down is to be sent again: then it is.
            Err(refused) => {
                if !self.missing {
                    state.refused(source, now);
                }
                refused.into()
            }
        }
    }
}

impl From<Refused> for Unreadable {
    fn from(refused: Refused) -> Self {
        Self::new(refused.into(), &[])
    }
}

/// Reads a body whole; gzip and zstd are unpacked by `content-encoding`.
///
/// # Errors
/// 413 over `limit_bytes`, 415 for another encoding, 400 for a body that breaks off or cannot be unpacked, 408 for one that does
/// not come, 429 while other bodies take the room.
pub async fn read(headers: &HeaderMap, body: Body, limit_bytes: usize, room: Room) -> Result<Payload, Unreadable> {
    let encoding =
        headers.get(header::CONTENT_ENCODING).map(|value| value.to_str().unwrap_or("?").trim().to_ascii_lowercase());
    if waits(headers)
        && let Some(told_bytes) = body.size_hint().exact()
    {
        // Not a byte is read: reading would ask him to send it.
        let told_bytes = usize::try_from(told_bytes).unwrap_or(usize::MAX);
        if told_bytes > limit_bytes {
            return Err(Unreadable::new(too_large(limit_bytes), &[]));
        }
        room.fits(told_bytes)?;
    }
    let payload = collect(body, limit_bytes, room).await?;
    unpack(payload, encoding.as_deref().unwrap_or_default(), limit_bytes)
}

/// Reads a body as it is.
///
/// # Errors
/// As `read`.
pub async fn collect(mut body: Body, limit_bytes: usize, mut room: Room) -> Result<Payload, Unreadable> {
    let mut came = Vec::new();
    let read = tokio::time::timeout(READ_WITHIN, gather(&mut body, limit_bytes, &mut room, &mut came)).await;
    if !matches!(read, Ok(Ok(()))) {
        discard(body, limit_bytes);
    }
    match read {
        Ok(Ok(())) => Ok(Payload { bytes: came.into(), room }),
        Ok(Err(error)) => Err(Unreadable { missing: true, ..Unreadable::new(error, &came) }),
        Err(_) => {
            let detail = format!("the body did not come within {} s", READ_WITHIN.as_secs());
            Err(Unreadable::new(ApiError::new(StatusCode::REQUEST_TIMEOUT, "timeout", detail), &came))
        }
    }
}

/// For a request that is refused unread.
pub fn turn_away(headers: &HeaderMap, body: Body, limit_bytes: usize) {
    if !waits(headers) {
        discard(body, limit_bytes);
    }
}

/// Whether the sender waits for leave to send the body (RFC 9110, 10.1.1). He is told to send it when it is first read.
fn waits(headers: &HeaderMap) -> bool {
    headers.get(header::EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

/// Reads on what is still coming, beside the answer, and keeps nothing of it. Most senders write a request whole before they read
/// the answer; if the connection were closed meanwhile, they would see it broken and never learn when to come again.
fn discard(mut body: Body, limit_bytes: usize) {
    let rest = async move {
        let mut left = limit_bytes;
        while let Some(Ok(frame)) = body.frame().await {
            let Some(still) = left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) else { return };
            left = still;
        }
    };
    // Whoever takes longer, or sends more, is cut off.
    tokio::spawn(tokio::time::timeout(DISCARD_WITHIN, rest));
}

async fn gather(body: &mut Body, limit_bytes: usize, room: &mut Room, came: &mut Vec<u8>) -> Result<(), ApiError> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| ApiError::bad_request(format!("the body broke off: {error}")))?;
        let Ok(data) = frame.into_data() else { continue };
        room.grow(data.len())?;
        came.extend_from_slice(&data);
        if came.len() > limit_bytes {
            return Err(too_large(limit_bytes));
        }
    }
    Ok(())
}

/// Unpacks what was packed as `encoding`.
///
/// # Errors
/// As `read`.
pub fn unpack(mut packed: Payload, encoding: &str, limit_bytes: usize) -> Result<Payload, Unreadable> {
    let result = match encoding {
        "" | "identity" => return Ok(packed),
        "gzip" => pour(flate2::read::MultiGzDecoder::new(packed.bytes.as_ref()), "gzip", limit_bytes, &mut packed.room),
        "zstd" => match zstd::stream::read::Decoder::new(packed.bytes.as_ref()) {
            Ok(decoder) => pour(decoder, "zstd", limit_bytes, &mut packed.room),
            Err(error) => Err(ApiError::bad_request(format!("the body is not zstd: {error}"))),
        },
        other => Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_encoding",
            format!("`content-encoding`: expected gzip, zstd or identity, got {other:?}"),
        )),
    };
    match result {
        Ok(bytes) => Ok(Payload { bytes, room: packed.room }),
        Err(error) => Err(Unreadable::new(error, &packed.bytes)),
    }
}

fn pour(mut from: impl std::io::Read, name: &str, limit_bytes: usize, room: &mut Room) -> Result<Bytes, ApiError> {
    let mut unpacked = Vec::new();
    loop {
        let piece = from.by_ref().take(PIECE_BYTES).read_to_end(&mut unpacked);
        match piece.map_err(|error| ApiError::bad_request(format!("the body is not {name}: {error}")))? {
            0 => return Ok(unpacked.into()),
            piece => room.grow(piece)?,
        }
        if unpacked.len() > limit_bytes {
            return Err(too_large(limit_bytes));
        }
    }
}

fn too_large(limit_bytes: usize) -> ApiError {
    let detail =
        format!("a body may have {limit_bytes} bytes, unpacked; send less at once, or raise `limits.max_body`");
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write as _,
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
    };

    use super::{super::queue::queue, *};

    fn encoded(name: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_ENCODING, name.parse().unwrap());
        headers
    }

    async fn status(headers: &HeaderMap, body: impl Into<Body>, limit_bytes: usize, room_bytes: usize) -> u16 {
        let (ingest, _queued) = queue(room_bytes);
        match read(headers, body.into(), limit_bytes, ingest.room()).await {
            Ok(_) => 200,
            Err(unreadable) => unreadable.error.problem().status,
        }
    }

    fn bomb() -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&vec![0; 10_000_000]).unwrap();
        encoder.finish().unwrap()
    }

    #[tokio::test]
    async fn a_small_packed_body_cannot_fill_the_memory() {
        assert!(bomb().len() < 20_000);
        assert_eq!(status(&encoded("gzip"), bomb(), 1_000_000, 16 << 20).await, 413);
        assert_eq!(status(&encoded("gzip"), bomb(), 16 << 20, 64 << 20).await, 200);
    }

    #[tokio::test]
    async fn many_bodies_at_once_cannot_fill_the_memory_either() {
        let (ingest, _queued) = queue(100_000);
        let first = read(&HeaderMap::new(), vec![0; 80_000].into(), 90_000, ingest.room()).await.unwrap();
        let second = read(&HeaderMap::new(), vec![0; 80_000].into(), 90_000, ingest.room()).await.unwrap_err();
        assert_eq!((second.error.problem().status, second.error.problem().retry_after_seconds), (429, Some(2)));
        drop(first);
        assert!(read(&HeaderMap::new(), vec![0; 80_000].into(), 90_000, ingest.room()).await.is_ok());
    }

    #[tokio::test]
    async fn what_cannot_be_read_says_why() {
        let of = async |name, body: &'static [u8]| status(&encoded(name), body, 100, 1 << 20).await;
        assert_eq!(of("gzip", b"no gzip").await, 400);
        assert_eq!(of("zstd", b"no zstd").await, 400);
        assert_eq!(of("lzma", b"x").await, 415);
        assert_eq!(of("gzip", &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1]).await, 400, "it breaks off");
        assert_eq!(status(&HeaderMap::new(), "123456", 5, 1 << 20).await, 413);
        assert_eq!(status(&HeaderMap::new(), "12345", 5, 1 << 20).await, 200);
    }

    #[tokio::test(start_paused = true)]
    async fn what_did_not_come_whole_is_missing_and_what_is_no_request_is_not() {
        let of = async |body: Body| read(&encoded("gzip"), body, 1_000, queue(1 << 20).0.room()).await.unwrap_err();
        let broken = futures::stream::iter([Ok(Bytes::from("a")), Err(std::io::Error::other("reset"))]);
        let unreadable = of(Body::from_stream(broken)).await;
        assert_eq!((unreadable.error.problem().status, unreadable.missing), (400, true), "it broke off");
        assert!(of(vec![0; 2_000].into()).await.missing, "too large");
        assert!(of(bomb().into()).await.missing, "too large unpacked");
        let never = futures::stream::pending::<Result<Bytes, std::io::Error>>();
        assert!(of(Body::from_stream(never)).await.missing, "too slow");
        assert!(!of("no gzip".into()).await.missing);
    }

    #[tokio::test(start_paused = true)]
    async fn a_sender_that_never_ends_is_not_waited_for() {
        let never = Body::from_stream(futures::stream::pending::<Result<Bytes, std::io::Error>>());
        assert_eq!(status(&HeaderMap::new(), never, 5, 1 << 20).await, 408);
    }

    /// A body of which so many pieces of 1,000 bytes were not read yet, and how many they are now.
    fn counted(pieces: usize) -> (Body, Arc<AtomicUsize>) {
        let left = Arc::new(AtomicUsize::new(pieces));
        let count = Arc::clone(&left);
        let pieces = futures::stream::iter((0..pieces).map(move |_| {
            count.fetch_sub(1, Ordering::SeqCst);
            Ok::<_, std::io::Error>(Bytes::from_static(&[0; 1_000]))
        }));
        (Body::from_stream(pieces), left)
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_refused_sender_still_writes_is_read_up_to_the_limit() {
        let (ingest, _queued) = queue(10_000);
        let mut others = ingest.room();
        others.grow(5_000).unwrap();
        let (body, left) = counted(12);
        let refused = collect(body, 20_000, ingest.room()).await.unwrap_err();
        tokio::time::sleep(DISCARD_WITHIN).await;
        assert_eq!((refused.error.problem().status, left.load(Ordering::SeqCst)), (429, 0), "he comes to read");
        drop(others);
        let (body, left) = counted(1_000);
        let refused = collect(body, 5_000, ingest.room()).await.unwrap_err();
        tokio::time::sleep(DISCARD_WITHIN).await;
        assert_eq!(
            (refused.error.problem().status, left.load(Ordering::SeqCst)),
            (413, 1_000 - 12),
            "but not for ever"
        );
        assert!(ingest.room().grow(10_000).is_ok(), "and no room is held");
    }

    #[tokio::test(start_paused = true)]
    async fn a_sender_who_waits_is_answered_before_he_sends() {
        let (ingest, _queued) = queue(10_000);
        let mut headers = HeaderMap::new();
        headers.insert(header::EXPECT, "100-Continue".parse().unwrap());
        let refused = async |bytes: usize, limit_bytes| {
            let body = Body::from(vec![0; bytes]);
            read(&headers, body, limit_bytes, ingest.room()).await.map(drop).map_err(|it| it.error.problem().status)
        };
        assert_eq!(refused(900, 800).await, Err(413));
        assert_eq!(refused(800, 800).await, Ok(()));
        let mut taken = ingest.room();
        taken.grow(9_500).unwrap();
        assert_eq!(refused(800, 800).await, Err(429));
        let (body, left) = counted(3);
        turn_away(&headers, body, 5_000);
        tokio::time::sleep(DISCARD_WITHIN).await;
        assert_eq!(left.load(Ordering::SeqCst), 3, "not a byte");
    }
}
