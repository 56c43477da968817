//! Bodies of actions: JSON from programs, or a form from a page without scripts, which is led back to where it came from. What
//! says to be neither is refused: a page of another site can send plain text without asking first, but never JSON.

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use crate::http::problem::ApiError;

/// An action names somebody and has a few words.
const MAX_BYTES: usize = 64 << 10;

/// Who asked, and how they are answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asker {
    Program,
    Form,
}

/// An action as its body has it; an empty one is the default.
#[derive(Debug)]
pub struct Action<T> {
    pub asker: Asker,
    pub asked: T,
}

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for Action<T> {
    type Rejection = ApiError;

    /// 415 for a body that is neither JSON nor a form, 413 for one that is too long, 400 for one that is not what it says.
    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let kind = Kind::of(&parts.headers)?;
        let body = collect(body).await?;
        match kind {
            Kind::Form => serde_urlencoded::from_bytes(&body)
                .map(|asked| Self { asker: Asker::Form, asked })
                .map_err(|it| ApiError::bad_request(format!("the form: {it}"))),
            _ if body.is_empty() => Ok(Self { asker: Asker::Program, asked: T::default() }),
            Kind::Json => serde_json::from_slice(&body)
                .map(|asked| Self { asker: Asker::Program, asked })
                .map_err(|it| ApiError::bad_request(format!("the body: {it}"))),
            Kind::Untold => Err(unsupported("none")),
        }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Json,
    Form,
    /// Good for an empty body only: a page of another site can leave the type out.
    Untold,
}

impl Kind {
    fn of(headers: &HeaderMap) -> Result<Self, ApiError> {
        let Some(kind) = headers.get(header::CONTENT_TYPE) else { return Ok(Self::Untold) };
        let kind = kind.to_str().unwrap_or("?");
        match kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "application/json" => Ok(Self::Json),
            "application/x-www-form-urlencoded" => Ok(Self::Form),
            _ => Err(unsupported(&format!("{kind:?}"))),
        }
    }
}

fn unsupported(got: &str) -> ApiError {
    let detail = format!("`content-type`: expected application/json or application/x-www-form-urlencoded, got {got}");
    ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)
}

async fn collect(body: Body) -> Result<Bytes, ApiError> {
    match Limited::new(body, MAX_BYTES).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            let detail = format!("the body of an action may have {MAX_BYTES} bytes");
            Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail))
        }
        Err(error) => Err(ApiError::bad_request(format!("the body broke off: {error}"))),
    }
}

impl Asker {
    /// The answer to an action that was taken: 202, or for a form the way back to its page.
    pub fn done(self, page: &str) -> Response {
        match self {
            Self::Form => Redirect::to(page).into_response(),
            Self::Program => StatusCode::ACCEPTED.into_response(),
        }
    }
}

/// Who acts, in their own words.
pub fn by(text: &str) -> compact_str::CompactString {
    let text = text.trim();
    if text.is_empty() { "somebody".into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use plumbline_model::api::IncidentAction;

    use super::*;

    async fn read(kind: Option<&str>, body: impl Into<Body>) -> Result<(Asker, String), (u16, String)> {
        let mut request = Request::post("/");
        if let Some(kind) = kind {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        match Action::<IncidentAction>::from_request(request.body(body.into()).unwrap(), &()).await {
            Ok(Action { asker, asked }) => Ok((asker, asked.by)),
            Err(error) => Err((error.problem().status, error.problem().detail.clone())),
        }
    }

    #[tokio::test]
    async fn json_and_forms_are_read_and_nothing_else() {
        let ada = || "ada".to_owned();
        assert_eq!(read(Some("application/json; charset=utf-8"), r#"{"by":"ada"}"#).await, Ok((Asker::Program, ada())));
        assert_eq!(read(Some("application/x-www-form-urlencoded"), "by=ada").await, Ok((Asker::Form, ada())));
        assert_eq!(read(None, "").await, Ok((Asker::Program, String::new())));
        assert_eq!(read(Some("application/json"), "").await, Ok((Asker::Program, String::new())));
        for kind in [None, Some("text/plain"), Some("multipart/form-data; boundary=x"), Some("application/jsonp")] {
            let (status, detail) = read(kind, r#"{"by":"ada"}"#).await.unwrap_err();
            assert_eq!(status, 415, "{kind:?}");
            assert!(detail.contains("expected application/json or application/x-www-form-urlencoded"), "{detail}");
        }
        assert_eq!(read(Some("application/json"), "{").await.unwrap_err().0, 400);
    }

    #[tokio::test]
    async fn a_body_that_is_too_long_is_told_as_a_problem() {
        let (status, detail) = read(Some("application/json"), vec![b' '; 3 << 20]).await.unwrap_err();
        assert_eq!((status, detail.as_str()), (413, "the body of an action may have 65536 bytes"));
    }
}
