//! `GET /lineage/{entity}/{key}` and `GET /keys`: what happened to this key? Read from the journal through its index and told by the
//! engine's own lineage, so that a page and a verdict never disagree.

use axum::{Json, extract::State};
use plumbline_model::{
    Key, SourceTime,
    api::{FindingView, KeyHit, LineageHead, LineagePage, Page, Range},
    lineage::Lineage,
};
use plumbline_store::{FindingFilter, FindingOrder, Lookup, Paging};
use serde::Deserialize;

use super::{
    Answer,
    chosen::unknown,
    findings,
    params::{RangeParams, paging},
};
use crate::http::{
    AppState,
    extract::{Path, Query},
    problem::ApiError,
};

/// Changes that one page shows at most; the newest win.
const SIGHTINGS_MAX: u32 = 1_000;

#[derive(Clone, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineageParams {
    pub from: Option<String>,
    pub to: Option<String>,
    pub last: Option<String>,
    /// The cursor: state as of this time.
    pub at: Option<String>,
    /// The second cursor.
    pub at2: Option<String>,
}

pub async fn get(
    State(state): State<AppState>,
    Path((entity, key)): Path<(String, String)>,
    Query(params): Query<LineageParams>,
) -> Answer<LineagePage> {
    let now = state.clock.now();
    let range =
        RangeParams { from: params.from.clone(), to: params.to.clone(), last: params.last.clone(), since: None };
    let range = range.range(now)?;
    let rule = state.config.rules.entity(&entity.as_str().into()).ok_or_else(|| {
        let known: Vec<_> = state.config.rules.entities.iter().map(|it| it.name.as_str()).collect();
        unknown("entity", "entity", &entity, &known)
    })?;
    let key = Key::new(&key);
    let lookup = Lookup::Key { entity: rule.name.clone(), key: key.clone() };
    // From the beginning of what is kept: what a copy held when the range began was written before it.
    let page = state.store.observations(&lookup, SourceTime::MIN..=range.to, &Paging::first(SIGHTINGS_MAX)).await?;
    if page.items.is_empty() {
        return Err(ApiError::not_found(format!(
            "{entity} {key} was never observed, or not for as long as the journal is kept"
        )));
    }
    let observations: Vec<_> = page.items.into_iter().map(|sighting| sighting.observation).collect();
    let frontiers = state.frontiers.borrow().clone();
    let lineage = plumbline_engine::lineage::lineage(rule, &key, &observations, &frontiers);
    let at = cursor("at", params.at.as_deref())?.unwrap_or(range.to);
    let filter = FindingFilter { entity: Some(rule.name.clone()), key: Some(key.clone()), ..FindingFilter::default() };
    let findings = findings::views(&state, &filter, 50).await?;
    Ok(Json(LineagePage {
        state: plumbline_engine::lineage::state_at(&lineage, at),
        second: cursor("at2", params.at2.as_deref())?.map(|at| plumbline_engine::lineage::state_at(&lineage, at)),
        head: LineageHead {
            range: shown(range, &lineage),
            entity: entity.clone(),
            key: key.to_string(),
            headline: headline(&entity, &key, &lineage, &findings),
            findings,
        },
        lineage,
        cut: page.next.is_some(),
    }))
}

fn cursor(name: &str, text: Option<&str>) -> Result<Option<SourceTime>, ApiError> {
    match text.filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => match SourceTime::parse(text) {
            Some(time) => Ok(Some(time)),
            None => Err(ApiError::bad_request(format!("`{name}`: expected an RFC 3339 time, got {text:?}")).at(name)),
        },
    }
}

/// The range, reaching back to the last change before it where nothing changed inside: an old divergence is still shown.
fn shown(range: Range, lineage: &Lineage) -> Range {
    let changes = || lineage.replicas.iter().flat_map(|replica| &replica.changes).map(|change| change.at);
    if changes().any(|at| at >= range.from) {
        return range;
    }
    let last = changes().max().unwrap_or(range.from);
    Range { from: last.minus(plumbline_model::Lag::from_secs(60)), to: range.to }
}

fn headline(entity: &str, key: &Key, lineage: &Lineage, findings: &[FindingView]) -> String {
    if let Some(open) = findings.iter().find(|it| it.open) {
        return format!("{}.", open.sentence);
    }
    let copies: Vec<_> = lineage.replicas.iter().filter(|it| !it.authority).collect();
    let verdict = |word| {
        copies
            .iter()
            .filter(|it| it.now().is_some_and(|band| band.verdict == word))
            .map(|it| it.replica.as_str())
            .collect::<Vec<_>>()
    };
    let unknown = verdict(plumbline_model::api::VerdictWord::Unknown);
    let lagging = verdict(plumbline_model::api::VerdictWord::Lagging);
    // What nobody holds agrees with nothing: of such a key only events were seen.
    let silent = lineage.replicas.iter().all(|it| it.changes.is_empty());
    match () {
        () if silent => format!("No place was seen to hold {entity} {key}, so there is nothing to compare."),
        () if copies.iter().all(|it| it.now().is_none()) => {
            format!("No copy of {entity} {key} was seen yet, so there is nothing to compare.")
        }
        () if !unknown.is_empty() => format!("{entity} {key}: not known of {}.", unknown.join(", ")),
        () if !lagging.is_empty() => format!("{entity} {key} is on its way to {}.", lagging.join(", ")),
        () => format!("Every copy of {entity} {key} agrees with its authority."),
    }
}

#[derive(Clone, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyParams {
    pub q: Option<String>,
    pub cursor: Option<String>,
    pub limit: Option<u32>,
}

/// Keys of which a copy does not agree, newest first; with `q` only keys that contain it.
pub async fn keys(State(state): State<AppState>, Query(params): Query<KeyParams>) -> Answer<Page<KeyHit>> {
    let filter =
        FindingFilter { open: Some(true), rule: Some(plumbline_model::Rule::Convergence), ..FindingFilter::default() };
    let page =
        state.store.findings(&filter, FindingOrder::Newest, &paging(params.cursor.as_deref(), params.limit)?).await?;
    let mut hits: Vec<KeyHit> = Vec::new();
    for row in &page.items {
        let plumbline_model::Subject::Replica { entity, key, .. } = &row.finding.subject else { continue };
        if params.q.as_deref().is_some_and(|text| !key.as_str().contains(text)) {
            continue;
        }
        match hits.iter_mut().find(|hit| hit.entity == entity.as_str() && hit.key == key.as_str()) {
            Some(hit) => hit.open_findings += 1,
            None => hits.push(KeyHit { entity: entity.to_string(), key: key.to_string(), open_findings: 1 }),
        }
    }
    Ok(Json(Page { items: hits, next: page.next.map(|cursor| cursor.to_string()), total: None }))
}

#[cfg(test)]
mod tests {
    use plumbline_model::{
        api::VerdictWord,
        lineage::{Band, ReplicaLineage},
    };

    use super::*;

    #[test]
    fn a_key_that_no_place_was_seen_to_hold_agrees_with_nothing() {
        let band =
            Band { from: SourceTime(0), to: None, verdict: VerdictWord::Converged, reason: None, why: None, due: None };
        let replica = |name: &str, authority: bool| ReplicaLineage {
            replica: name.to_owned(),
            source: name.to_owned(),
            authority,
            fields: Vec::new(),
            within_seconds: 5.0,
            changes: Vec::new(),
            bands: if authority { Vec::new() } else { vec![band.clone()] },
        };
        let lineage = Lineage {
            entity: "order".to_owned(),
            key: "o-1".to_owned(),
            fields: Vec::new(),
            replicas: vec![replica("orders", true), replica("order-view", false)],
            events: Vec::new(),
        };
        let said = headline("order", &Key::new("o-1"), &lineage, &[]);
        assert_eq!(said, "No place was seen to hold order o-1, so there is nothing to compare.");
    }
}
