//! `GET /replicas` and `GET /replicas/{entity}/{replica}`: which copy, how far behind?

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use plumbline_model::{
    EntityName, Lag, ReplicaName, Rule,
    api::{CountedReason, LagBucket, LagDistribution, PartitionRow, Range, ReplicaPage, ReplicasPage},
    prose,
    rollup::Cells,
    rules::{EntityRule, ReplicaRule},
};
use plumbline_store::FindingFilter;

use super::{Answer, charts, chosen::unknown, collectors, figures::Figures, findings, params::RangeParams};
use crate::{
    http::{
        AppState,
        extract::{Path, Query},
        problem::ApiError,
    },
    report,
};

/// Open findings that are looked at for the counts by field and partition.
const SAMPLE: u32 = 1_000;

pub async fn list(State(state): State<AppState>, Query(params): Query<RangeParams>) -> Answer<ReplicasPage> {
    let range = params.range(state.clock.now())?;
    let figures = Figures::load(&state, range).await?;
    let entities = figures.entity_rows(&state, range);
    let rows: Vec<_> = entities.iter().flat_map(|entity| &entity.replicas).collect();
    let diverged: Vec<_> = rows.iter().filter(|row| row.keys.diverged > 0).collect();
    let headline = match diverged.as_slice() {
        _ if rows.is_empty() => "No entity has a second replica to compare yet.".to_owned(),
        [] if rows.iter().all(|row| row.keys.total() == 0) => {
            "No key has been seen yet, so nothing could be compared.".to_owned()
        }
        [] => {
            let lagging: u64 = rows.iter().map(|row| row.keys.lagging).sum();
            let way = match lagging {
                0 => String::new(),
                1 => "; 1 key is on its way".to_owned(),
                some => format!("; {some} keys are on their way"),
            };
            format!("All {} copies agree with their authorities, as far as they could be checked{way}.", rows.len())
        }
        some => {
            let keys: u64 = some.iter().map(|row| row.keys.diverged).sum();
            let names: Vec<_> = some.iter().map(|row| row.replica.as_str()).collect();
            format!("{keys} {} not agree: {}.", if keys == 1 { "key does" } else { "keys do" }, names.join(", "))
        }
    };
    Ok(Json(ReplicasPage { range, headline, entities, axis: figures.grid.axis() }))
}

pub async fn one(
    State(state): State<AppState>,
    Path((entity, replica)): Path<(String, String)>,
    Query(params): Query<RangeParams>,
) -> Answer<ReplicaPage> {
    let range = params.range(state.clock.now())?;
    let (entity, replica) = find(&state, &entity, &replica)?;
    let figures = Figures::load(&state, range).await?;
    let before = Range { from: range.from.minus(range.length()), to: range.from };
    let earlier = Figures::load(&state, before).await?;
    let place = Some((&entity.name, &replica.name));
    let filter = FindingFilter {
        open: Some(true),
        rule: Some(Rule::Convergence),
        entity: Some(entity.name.clone()),
        replica: Some(replica.name.clone()),
        ..FindingFilter::default()
    };
    let open = findings::views(&state, &filter, SAMPLE).await?;
    let row = figures.entity_rows(&state, range).into_iter().flat_map(|it| it.replicas);
    let row = row.into_iter().find(|row| row.entity == entity.name.as_str() && row.replica == replica.name.as_str());
    let row = row.unwrap_or_else(|| figures.replica_row(entity, replica, None));
    let steps = figures.cell_steps(&entity.name, &replica.name);
    Ok(Json(ReplicaPage {
        headline: headline(entity, replica, &row),
        authority: entity.authority.to_string(),
        fields: replica.fields.iter().map(ToString::to_string).collect(),
        objective: state.config.objective(&entity.name, &replica.name),
        lag: distribution(&figures, entity, replica),
        lag_before: distribution(&earlier, entity, replica),
        axis: figures.grid.axis(),
        diverged: figures.keys_line(place, |keys| keys.diverged),
        lagging: figures.keys_line(place, |keys| keys.lagging),
        unknown: figures.keys_line(place, |keys| keys.unknown),
        lag_p50: figures.lag_line(&entity.name, &replica.name, 500_000),
        lag_p99: figures.lag_line(&entity.name, &replica.name, 990_000),
        not_checked: charts::line(
            figures.grid,
            steps
                .iter()
                .filter(|(_, cells)| cells.closed() > 0)
                .map(|(minute, cells)| (*minute, cells.unknown as f64 / cells.closed() as f64)),
        ),
        marks: collectors::marks(&state, range),
        keys: row.keys,
        reasons: counted(open.iter().map(|it| it.reason.replace('_', " "))),
        fields_differing: counted(open.iter().flat_map(|it| it.subject.fields.iter().map(|field| field.field.clone()))),
        partitions: partitions(&state, replica, &open),
        range,
        row,
    }))
}

/// The rules of a replica by its names.
pub fn find<'a>(
    state: &'a AppState,
    entity: &str,
    replica: &str,
) -> Result<(&'a EntityRule, &'a ReplicaRule), ApiError> {
    let rules = &state.config.rules;
    let rule = rules.entity(&EntityName::new(entity)).ok_or_else(|| {
        let known: Vec<_> = rules.entities.iter().map(|it| it.name.as_str()).collect();
        unknown("entity", "entity", entity, &known)
    })?;
    let found = rule.replica(&ReplicaName::new(replica)).ok_or_else(|| {
        let known: Vec<_> = rule.copies().map(|it| it.name.as_str()).collect();
        unknown("replica", &format!("replica of {entity}"), replica, &known)
    })?;
    Ok((rule, found))
}

fn headline(entity: &EntityRule, replica: &ReplicaRule, row: &plumbline_model::api::ReplicaRow) -> String {
    let name = &replica.name;
    let authorities = prose::list(entity.authorities_of(replica).iter().map(|it| it.as_str()), "and");
    if authorities.is_empty() {
        return format!("{name} is the authority of {}: the others are compared with it.", entity.name);
    }
    match row.keys {
        keys if keys.diverged > 0 => format!(
            "{} {} {} not agree with {}.",
            keys.diverged,
            entity.name,
            if keys.diverged == 1 { format!("key of {name} does") } else { format!("keys of {name} do") },
            authorities
        ),
        keys if keys.total() == 0 => format!("{name} has not been seen yet."),
        keys if keys.unknown == keys.total() => {
            format!("{name} could not be checked: all {} keys are unknown.", keys.unknown)
        }
        keys if keys.lagging > 0 => {
            let way = if keys.lagging == 1 { "key is on its" } else { "keys are on their" };
            format!("{name} agrees with {authorities}; {} {way} way.", keys.lagging)
        }
        keys => {
            format!("{name} agrees with {authorities} in all {} keys that could be checked.", keys.converged)
        }
    }
}

fn distribution(figures: &Figures, entity: &EntityRule, replica: &ReplicaRule) -> LagDistribution {
    let cells: Cells = figures.cells(&entity.name, &replica.name);
    let seconds = |lag: Lag| lag.seconds();
    LagDistribution {
        buckets: cells
            .lag
            .buckets()
            .map(|(from, to, count)| LagBucket { from_seconds: seconds(from), to_seconds: seconds(to), count })
            .collect(),
        quantiles: report::quantiles(&cells.lag),
        within_1s: cells.within_1s,
        within_10s: cells.within_10s,
        within_60s: cells.within_60s,
        not_yet: cells.not_in_time.saturating_sub(cells.late),
        consistency: figures.consistency(entity, replica),
    }
}

/// Counts equal words, most frequent first.
fn counted(words: impl Iterator<Item = String>) -> Vec<CountedReason> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for word in words {
        *counts.entry(word).or_default() += 1;
    }
    let mut counted: Vec<_> = counts.into_iter().map(|(reason, count)| CountedReason { reason, count }).collect();
    counted.sort_by_key(|it| std::cmp::Reverse(it.count));
    counted
}

fn partitions(
    state: &AppState,
    replica: &ReplicaRule,
    open: &[plumbline_model::api::FindingView],
) -> Vec<PartitionRow> {
    let sources = state.sources.borrow().clone();
    let Some(source) = sources.sources.get(&replica.source) else { return Vec::new() };
    source
        .partitions
        .iter()
        .map(|(name, progress)| {
            let prefix = format!("{}/{name}@", replica.source);
            let touches = |it: &&plumbline_model::api::FindingView| {
                it.evidence.iter().any(|evidence| evidence.id.starts_with(&prefix))
            };
            PartitionRow {
                partition: name.to_string(),
                open_findings: open.iter().filter(touches).count() as u64,
                frontier: progress.frontier,
                position: progress.position,
            }
        })
        .collect()
}
