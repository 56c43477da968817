//! One receiver of kind `webhook`: POST of a JSON body with the headers of Standard Webhooks. Redirects are not followed.

use std::time::Duration;

use plumbline_model::{Lag, ReceivedTime};
use reqwest::{Client, StatusCode, Url, header, redirect};

use super::{Receiver, sign, target};

/// A receiver that did not answer within this is tried again. Standard Webhooks advises 15 to 30 s.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Characters of an answer that are kept in the log of attempts.
const NOTE_MAX: usize = 300;
/// Bytes of an answer that are read at most.
const BODY_MAX: usize = 4 * 1024;

/// Where and how to tell.
pub struct Webhook {
    url: Url,
    secret: Option<sign::Secret>,
    allow_private: bool,
    client: Client,
}

/// What came of a try.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer {
    pub status: Option<u16>,
    /// What went wrong; empty where nothing did.
    pub note: String,
    pub retry_after: Option<Lag>,
}

impl Answer {
    /// Nobody could be asked.
    pub fn impossible(note: String) -> Self {
        Self { status: None, note, retry_after: None }
    }
}

impl Webhook {
    /// # Errors
    /// When no HTTP client can be made (the TLS provider is missing).
    pub fn new(url: Url, secret: Option<sign::Secret>, allow_private: bool) -> reqwest::Result<Self> {
        let mut builder = Client::builder()
            .timeout(TIMEOUT)
            .redirect(redirect::Policy::none())
            .user_agent(concat!("plumbline/", env!("CARGO_PKG_VERSION")));
        if !allow_private {
            builder = builder.dns_resolver(std::sync::Arc::new(target::PublicOnly));
        }
        Ok(Self { url, secret, allow_private, client: builder.build()? })
    }

    /// Where it goes, without what may be secret in it.
    pub fn shown(&self) -> String {
        let port = self.url.port().map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}://{}{port}{}", self.url.scheme(), self.url.host_str().unwrap_or_default(), self.url.path())
    }
}

#[async_trait::async_trait]
impl Receiver for Webhook {
    #[tracing::instrument(name = "POST webhook", skip_all, fields(otel.kind = "client", server.address = self.url.host_str()))]
    async fn send(&self, id: &str, now: ReceivedTime, body: &str) -> Answer {
        if !self.allow_private
            && let Err(refused) = target::check_literal(&self.url)
        {
            return Answer::impossible(refused);
        }
        let timestamp = sign::timestamp_seconds(now);
        let mut request = self
            .client
            .post(self.url.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp.to_string());
        if let Some(secret) = &self.secret {
            request = request.header("webhook-signature", secret.sign(id, timestamp, body));
        }
        match request.body(body.to_owned()).send().await {
            Ok(response) => answer(response).await,
            Err(error) => Answer::impossible(causes(&error)),
        }
    }
}

async fn answer(mut response: reqwest::Response) -> Answer {
    let status = response.status();
    let retry_after =
        response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()).and_then(retry_after);
    if status.is_success() {
        return Answer { status: Some(status.as_u16()), note: String::new(), retry_after };
    }
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() >= BODY_MAX {
            break;
        }
    }
    let text: String = String::from_utf8_lossy(&body).chars().take(NOTE_MAX).collect();
    let reason = match status {
        _ if status.is_redirection() => "redirects are not followed".to_owned(),
        StatusCode::GONE => "the receiver is gone and asks not to be called again".to_owned(),
        _ => status.canonical_reason().unwrap_or("unexpected status").to_owned(),
    };
    let note = if text.trim().is_empty() { reason } else { format!("{reason}: {}", text.trim()) };
    Answer { status: Some(status.as_u16()), note, retry_after }
}

/// `Retry-After` in seconds; its date form is rare among receivers and read as absent, which the schedule covers.
fn retry_after(value: &str) -> Option<Lag> {
    value.trim().parse::<u32>().ok().map(|seconds| Lag::from_secs(i64::from(seconds)))
}

/// An error with what caused it: "connection refused" is never in the outermost one. The URL is left out.
fn causes(error: &reqwest::Error) -> String {
    let mut text = if error.is_timeout() { "no answer in time".to_owned() } else { "not reached".to_owned() };
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = inner.source();
    }
    text.chars().take(NOTE_MAX).collect()
}
