//! `GET /settings`: what is in force.

use axum::{Json, extract::State};
use plumbline_model::api::{Gauge, ReceiverRow, SettingsPage};

use super::{Answer, silences};
use crate::http::AppState;

pub async fn get(State(state): State<AppState>) -> Answer<SettingsPage> {
    let counts = state.store.receiver_counts().await?;
    let receivers = state.config.receivers.iter().map(|(name, target)| {
        let told = counts.iter().find(|it| it.receiver == *name);
        ReceiverRow {
            receiver: name.to_string(),
            kind: "webhook".to_owned(),
            target: target.clone(),
            delivered: told.map_or(0, |it| it.delivered),
            waiting: told.map_or(0, |it| it.waiting),
            dead: told.map_or(0, |it| it.dead),
        }
    });
    let gauge = |name: &str, value: f64, unit: &str, help: &str| Gauge {
        name: name.to_owned(),
        value,
        unit: unit.to_owned(),
        help: help.to_owned(),
    };
    Ok(Json(SettingsPage {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        environment: state.config.environment.clone(),
        configuration: state.config.text.clone(),
        digest: state.config.digest.clone(),
        since: state.config.since,
        receivers: receivers.collect(),
        silences: silences::rows(&state),
        telemetry: vec![
            gauge("journal position", state.store.end().0 as f64, "records", "Records in the journal"),
            gauge("applied", state.store.applied().0 as f64, "records", "Records up to which everything was told"),
            gauge(
                "kept state",
                state.store.state().0 as f64,
                "records",
                "Records behind which a restart must step again",
            ),
            gauge("ingest queue", state.ingest.fill() * 100.0, "%", "Share of the room that waits to be journaled"),
        ],
    }))
}
