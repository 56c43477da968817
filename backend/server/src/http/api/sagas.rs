//! `GET /sagas`, `/sagas/{saga}/instances`, `/sagas/{saga}/{instance}`: which transactions will not finish?

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use plumbline_model::{
    CorrelationId, SagaName, Why,
    api::{
        FindingView, Page, Range, SagaEventView, SagaInstancePage, SagaRow, SagaStage, SagaStepView, SagaType,
        SagasPage,
    },
    prose,
    rollup::{Amount, Red, SagaCounts, Series},
    rules::SagaRule,
    saga::{SagaInstance, SagaRole, SagaState},
};
use plumbline_store::{FindingFilter, RollupQuery, SagaCount, SagaFilter, SagaOrder, SeriesKind};
use serde::Deserialize;

use super::{
    Answer, charts,
    findings::{self, expected},
    params::{Grid, RangeParams, named, paging},
};
use crate::{
    http::{
        AppState,
        extract::{Path, Query},
        problem::ApiError,
    },
    report,
};

/// Passages of events by (saga, event) over a range.
type Passages = BTreeMap<(String, String), Red>;

pub async fn page(State(state): State<AppState>, Query(params): Query<RangeParams>) -> Answer<SagasPage> {
    let range = params.range(state.clock.now())?;
    let grid = Grid::of(range);
    let passages = passages(&state, grid).await?;
    let waiting = state.store.saga_counts().await?;
    let counts = RollupQuery::steps(SeriesKind::Saga, grid.from, grid.to, grid.step_minutes).most();
    let counts = state.store.rollups(&counts).await?;
    let mut sagas = Vec::new();
    for rule in &state.config.rules.sagas {
        let own = counts.iter().filter_map(|point| match (&point.series, &point.amount) {
            (Series::Saga { saga }, Amount::Saga(counts)) if *saga == rule.name => Some((point.start, *counts)),
            _ => None,
        });
        let own: Vec<_> = own.collect();
        let total = own.iter().fold(SagaCounts::default(), |mut sum, (_, counts)| {
            sum.started += counts.started;
            sum.completed += counts.completed;
            sum.failed += counts.failed;
            sum
        });
        let now = |words: &[&str]| in_state(&waiting, rule, words);
        sagas.push(SagaType {
            saga: rule.name.to_string(),
            origin: "declared".to_owned(),
            open: waiting.iter().filter(|it| it.saga == rule.name).map(|it| it.count).sum(),
            stuck: now(&["stuck", "compensation owed"]),
            at_risk: now(&["at risk"]),
            unknown: now(&["unknown"]),
            started: total.started,
            completed: total.completed,
            failed: total.failed,
            within_seconds: rule.within.map(|lag| lag.seconds()),
            stages: stages(rule, &passages, &waiting),
            stuck_line: charts::line(grid, own.iter().map(|(minute, counts)| (*minute, counts.stuck as f64))),
        });
    }
    Ok(Json(SagasPage { range, headline: headline(&sagas), sagas, axis: grid.axis() }))
}

fn headline(sagas: &[SagaType]) -> String {
    let stuck: u64 = sagas.iter().map(|it| it.stuck).sum();
    let open: u64 = sagas.iter().map(|it| it.open).sum();
    let unknown: u64 = sagas.iter().map(|it| it.unknown).sum();
    match (stuck, open) {
        _ if sagas.is_empty() => "No saga is declared yet.".to_owned(),
        (0, 0) if sagas.iter().all(|it| it.started == 0) => {
            "No transaction is open, and none began in this range.".to_owned()
        }
        (0, 0) => "No transaction is open.".to_owned(),
        (0, _) if unknown > 0 => {
            format!("No transaction is known to be stuck; {unknown} of {open} open ones could not be judged.")
        }
        (0, _) => format!("All {open} open transactions are in time."),
        (1, _) => format!("1 of {open} open transactions will not finish by itself."),
        _ => format!("{stuck} of {open} open transactions will not finish by themselves."),
    }
}

async fn passages(state: &AppState, grid: Grid) -> Result<Passages, ApiError> {
    let points = state.store.rollups(&RollupQuery::sums(SeriesKind::Step, grid.from, grid.to)).await?;
    let red = points.into_iter().filter_map(|point| match (point.series, point.amount) {
        (Series::Step { saga, event }, Amount::Red(red)) => Some(((saga.to_string(), event.to_string()), red)),
        _ => None,
    });
    Ok(red.collect())
}

fn in_state(waiting: &[SagaCount], rule: &SagaRule, words: &[&str]) -> u64 {
    let own = waiting.iter().filter(|it| it.saga == rule.name && words.contains(&it.state.as_str()));
    own.map(|it| it.count).sum()
}

/// The funnel: passages in the range, waiting now (not a cohort, so that old stuck instances are not lost).
fn stages(rule: &SagaRule, passages: &Passages, waiting: &[SagaCount]) -> Vec<SagaStage> {
    let passed = |event: &str| passages.get(&(rule.name.to_string(), event.to_owned())).cloned().unwrap_or_default();
    let stage = |role: &str, event: &str| {
        let red = passed(event);
        let waits = waiting
            .iter()
            .filter(|it| it.saga == rule.name && it.waiting_for.as_ref().is_some_and(|waits| waits.as_str() == event));
        let (mut now, mut stuck, mut unknown) = (0, 0, 0);
        for it in waits {
            now += it.count;
            match it.state.as_str() {
                "stuck" | "compensation owed" => stuck += it.count,
                "unknown" => unknown += it.count,
                _ => {}
            }
        }
        SagaStage {
            role: role.to_owned(),
            event: event.to_owned(),
            owner: None,
            passed: red.count,
            since_before: report::quantiles(&red.duration),
            waiting: now,
            stuck,
            unknown,
            within_seconds: None,
            compensate: None,
            compensated: 0,
        }
    };
    let mut stages = vec![stage("start", rule.start.as_str())];
    stages.extend(rule.steps.iter().map(|step| SagaStage {
        owner: step.owner.as_ref().map(ToString::to_string),
        within_seconds: step.within.map(|lag| lag.seconds()),
        compensate: step.compensate.as_ref().map(ToString::to_string),
        compensated: step.compensate.as_ref().map_or(0, |event| passed(event.as_str()).count),
        ..stage("step", step.event.as_str())
    }));
    stages.extend(rule.completed.iter().map(|event| stage("completed", event.as_str())));
    stages.extend(rule.failed.iter().map(|event| stage("failed", event.as_str())));
    stages
}

#[derive(Clone, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstanceParams {
    /// `open` (default), `stuck`, `at_risk`, `unknown`, `on_course`, `ended` or `all`.
    pub state: Option<String>,
    pub waiting_for: Option<String>,
    /// The instance's id, whole.
    pub q: Option<String>,
    pub cursor: Option<String>,
    pub limit: Option<u32>,
}

#[derive(Clone, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunParams {
    /// The newest by default.
    pub run: Option<u32>,
}

pub async fn instances(
    State(state): State<AppState>,
    Path(saga): Path<String>,
    Query(params): Query<InstanceParams>,
) -> Answer<Page<SagaRow>> {
    let rule = find(&state, &saga)?;
    let (open, states) = match params.state.as_deref() {
        None | Some("open" | "") => (Some(true), vec![]),
        Some("stuck") => (Some(true), vec!["stuck", "compensation owed"]),
        Some("at_risk") => (Some(true), vec!["at risk"]),
        Some("unknown") => (Some(true), vec!["unknown"]),
        Some("on_course") => (Some(true), vec!["on course", "compensating"]),
        Some("ended") => (Some(false), vec![]),
        Some("all") => (None, vec![]),
        Some(other) => return Err(expected("state", "open, stuck, at_risk, unknown, on_course, ended or all", other)),
    };
    let filter = SagaFilter {
        saga: Some(rule.name.clone()),
        instance: named(params.q.as_ref()),
        states,
        open,
        waiting_for: named(params.waiting_for.as_ref()),
        ..SagaFilter::default()
    };
    // Of those that have ended the newest come first.
    let page = state.store.sagas(&filter, SagaOrder::Worst, &paging(params.cursor.as_deref(), params.limit)?).await?;
    let next = page.next.as_ref().map(ToString::to_string);
    Ok(Json(Page { items: page.items.iter().map(|it| row(rule, it)).collect(), next, total: None }))
}

fn find<'a>(state: &'a AppState, saga: &str) -> Result<&'a SagaRule, ApiError> {
    let rules = &state.config.rules;
    rules.saga(&SagaName::new(saga)).ok_or_else(|| {
        let known: Vec<_> = rules.sagas.iter().map(|it| it.name.as_str()).collect();
        ApiError::not_found(format!("there is no saga {saga:?}; declared: {}", known.join(", ")))
    })
}

/// One line of the list.
pub fn row(rule: &SagaRule, it: &SagaInstance) -> SagaRow {
    let step = match &it.state {
        SagaState::Stuck { step } => Some(step.to_string()),
        _ => None,
    };
    let why = match &it.state {
        SagaState::Unknown { why } => Some(why_words(why)),
        _ => None,
    };
    let awaited = it.waiting_for.first();
    let declared = rule.steps.iter().find(|step| Some(&step.event) == awaited).and_then(|step| step.within);
    let declared = match &it.state {
        SagaState::CompensationOwed { .. } | SagaState::Compensating => rule.compensation_within,
        _ => declared.or(rule.within),
    };
    SagaRow {
        saga: it.saga.to_string(),
        instance: it.instance.to_string(),
        run: it.run,
        state: it.state.word().to_owned(),
        step,
        why,
        waiting_for: it.waiting_for.iter().map(ToString::to_string).collect(),
        owner: it.owner.as_ref().map(ToString::to_string),
        after: it.last_event.to_string(),
        waiting_since: it.waiting_since,
        due: it.due,
        within_seconds: declared.map(|lag| lag.seconds()),
        owed: prose::owed(&it.owed, &it.waiting_for),
        started: it.started,
        last: it.last,
        updated: it.updated,
    }
}

fn why_words(why: &Why) -> String {
    why.to_string()
}

pub async fn instance(
    State(state): State<AppState>,
    Path((saga, instance)): Path<(String, String)>,
    Query(params): Query<RunParams>,
) -> Answer<SagaInstancePage> {
    let rule = find(&state, &saga)?;
    let runs = state.store.saga_runs(&rule.name, &CorrelationId::new(&instance)).await?;
    let found = match params.run {
        Some(run) => runs.iter().find(|it| it.run == run),
        None => runs.first(),
    };
    let Some(it) = found else {
        return Err(ApiError::not_found(format!("{saga} has no instance {instance:?} that is remembered")));
    };
    let now = state.clock.now();
    let day =
        Range { from: it.last.minus(plumbline_model::Lag::from_secs(86_400)), to: plumbline_model::SourceTime(now.0) };
    let passages = passages(&state, Grid::of(day)).await?;
    let filter = FindingFilter {
        saga: Some(rule.name.clone()),
        instance: Some(it.instance.clone()),
        ..FindingFilter::default()
    };
    let findings = findings::views(&state, &filter, 50).await?;
    let row = row(rule, it);
    let mut traces: Vec<_> = it.events.iter().filter_map(|event| event.trace).map(|trace| trace.to_string()).collect();
    traces.sort_unstable();
    traces.dedup();
    Ok(Json(SagaInstancePage {
        headline: held(&findings, &row.owed).unwrap_or_else(|| calm(it, &row)),
        steps: steps(rule, it, &passages),
        events: it.events.iter().map(event).collect(),
        omitted_events: it.omitted_events,
        findings,
        runs: runs.iter().map(|it| it.run).filter(|run| *run != it.run).collect(),
        traces,
        row,
    }))
}

/// The headline of an instance that is held to a promise: the step that it waits in before the whole that is late with it,
/// without what is owed, which the page says by itself.
fn held(findings: &[FindingView], owed: &str) -> Option<String> {
    let open = || findings.iter().filter(|it| it.open);
    let said = &open().find(|it| it.rule != "saga_whole").or_else(|| open().next())?.sentence;
    Some(format!("{}.", said.strip_suffix(&format!("; {owed}")).unwrap_or(said)))
}

/// The headline of an instance on which no finding is open.
fn calm(it: &SagaInstance, row: &SagaRow) -> String {
    let name = format!("{} {}", it.saga, it.instance);
    match (&it.state, row.waiting_for.as_slice()) {
        (SagaState::Unknown { why }, _) => format!("{name} cannot be judged: {}.", why_words(why)),
        (state, _) if !state.is_open() => format!("{name} is {}.", state.word()),
        (state, []) => format!("{name} is {}.", state.word()),
        (state, awaited) => format!("{name} is {} and waits for {}.", state.word(), awaited.join(" or ")),
    }
}

fn event(it: &plumbline_model::saga::SagaEvent) -> SagaEventView {
    let role = match it.role {
        SagaRole::Start => "start",
        SagaRole::Step => "step",
        SagaRole::Repeated => "repeated",
        SagaRole::Compensation => "compensation",
        SagaRole::Completed => "completed",
        SagaRole::Failed => "failed",
        SagaRole::Undeclared => "undeclared",
        SagaRole::AfterEnd => "after_end",
    };
    SagaEventView {
        event: it.event.to_string(),
        at: it.at,
        id: it.id.to_string(),
        role: role.to_owned(),
        trace: it.trace.map(|trace| trace.to_string()),
    }
}

/// Each declared step against what happened. What a step is called comes from the instance's state: the engine decided it.
fn steps(rule: &SagaRule, it: &SagaInstance, passages: &Passages) -> Vec<SagaStepView> {
    let when =
        |event: &plumbline_model::EventType| it.events.iter().find(|seen| seen.event == *event).map(|seen| seen.at);
    let mut entered = it.started;
    let mut views = Vec::new();
    for step in &rule.steps {
        let done = when(&step.event);
        let compensated = step.compensate.as_ref().and_then(when);
        let owed = matches!(&it.state, SagaState::CompensationOwed { steps } if steps.iter().any(|name| name.as_str() == step.event.as_str()));
        let awaited = it.waiting_for.contains(&step.event);
        let word = match (&it.state, done) {
            _ if owed => "owed",
            _ if compensated.is_some() => "undone",
            (_, Some(_)) => "done",
            (SagaState::Stuck { step: stuck }, None) if stuck.as_str() == step.event.as_str() => "stuck",
            (SagaState::Unknown { .. }, None) if awaited => "unknown",
            (_, None) if awaited => "waiting",
            (_, None) => "not_begun",
        };
        let others =
            passages.get(&(rule.name.to_string(), step.event.to_string())).map(|red| report::quantiles(&red.duration));
        views.push(SagaStepView {
            event: step.event.to_string(),
            owner: step.owner.as_ref().map(ToString::to_string),
            state: word.to_owned(),
            entered: if word == "not_begun" { None } else { entered },
            done,
            within_seconds: step.within.map(|lag| lag.seconds()),
            others: others.unwrap_or_default(),
            compensate: step.compensate.as_ref().map(ToString::to_string),
            compensated,
        });
        entered = done.or(entered);
    }
    views
}
