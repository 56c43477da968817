//! `GET /latency`: where does the time go? Everything comes from rollups; traces are behind `/traces`.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use plumbline_model::{
    Lag, Rule, Sketch, Subject,
    api::{EdgeView, HotspotRow, LatencyPage, Range, RootRow},
    finding::Detail,
    rollup::{Amount, PathTime, Series},
    span::EdgeKind,
    time::Minute,
    trace::PathPlace,
};
use plumbline_store::{FindingFilter, FindingOrder, Paging, RollupQuery, SeriesKind};
use serde::Deserialize;

use super::{
    Answer, charts, heat,
    params::{Grid, RangeParams},
    service_map::Reds,
};
use crate::{
    http::{AppState, extract::Query, problem::ApiError},
    report,
};

/// Rows of the hotspot table at most; the rest is counted in words.
const HOTSPOTS: usize = 40;

#[derive(Clone, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LatencyParams {
    pub from: Option<String>,
    pub to: Option<String>,
    pub last: Option<String>,
    /// The root operation of the heat map; the busiest one by default.
    pub service: Option<String>,
    pub operation: Option<String>,
}

pub async fn get(State(state): State<AppState>, Query(params): Query<LatencyParams>) -> Answer<LatencyPage> {
    let range =
        RangeParams { from: params.from.clone(), to: params.to.clone(), last: params.last.clone(), since: None };
    let range = range.range(state.clock.now())?;
    let grid = Grid::of(range);
    let (paths, earlier, roots, above, red) = tokio::try_join!(
        Paths::over_time(&state, grid),
        Paths::whole(&state, Grid::of(baseline(&state, range).0)),
        roots(&state, grid),
        open_hotspots(&state),
        Reds::load(&state, grid),
    )?;
    let mut hotspots = hotspots(&paths, &earlier, &above, grid);
    let errors = red.error_shares();
    for row in &mut hotspots {
        row.error_share = errors.get(&row.name).copied();
    }
    let chosen = roots
        .iter()
        .find(|(row, _)| {
            Some(&row.service) == params.service.as_ref() && Some(&row.operation) == params.operation.as_ref()
        })
        .or_else(|| roots.first());
    let heat = chosen.map(|(_, steps)| heat::map(grid, steps)).unwrap_or_default();
    let more = hotspots.len().saturating_sub(HOTSPOTS);
    hotspots.truncate(HOTSPOTS);
    let mut not_counted = Vec::new();
    if more > 0 {
        not_counted.push(format!("{more} more operations and edges with smaller shares"));
    }
    let incomplete: u64 = roots.iter().map(|(row, _)| row.incomplete).sum();
    if incomplete > 0 {
        not_counted.push(format!("{incomplete} traces that were incomplete when they were sealed"));
    }
    not_counted.push("traces that are not sealed yet: a trace counts 10 s after its last span".to_owned());
    Ok(Json(LatencyPage {
        range,
        headline: headline(&hotspots, &roots),
        axis: grid.axis(),
        roots: roots.into_iter().map(|(row, _)| row).collect(),
        hotspots,
        not_counted,
        heat,
        map: red.map(&above.keys().cloned().collect(), range),
        baseline: baseline(&state, range).1,
    }))
}

fn headline(rows: &[HotspotRow], roots: &[(RootRow, Vec<(Minute, PathTime)>)]) -> String {
    let above: Vec<_> = rows.iter().filter(|row| row.above).collect();
    let compared = rows.iter().any(|row| row.before.p95_seconds.is_some());
    match (above.as_slice(), rows.first()) {
        ([], _) if roots.is_empty() => "No trace has been seen in this range.".to_owned(),
        ([], Some(first)) if !compared => {
            format!("Most time on the critical path goes to {}; there is nothing to compare with yet.", first.name)
        }
        ([], Some(first)) => {
            format!("Nothing is slower than before; most time on the critical path goes to {}.", first.name)
        }
        ([], None) => "Nothing is slower than before.".to_owned(),
        ([one], _) => format!("{} is slower than before{}.", one.name, excess(one)),
        (some, _) => {
            format!("{} places are slower than before, {} the most{}.", some.len(), some[0].name, excess(some[0]))
        }
    }
}

fn excess(row: &HotspotRow) -> String {
    row.excess_seconds.map_or_else(String::new, |seconds| format!(": +{} at p95", Lag((seconds * 1e9) as i64)))
}

/// The window to compare with, and how it is called (SEM-20): the same window earlier, if the journal goes back that far.
fn baseline(state: &AppState, range: Range) -> (Range, String) {
    let ago = state.config.rules.latency.baseline;
    let earlier = Range { from: range.from.minus(ago), to: range.to.minus(ago) };
    if state.config.watching_since.is_some_and(|since| since <= earlier.from) {
        return (earlier, format!("the same window {ago} earlier"));
    }
    let before = Range { from: range.from.minus(range.length()), to: range.from };
    (before, "the preceding window; there is not enough history for more".to_owned())
}

/// Time on critical paths by place.
struct Paths {
    places: BTreeMap<PathPlace, (PathTime, Vec<(Minute, Sketch)>)>,
    /// All time on all paths: the denominator of shares.
    total: Lag,
}

impl Paths {
    async fn over_time(state: &AppState, grid: Grid) -> Result<Self, ApiError> {
        Self::load(state, |kind| RollupQuery::steps(kind, grid.from, grid.to, grid.step_minutes)).await
    }

    /// Without points over time, which costs a fraction over hours and days.
    async fn whole(state: &AppState, grid: Grid) -> Result<Self, ApiError> {
        Self::load(state, |kind| RollupQuery::sums(kind, grid.from, grid.to)).await
    }

    async fn load(state: &AppState, query: impl Fn(SeriesKind) -> RollupQuery) -> Result<Self, ApiError> {
        let mut places: BTreeMap<PathPlace, (PathTime, Vec<(Minute, Sketch)>)> = BTreeMap::new();
        let of = |kind| {
            let query = query(kind);
            async move { state.store.rollups(&query).await }
        };
        let (operations, edges) = tokio::try_join!(of(SeriesKind::OperationPath), of(SeriesKind::EdgePath))?;
        for points in [operations, edges] {
            for point in points {
                let place = match point.series {
                    Series::OperationPath { service, operation } => PathPlace::Operation { service, operation },
                    Series::EdgePath { from, to, edge } => PathPlace::Edge { from, to, edge },
                    _ => continue,
                };
                let Amount::Path(path) = point.amount else { continue };
                let (sum, steps) = places.entry(place).or_default();
                steps.push((point.start, path.time.clone()));
                let mut whole = Amount::Path(std::mem::take(sum));
                whole.add(&Amount::Path(path));
                if let Amount::Path(whole) = whole {
                    *sum = whole;
                }
            }
        }
        let total = places.values().fold(Lag::ZERO, |sum, (path, _)| sum.saturating_add(path.time.sum()));
        Ok(Self { places, total })
    }

    fn share(&self, path: &PathTime) -> Option<f64> {
        (self.total.0 > 0).then(|| path.time.sum().0 as f64 / self.total.0 as f64)
    }
}

/// Operations and edges: those above their baseline by excess, the others by share.
fn hotspots(paths: &Paths, earlier: &Paths, above: &BTreeMap<Subject, Above>, grid: Grid) -> Vec<HotspotRow> {
    let mut rows: Vec<_> = paths
        .places
        .iter()
        .map(|(place, (path, steps))| {
            let before = earlier.places.get(place).map(|it| &it.0).filter(|it| !it.time.is_empty());
            let finding = above.get(&subject(place));
            let p95 = |path: &PathTime| path.time.quantile_ppm(950_000).map(Lag::seconds);
            let excess = match finding {
                Some(found) => Some(found.excess.seconds()),
                None => p95(path).zip(before.and_then(p95)).map(|(now, before)| now - before),
            };
            let (shape, service, operation, edge) = parts(place);
            HotspotRow {
                shape: shape.to_owned(),
                name: name(place),
                service,
                operation,
                edge,
                traces: path.traces,
                share: paths.share(path).unwrap_or(0.0),
                now: report::quantiles(&path.time),
                before: before.map(|it| report::quantiles(&it.time)).unwrap_or_default(),
                share_before: before.and_then(|it| earlier.share(it)),
                excess_seconds: excess,
                margin_seconds: None,
                above: finding.is_some(),
                since: finding.and_then(|it| it.since),
                includes_caller: false,
                error_share: None,
                p95_line: charts::line(
                    grid,
                    steps.iter().filter_map(|(minute, time)| Some((*minute, time.quantile_ppm(950_000)?.seconds()))),
                ),
                exemplars: path.exemplars.iter().map(|(trace, _)| trace.to_string()).collect(),
            }
        })
        .collect();
    rows.sort_by(|left, right| {
        let by_excess = || right.excess_seconds.unwrap_or(0.0).total_cmp(&left.excess_seconds.unwrap_or(0.0));
        let by_share = || right.share.total_cmp(&left.share);
        right.above.cmp(&left.above).then_with(|| if left.above { by_excess() } else { by_share() })
    });
    rows
}

fn subject(place: &PathPlace) -> Subject {
    match place.clone() {
        PathPlace::Operation { service, operation } => Subject::Operation { service, operation },
        PathPlace::Edge { from, to, edge } => Subject::Edge { from, to, edge },
    }
}

/// How a place is called everywhere: `payment POST /authorise`, `orders → orders-db`.
pub fn name(place: &PathPlace) -> String {
    match place {
        PathPlace::Operation { service, operation } => format!("{service} {operation}"),
        PathPlace::Edge { from, to, .. } => format!("{from} → {to}"),
    }
}

fn parts(place: &PathPlace) -> (&'static str, String, Option<String>, Option<EdgeView>) {
    match place {
        PathPlace::Operation { service, operation } => {
            ("operation", service.to_string(), Some(operation.to_string()), None)
        }
        PathPlace::Edge { from, to, edge } => {
            let kind = kind(*edge);
            let view = EdgeView { from: from.to_string(), to: to.to_string(), kind: kind.to_owned() };
            (kind, from.to_string(), None, Some(view))
        }
    }
}

pub const fn kind(edge: EdgeKind) -> &'static str {
    match edge {
        EdgeKind::Network => "network",
        EdgeKind::Topic => "topic",
        EdgeKind::Database => "database",
        EdgeKind::Cache => "cache",
        EdgeKind::Outside => "outside",
    }
}

/// What an open hotspot finding says.
pub struct Above {
    excess: Lag,
    since: Option<plumbline_model::SourceTime>,
}

pub async fn open_hotspots(state: &AppState) -> Result<BTreeMap<Subject, Above>, ApiError> {
    let filter = FindingFilter { open: Some(true), rule: Some(Rule::Hotspot), ..FindingFilter::default() };
    let page = state.store.findings(&filter, FindingOrder::Longest, &Paging::first(200)).await?;
    let found = page.items.into_iter().filter_map(|row| match row.finding.detail {
        Detail::Slower { p95, baseline_p95, .. } => {
            Some((row.finding.subject, Above { excess: Lag(p95.0 - baseline_p95.0), since: row.finding.since }))
        }
        _ => None,
    });
    Ok(found.collect())
}

/// The worst hotspot in words, for Overview; empty where there is none.
pub async fn worst(state: &AppState) -> Result<String, ApiError> {
    let open = open_hotspots(state).await?;
    let worst = open.iter().max_by_key(|(_, above)| above.excess);
    Ok(worst.map_or_else(String::new, |(subject, above)| {
        let place = match subject {
            Subject::Operation { service, operation } => format!("{service} {operation}"),
            Subject::Edge { from, to, .. } => format!("{from} → {to}"),
            _ => String::new(),
        };
        format!("{place} +{} at p95", above.excess)
    }))
}

/// Traces of a range, and whether there are earlier ones that their durations can be compared with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Compared {
    pub traces: u64,
    pub earlier: bool,
}

pub async fn compared(state: &AppState, range: Range) -> Result<Compared, ApiError> {
    let traces = async |range: Range| {
        let grid = Grid::of(range);
        let points = state.store.rollups(&RollupQuery::sums(SeriesKind::Root, grid.from, grid.to)).await?;
        let traces = points.iter().map(|point| if let Amount::Path(path) = &point.amount { path.traces } else { 0 });
        Ok::<u64, ApiError>(traces.sum())
    };
    Ok(Compared { traces: traces(range).await?, earlier: traces(baseline(state, range).0).await? > 0 })
}

/// The rows above their baseline, for the report; the busiest few where there is none.
pub async fn rows_above(state: &AppState, range: Range) -> Result<Vec<HotspotRow>, ApiError> {
    let grid = Grid::of(range);
    let (paths, earlier, above) = tokio::try_join!(
        Paths::over_time(state, grid),
        Paths::whole(state, Grid::of(baseline(state, range).0)),
        open_hotspots(state),
    )?;
    let mut rows = hotspots(&paths, &earlier, &above, grid);
    let above = rows.iter().filter(|row| row.above).count();
    rows.truncate(above.max(10));
    Ok(rows)
}

/// Root operations with their points over time, busiest first.
async fn roots(state: &AppState, grid: Grid) -> Result<Vec<(RootRow, Vec<(Minute, PathTime)>)>, ApiError> {
    let query = RollupQuery::steps(SeriesKind::Root, grid.from, grid.to, grid.step_minutes);
    let mut roots: BTreeMap<(String, String), Vec<(Minute, PathTime)>> = BTreeMap::new();
    for point in state.store.rollups(&query).await? {
        if let (Series::Root { service, operation }, Amount::Path(path)) = (point.series, point.amount) {
            roots.entry((service.to_string(), operation.to_string())).or_default().push((point.start, path));
        }
    }
    let mut rows: Vec<_> = roots
        .into_iter()
        .map(|((service, operation), steps)| {
            let mut durations = Sketch::default();
            steps.iter().for_each(|(_, path)| durations.merge(&path.time));
            let p95 =
                steps.iter().filter_map(|(minute, path)| Some((*minute, path.time.quantile_ppm(950_000)?.seconds())));
            let row = RootRow {
                service,
                operation,
                traces: steps.iter().map(|(_, path)| path.traces).sum(),
                incomplete: steps.iter().map(|(_, path)| path.incomplete).sum(),
                duration: report::quantiles(&durations),
                p95_line: charts::line(grid, p95),
            };
            (row, steps)
        })
        .collect();
    rows.sort_by_key(|(row, _)| std::cmp::Reverse(row.traces));
    Ok(rows)
}
