//! What handlers read of a request: axum's extractors, but a request that cannot be read is answered with problem details
//! that name the parameter, like every other refusal. They must not decide what a value means.

use axum::{
    extract::{FromRequestParts, Request, rejection},
    http::request::Parts,
    middleware::Next,
    response::Response,
};
use serde::de::DeserializeOwned;

use super::problem::ApiError;
use crate::config::yaml::{nearest, one_of};

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

/// For addresses that take no parameters: one that is given all the same was meant to change the answer, and does not.
///
/// # Errors
/// 400 naming the parameter.
pub async fn no_query(request: Request, next: Next) -> Result<Response, ApiError> {
    let query = request.uri().query().unwrap_or_default();
    match query.split(['=', '&']).next() {
        None | Some("") => Ok(next.run(request).await),
        Some(name) => {
            Err(ApiError::bad_request(format!("`{name}` is not known here: expected no parameters")).at(name))
        }
    }
}

/// `what`: `FIELD: WHY`, behind a sentence about deserialising that helps nobody.
fn unreadable(what: &str, text: &str) -> ApiError {
    let said = tail(text);
    if let Some((name, known)) = said.split_once("unknown field `").and_then(|(_, rest)| rest.split_once('`')) {
        return unknown(name, known);
    }
    match said.split_once(": ") {
        Some((field, why)) if !field.contains(' ') => {
            let why = expected(why);
            ApiError::bad_request(format!("`{field}` in {what} cannot be read: {why}")).at(field)
        }
        _ => ApiError::bad_request(format!("{what} cannot be read: {said}")),
    }
}

/// A parameter that does not exist; `known` has the others in backticks.
fn unknown(name: &str, known: &str) -> ApiError {
    let known: Vec<_> = known.split('`').skip(1).step_by(2).collect();
    let near = nearest(name, known.iter().copied()).map(|near| format!("did you mean `{near}`? "));
    let detail = format!("`{name}` is not known here ({}{})", near.unwrap_or_default(), one_of(&known));
    ApiError::bad_request(detail).at(name)
}

/// What was expected, in place of the words of the library that reads numbers.
fn expected(why: &str) -> &str {
    match why {
        "invalid digit found in string" | "cannot parse integer from empty string" => "expected a whole number",
        "number too large to fit in target type" => "the number is too large",
        "invalid float literal" | "cannot parse float from empty string" => "expected a number",
        "provided string was not `true` or `false`" => "expected true or false",
        other => other,
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
    #[serde(deny_unknown_fields)]
    struct Params {
        limit: u32,
    }

    async fn ask(address: &str) -> Result<String, Problem> {
        let by_number =
            |Path(number): Path<u32>, Query(params): Query<Params>| async move { format!("{number} {}", params.limit) };
        let router: Router = Router::new()
            .route("/incidents/{number}", get(by_number))
            .route("/settings", get(async || "all").layer(axum::middleware::from_fn(no_query)));
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
        assert_eq!(wrong.detail, "`limit` in the query cannot be read: expected a whole number");
        let large = ask("/incidents/7?limit=99999999999").await.unwrap_err();
        assert_eq!(large.detail, "`limit` in the query cannot be read: the number is too large");
        let missing = ask("/incidents/7").await.unwrap_err();
        assert!(missing.detail.contains("missing field `limit`"), "{}", missing.detail);
        let nothing = ask("/incidents/x?limit=3").await.unwrap_err();
        assert_eq!(nothing.status, 404);
        assert!(nothing.detail.starts_with("nothing is at /incidents/x: "), "{}", nothing.detail);
    }
    #[tokio::test]
    async fn a_parameter_that_is_not_known_is_refused_with_the_nearest() {
        let wrong = ask("/incidents/7?limit=3&limti=4").await.unwrap_err();
        assert_eq!((wrong.status, wrong.position.as_deref()), (400, Some("limti")));
        assert_eq!(wrong.detail, "`limti` is not known here (did you mean `limit`? expected `limit`)");
        assert_eq!(ask("/settings").await.unwrap(), "all");
        assert_eq!(ask("/settings?").await.unwrap(), "all");
        let wrong = ask("/settings?foo=1&bar").await.unwrap_err();
        assert_eq!((wrong.status, wrong.detail.as_str()), (400, "`foo` is not known here: expected no parameters"));
    }
}
