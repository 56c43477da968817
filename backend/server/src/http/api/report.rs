//! `GET /report`: the consistency report of a range, in the form that `format` names.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use plumbline_model::{
    Rule, SourceTime,
    api::{Coverage, Mix, Range, ReplicaReport, Report, SagaReport, Summary},
    prose::Times,
    rollup::{Amount, SagaCounts, Series},
};
use plumbline_store::{FindingFilter, Paging, RollupQuery, SeriesKind};
use serde::Deserialize;

use super::{
    chosen::Chosen,
    collectors,
    figures::Figures,
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
/// Records that could not be read, in a report at most.
const SAMPLES: usize = 10;

#[derive(Clone, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportParams {
    pub from: Option<String>,
    pub to: Option<String>,
    pub last: Option<String>,
    pub since: Option<String>,
    pub entity: Option<String>,
    pub replica: Option<String>,
    /// `json` (default), `html`, `svg`, `md`, `csv` or `text`.
    pub format: Option<String>,
}

pub async fn get(State(state): State<AppState>, Query(params): Query<ReportParams>) -> Result<Response, ApiError> {
    let format = params.format.as_deref().filter(|text| !text.is_empty()).unwrap_or("json");
    let format: Format = format.parse().map_err(|_| expected("format", "json, html, svg, md, csv or text", format))?;
    // A file is read where nobody knows the reader's zone; what a page takes is stamped.
    let times = if format == Format::Json { Times::Stamped } else { Times::Utc };
    let report = report(&state, &params, times).await?;
    let body = forms::render(&report, format)
        .map_err(|error| ApiError::internal(format!("the report could not be written: {error}")))?;
    // A report tells what was observed: should any of it be taken for markup, it can still run and fetch nothing.
    let headers = [
        (header::CONTENT_TYPE, format.content_type()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
    ];
    Ok((headers, body).into_response())
}

async fn report(state: &AppState, params: &ReportParams, times: Times) -> Result<Report, ApiError> {
    let now = state.clock.now();
    let range = RangeParams {
        from: params.from.clone(),
        to: params.to.clone(),
        last: params.last.clone(),
        since: params.since.clone(),
    };
    let range = range.range(now)?;
    let chosen = Chosen::of(&state.config.rules, params.entity.as_deref(), params.replica.as_deref())?;
    let figures = Figures::load(state, range).await?;
    let filter = FindingFilter {
        entity: named(params.entity.as_ref()),
        replica: named(params.replica.as_ref()),
        ..findings::touching(range)
    };
    let mut replicas = Vec::new();
    let mut verdicts = Mix::default();
    let mut unchecked = Vec::new();
    for (entity, replica) in chosen.copies.iter().copied() {
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
    // Sagas and traces belong to no entity: a report of one is not of them.
    let (sagas, paths) = if chosen.narrowed {
        (Vec::new(), Vec::new())
    } else {
        (sagas(state, range).await?, latency::rows_above(state, range).await?)
    };
    let hotspots = count(state, &filter, Some(true), Some(Rule::Hotspot)).await?;
    let uncompared = if chosen.narrowed || hotspots > 0 {
        None
    } else {
        let compared = latency::compared(state, range).await?;
        let asked = !state.config.rules.latency.sources.is_empty();
        forms::uncompared(asked, compared.traces, compared.traces > 0 && compared.earlier)
    };
    unchecked.extend(sagas.iter().filter(|it| it.started + it.open == 0).map(|it| format!("saga {}", it.saga)));
    let consistency = figures.overall(chosen.copies.iter().copied());
    let diverged = count(state, &filter, Some(true), Some(Rule::Convergence)).await?;
    let stuck = sagas.iter().map(|it| it.stuck).sum();
    let others = !paths.is_empty() || sagas.iter().any(|it| it.started + it.open > 0);
    let summary = Summary {
        headline: forms::headline(diverged, stuck, hotspots, &consistency, others),
        verdicts,
        findings_open: count(state, &filter, Some(true), None).await?,
        findings_resolved: count(state, &filter, Some(false), None).await?,
        diverged,
        stuck,
        hotspots,
        consistency: consistency.clone(),
    };
    let records = figures.records(|source| chosen.reads(source));
    let sources = state.config.rules.sources.iter().map(|source| &source.name).filter(|source| chosen.decides(source));
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
            unwatched: figures.unwatched(state, sources),
            uncompared,
            notes: Vec::new(),
            gaps: collectors::gaps(state, range)
                .into_iter()
                .filter(|gap| chosen.reads(&gap.source.as_str().into()))
                .collect(),
            records: records.records,
            issues: records.issues,
            unmapped: Some(records.unmapped),
            issue_samples: issue_samples(state, range, &chosen).await?,
        },
        findings: findings::views_in(state, &filter, FINDINGS, times).await?,
        replicas,
        sagas,
        hotspots: paths,
    })
}

/// Findings that match, however many are listed.
async fn count(
    state: &AppState,
    filter: &FindingFilter,
    open: Option<bool>,
    rule: Option<Rule>,
) -> Result<u64, ApiError> {
    Ok(state.store.count_findings(&FindingFilter { open, rule, ..filter.clone() }, u64::MAX >> 1).await?)
}

/// The newest records of the range that could not be read, in words.
async fn issue_samples(state: &AppState, range: Range, chosen: &Chosen<'_>) -> Result<Vec<String>, ApiError> {
    let mut samples = Vec::new();
    let mut paging = Paging::first(Paging::MAX);
    loop {
        let page = state.store.issues(None, &paging).await?;
        for issue in page.items.iter().map(|row| &row.issue) {
            let received = SourceTime(issue.received.0);
            if received < range.from {
                return Ok(samples);
            }
            if received < range.to && chosen.reads(&issue.source) {
                let place = [issue.source.as_str(), issue.partition.as_str(), &issue.position];
                let place: Vec<_> = place.into_iter().filter(|part| !part.is_empty()).collect();
                samples.push(format!("{}: {}", place.join(" "), issue.reason));
            }
            if samples.len() == SAMPLES {
                return Ok(samples);
            }
        }
        match page.next {
            Some(next) => paging = Paging::after(Paging::MAX, Some(next)),
            None => return Ok(samples),
        }
    }
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
            zombie: counts.zombie,
            open: own().map(|it| it.count).sum(),
            stuck: status::stuck(own()),
            unknown: own().filter(|it| it.state == "unknown").map(|it| it.count).sum(),
        }
    };
    Ok(state.config.rules.sagas.iter().map(of).collect())
}
