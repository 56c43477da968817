//! The one way to data: a GET on `/api/v1`. While a page is rendered on the server the call goes to an [`ApiCaller`] from
//! the context (the server's own router, in process), in the browser it is a fetch of the same path. So what a page shows
//! and what the API answers cannot differ, and a failure stays a failure: it is never turned into an empty answer (UI-1).

use std::{fmt, str::FromStr};

use plumbline_model::api::Problem;
use serde::{Serialize, de::DeserializeOwned};

#[cfg(feature = "ssr")]
pub use server::{ApiCaller, ApiFuture};

/// Why there is no data to show: what the API said, or that it could not be asked.
#[derive(Clone, PartialEq, Debug, Serialize, serde::Deserialize)]
pub struct Failure {
    /// HTTP status; 0 where no answer came.
    pub status: u16,
    pub title: String,
    pub detail: String,
}

/// The text of an answer, or why there is none. It travels from the server's page to the browser as plain text, so that
/// one kind of resource serves every page; the page decodes it when it draws.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer(pub Result<String, Failure>);

impl Answer {
    /// The data, or the failure to ask or to understand.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        let body = self.0.as_ref().map_err(Clone::clone)?;
        crate::decode::from_str(body).map_err(|error| Failure {
            status: 200,
            title: "The answer could not be understood".to_owned(),
            detail: format!("{error}. This page and the server may be of different versions: load the page again."),
        })
    }
}

/// Marks a failure in the text form of an answer; no JSON document begins with it.
const FAILED: char = '!';

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Ok(body) => f.write_str(body),
            Err(failure) => {
                write!(f, "{FAILED}{}", serde_json::to_string(failure).map_err(|_| fmt::Error)?)
            }
        }
    }
}

impl FromStr for Answer {
    type Err = serde_json::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix(FAILED) {
            Some(failure) => crate::decode::from_str(failure).map(|failure| Self(Err(failure))),
            None => Ok(Self(Ok(text.to_owned()))),
        }
    }
}

impl Failure {
    /// No answer came at all.
    pub fn unreachable(detail: String) -> Self {
        Self { status: 0, title: "Plumbline did not answer".to_owned(), detail }
    }

    /// An answer of another status than 2xx: its problem document, or else what can be said without one.
    pub fn of(status: u16, body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        match crate::decode::from_str::<Problem>(&text) {
            Ok(problem) => {
                // Of a name in the address itself, and of one that the words already have, the place says nothing.
                let place =
                    problem.position.filter(|place| status != 404 && !problem.detail.contains(&format!("`{place}`")));
                let place = place.map(|place| format!(" ({place})")).unwrap_or_default();
                Self { status, title: problem.title, detail: format!("{}{place}", problem.detail) }
            }
            Err(_) => {
                let text: String = text.chars().take(240).collect();
                Self { status, title: format!("The API answered {status}"), detail: text }
            }
        }
    }
}

/// Asks for a path such as `/api/v1/overview?last=1h`.
pub async fn get(path: String) -> Answer {
    #[cfg(feature = "ssr")]
    return server::get(path).await;
    #[cfg(all(feature = "hydrate", not(feature = "ssr")))]
    return Answer(send_wrapper::SendWrapper::new(browser::get(path)).await);
    #[cfg(not(any(feature = "ssr", feature = "hydrate")))]
    return Answer(Err(Failure::unreachable(format!("{path}: built neither for the server nor for the browser"))));
}

#[cfg(feature = "ssr")]
mod server {
    use std::{future::Future, pin::Pin, sync::Arc};

    use leptos::context::use_context;

    use super::{Answer, Failure};

    /// The body of a 2xx answer, or status and body of any other one.
    pub type ApiFuture = Pin<Box<dyn Future<Output = Result<Vec<u8>, (u16, Vec<u8>)>> + Send>>;

    /// Calls the server's own API. The server provides it as context to every page that it renders.
    #[derive(Clone)]
    pub struct ApiCaller(pub Arc<dyn Fn(String) -> ApiFuture + Send + Sync>);

    pub(super) async fn get(path: String) -> Answer {
        let Some(caller) = use_context::<ApiCaller>() else {
            return Answer(Err(Failure::unreachable("No ApiCaller was provided to the page.".to_owned())));
        };
        let answer = (caller.0)(path).await;
        Answer(answer.map_err(|(status, body)| Failure::of(status, &body)).and_then(|body| {
            String::from_utf8(body).map_err(|error| Failure::unreachable(format!("The answer is not UTF-8: {error}")))
        }))
    }
}

#[cfg(all(feature = "hydrate", not(feature = "ssr")))]
mod browser {
    use wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::Response;

    use super::Failure;

    pub(super) async fn get(path: String) -> Result<String, Failure> {
        let response: Response = JsFuture::from(leptos::prelude::window().fetch_with_str(&path))
            .await
            .and_then(JsCast::dyn_into)
            .map_err(|error| lost(&error))?;
        let body =
            JsFuture::from(response.text().map_err(|error| lost(&error))?).await.map_err(|error| lost(&error))?;
        let body = body.as_string().unwrap_or_default();
        if response.ok() { Ok(body) } else { Err(Failure::of(response.status(), body.as_bytes())) }
    }

    fn lost(error: &JsValue) -> Failure {
        let words = error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message())).unwrap_or_default();
        Failure::unreachable(format!("The connection failed. {words}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_survive_the_way_to_the_browser() {
        let failed = Answer(Err(Failure { status: 404, title: "No such incident".into(), detail: "! 9".into() }));
        for answer in [Answer(Ok("{\"a\":1}".into())), failed] {
            assert_eq!(answer.to_string().parse::<Answer>().unwrap(), answer);
        }
    }

    #[test]
    fn a_problem_document_is_told_and_anything_else_still_says_its_status() {
        let problem = br#"{"type":"bad_range","title":"The range ends before it begins","status":400,"detail":"to is 1 h before from","position":"to","retry_after_seconds":null}"#;
        let told = Failure::of(400, problem);
        assert_eq!(
            (told.title.as_str(), told.detail.as_str()),
            ("The range ends before it begins", "to is 1 h before from (to)")
        );
        let of = |status, detail: &str| {
            let problem = format!(
                r#"{{"type":"t","title":"T","status":{status},"detail":"{detail}","position":"last","retry_after_seconds":null}}"#
            );
            Failure::of(status, problem.as_bytes()).detail
        };
        assert_eq!(of(400, "`last`: expected 1h"), "`last`: expected 1h");
        assert_eq!(of(404, "there is none"), "there is none");
        assert_eq!(Failure::of(502, b"<html>").title, "The API answered 502");
    }

    #[test]
    fn an_answer_of_another_shape_is_a_failure_not_an_empty_page() {
        let failure = Answer(Ok("{}".into())).decode::<plumbline_model::api::Mix>().unwrap_err();
        assert!(failure.detail.contains("converged"), "names the field: {}", failure.detail);
    }
}
