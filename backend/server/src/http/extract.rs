//! What handlers read of a request: axum's extractors, but a request that cannot be read is answered with problem details
//! that name the parameter, like every other refusal. They must not decide what a value means.

use axum::{
    extract::{FromRequestParts, rejection},
    http::request::Parts,
};
use serde::de::DeserializeOwned;

use super::problem::ApiError;

/// The query string.
pub struct Query<T>(pub T);

/// The variable parts of the path.
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match axum::extract::Query::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(params)) => Ok(Self(params)),
            Err(rejection::QueryRejection::FailedToDeserializeQueryString(error)) => {
                Err(unreadable("the query", &error.body_text()))
            }
            Err(error) => Err(ApiError::bad_request(error.body_text())),
        }
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = parts.uri.path().to_owned();
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(params)) => Ok(Self(params)),
            // A path that cannot be read names nothing that could be there.
            Err(_) => Err(ApiError::not_found(format!("nothing is at {path}: no name or number is written like that"))),
        }
    }
}

/// `what`: `FIELD: WHY`, behind a sentence about deserialising that helps nobody.
fn unreadable(what: &str, text: &str) -> ApiError {
    match tail(text).split_once(": ") {
        Some((field, why)) if !field.contains(' ') => {
            ApiError::bad_request(format!("`{field}` in {what} cannot be read: {why}")).at(field)
        }
        _ => ApiError::bad_request(format!("{what} cannot be read: {}", tail(text))),
    }
}

fn tail(text: &str) -> &str {
    text.split_once(": ").map_or(text, |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, http::Request, routing::get};
    use http_body_util::BodyExt;
    use plumbline_model::api::Problem;
    use serde::Deserialize;
    use tower::ServiceExt;

    use super::*;

    #[derive(Deserialize)]
    struct Params {
        limit: u32,
    }

    async fn ask(address: &str) -> Result<String, Problem> {
        let by_number =
            |Path(number): Path<u32>, Query(params): Query<Params>| async move { format!("{number} {}", params.limit) };
        let router: Router = Router::new().route("/incidents/{number}", get(by_number));
        let response = router.oneshot(Request::get(address).body(Body::empty()).unwrap()).await.unwrap();
        let ok = response.status().is_success();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        if ok { Ok(String::from_utf8(bytes.to_vec()).unwrap()) } else { Err(serde_json::from_slice(&bytes).unwrap()) }
    }

    #[tokio::test]
    async fn a_request_that_cannot_be_read_names_the_parameter() {
        assert_eq!(ask("/incidents/7?limit=3").await.unwrap(), "7 3");
        let wrong = ask("/incidents/7?limit=abc").await.unwrap_err();
        assert_eq!((wrong.status, wrong.position.as_deref()), (400, Some("limit")));
        assert_eq!(wrong.detail, "`limit` in the query cannot be read: invalid digit found in string");
        let missing = ask("/incidents/7").await.unwrap_err();
        assert!(missing.detail.contains("missing field `limit`"), "{}", missing.detail);
        let nothing = ask("/incidents/x?limit=3").await.unwrap_err();
        assert_eq!(nothing.status, 404);
        assert!(nothing.detail.starts_with("nothing is at /incidents/x: "), "{}", nothing.detail);
    }
}
