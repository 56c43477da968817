//! Bodies of pushed requests: read up to a limit, unpacked up to the same limit, so that a small packed body cannot fill the memory.

use std::io::Read as _;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, StatusCode, header},
};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use crate::http::problem::ApiError;

/// Reads a body whole; gzip and zstd are unpacked by `content-encoding`.
///
/// # Errors
/// 413 over `limit_bytes`, 415 for another encoding, 400 for a body that breaks off or cannot be unpacked.
pub async fn read(headers: &HeaderMap, body: Body, limit_bytes: usize) -> Result<Bytes, ApiError> {
    let packed = match Limited::new(body, limit_bytes).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => return Err(too_large(limit_bytes)),
        Err(error) => return Err(ApiError::bad_request(format!("the body broke off: {error}"))),
    };
    let encoding =
        headers.get(header::CONTENT_ENCODING).map(|value| value.to_str().unwrap_or("?").trim().to_ascii_lowercase());
    match encoding.as_deref() {
        None | Some("" | "identity") => Ok(packed),
        Some("gzip") => unpack(flate2::read::MultiGzDecoder::new(packed.as_ref()), "gzip", limit_bytes),
        Some("zstd") => match zstd::stream::read::Decoder::new(packed.as_ref()) {
            Ok(decoder) => unpack(decoder, "zstd", limit_bytes),
            Err(error) => Err(ApiError::bad_request(format!("the body is not zstd: {error}"))),
        },
        Some(other) => Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_encoding",
            format!("`content-encoding`: expected gzip, zstd or identity, got {other:?}"),
        )),
    }
}

fn unpack(reader: impl std::io::Read, name: &str, limit_bytes: usize) -> Result<Bytes, ApiError> {
    let mut unpacked = Vec::new();
    let read = reader.take(limit_bytes as u64 + 1).read_to_end(&mut unpacked);
    match read {
        Ok(length) if length > limit_bytes => Err(too_large(limit_bytes)),
        Ok(_) => Ok(unpacked.into()),
        Err(error) => Err(ApiError::bad_request(format!("the body is not {name}: {error}"))),
    }
}

fn too_large(limit_bytes: usize) -> ApiError {
    let detail =
        format!("a body may have {limit_bytes} bytes, unpacked; send less at once, or raise `limits.max_body`");
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn encoded(name: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_ENCODING, name.parse().unwrap());
        headers
    }

    #[tokio::test]
    async fn a_small_packed_body_cannot_fill_the_memory() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&vec![0; 10_000_000]).unwrap();
        let bomb = encoder.finish().unwrap();
        assert!(bomb.len() < 20_000);
        let refused = read(&encoded("gzip"), bomb.into(), 1_000_000).await.unwrap_err();
        assert_eq!(refused.problem().status, 413);
    }

    #[tokio::test]
    async fn what_cannot_be_read_says_why() {
        let status = |result: Result<Bytes, ApiError>| result.unwrap_err().problem().status;
        assert_eq!(status(read(&encoded("gzip"), "no gzip".into(), 100).await), 400);
        assert_eq!(status(read(&encoded("lzma"), "x".into(), 100).await), 415);
        assert_eq!(status(read(&HeaderMap::new(), "123456".into(), 5).await), 413);
        assert_eq!(read(&HeaderMap::new(), "12345".into(), 5).await.unwrap(), "12345");
    }
}
