//! The dashboard's pages, rendered on the server. Their data comes from the server's own API, called in process, so that a page
//! shows what the API answers and nothing else.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::post,
};
use leptos::{context::provide_context, nonce::Nonce};
use plumbline_ui::{Assets, StatusSink, api::ApiCaller};
use tower::ServiceExt as _;

use super::{AppState, api, assets, origin, problem::ApiError};

/// An answer of the API is read into a page up to this size.
const ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Every path that nothing else serves is a page (or the page that says there is none).
pub fn router(state: AppState) -> Router<AppState> {
    // A second router in one process (tests) finds it set, which is as good.
    let _ = any_spawner::Executor::init_tokio();
    let act = post(api::incidents::act).layer(from_fn_with_state(state.clone(), origin::guard));
    let caller = caller(state);
    Router::new()
        // A form of a page without scripts goes where its script would have posted to.
        .route("/incidents/{number}/{action}", act)
        .fallback(move |State(state): State<AppState>, request: Request| {
            let caller = caller.clone();
            async move {
                match *request.method() {
                    Method::GET | Method::HEAD => page(caller, request).await,
                    _ => nothing_takes(&state, &request).into_response(),
                }
            }
        })
}

/// The answer to a sender that has the wrong path.
fn nothing_takes(state: &AppState, request: &Request) -> ApiError {
    let paths: Vec<_> = state.http_sources.iter().map(|source| source.path.as_str()).collect();
    let there =
        if paths.is_empty() { "no source is configured".to_owned() } else { format!("there is {}", paths.join(", ")) };
    ApiError::not_found(format!("nothing takes {} at {}; to send to, {there}", request.method(), request.uri().path()))
}

/// Calls the API's router in process.
fn caller(state: AppState) -> ApiCaller {
    let router: Router = Router::new().nest("/api/v1", api::router()).with_state(state);
    ApiCaller(Arc::new(move |path| {
        let router = router.clone();
        Box::pin(async move {
            let request = match Request::get(&path).body(Body::empty()) {
                Ok(request) => request,
                Err(error) => return Err((400, error.to_string().into_bytes())),
            };
            let response = router.oneshot(request).await.unwrap_or_else(|never: Infallible| match never {});
            let status = response.status();
            let body = to_bytes(response.into_body(), ANSWER_BYTES_MAX).await;
            match body {
                Ok(body) if status.is_success() => Ok(body.to_vec()),
                Ok(body) => Err((status.as_u16(), body.to_vec())),
                Err(error) => Err((500, error.to_string().into_bytes())),
            }
        })
    }))
}

async fn page(caller: ApiCaller, request: Request) -> Response {
    let manifest = assets::manifest();
    let shown = Assets {
        js: manifest.as_ref().map(|it| format!("/assets/{}", it.js)),
        wasm: manifest.as_ref().map(|it| format!("/assets/{}", it.wasm)),
        css_hash: assets::css_hash().to_owned(),
    };
    let status = Arc::new(AtomicU16::new(200));
    let nonce = Nonce::new();
    let policy = policy(&nonce);
    let context = {
        let status = status.clone();
        move || {
            provide_context(nonce.clone());
            provide_context(caller.clone());
            provide_context(shown.clone());
            let status = status.clone();
            provide_context(StatusSink(Arc::new(move |code| status.store(code, Ordering::SeqCst))));
        }
    };
    // The whole page is awaited, so that it reads without scripts and its status is known before the first byte.
    let render = leptos_axum::render_app_async_with_context(context, plumbline_ui::shell);
    let mut response = render(request).await;
    if let Ok(code) = StatusCode::from_u16(status.load(Ordering::SeqCst))
        && code != StatusCode::OK
    {
        *response.status_mut() = code;
    }
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.into_response()
}

/// Scripts run only with the page's nonce; styles may be inline, because charts place their marks with them.
fn policy(nonce: &Nonce) -> String {
    format!(
        "default-src 'self'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}
