//! `GET /overview`: is my system consistent right now?

use axum::{Json, extract::State};
use plumbline_model::{
    Rule,
    api::{Counter, EntityRow, Line, Mix, OverviewPage, VerdictWord},
    prose,
    rollup::{Amount, Series},
};
use plumbline_store::{OpenCount, RollupQuery, SeriesKind};

use super::{
    Answer, charts, collectors,
    figures::Figures,
    incidents, latency,
    params::{Grid, RangeParams},
    service_map,
    status::{count, is_saga, stuck},
};
use crate::http::{AppState, extract::Query, problem::ApiError};

/// Incidents shown on the page; the list has all of them.
const INCIDENTS: u32 = 4;

pub async fn get(State(state): State<AppState>, Query(params): Query<RangeParams>) -> Answer<OverviewPage> {
    let range = params.range(state.clock.now())?;
    let figures = Figures::load(&state, range).await?;
    let entities = figures.entity_rows(&state, range);
    let consistency = figures.overall(&state.config.rules.entities);
    let counters = counters(&state, &figures, &entities).await?;
    let diverged = count(figures.open(), |rule| rule == Rule::Convergence);
    let stuck = count(figures.open(), is_saga);
    let hotspots = count(figures.open(), |rule| rule == Rule::Hotspot);
    let verdict = match () {
        () if diverged + stuck > 0 => VerdictWord::Diverged,
        () if consistency.closed > 0 && consistency.unknown == consistency.closed => VerdictWord::Unknown,
        () if hotspots > 0 => VerdictWord::Lagging,
        () if consistency.closed == 0 && mix(&entities).total() == 0 => VerdictWord::Unknown,
        () => VerdictWord::Converged,
    };
    let axis = figures.grid.axis();
    Ok(Json(OverviewPage {
        range,
        headline: headline(&state, &counters, verdict),
        verdict,
        consistency,
        counters,
        axis,
        diverged: figures.keys_line(None, |keys| keys.diverged),
        lagging: figures.keys_line(None, |keys| keys.lagging),
        unknown: figures.keys_line(None, |keys| keys.unknown),
        marks: collectors::marks(&state, range),
        incidents: incidents::newest(&state, range, INCIDENTS).await?,
        entities,
        map: service_map::map(&state, range).await?,
        sources: collectors::rows(&state),
    }))
}

fn mix(entities: &[EntityRow]) -> Mix {
    let mut sum = Mix::default();
    for keys in entities.iter().flat_map(|entity| &entity.replicas).map(|replica| replica.keys) {
        sum.converged += keys.converged;
        sum.lagging += keys.lagging;
        sum.diverged += keys.diverged;
        sum.unknown += keys.unknown;
    }
    sum
}

/// The verdict in a sentence, from the counters' own words.
fn headline(state: &AppState, counters: &[Counter], verdict: VerdictWord) -> String {
    if state.config.rules.entities.is_empty() && state.config.rules.sagas.is_empty() {
        return "Nothing is configured to be checked yet.".to_owned();
    }
    let names =
        [("divergent key", "divergent keys"), ("stuck saga", "stuck sagas"), ("latency hotspot", "latency hotspots")];
    let named = counters.iter().zip(names).filter(|(it, _)| it.value > 0);
    let wrong: Vec<_> =
        named.map(|(it, (one, many))| format!("{} {}", it.value, if it.value == 1 { one } else { many })).collect();
    match verdict {
        VerdictWord::Converged => {
            "Consistent: every copy that could be checked agrees, and no transaction is stuck.".to_owned()
        }
        VerdictWord::Unknown => "Not known yet: nothing could be checked in this range.".to_owned(),
        VerdictWord::Lagging => format!("Consistent, but slower than before: {}.", prose::list(&wrong, "and")),
        VerdictWord::Diverged => {
            let worst = counters.iter().find(|it| it.value > 0).map_or(String::new(), |it| it.worst.clone());
            format!(
                "Not consistent: {}{}",
                prose::list(&wrong, "and"),
                if worst.is_empty() { ".".to_owned() } else { format!("; {worst}.") }
            )
        }
    }
}

async fn counters(state: &AppState, figures: &Figures, entities: &[EntityRow]) -> Result<Vec<Counter>, ApiError> {
    let open = figures.open();
    let sagas = state.store.saga_counts().await?;
    let diverged = count(open, |rule| rule == Rule::Convergence);
    let stuck = stuck(&sagas);
    let hotspots = count(open, |rule| rule == Rule::Hotspot);
    let bad = |value: u64, word| if value > 0 { word } else { VerdictWord::Converged };
    let keys = mix(entities).total();
    Ok(vec![
        Counter {
            name: "Divergent replicas".to_owned(),
            value: diverged,
            of: Some(keys),
            unit: "keys".to_owned(),
            // Where no key was seen, none is known to agree.
            verdict: match (diverged, keys) {
                (0, 0) => VerdictWord::Unknown,
                _ => bad(diverged, VerdictWord::Diverged),
            },
            worst: worst(open, |rule| rule == Rule::Convergence, |it| it.replica.as_ref().map(ToString::to_string)),
            link: "/replicas".to_owned(),
            trend: figures.keys_line(None, |keys| keys.diverged),
        },
        Counter {
            name: "Stuck sagas".to_owned(),
            value: stuck,
            of: Some(sagas.iter().map(|it| it.count).sum()),
            unit: "open".to_owned(),
            verdict: bad(stuck, VerdictWord::Diverged),
            worst: worst(open, is_saga, |it| {
                let step = it.step.as_ref().map_or_else(String::new, |step| format!(" at {step}"));
                Some(format!("{}{step}", it.saga.as_ref()?))
            }),
            link: "/sagas".to_owned(),
            trend: stuck_line(state, figures.grid, stuck).await?,
        },
        Counter {
            name: "Latency hotspots".to_owned(),
            value: hotspots,
            of: None,
            unit: "above baseline".to_owned(),
            verdict: bad(hotspots, VerdictWord::Lagging),
            worst: latency::worst(state).await?,
            link: "/latency".to_owned(),
            trend: Line::default(),
        },
    ])
}

/// The place with the most open findings, in words.
fn worst(open: &[OpenCount], which: impl Fn(Rule) -> bool, place: impl Fn(&OpenCount) -> Option<String>) -> String {
    let most = open.iter().filter(|it| which(it.rule)).max_by_key(|it| it.count);
    most.map_or_else(String::new, |it| {
        let place = place(it).unwrap_or_default();
        format!("{} {} in {place}", it.count, it.reason.replace('_', " "))
    })
}

/// Stuck instances of all sagas over time; `now` are stuck at present.
async fn stuck_line(state: &AppState, grid: Grid, now: u64) -> Result<Line, ApiError> {
    let query = RollupQuery::steps(SeriesKind::Saga, grid.from, grid.to, grid.step_minutes);
    let points = state.store.rollups(&query).await?;
    let mut line = charts::line(
        grid,
        points.iter().filter_map(|point| match (&point.series, &point.amount) {
            (Series::Saga { .. }, Amount::Saga(counts)) => Some((point.start, counts.stuck as f64)),
            _ => None,
        }),
    );
    // They are counted at the end of a minute: the one that is still going on would look as if none were stuck.
    let going_on = grid.to > state.clock.now().minute();
    if let Some(last) = line.values.last_mut().filter(|_| going_on) {
        *last = Some(now as f64);
    }
    Ok(line)
}
