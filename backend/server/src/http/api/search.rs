//! `GET /search` and the hits of `/keys`: key, saga, trace id, incident, service, replica.

use axum::{Json, extract::State};
use plumbline_model::{Key, TraceId, api::SearchHit, prose};
use plumbline_store::{FindingFilter, Lookup, Paging, SagaFilter, SagaOrder};
use serde::Deserialize;

use super::Answer;
use crate::http::{AppState, extract::Query, problem::ApiError};

#[derive(Clone, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchParams {
    pub q: Option<String>,
}

/// Hits of one kind at most.
const HITS: usize = 8;

pub async fn get(State(state): State<AppState>, Query(params): Query<SearchParams>) -> Answer<Vec<SearchHit>> {
    let text = params.q.unwrap_or_default().trim().to_owned();
    if text.is_empty() {
        return Ok(Json(Vec::new()));
    }
    let mut hits = names(&state, &text);
    hits.extend(keys(&state, &text).await?);
    let filter = SagaFilter { instance: Some(text.as_str().into()), ..SagaFilter::default() };
    let sagas = state.store.sagas(&filter, SagaOrder::Newest, &Paging::first(HITS as u32)).await?;
    hits.extend(sagas.items.iter().map(|it| SearchHit {
        kind: "saga".to_owned(),
        title: format!("{} {}", it.saga, it.instance),
        detail: it.state.word().to_owned(),
        link: format!("/sagas/{}/{}", encode(it.saga.as_str()), encode(it.instance.as_str())),
    }));
    if let Some(trace) = TraceId::from_hex(&text)
        && let Some(found) = state.store.trace(trace).await?
    {
        hits.push(SearchHit {
            kind: "trace".to_owned(),
            title: trace.to_string(),
            detail: format!("{} {}, {}", found.service, found.operation, found.duration),
            link: format!("/traces/{trace}"),
        });
    }
    if let Ok(number) = text.parse::<u32>()
        && let Some(incident) = state.store.incident(number).await?
    {
        hits.push(SearchHit {
            kind: "incident".to_owned(),
            title: format!("Incident {number}"),
            detail: format!("{} · {}", incident.cause.place, incident.cause.reason),
            link: format!("/incidents/{number}"),
        });
    }
    Ok(Json(hits))
}

/// Replicas and sagas whose name contains the text.
fn names(state: &AppState, text: &str) -> Vec<SearchHit> {
    let rules = &state.config.rules;
    let lower = text.to_lowercase();
    let replicas =
        rules.entities.iter().flat_map(|entity| entity.replicas.iter().map(move |replica| (entity, replica)));
    let replicas = replicas.filter(|(entity, replica)| {
        replica.name.as_str().to_lowercase().contains(&lower) || entity.name.as_str().to_lowercase().contains(&lower)
    });
    let hits = replicas.map(|(entity, replica)| SearchHit {
        kind: "replica".to_owned(),
        title: replica.name.to_string(),
        detail: format!("of {}", entity.name),
        link: format!("/replicas/{}/{}", encode(entity.name.as_str()), encode(replica.name.as_str())),
    });
    let sagas =
        rules.sagas.iter().filter(|saga| saga.name.as_str().to_lowercase().contains(&lower)).map(|saga| SearchHit {
            kind: "saga".to_owned(),
            title: saga.name.to_string(),
            detail: "all instances".to_owned(),
            link: format!("/sagas/{}", encode(saga.name.as_str())),
        });
    hits.chain(sagas).take(HITS).collect()
}

/// Keys that were observed under exactly this name, in any entity.
async fn keys(state: &AppState, text: &str) -> Result<Vec<SearchHit>, ApiError> {
    let mut hits = Vec::new();
    for entity in &state.config.rules.entities {
        let lookup = Lookup::Key { entity: entity.name.clone(), key: Key::new(text) };
        let times = plumbline_model::SourceTime::MIN..=plumbline_model::SourceTime::MAX;
        let found = state.store.observations(&lookup, times, &Paging::first(1)).await?;
        let Some(last) = found.items.first() else { continue };
        let filter = FindingFilter {
            open: Some(true),
            entity: Some(entity.name.clone()),
            key: Some(Key::new(text)),
            ..FindingFilter::default()
        };
        let open = state.store.count_findings(&filter, 100).await?;
        let wrong = match open {
            0 => String::new(),
            1 => ", 1 copy does not agree".to_owned(),
            some => format!(", {some} copies do not agree"),
        };
        hits.push(SearchHit {
            kind: "key".to_owned(),
            title: format!("{} {text}", entity.name),
            detail: format!("last seen {}{wrong}", prose::Times::Stamped.clock(last.observation.at, state.clock.now())),
            link: format!("/lineage/{}/{}", encode(entity.name.as_str()), encode(text)),
        });
    }
    Ok(hits)
}

/// Percent-encodes a segment of a path.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
