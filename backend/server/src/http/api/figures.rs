//! Figures that several pages show, from the same rollups by the same maths, so that they agree with one another.

use std::collections::BTreeMap;

use plumbline_model::{
    EntityName, Lag, ReplicaName, Rule, SourceTime,
    api::{Consistency, EntityRow, Line, Mix, Range, ReplicaRow},
    rollup::{Amount, Cells, Keys, Series},
    rules::{EntityRule, ReplicaRule},
    time::Minute,
};
use plumbline_store::{OpenCount, RollupQuery, SeriesKind};

use super::{charts, params::Grid};
use crate::{
    http::{AppState, problem::ApiError},
    report,
};

/// An entity's replica.
pub type Place = (EntityName, ReplicaName);

/// Everything that is known of replicas over a range.
pub struct Figures {
    pub grid: Grid,
    cells: BTreeMap<Place, Cells>,
    cell_steps: BTreeMap<Place, Vec<(Minute, Cells)>>,
    key_steps: BTreeMap<Place, Vec<(Minute, Keys)>>,
    open: Vec<OpenCount>,
    watched: BTreeMap<plumbline_model::SourceName, f64>,
}

impl Figures {
    pub async fn load(state: &AppState, range: Range) -> Result<Self, ApiError> {
        let grid = Grid::of(range);
        let steps = |kind| RollupQuery::steps(kind, grid.from, grid.to, grid.step_minutes);
        let mut figures = Self {
            grid,
            cells: BTreeMap::new(),
            cell_steps: BTreeMap::new(),
            key_steps: BTreeMap::new(),
            open: state.store.open_counts().await?,
            watched: BTreeMap::new(),
        };
        for point in state.store.rollups(&steps(SeriesKind::Cells)).await? {
            if let (Series::Cells { entity, replica }, Amount::Cells(cells)) = (point.series, point.amount) {
                let place = (entity, replica);
                let mut sum = Amount::Cells(figures.cells.remove(&place).unwrap_or_default());
                sum.add(&Amount::Cells(cells.clone()));
                if let Amount::Cells(sum) = sum {
                    figures.cells.insert(place.clone(), sum);
                }
                figures.cell_steps.entry(place).or_default().push((point.start, cells));
            }
        }
        for point in state.store.rollups(&steps(SeriesKind::Keys)).await? {
            if let (Series::Keys { entity, replica }, Amount::Keys(keys)) = (point.series, point.amount) {
                figures.key_steps.entry((entity, replica)).or_default().push((point.start, keys));
            }
        }
        // Time before anything was watched for the first time is in no share.
        let began = state.config.watching_since.map_or(range.from, |since| since.max(range.from));
        let length_ms = (range.to.since(began).0 / 1_000_000).max(1) as f64;
        for point in state.store.rollups(&RollupQuery::sums(SeriesKind::Source, grid.from, grid.to)).await? {
            if let (Series::Source { source }, Amount::Source(counts)) = (point.series, point.amount) {
                figures.watched.insert(source, (counts.watched_ms as f64 / length_ms).min(1.0));
            }
        }
        Ok(figures)
    }

    pub fn cells(&self, entity: &EntityName, replica: &ReplicaName) -> Cells {
        self.cells.get(&(entity.clone(), replica.clone())).cloned().unwrap_or_default()
    }

    pub fn cell_steps(&self, entity: &EntityName, replica: &ReplicaName) -> &[(Minute, Cells)] {
        self.cell_steps.get(&(entity.clone(), replica.clone())).map_or(&[], Vec::as_slice)
    }

    /// Share of the range in which the frontiers of both sides advanced (SEM-9): the lesser of the two.
    pub fn watched(&self, entity: &EntityRule, replica: &ReplicaRule) -> Option<f64> {
        let own = self.watched.get(&replica.source);
        let authority = entity.replica(&entity.authority).and_then(|it| self.watched.get(&it.source));
        own.zip(authority).map(|(own, authority)| own.min(*authority))
    }

    pub fn consistency(&self, entity: &EntityRule, replica: &ReplicaRule) -> Consistency {
        report::consistency::of(&self.cells(&entity.name, &replica.name), self.watched(entity, replica))
    }

    /// Over all replicas of all entities; coverage is by the worst watched of them.
    pub fn overall(&self, entities: &[EntityRule]) -> Consistency {
        let mut sum = Amount::Cells(Cells::default());
        let mut watched: Option<f64> = None;
        for entity in entities {
            for replica in copies(entity) {
                sum.add(&Amount::Cells(self.cells(&entity.name, &replica.name)));
                let own = self.watched(entity, replica);
                watched = watched.map_or(own, |least| Some(own.map_or(least, |own| least.min(own))));
            }
        }
        match sum {
            Amount::Cells(cells) => report::consistency::of(&cells, watched),
            _ => Consistency::default(),
        }
    }

    /// How keys stand now: divergent ones from open findings, the others as of the last minute that was told.
    pub fn keys(&self, entity: &EntityName, replica: &ReplicaName) -> Mix {
        let told = self.key_steps.get(&(entity.clone(), replica.clone())).and_then(|steps| steps.last()).map(|it| it.1);
        let told = told.unwrap_or_default();
        let of_it = |it: &&OpenCount| {
            it.rule == Rule::Convergence && it.entity.as_ref() == Some(entity) && it.replica.as_ref() == Some(replica)
        };
        let diverged = self.open.iter().filter(of_it).map(|it| it.count).sum();
        let converged = (told.converged + told.diverged).saturating_sub(diverged);
        Mix { converged, lagging: told.lagging, diverged, unknown: told.unknown }
    }

    /// A line of one verdict's keys over time, of one replica or (`None`) of all.
    pub fn keys_line(&self, place: Option<(&EntityName, &ReplicaName)>, of: impl Fn(&Keys) -> u64) -> Line {
        let chosen = self
            .key_steps
            .iter()
            .filter(|(known, _)| place.is_none_or(|(entity, replica)| known.0 == *entity && known.1 == *replica));
        let points = chosen.flat_map(|(_, steps)| steps.iter().map(|(minute, keys)| (*minute, of(keys) as f64)));
        charts::line(self.grid, points)
    }

    pub fn lag_line(&self, entity: &EntityName, replica: &ReplicaName, ppm: u32) -> Line {
        let steps = self.cell_steps(entity, replica).iter();
        charts::line(
            self.grid,
            steps.filter_map(|(minute, cells)| Some((*minute, cells.lag.quantile_ppm(ppm)?.seconds()))),
        )
    }

    pub fn open(&self) -> &[OpenCount] {
        &self.open
    }

    pub fn replica_row(&self, entity: &EntityRule, replica: &ReplicaRule, last_seen: Option<SourceTime>) -> ReplicaRow {
        ReplicaRow {
            entity: entity.name.to_string(),
            replica: replica.name.to_string(),
            source: replica.source.to_string(),
            within_seconds: replica.within.seconds(),
            keys: self.keys(&entity.name, &replica.name),
            consistency: self.consistency(entity, replica),
            lag: report::quantiles(&self.cells(&entity.name, &replica.name).lag),
            lag_line: self.lag_line(&entity.name, &replica.name, 990_000),
            last_seen,
        }
    }

    /// The rows of all entities, as Overview, Replicas and the report list them.
    pub fn entity_rows(&self, state: &AppState, range: Range) -> Vec<EntityRow> {
        let sources = state.sources.borrow().clone();
        let seen = |replica: &ReplicaRule| sources.sources.get(&replica.source).and_then(|it| it.frontier());
        let rules = &state.config.rules;
        let seconds = range.length().seconds().max(1.0);
        rules
            .entities
            .iter()
            .map(|entity| {
                let writes = copies(entity).map(|replica| self.cells(&entity.name, &replica.name).closed()).max();
                EntityRow {
                    entity: entity.name.to_string(),
                    authority: entity.authority.to_string(),
                    writes_per_second: writes.unwrap_or(0) as f64 / seconds,
                    within_seconds: copies(entity).map(|it| it.within).min().unwrap_or(Lag::ZERO).seconds(),
                    replicas: copies(entity).map(|replica| self.replica_row(entity, replica, seen(replica))).collect(),
                }
            })
            .collect()
    }
}

/// The replicas that are held against the authority.
pub fn copies(entity: &EntityRule) -> impl Iterator<Item = &ReplicaRule> {
    entity.replicas.iter().filter(|replica| replica.name != entity.authority)
}
