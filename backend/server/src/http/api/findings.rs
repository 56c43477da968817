//! `GET /findings` and `GET /findings/{id}`.

use axum::{Json, extract::State};
use plumbline_model::{
    FindingId, Reason, ReceivedTime, Rule,
    api::{FindingView, Page, Range},
    prose::{self, Times},
};
use plumbline_store::{FindingFilter, FindingOrder, FindingRow, Paging};
use serde::Deserialize;

use super::{
    Answer,
    params::{RangeParams, named, paging},
};
use crate::http::{
    AppState,
    extract::{Path, Query},
    problem::ApiError,
};

/// Which findings; all filters must hold.
#[derive(Clone, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingParams {
    /// `open` (default), `resolved` or `all`.
    pub state: Option<String>,
    pub rule: Option<String>,
    pub reason: Option<String>,
    pub entity: Option<String>,
    pub replica: Option<String>,
    pub key: Option<String>,
    pub saga: Option<String>,
    pub instance: Option<String>,
    pub step: Option<String>,
    pub service: Option<String>,
    /// `longest` (default) or `newest`.
    pub sort: Option<String>,
    pub cursor: Option<String>,
    pub limit: Option<u32>,
    pub from: Option<String>,
    pub to: Option<String>,
    pub last: Option<String>,
}

impl FindingParams {
    fn filter(&self, now: ReceivedTime) -> Result<FindingFilter, ApiError> {
        let open = match self.state.as_deref() {
            None | Some("open" | "") => Some(true),
            Some("resolved") => Some(false),
            Some("all") => None,
            Some(other) => return Err(expected("state", "open, resolved or all", other)),
        };
        let rule: Option<Rule> = match self.rule.as_deref().filter(|text| !text.is_empty()) {
            None => None,
            Some(word) => Some(serde_json::from_value(word.into()).map_err(|_| {
                expected("rule", "convergence, saga_step, saga_whole, saga_compensation or hotspot", word)
            })?),
        };
        let bounded = self.from.is_some() || self.to.is_some() || self.last.is_some();
        let range = RangeParams { from: self.from.clone(), to: self.to.clone(), last: self.last.clone(), since: None };
        // Open findings are shown whatever the range: they are wrong now.
        let range = if bounded && open != Some(true) { Some(range.range(now)?) } else { None };
        Ok(FindingFilter {
            open,
            rule,
            reason: self.reason.as_deref().filter(|text| !text.is_empty()).map(reason).transpose()?,
            entity: named(self.entity.as_ref()),
            replica: named(self.replica.as_ref()),
            key: named(self.key.as_ref()),
            saga: named(self.saga.as_ref()),
            instance: named(self.instance.as_ref()),
            step: named(self.step.as_ref()),
            service: named(self.service.as_ref()),
            open_after: range.map(|range| ReceivedTime(range.from.0)),
            opened_before: range.map(|range| ReceivedTime(range.to.0)),
            ..FindingFilter::default()
        })
    }
}

/// A reason as rows hold it: `lost_update`, also where a person writes `lost update`.
fn reason(text: &str) -> Result<String, ApiError> {
    let word = text.replace(' ', "_");
    let known: Vec<_> = Reason::ALL
        .map(|reason| reason.word().replace(' ', "_"))
        .into_iter()
        .chain(OTHERS.map(str::to_owned))
        .collect();
    if known.contains(&word) { Ok(word) } else { Err(expected("reason", &known.join(", "), text)) }
}

/// The reasons of findings about sagas and latency.
const OTHERS: [&str; 3] = ["stuck", "compensation_owed", "slower"];

/// The error of a parameter that takes one of a few words.
pub fn expected(name: &str, words: &str, got: &str) -> ApiError {
    ApiError::bad_request(format!("`{name}`: expected {words}, got {got:?}")).at(name)
}

/// Findings counted for `total` at most.
const COUNT_MAX: u64 = 100_000;

pub async fn list(State(state): State<AppState>, Query(params): Query<FindingParams>) -> Answer<Page<FindingView>> {
    let filter = params.filter(state.clock.now())?;
    let order = match params.sort.as_deref() {
        Some("newest") => FindingOrder::Newest,
        None | Some("longest" | "") => FindingOrder::Longest,
        Some(other) => return Err(expected("sort", "newest or longest", other)),
    };
    let page = state.store.findings(&filter, order, &paging(params.cursor.as_deref(), params.limit)?).await?;
    let total = state.store.count_findings(&filter, COUNT_MAX).await?;
    let next = page.next.map(|cursor| cursor.to_string());
    Ok(Json(Page { items: page.items.iter().map(view).collect(), next, total: Some(total) }))
}

pub async fn one(State(state): State<AppState>, Path(id): Path<String>) -> Answer<FindingView> {
    let parsed = FindingId::parse(&id).ok_or_else(|| {
        ApiError::bad_request(format!("expected a finding id such as f-0123456789abcdef, got {id:?}"))
    })?;
    let row = state.store.finding(parsed).await?;
    row.map(|row| Json(view(&row))).ok_or_else(|| ApiError::not_found(format!("there is no finding {id}")))
}

/// As the API answers it: a page writes the times of the sentence in its reader's zone.
pub fn view(row: &FindingRow) -> FindingView {
    view_in(row, Times::Stamped)
}

fn view_in(row: &FindingRow, times: Times) -> FindingView {
    let sentence = prose::finding_in(&row.finding, times);
    FindingView::new(&row.finding, sentence, row.incident.map(|it| it.1))
}

/// All findings that match, up to `limit`, those open for longest first.
pub async fn views(state: &AppState, filter: &FindingFilter, limit: u32) -> Result<Vec<FindingView>, ApiError> {
    views_in(state, filter, limit, Times::Stamped).await
}

/// As [`views`], with times as `times` says.
pub async fn views_in(
    state: &AppState,
    filter: &FindingFilter,
    limit: u32,
    times: Times,
) -> Result<Vec<FindingView>, ApiError> {
    let page = state.store.findings(filter, FindingOrder::Longest, &Paging::first(limit)).await?;
    Ok(page.items.iter().map(|row| view_in(row, times)).collect())
}

/// What was open at any time of a range.
pub fn touching(range: Range) -> FindingFilter {
    FindingFilter {
        open_after: Some(ReceivedTime(range.from.0)),
        opened_before: Some(ReceivedTime(range.to.0)),
        ..FindingFilter::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_that_there_is_not_is_refused() {
        let of = |text: &str| {
            let params = FindingParams { reason: Some(text.to_owned()), ..FindingParams::default() };
            params.filter(ReceivedTime::from_secs(1)).map(|filter| filter.reason)
        };
        assert_eq!(of("lost update").unwrap().as_deref(), Some("lost_update"));
        assert_eq!(of("stuck").unwrap().as_deref(), Some("stuck"));
        assert_eq!(of("").unwrap(), None);
        let wrong = of("bad").unwrap_err();
        assert_eq!((wrong.problem().status, wrong.problem().position.as_deref()), (400, Some("reason")));
    }
}
