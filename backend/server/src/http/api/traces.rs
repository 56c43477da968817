//! `GET /traces` and `GET /traces/{trace}`. The page of a trace is made from all of its spans, those included that came late.

use std::ops::RangeInclusive;

use axum::{Json, extract::State};
use plumbline_model::{
    Fact, Lag, SourceTime, TraceId,
    api::{Page, TraceRow},
    span::SpanFact,
    trace::{TraceSummary, TraceView},
};
use plumbline_store::{Lookup, Paging, TraceFilter, TraceOrder};
use serde::Deserialize;

use super::{
    Answer,
    findings::expected,
    latency,
    params::{RangeParams, named, paging},
};
use crate::http::{
    AppState,
    extract::{Path, Query},
    problem::ApiError,
};

#[derive(Clone, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TraceParams {
    pub from: Option<String>,
    pub to: Option<String>,
    pub last: Option<String>,
    pub service: Option<String>,
    pub operation: Option<String>,
    pub min_seconds: Option<f64>,
    pub max_seconds: Option<f64>,
    /// Only traces with a failed span.
    pub errors: Option<bool>,
    /// `newest` (default) or `slowest`.
    pub sort: Option<String>,
    pub cursor: Option<String>,
    pub limit: Option<u32>,
}

pub async fn list(State(state): State<AppState>, Query(params): Query<TraceParams>) -> Answer<Page<TraceRow>> {
    let range =
        RangeParams { from: params.from.clone(), to: params.to.clone(), last: params.last.clone(), since: None };
    let range = range.range(state.clock.now())?;
    let seconds = |seconds: f64| Lag((seconds * 1e9) as i64);
    let filter = TraceFilter {
        min_duration: params.min_seconds.map(seconds),
        max_duration: params.max_seconds.map(seconds),
        service: named(params.service.as_ref()),
        operation: named(params.operation.as_ref()),
        failed: params.errors.filter(|only| *only),
        ..TraceFilter::between(range.from..=range.to)
    };
    let order = match params.sort.as_deref() {
        None | Some("newest" | "") => TraceOrder::Newest,
        Some("slowest") => TraceOrder::Slowest,
        Some(other) => return Err(expected("sort", "newest or slowest", other)),
    };
    let page = state.store.traces(&filter, order, &paging(params.cursor.as_deref(), params.limit)?).await?;
    let next = page.next.map(|cursor| cursor.to_string());
    Ok(Json(Page { items: page.items.iter().map(row).collect(), next, total: None }))
}

fn row(it: &TraceSummary) -> TraceRow {
    TraceRow {
        trace: it.trace.to_string(),
        service: it.service.to_string(),
        operation: it.operation.to_string(),
        start: it.start,
        duration_seconds: it.duration.seconds(),
        spans: it.spans,
        services: it.services,
        errors: it.errors,
        incomplete: it.incomplete,
        late_spans: it.late_spans,
        longest: it.longest.as_ref().map(|(place, _)| latency::name(place)),
        longest_seconds: it.longest.as_ref().map(|(_, lag)| lag.seconds()),
    }
}

/// Spans of one trace that are read for its page at most (LIM-1); a longer trace says that it was cut.
const SPANS_MAX: usize = 100_000;
const ALL_TIMES: RangeInclusive<SourceTime> = SourceTime::MIN..=SourceTime::MAX;

pub async fn one(State(state): State<AppState>, Path(trace): Path<String>) -> Answer<TraceView> {
    let id = TraceId::from_hex(&trace)
        .ok_or_else(|| ApiError::bad_request(format!("expected a trace id of 32 hexadecimal digits, got {trace:?}")))?;
    let spans = spans(&state, id).await?;
    if spans.is_empty() {
        return Err(ApiError::not_found(format!("no span of trace {trace} is in the journal")));
    }
    let view = tokio::task::spawn_blocking(move || plumbline_engine::latency::trace_view(&spans)).await;
    view.map(Json).map_err(|error| ApiError::internal(format!("the trace could not be drawn: {error}")))
}

/// All spans of a trace, and of traces linked to it by what it produced.
async fn spans(state: &AppState, id: TraceId) -> Result<Vec<SpanFact>, ApiError> {
    let mut spans = Vec::new();
    let mut paging = Paging::first(Paging::MAX);
    loop {
        let page = state.store.observations(&Lookup::Trace(id), ALL_TIMES, &paging).await?;
        let facts = page.items.into_iter().filter_map(|sighting| match sighting.observation.fact {
            Fact::Span(span) => Some(*span),
            _ => None,
        });
        spans.extend(facts);
        match page.next {
            Some(next) if spans.len() < SPANS_MAX => paging = Paging::after(Paging::MAX, Some(next)),
            _ => return Ok(spans),
        }
    }
}
