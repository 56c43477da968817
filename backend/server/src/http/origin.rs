//! Who may change something: the pages of this server, and programs. A page of another site can make a browser send a request
//! as well (cross-site request forgery), but the browser says where it comes from. It must not guard what machines send to
//! ingest, and decides nothing about who somebody is.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, Uri, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use reqwest::Url;

use super::{AppState, problem::ApiError};

/// Refuses what a page of another site asks for; reading is not changed by it.
pub async fn guard(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if !reads && let Err(foreign) = own(request.headers(), request.uri(), state.config.public_url.as_deref()) {
        let detail = format!(
            "this came from a page of another site ({foreign}); if it is this server's own page behind a proxy, set `public_url`"
        );
        return ApiError::new(StatusCode::FORBIDDEN, "foreign_page", detail).into_response();
    }
    next.run(request).await
}

/// Whether a request comes from a page of this server or from no page at all; else the header that says where it is from.
///
/// Browsers set both headers themselves, and no page can. `Sec-Fetch-Site` (Fetch Metadata) compares with the address that the
/// browser asked, so its `same-origin` holds behind a proxy that changes `Host` too. Over plain HTTP to another machine browsers
/// leave it out: there `Origin` has to do.
fn own(headers: &HeaderMap, uri: &Uri, public_url: Option<&str>) -> Result<(), String> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    match text("sec-fetch-site") {
        Some("same-origin") => return Ok(()),
        None | Some("none") => {}
        Some(site) => return Err(format!("`sec-fetch-site: {site}`")),
    }
    let Some(origin) = text(header::ORIGIN.as_str()) else { return Ok(()) };
    let foreign = || Err(format!("`origin: {origin}`"));
    // `null` is what sandboxed frames and local files send.
    let Some(from) = Url::parse(origin).ok().and_then(|url| place(&url)) else { return foreign() };
    let asked: Option<Authority> =
        text(header::HOST.as_str()).and_then(|host| host.parse().ok()).or_else(|| uri.authority().cloned());
    // Where TLS ends at a proxy, the scheme that the browser saw is the origin's.
    let scheme = origin.split(':').next().unwrap_or_default();
    let asked = asked.and_then(|asked| place(&Url::parse(&format!("{scheme}://{asked}")).ok()?));
    let public = public_url.and_then(|url| place(&Url::parse(url).ok()?));
    if [asked, public].contains(&Some(from)) { Ok(()) } else { foreign() }
}

/// Host and port, the scheme's own port where none is written.
fn place(url: &Url) -> Option<(String, u16)> {
    Some((url.host_str()?.to_owned(), url.port_or_known_default()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(headers: &[(&'static str, &str)], public_url: Option<&str>) -> bool {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        own(&headers, &Uri::from_static("/api/v1/incidents/1/acknowledge"), public_url).is_ok()
    }

    #[test]
    fn programs_and_own_pages_may_act() {
        let host = ("host", "localhost:8080");
        assert!(asked(&[host], None), "curl");
        assert!(asked(&[host, ("origin", "http://localhost:8080"), ("sec-fetch-site", "same-origin")], None));
        assert!(asked(&[host, ("origin", "http://localhost:8080")], None), "a browser over plain HTTP");
        assert!(asked(&[("host", "PLUMB.example"), ("origin", "https://plumb.example")], None), "TLS ends at a proxy");
        assert!(asked(&[("host", "plumb.example:443"), ("origin", "https://plumb.example")], None));
        assert!(asked(&[("host", "[::1]:8080"), ("origin", "http://[::1]:8080")], None));
        let public = Some("https://plumb.example/watch");
        assert!(asked(&[("host", "backend:8080"), ("origin", "https://plumb.example")], public), "a proxy's own host");
        assert!(asked(
            &[("host", "backend"), ("origin", "https://x.example"), ("sec-fetch-site", "same-origin")],
            None
        ));
    }

    #[test]
    fn pages_of_other_sites_may_not() {
        let host = ("host", "localhost:8080");
        let evil = ("origin", "https://evil.example");
        assert!(!asked(&[host, evil, ("sec-fetch-site", "cross-site")], None));
        assert!(!asked(&[host, evil], None), "without fetch metadata");
        assert!(!asked(&[host, evil, ("sec-fetch-site", "none")], None));
        assert!(!asked(&[host, ("sec-fetch-site", "cross-site")], None), "without an origin");
        assert!(!asked(&[host, ("origin", "http://localhost:8080"), ("sec-fetch-site", "same-site")], None));
        assert!(!asked(&[host, ("origin", "http://localhost:9090")], None), "another port is another site");
        assert!(!asked(&[host, ("origin", "null")], None), "a sandboxed frame");
        assert!(!asked(&[host, evil], Some("https://plumb.example")));
        assert!(!asked(&[evil], None), "no host to compare with");
    }
}
