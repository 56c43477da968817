//! Figures that several pages show, from the same rollups by the same maths, so that they agree with one another.

use std::collections::BTreeMap;

use plumbline_model::{
    EntityName, Lag, ReplicaName, Rule, SourceName, SourceTime,
    api::{Consistency, EntityRow, Line, Mix, Range, ReplicaRow},
    rollup::{Amount, Cells, Keys, Series, SourceCounts},
    rules::{EntityRule, ReplicaRule},
    time::Minute,
};
use plumbline_store::{OpenCount, RollupQuery, SeriesKind};

use super::{charts, chosen::Pair, params::Grid, unwatched};
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
    /// The most keys of each verdict in each step: a chart must not lose what comes and goes between two points.
    key_steps: BTreeMap<Place, Vec<(Minute, Keys)>>,
    /// How keys stood in the last minute of the range that was told.
    keys_last: BTreeMap<Place, Keys>,
    open: Vec<OpenCount>,
    /// What came of each source in the range; nothing of one that is not there was kept.
    sources: BTreeMap<SourceName, SourceCounts>,
    /// The part of the range that somebody could have watched: time before anything was watched for the first time is in no
    /// share.
    watchable: Range,
    /// How keys stand at this moment; empty for a range that ended, and where it is not told often enough.
    standing: BTreeMap<Place, Keys>,
    /// Whether the range goes up to the present.
    now: bool,
}

/// Up to so long ago the end of a range is the present.
const PRESENT: Lag = Lag::from_secs(60);

impl Figures {
    pub async fn load(state: &AppState, range: Range) -> Result<Self, ApiError> {
        let grid = Grid::of(range);
        let steps = |kind| RollupQuery::steps(kind, grid.from, grid.to, grid.step_minutes);
        let present = state.clock.now();
        let now = range.to.0 >= present.0 - PRESENT.0;
        let began = state.config.watching_since.map_or(range.from, |since| since.max(range.from));
        let standing = state.standing.borrow().clone();
        let mut figures = Self {
            grid,
            cells: BTreeMap::new(),
            cell_steps: BTreeMap::new(),
            key_steps: BTreeMap::new(),
            keys_last: BTreeMap::new(),
            open: state.store.open_counts().await?,
            sources: BTreeMap::new(),
            watchable: Range { from: began, to: range.to },
            standing: if now { standing.keys(present) } else { BTreeMap::new() },
            now,
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
        for point in state.store.rollups(&steps(SeriesKind::Keys).most()).await? {
            if let (Series::Keys { entity, replica }, Amount::Keys(keys)) = (point.series, point.amount) {
                figures.key_steps.entry((entity, replica)).or_default().push((point.start, keys));
            }
        }
        for point in state.store.rollups(&RollupQuery::sums(SeriesKind::Keys, grid.from, grid.to)).await? {
            if let (Series::Keys { entity, replica }, Amount::Keys(keys)) = (point.series, point.amount) {
                figures.keys_last.insert((entity, replica), keys);
            }
        }
        // The minutes of the range itself: a chart may begin earlier, at a whole step.
        for point in state.store.rollups(&RollupQuery::sums(SeriesKind::Source, range.from.minute(), grid.to)).await? {
            if let (Series::Source { source }, Amount::Source(counts)) = (point.series, point.amount) {
                figures.sources.insert(source, counts);
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

    /// Share of the range in which the frontiers of all sides advanced (SEM-9): the least of them.
    pub fn watched(&self, entity: &EntityRule, replica: &ReplicaRule) -> Option<f64> {
        let authorities = entity.authorities_of(replica).into_iter().filter_map(|name| entity.replica(name));
        let sides = [replica].into_iter().chain(authorities);
        sides.map(|side| self.watched_share(&side.source)).reduce(|least, share| Some(least?.min(share?))).flatten()
    }

    /// Share of the range over which a source's frontier advanced; `None` where nothing was told of it.
    fn watched_share(&self, source: &SourceName) -> Option<f64> {
        let length_ms = (self.watchable.length().0 / 1_000_000).max(1) as f64;
        self.sources.get(source).map(|counts| (counts.watched_ms as f64 / length_ms).min(1.0))
    }

    /// The time of the range over which the sources' frontiers did not advance, in words by source.
    pub fn unwatched<'a>(&self, state: &AppState, sources: impl Iterator<Item = &'a SourceName>) -> Vec<String> {
        let states = state.sources.borrow().clone();
        let words = |source: &SourceName| {
            let share = self.watched_share(source).unwrap_or(0.0);
            let missing = Lag((self.watchable.length().0.max(0) as f64 * (1.0 - share)) as i64);
            let seen = states.sources.get(source).and_then(|it| it.frontier());
            let behind = seen.map(|seen| self.watchable.to.since(seen.max(self.watchable.from)).max(Lag::ZERO));
            Some(format!("{source}: {}", unwatched::words(missing, behind)?))
        };
        sources.filter_map(words).collect()
    }

    /// What came of the sources that `which` chooses, in the minutes of the range.
    pub fn records(&self, which: impl Fn(&SourceName) -> bool) -> SourceCounts {
        let mut sum = SourceCounts::default();
        self.sources.iter().filter(|(source, _)| which(source)).for_each(|(_, counts)| sum.add(counts));
        sum
    }

    pub fn consistency(&self, entity: &EntityRule, replica: &ReplicaRule) -> Consistency {
        report::consistency::of(&self.cells(&entity.name, &replica.name), self.watched(entity, replica))
    }

    /// Over several replicas; coverage is by the worst watched of them.
    pub fn overall<'a>(&self, pairs: impl IntoIterator<Item = Pair<'a>>) -> Consistency {
        let mut sum = Amount::Cells(Cells::default());
        let mut watched: Option<f64> = None;
        for (entity, replica) in pairs {
            sum.add(&Amount::Cells(self.cells(&entity.name, &replica.name)));
            let own = self.watched(entity, replica);
            watched = watched.map_or(own, |least| Some(own.map_or(least, |own| least.min(own))));
        }
        match sum {
            Amount::Cells(cells) => report::consistency::of(&cells, watched),
            _ => Consistency::default(),
        }
    }

    /// How keys stand at the end of the range. At present: as they are judged now, divergent ones from open findings. Before:
    /// as the last minute that was told says.
    pub fn keys(&self, entity: &EntityName, replica: &ReplicaName) -> Mix {
        let place = (entity.clone(), replica.clone());
        let told = self.keys_last.get(&place).copied().unwrap_or_default();
        if !self.now {
            let Keys { converged, lagging, diverged, unknown } = told;
            return Mix { converged, lagging, diverged, unknown };
        }
        let of_it = |it: &&OpenCount| {
            it.rule == Rule::Convergence && it.entity.as_ref() == Some(entity) && it.replica.as_ref() == Some(replica)
        };
        let diverged = self.open.iter().filter(of_it).map(|it| it.count).sum();
        standing(self.standing.get(&place).copied().unwrap_or(told), diverged)
    }

    /// A line of one verdict's keys over time, of one replica or (`None`) of all: of each step the most. Of several replicas,
    /// whose worst minutes may differ, the sum of those.
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

    /// Whether the range goes up to the present, so that what is open now belongs to its end.
    pub const fn is_present(&self) -> bool {
        self.now
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
                let writes = entity.copies().map(|replica| self.cells(&entity.name, &replica.name).closed()).max();
                EntityRow {
                    entity: entity.name.to_string(),
                    authority: entity.authority.to_string(),
                    writes_per_second: writes.unwrap_or(0) as f64 / seconds,
                    within_seconds: entity.copies().map(|it| it.within).min().unwrap_or(Lag::ZERO).seconds(),
                    replicas: entity.copies().map(|replica| self.replica_row(entity, replica, seen(replica))).collect(),
                }
            })
            .collect()
    }
}

/// What was told of keys, with so many divergent ones: what has been found since was late before it was wrong, and what was
/// resolved since agrees.
fn standing(told: Keys, diverged: u64) -> Mix {
    let found = diverged.saturating_sub(told.diverged);
    let lagging = told.lagging.saturating_sub(found);
    let others = told.total().saturating_sub(lagging + told.unknown);
    Mix { converged: others.saturating_sub(diverged), lagging, diverged, unknown: told.unknown }
}

/// All copies of all entities.
pub fn all_copies(entities: &[EntityRule]) -> impl Iterator<Item = Pair<'_>> {
    entities.iter().flat_map(|entity| entity.copies().map(move |copy| (entity, copy)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_found_wrong_since_the_last_minute_were_late_then() {
        let told = Keys { converged: 90, lagging: 7, diverged: 2, unknown: 1 };
        assert_eq!(standing(told, 2), Mix { converged: 90, lagging: 7, diverged: 2, unknown: 1 });
        assert_eq!(standing(told, 5), Mix { converged: 90, lagging: 4, diverged: 5, unknown: 1 }, "three late ones");
        assert_eq!(standing(told, 0), Mix { converged: 92, lagging: 7, diverged: 0, unknown: 1 }, "two came right");
        assert_eq!(standing(Keys::default(), 3), Mix { diverged: 3, ..Mix::default() });
    }
}
