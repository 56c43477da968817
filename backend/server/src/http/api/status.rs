//! `GET /status`: the frame of every page.

use axum::{Json, extract::State};
use plumbline_model::{
    Rule,
    api::{Counts, Status},
    incident::IncidentState,
};
use plumbline_store::{OpenCount, SagaCount};

use super::Answer;
use crate::http::{AppState, problem::ApiError};

pub async fn get(State(state): State<AppState>) -> Answer<Status> {
    status(&state).await.map(Json)
}

/// Counts are of what is wrong now.
pub async fn status(state: &AppState) -> Result<Status, ApiError> {
    let open = state.store.open_counts().await?;
    let incidents = state.store.incident_counts().await?;
    let sagas = state.store.saga_counts().await?;
    let sources = state.sources.borrow().clone();
    let troubled =
        super::collectors::rows(state).iter().filter(|row| matches!(row.state.as_str(), "behind" | "blind")).count();
    let frontiers =
        state.config.rules.sources.iter().map(|source| sources.sources.get(&source.name).and_then(|it| it.frontier()));
    Ok(Status {
        environment: state.config.environment.clone(),
        simulated: state.config.simulated,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        now: state.clock.now(),
        frontier: frontiers.min().flatten(),
        counts: Counts {
            divergent_keys: count(&open, |rule| rule == Rule::Convergence),
            stuck_sagas: stuck(&sagas),
            hotspots: count(&open, |rule| rule == Rule::Hotspot),
            streams: 0,
            incidents: incidents.iter().filter(|it| it.0 != IncidentState::Resolved).map(|it| it.1).sum(),
            collectors: troubled as u64,
        },
        applied: state.store.applied().0,
        trouble: state.trouble.words(),
    })
}

/// Rules that judge sagas.
pub const fn is_saga(rule: Rule) -> bool {
    matches!(rule, Rule::SagaStep | Rule::SagaWhole | Rule::SagaCompensation)
}

/// Instances that will not finish by themselves: one with two broken promises counts once.
pub fn stuck<'a>(counts: impl IntoIterator<Item = &'a SagaCount>) -> u64 {
    counts.into_iter().filter(|it| matches!(it.state.as_str(), "stuck" | "compensation owed")).map(|it| it.count).sum()
}

/// Open findings of the rules that `which` names.
pub fn count(open: &[OpenCount], which: impl Fn(Rule) -> bool) -> u64 {
    open.iter().filter(|it| which(it.rule)).map(|it| it.count).sum()
}
