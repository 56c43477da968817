//! Everything that is served over HTTP on one port: the report API, the dashboard, ingest of CloudEvents, health and metrics.
//! Handlers read the store and the shared state; none of them decides a verdict.

pub mod api;
pub mod assets;
pub mod dashboard;
pub mod extract;
pub mod health;
pub mod listen;
pub mod live;
mod origin;
pub mod problem;

use std::sync::Arc;

use axum::{Router, extract::Request, http::StatusCode, middleware::from_fn_with_state, routing::get};
use plumbline_engine::incident::Silence;
use plumbline_store::Store;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use self::problem::ApiError;
use crate::{
    clock::SharedClock,
    ingest::{
        cloudevents::HttpSource, outages::Outages, push::Pushes, queue::Ingest, sources::SourceStates,
        standing::Standing, trouble::Trouble,
    },
    metrics::{Metrics, SourceLabel},
    site::Site,
};

/// What handlers share. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    pub config: Arc<Site>,
    pub store: Arc<dyn Store>,
    pub clock: SharedClock,
    pub ingest: Ingest,
    pub hub: live::Hub,
    /// How far each source has been seen, as of the last tick.
    pub sources: watch::Receiver<Arc<SourceStates>>,
    /// The engine's frontiers, as of the last tick.
    pub frontiers: watch::Receiver<Arc<plumbline_engine::frontier::Frontiers>>,
    /// Silences in force, as of the last tick.
    pub silences: watch::Receiver<Arc<[Silence]>>,
    /// How keys stand, as of some seconds ago.
    pub standing: watch::Receiver<Arc<Standing>>,
    pub metrics: Arc<Metrics>,
    pub closing: CancellationToken,
    /// Turns what is pushed into observations.
    pub decoder: Arc<plumbline_collectors::Decoder>,
    pub pushes: Pushes,
    pub http_sources: Arc<[HttpSource]>,
    pub limits: Limits,
    /// Whether the journal can be written.
    pub trouble: Trouble,
    /// Sources that cannot be read at present.
    pub outages: Outages,
}

/// What is taken in at most.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub max_body_bytes: usize,
}

impl AppState {
    /// A request of a push source was refused for our own reasons: its frontier stands until its sender may have tried again.
    pub fn refused(&self, source: &plumbline_model::SourceName, now: plumbline_model::ReceivedTime) {
        self.pushes.refused(source, now);
        self.metrics.refused.get_or_create(&SourceLabel { source: source.to_string() }).inc();
    }
}

/// The whole site.
pub fn router(state: AppState) -> Router {
    let api = api::router().layer(from_fn_with_state(state.clone(), origin::guard));
    Router::new()
        .nest("/api/v1", api)
        .merge(dashboard::router(state.clone()))
        .merge(crate::ingest::cloudevents::router(&state))
        .route("/assets/{name}", get(assets::asset))
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .method_not_allowed_fallback(async |request: Request| {
            let detail = format!("{} does not take {}", request.uri().path(), request.method());
            ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method", detail)
        })
        .layer(tower_http::catch_panic::CatchPanicLayer::new())
        .layer(crate::telemetry::layer())
        .with_state(state)
}
