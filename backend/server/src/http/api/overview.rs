//! `GET /overview`: is my system consistent right now?

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use plumbline_model::{
    Rule,
    api::{Consistency, Counter, EntityRow, Line, Mix, OverviewPage, Range, VerdictWord},
    prose,
    rollup::{Amount, Series},
};
use plumbline_store::{RollupPoint, RollupQuery, SagaCount, SeriesKind};

use super::{
    Answer, charts, collectors,
    figures::{Figures, all_copies},
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
    let consistency = figures.overall(all_copies(&state.config.rules.entities));
    let counters = counters(&state, &figures, &entities, range).await?;
    let wrong = Wrong {
        diverged: diverged(&figures, &entities),
        stuck: count(figures.open(), is_saga),
        hotspots: count(figures.open(), |rule| rule == Rule::Hotspot),
    };
    let sagas_checked = counters.iter().any(|it| it.link == "/sagas" && it.verdict == VerdictWord::Converged);
    let verdict = verdict(wrong, &consistency, mix(&entities), sagas_checked);
    let axis = figures.grid.axis();
    Ok(Json(OverviewPage {
        range,
        headline: headline(&state, &counters, verdict, &consistency),
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

/// Keys that do not agree: at present as findings say, of a time that is over as it stood at its end.
fn diverged(figures: &Figures, entities: &[EntityRow]) -> u64 {
    match figures.is_present() {
        true => count(figures.open(), |rule| rule == Rule::Convergence),
        false => mix(entities).diverged,
    }
}

/// Open findings by kind.
#[derive(Clone, Copy, Default)]
struct Wrong {
    diverged: u64,
    stuck: u64,
    hotspots: u64,
}

/// The least share of writes that must have been checked before the whole is called consistent: of ten that were due, one
/// may be unknown. What is wrong is wrong whatever else is unknown.
const CHECKED: f64 = 0.9;

fn verdict(wrong: Wrong, consistency: &Consistency, keys: Mix, sagas_checked: bool) -> VerdictWord {
    match () {
        () if wrong.diverged + wrong.stuck > 0 => VerdictWord::Diverged,
        () if !is_enough(consistency) => VerdictWord::Unknown,
        () if wrong.hotspots > 0 => VerdictWord::Lagging,
        () if consistency.closed == 0 && keys.converged == 0 && !sagas_checked => VerdictWord::Unknown,
        () => VerdictWord::Converged,
    }
}

/// Whether enough of the writes that were due was checked; also where none was due.
fn is_enough(it: &Consistency) -> bool {
    it.closed == 0 || (it.closed - it.unknown) as f64 >= CHECKED * it.closed as f64
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
fn headline(state: &AppState, counters: &[Counter], verdict: VerdictWord, consistency: &Consistency) -> String {
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
            let left = match consistency.unknown {
                0 => String::new(),
                some => format!("; {some} of {} could not be checked", prose::counted(consistency.closed, "write")),
            };
            format!("Consistent: every copy that could be checked agrees, and no transaction is stuck{left}.")
        }
        VerdictWord::Unknown if is_enough(consistency) => {
            "Not known yet: nothing could be checked in this range.".to_owned()
        }
        VerdictWord::Unknown => format!(
            "Not known: {} of {} could not be checked in this range.",
            consistency.unknown,
            prose::counted(consistency.closed, "write")
        ),
        VerdictWord::Lagging => format!("Consistent, but slower than before: {}.", prose::list(&wrong, "and")),
        VerdictWord::Diverged => {
            // Where all of them are in one place the sentence names it; of several places the counters have the worst.
            let first = counters.iter().find(|it| it.value > 0);
            let all = first.filter(|it| it.worst.starts_with(&format!("{} ", it.value)));
            let place = all.and_then(|it| it.worst.split_once(" in ")).map(|(_, place)| format!(", in {place}"));
            let place = place.filter(|_| wrong.len() == 1).unwrap_or_default();
            format!("Not consistent: {}{place}.", prose::list(&wrong, "and"))
        }
    }
}

async fn counters(
    state: &AppState,
    figures: &Figures,
    entities: &[EntityRow],
    range: Range,
) -> Result<Vec<Counter>, ApiError> {
    let open = figures.open();
    let sagas = state.store.saga_counts().await?;
    let (trend, started) = stuck_line(state, figures.grid, stuck(&sagas)).await?;
    let saga_runs = Judged { declared: !state.config.rules.sagas.is_empty(), open: &sagas, started };
    let compared = latency::compared(state, range).await?;
    let diverged = diverged(figures, entities);
    let stuck = stuck(&sagas);
    let hotspots = count(open, |rule| rule == Rule::Hotspot);
    let bad = |value: u64, word| if value > 0 { word } else { VerdictWord::Converged };
    let keys = mix(entities);
    Ok(vec![
        Counter {
            name: "Divergent replicas".to_owned(),
            value: diverged,
            of: Some(keys.total()),
            unit: "keys".to_owned(),
            // Where no key was seen, none is known to agree.
            verdict: match (diverged, keys.total() == keys.unknown) {
                (0, true) => VerdictWord::Unknown,
                _ => bad(diverged, VerdictWord::Diverged),
            },
            worst: match (diverged, keys) {
                (0, keys) if keys.total() == 0 => "nothing to check".to_owned(),
                (0, keys) if keys.total() == keys.unknown => "all of them are unknown".to_owned(),
                _ if figures.is_present() => {
                    where_most(open.iter().filter(|it| it.rule == Rule::Convergence).map(|it| {
                        (it.replica.as_ref().map_or("", |name| name.as_str()), it.reason.replace('_', " "), it.count)
                    }))
                }
                // Findings are of the present: of a time that is over the keys are counted.
                _ => {
                    let rows = entities.iter().flat_map(|entity| &entity.replicas);
                    where_most(rows.map(|row| (row.replica.as_str(), "divergent".to_owned(), row.keys.diverged)))
                }
            },
            link: "/replicas".to_owned(),
            trend: figures.keys_line(None, |keys| keys.diverged),
        },
        Counter {
            name: "Stuck sagas".to_owned(),
            value: stuck,
            of: Some(sagas.iter().map(|it| it.count).sum()),
            unit: "open".to_owned(),
            verdict: match (stuck, saga_runs.unknown()) {
                (0, Some(_)) => VerdictWord::Unknown,
                _ => bad(stuck, VerdictWord::Diverged),
            },
            worst: match (stuck, saga_runs.unknown()) {
                (0, Some(why)) => why.to_owned(),
                _ => where_most(sagas.iter().filter_map(stuck_words)),
            },
            link: "/sagas".to_owned(),
            trend,
        },
        Counter {
            name: "Latency hotspots".to_owned(),
            value: hotspots,
            of: None,
            unit: "above baseline".to_owned(),
            verdict: match (hotspots, compared) {
                (0, latency::Compared { traces: 0, .. } | latency::Compared { earlier: false, .. }) => {
                    VerdictWord::Unknown
                }
                _ => bad(hotspots, VerdictWord::Lagging),
            },
            worst: match (hotspots, compared) {
                (0, latency::Compared { traces: 0, .. }) => "no trace was seen".to_owned(),
                (0, latency::Compared { earlier: false, .. }) => "nothing to compare with yet".to_owned(),
                _ => latency::worst(state).await?,
            },
            link: "/latency".to_owned(),
            trend: Line::default(),
        },
    ])
}

/// The place that has most of what is wrong, with each of its reasons, and how many are elsewhere, so that the words add up
/// to the number above them: `2 stuck and 4 owing compensation in checkout, 3 elsewhere`.
fn where_most<'a>(counted: impl Iterator<Item = (&'a str, String, u64)>) -> String {
    let mut places: BTreeMap<&str, BTreeMap<String, u64>> = BTreeMap::new();
    for (place, reason, count) in counted.filter(|(.., count)| *count > 0) {
        *places.entry(place).or_default().entry(reason).or_default() += count;
    }
    let sum = |reasons: &BTreeMap<String, u64>| reasons.values().sum::<u64>();
    let all: u64 = places.values().map(sum).sum();
    let Some((place, reasons)) = places.iter().max_by_key(|(_, reasons)| sum(reasons)) else { return String::new() };
    let mut parts: Vec<_> = reasons.iter().collect();
    parts.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let words = prose::list(parts.iter().map(|(reason, count)| format!("{count} {reason}")), "and");
    match all - sum(reasons) {
        0 => format!("{words} in {place}"),
        rest => format!("{words} in {place}, {rest} elsewhere"),
    }
}

/// Instances that will not finish by themselves, in the words of the counter.
fn stuck_words(it: &SagaCount) -> Option<(&str, String, u64)> {
    let words = match it.state.as_str() {
        "stuck" => "stuck",
        "compensation owed" => "owing compensation",
        _ => return None,
    };
    Some((it.saga.as_str(), words.to_owned(), it.count))
}

/// What can be said of sagas.
struct Judged<'a> {
    declared: bool,
    /// Open instances by their state.
    open: &'a [SagaCount],
    /// Runs that began in the range.
    started: u64,
}

impl Judged<'_> {
    /// Why it is not known that none is stuck: of nothing nothing can be stuck.
    fn unknown(&self) -> Option<&'static str> {
        let open: u64 = self.open.iter().map(|it| it.count).sum();
        let unknown: u64 = self.open.iter().filter(|it| it.state == "unknown").map(|it| it.count).sum();
        match () {
            () if !self.declared => Some("no saga is declared"),
            () if open + self.started == 0 => Some("nothing to check"),
            () if open > 0 && open == unknown && self.started == 0 => Some("all of them are unknown"),
            () => None,
        }
    }
}

/// Stuck instances of all sagas over time, and how many began; `now` are stuck at present.
async fn stuck_line(state: &AppState, grid: Grid, now: u64) -> Result<(Line, u64), ApiError> {
    let query = RollupQuery::steps(SeriesKind::Saga, grid.from, grid.to, grid.step_minutes).most();
    let points = state.store.rollups(&query).await?;
    let of = |point: &RollupPoint| match (&point.series, &point.amount) {
        (Series::Saga { .. }, Amount::Saga(counts)) => Some((point.start, *counts)),
        _ => None,
    };
    let mut line = charts::line(grid, points.iter().filter_map(of).map(|(at, counts)| (at, counts.stuck as f64)));
    // They are counted at the end of a minute: the one that is still going on would look as if none were stuck.
    let going_on = grid.to > state.clock.now().minute();
    if let Some(last) = line.values.last_mut().filter(|_| going_on) {
        *last = Some(now as f64);
    }
    Ok((line, points.iter().filter_map(of).map(|(_, counts)| counts.started).sum()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(closed: u64, unknown: u64) -> Consistency {
        Consistency { closed, unknown, in_time: closed - unknown, ..Consistency::default() }
    }

    #[test]
    fn what_could_hardly_be_checked_is_not_consistent() {
        let keys = Mix { converged: 3, ..Mix::default() };
        let of = |wrong, consistency: &Consistency| verdict(wrong, consistency, keys, false);
        let fine = Wrong::default();
        assert_eq!(of(fine, &closed(207_906, 207_903)), VerdictWord::Unknown);
        assert_eq!(of(fine, &closed(100, 11)), VerdictWord::Unknown);
        assert_eq!(of(fine, &closed(100, 10)), VerdictWord::Converged);
        assert_eq!(of(Wrong { hotspots: 1, ..fine }, &closed(100, 10)), VerdictWord::Lagging);
        assert_eq!(
            of(Wrong { diverged: 1, ..fine }, &closed(100, 100)),
            VerdictWord::Diverged,
            "it is wrong all the same"
        );
        assert_eq!(of(fine, &closed(0, 0)), VerdictWord::Converged, "nothing was written, and its keys agree");
        let unknown = Mix { unknown: 3, ..Mix::default() };
        assert_eq!(verdict(fine, &closed(0, 0), unknown, false), VerdictWord::Unknown);
        assert_eq!(verdict(fine, &closed(0, 0), unknown, true), VerdictWord::Converged, "its sagas were checked");
    }

    #[test]
    fn the_words_below_a_number_add_up_to_it() {
        let count = |saga: &str, state: &str, count| SagaCount {
            saga: saga.into(),
            state: state.to_owned(),
            waiting_for: None,
            count,
        };
        let sagas = [
            count("checkout", "stuck", 2),
            count("checkout", "compensation owed", 3),
            count("checkout", "on course", 9),
            count("checkout", "compensation owed", 1),
        ];
        let words = |sagas: &[SagaCount]| where_most(sagas.iter().filter_map(stuck_words));
        assert_eq!(words(&sagas), "4 owing compensation and 2 stuck in checkout");
        let more = [&sagas[..], &[count("refund", "stuck", 1)]].concat();
        assert_eq!(words(&more), "4 owing compensation and 2 stuck in checkout, 1 elsewhere");
        assert_eq!(words(&sagas[2..3]), "");
    }

    #[test]
    fn of_no_saga_none_is_known_not_to_be_stuck() {
        let judged = |declared, open: &[SagaCount], started| Judged { declared, open, started }.unknown();
        assert_eq!(judged(false, &[], 0), Some("no saga is declared"));
        assert_eq!(judged(true, &[], 0), Some("nothing to check"));
        assert_eq!(judged(true, &[], 9), None, "nine began and ended");
        let open =
            |state: &str| SagaCount { saga: "checkout".into(), state: state.to_owned(), waiting_for: None, count: 2 };
        assert_eq!(judged(true, &[open("unknown")], 0), Some("all of them are unknown"));
        assert_eq!(judged(true, &[open("unknown"), open("in time")], 0), None);
    }
}
