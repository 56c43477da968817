//! Static files of the dashboard: the style sheet from the code itself, wasm and glue from the folder that `cargo xtask web`
//! fills. A release build embeds that folder; a debug build reads it, so that pages become live without a restart as soon as
//! the wasm is there. Names carry a hash of the content and are cached for ever.

use std::sync::OnceLock;

use axum::{
    body::Body,
    extract::Path,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;
use serde::Deserialize;
use xxhash_rust::xxh3::xxh3_64;

#[derive(RustEmbed)]
#[folder = "$PLUMBLINE_SITE"]
struct Site;

/// What `cargo xtask web` writes beside the files.
#[derive(Clone, Deserialize, Debug)]
pub struct Manifest {
    /// File name of the JavaScript glue.
    pub js: String,
    /// File name of the WebAssembly module.
    pub wasm: String,
}

const FOREVER: &str = "public, max-age=31536000, immutable";

/// Where the dashboard's wasm is, or `None` while it has not been built.
pub fn manifest() -> Option<Manifest> {
    static FOUND: OnceLock<Manifest> = OnceLock::new();
    if let Some(found) = FOUND.get() {
        return Some(found.clone());
    }
    let manifest: Manifest = serde_json::from_slice(&Site::get("manifest.json")?.data).ok()?;
    // A debug build reads the folder anew, because the next build of the wasm has other names.
    if !cfg!(debug_assertions) {
        let _ = FOUND.set(manifest.clone());
    }
    Some(manifest)
}

/// Eight hexadecimal digits of the style sheet's hash.
pub fn css_hash() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| format!("{:08x}", xxh3_64(plumbline_ui::CSS.as_bytes()) as u32))
}

/// `GET /assets/{name}`.
pub async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    // Its name carries its hash; an old page that asks for an older one is given the present one.
    if name.starts_with("plumbline") && name.ends_with(".css") {
        return (
            [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, FOREVER)],
            plumbline_ui::CSS,
        )
            .into_response();
    }
    if name.contains(['/', '\\']) || name.starts_with('.') {
        return StatusCode::NOT_FOUND.into_response();
    }
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let packed = [("br", ".br"), ("gzip", ".gz")]
        .into_iter()
        .filter(|(encoding, _)| {
            accepted.split(',').any(|offer| offer.split(';').next().map(str::trim) == Some(*encoding))
        })
        .find_map(|(encoding, suffix)| Site::get(&format!("{name}{suffix}")).map(|file| (encoding, file.data)));
    let kind = mime_guess::from_path(&name).first_or_octet_stream().to_string();
    let response = Response::builder()
        .header(header::CONTENT_TYPE, kind)
        .header(header::CACHE_CONTROL, FOREVER)
        .header(header::VARY, "accept-encoding");
    let built = match packed {
        Some((encoding, bytes)) => {
            response.header(header::CONTENT_ENCODING, encoding).body(Body::from(bytes.into_owned()))
        }
        None => match Site::get(&name) {
            Some(file) => response.body(Body::from(file.data.into_owned())),
            None => return StatusCode::NOT_FOUND.into_response(),
        },
    };
    built.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}
