//! Rate, errors and duration of operations and edges: the service map, and the errors beside the hotspots.

use std::collections::{BTreeMap, BTreeSet};

use plumbline_model::{
    Lag, Subject,
    api::{MapEdge, MapNode, Range, ServiceMap},
    rollup::{Amount, Red, Series},
    trace::PathPlace,
};
use plumbline_store::{RollupQuery, SeriesKind};

use super::{latency, params::Grid};
use crate::http::{AppState, problem::ApiError};

/// Rate, errors and duration of a range.
pub struct Reds {
    operations: Vec<(Series, Red)>,
    edges: Vec<(Series, Red)>,
}

impl Reds {
    pub async fn load(state: &AppState, grid: Grid) -> Result<Self, ApiError> {
        let operations = reds(state, grid, SeriesKind::Operation).await?;
        Ok(Self { operations, edges: reds(state, grid, SeriesKind::Edge).await? })
    }

    /// Share of failed calls by the name of the operation or edge.
    pub fn error_shares(&self) -> BTreeMap<String, f64> {
        let mut shares = BTreeMap::new();
        for (series, red) in self.operations.iter().chain(&self.edges) {
            let place = match series.clone() {
                Series::Operation { service, operation } => PathPlace::Operation { service, operation },
                Series::Edge { from, to, edge } => PathPlace::Edge { from, to, edge },
                _ => continue,
            };
            if red.count > 0 {
                shares.insert(latency::name(&place), red.errors as f64 / red.count as f64);
            }
        }
        shares
    }

    /// Services, topics and stores with what passes between them.
    pub fn map(&self, above: &BTreeSet<Subject>, range: Range) -> ServiceMap {
        let seconds = range.length().seconds().max(1.0);
        let mut services: BTreeMap<String, Red> = BTreeMap::new();
        for (series, red) in &self.operations {
            if let Series::Operation { service, .. } = series {
                let sum = services.entry(service.to_string()).or_default();
                sum.count += red.count;
                sum.errors += red.errors;
                sum.duration.merge(&red.duration);
            }
        }
        let node = |id: &str, shape: &str, red: &Red| MapNode {
            id: id.to_owned(),
            name: id.to_owned(),
            shape: shape.to_owned(),
            rate_per_second: red.count as f64 / seconds,
            error_share: red.errors as f64 / red.count.max(1) as f64,
            p95_seconds: red.duration.quantile_ppm(950_000).map(Lag::seconds),
        };
        let mut nodes: BTreeMap<String, MapNode> =
            services.iter().map(|(name, red)| (name.clone(), node(name, "service", red))).collect();
        // An edge into a service of its own spans leads there; the others end in what they ask. Targets first:
        // what a topic's consumers read from is a topic, whichever of its edges comes first.
        for (series, red) in &self.edges {
            let Series::Edge { to, edge, .. } = series else { continue };
            let shape = if latency::kind(*edge) == "network" { "service" } else { latency::kind(*edge) };
            nodes.entry(to.to_string()).or_insert_with(|| node(to.as_str(), shape, red));
        }
        let mut edges = Vec::new();
        for (series, red) in &self.edges {
            let Series::Edge { from, to, edge } = series else { continue };
            nodes.entry(from.to_string()).or_insert_with(|| node(from.as_str(), "service", red));
            edges.push(MapEdge {
                above: above.contains(&Subject::Edge { from: from.clone(), to: to.clone(), edge: *edge }),
                from: from.to_string(),
                to: to.to_string(),
                kind: latency::kind(*edge).to_owned(),
                rate_per_second: red.count as f64 / seconds,
                error_share: red.errors as f64 / red.count.max(1) as f64,
                p95_seconds: red.duration.quantile_ppm(950_000).map(Lag::seconds),
            });
        }
        ServiceMap { nodes: nodes.into_values().collect(), edges }
    }
}

async fn reds(state: &AppState, grid: Grid, kind: SeriesKind) -> Result<Vec<(Series, Red)>, ApiError> {
    let points = state.store.rollups(&RollupQuery::sums(kind, grid.from, grid.to)).await?;
    let red = points.into_iter().filter_map(|point| match point.amount {
        Amount::Red(red) => Some((point.series, red)),
        _ => None,
    });
    Ok(red.collect())
}

/// Services, topics and stores with what passes between them.
pub async fn map(state: &AppState, range: Range) -> Result<ServiceMap, ApiError> {
    let above = latency::open_hotspots(state).await?.into_keys().collect();
    Ok(Reds::load(state, Grid::of(range)).await?.map(&above, range))
}
