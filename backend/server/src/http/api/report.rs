//! `GET /report`: the consistency report of a range, in the form that `format` names.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use plumbline_model::{
    api::{Coverage, Mix, Range, ReplicaReport, Report, SagaReport, Summary},
    rollup::{Amount, SagaCounts, Series},
};
use plumbline_store::{RollupQuery, SeriesKind};
use serde::Deserialize;

use super::{
    collectors,
    figures::{Figures, copies},
    findings::{self, expected},
    latency,
    params::{Grid, RangeParams, named},
    status,
};
use crate::{
    http::{AppState, extract::Query, problem::ApiError},
    report::{self as forms, Format},
};

/// Findings in a report at most; `summary` counts all.
const FINDINGS: u32 = 1_000;

#[derive(Clone, Default, Debug, Deserialize)]
pub struct ReportParams {
    pub from: Option<String>,
    pub to: Option<String>,
    pub last: Option<String>,
#[serde(deny_unknown_fields)]
    pub since: Option<String>,
    pub entity: Option<String>,
    pub replica: Option<String>,
    /// `json` (default), `html`, `svg`, `md`, `csv` or `text`.
    pub format: Option<String>,
}

pub async fn get(State(state): State<AppState>, Query(params): Query<ReportParams>) -> Result<Response, ApiError> {
    let format = params.format.as_deref().filter(|text| !text.is_empty()).unwrap_or("json");
    let format: Format = format.parse().map_err(|_| expected("format", "json, html, svg, md, csv or text", format))?;
    let report = report(&state, &params).await?;
    let body = forms::render(&report, format)
        .map_err(|error| ApiError::internal(format!("the report could not be written: {error}")))?;
    Ok(([(header::CONTENT_TYPE, format.content_type())], body).into_response())
}

async fn report(state: &AppState, params: &ReportParams) -> Result<Report, ApiError> {
    let now = state.clock.now();
    let range = RangeParams {
        from: params.from.clone(),
        to: params.to.clone(),
        last: params.last.clone(),
        since: params.since.clone(),
    };
    let range = range.range(now)?;
    let figures = Figures::load(state, range).await?;
    let filter = plumbline_store::FindingFilter {
        entity: named(params.entity.as_ref()),
        replica: named(params.replica.as_ref()),
        ..findings::touching(range)
    };
    let all = findings::views(state, &filter, FINDINGS).await?;
    let chosen = |entity: &str, replica: &str| {
        params.entity.as_deref().is_none_or(|it| it.is_empty() || it == entity)
            && params.replica.as_deref().is_none_or(|it| it.is_empty() || it == replica)
    };
    let mut replicas = Vec::new();
    let mut verdicts = Mix::default();
    let mut unchecked = Vec::new();
    for entity in &state.config.rules.entities {
        for replica in copies(entity).filter(|it| chosen(entity.name.as_str(), it.name.as_str())) {
            let row = figures.replica_row(entity, replica, None);
            verdicts.converged += row.keys.converged;
            verdicts.lagging += row.keys.lagging;
            verdicts.diverged += row.keys.diverged;
            verdicts.unknown += row.keys.unknown;
            if row.consistency.closed == row.consistency.unknown && row.keys.diverged == 0 {
                unchecked.push(format!("replica {} of {}", replica.name, entity.name));
            }
            replicas.push(ReplicaReport {
                entity: row.entity,
                replica: row.replica,
                within_seconds: row.within_seconds,
                keys: row.keys,
                consistency: row.consistency,
                lag: row.lag,
            });
        }
    }
    let sagas = sagas(state, range).await?;
    unchecked.extend(sagas.iter().filter(|it| it.started + it.open == 0).map(|it| format!("saga {}", it.saga)));
    let consistency = figures.overall(&state.config.rules.entities);
    let open =
        |rule: Option<&str>| all.iter().filter(|it| it.open && rule.is_none_or(|rule| it.rule == rule)).count() as u64;
    let (diverged, hotspots) = (open(Some("convergence")), open(Some("hotspot")));
    let stuck = sagas.iter().map(|it| it.stuck).sum();
    let sources = collectors::rows(state);
    let summary = Summary {
        headline: forms::headline(diverged, stuck, hotspots, &consistency),
        verdicts,
        findings_open: open(None),
        findings_resolved: all.iter().filter(|it| !it.open).count() as u64,
        diverged,
        stuck,
        hotspots,
        consistency: consistency.clone(),
    };
    Ok(Report {
        environment: state.config.environment.clone(),
        simulated: state.config.simulated,
        range,
        made: now,
        summary,
        coverage: Coverage {
            ratio: consistency.coverage,
            complete: unchecked.is_empty(),
            unchecked,
            not_checked: consistency.whys,
            gaps: collectors::gaps(state, range),
            records: sources.iter().map(|it| it.records).sum(),
            issues: sources.iter().map(|it| it.issues).sum(),
            issue_samples: issue_samples(state).await?,
        },
        findings: all,
        replicas,
        sagas,
        hotspots: latency::rows_above(state, range).await?,
    })
}

async fn issue_samples(state: &AppState) -> Result<Vec<String>, ApiError> {
    let page = state.store.issues(None, &plumbline_store::Paging::first(10)).await?;
    Ok(page
        .items
        .iter()
        .map(|row| format!("{} {} {}: {}", row.issue.source, row.issue.partition, row.issue.position, row.issue.reason))
        .collect())
}

async fn sagas(state: &AppState, range: Range) -> Result<Vec<SagaReport>, ApiError> {
    let grid = Grid::of(range);
    let points = state.store.rollups(&RollupQuery::sums(SeriesKind::Saga, grid.from, grid.to)).await?;
    let now = state.store.saga_counts().await?;
    let of = |rule: &plumbline_model::rules::SagaRule| {
        let counts = points.iter().find_map(|point| match (&point.series, &point.amount) {
            (Series::Saga { saga }, Amount::Saga(counts)) if *saga == rule.name => Some(*counts),
            _ => None,
        });
        let counts: SagaCounts = counts.unwrap_or_default();
        let own = || now.iter().filter(|it| it.saga == rule.name);
        SagaReport {
            saga: rule.name.to_string(),
            started: counts.started,
            completed: counts.completed,
            failed: counts.failed,
            open: own().map(|it| it.count).sum(),
            stuck: status::stuck(own()),
            unknown: own().filter(|it| it.state == "unknown").map(|it| it.count).sum(),
        }
    };
    Ok(state.config.rules.sagas.iter().map(of).collect())
}
