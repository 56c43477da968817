//! `/api/v1`: everything that the dashboard shows, for programs. One file a page; each reads the store and shapes it.

pub mod action;
pub mod charts;
mod chosen;
pub mod collectors;
pub mod figures;
pub mod findings;
pub mod heat;
pub mod incidents;
pub mod latency;
pub mod lineage;
pub mod openapi;
pub mod overview;
pub mod params;
pub mod replicas;
pub mod report;
pub mod sagas;
pub mod search;
pub mod service_map;
mod settings;
pub mod silences;
pub mod status;
pub mod streams;
pub mod traces;
mod unwatched;

use axum::{
    Json, Router, middleware,
    response::IntoResponse,
    routing::{MethodRouter, get, post},
};

use super::{AppState, extract, live, problem::ApiError};

/// What every handler answers.
pub type Answer<T> = Result<Json<T>, ApiError>;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/status", plain(get(status::get)))
        .route("/events", get(live::events))
        .route("/overview", get(overview::get))
        .route("/replicas", get(replicas::list))
        .route("/replicas/{entity}/{replica}", get(replicas::one))
        .route("/findings", get(findings::list))
        .route("/findings/{id}", plain(get(findings::one)))
        .route("/keys", get(lineage::keys))
        .route("/lineage/{entity}/{key}", get(lineage::get))
        .route("/search", get(search::get))
        .route("/sagas", get(sagas::page))
        .route("/sagas/{saga}/instances", get(sagas::instances))
        .route("/sagas/{saga}/{instance}", get(sagas::instance))
        .route("/latency", get(latency::get))
        .route("/traces", get(traces::list))
        .route("/traces/{trace}", plain(get(traces::one)))
        .route("/streams", get(streams::get))
        .route("/incidents", get(incidents::list))
        .route("/incidents/{number}", plain(get(incidents::one)))
        .route("/incidents/{number}/{action}", post(incidents::act))
        .route("/collectors", get(collectors::page))
        .route("/issues", get(collectors::issues))
        .route("/report", get(report::get))
        .route("/settings", plain(get(settings::get)))
        .route("/silences", plain(get(silences::list)))
        .route("/silences/end", post(silences::end))
        .route("/openapi.json", plain(get(openapi::get)))
        .fallback(unknown)
}

/// An address without parameters.
fn plain(handler: MethodRouter<AppState>) -> MethodRouter<AppState> {
    handler.layer(middleware::from_fn(extract::no_query))
}

async fn unknown(uri: axum::http::Uri) -> impl IntoResponse {
    ApiError::not_found(format!("there is no {} in this API; /api/v1/openapi.json lists what there is", uri.path()))
}
