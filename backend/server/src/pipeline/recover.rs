//! The way back after a crash (SEM-12): load the kept state (or, where it cannot be read, the snapshot of a day), step the journal from there to `applied` with the outputs discarded
//! (they were told), then go on telling. It is the same `step`, so by ENG-2 nothing is lost and nothing is told twice.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures::TryStreamExt as _;
use plumbline_engine::Engine;
use plumbline_model::{Change, FindingId, ReceivedTime, Resolution, finding::Resolved, journal::JournalPosition};
use plumbline_store::{KeptState, Space, StoreError, prelude::*};

use super::{Dedup, Folds, Pipeline, Settings, Told};

/// What recovery found and did.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Recovered {
    /// The journal up to here was in the kept state.
    pub state: JournalPosition,
    /// Stepped again without telling.
    pub stepped_again: u64,
    /// Stepped and told now: they were durable, but nobody had been told.
    pub told_now: u64,
    /// Findings that the engine no longer holds.
    pub engine_changed: u64,
    /// Why the kept state could not be used. A day's snapshot was taken in its place, or the journal stepped from its begin.
    pub void: Option<String>,
}

impl Pipeline {
    /// Brings a pipeline to where the store says that it was, and commits what had not been told.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn recover(
        store: Arc<dyn Store>,
        settings: Settings,
        now: ReceivedTime,
    ) -> Result<(Self, Recovered), StoreError> {
        let mut recovered = Recovered::default();
        let kept = store.load_state().await?;
        let begin = store.begin().await?;
        let (engines, folds, position) = match restore(&settings, kept) {
            Ok(restored) => restored,
            Err(reason) => {
                recovered.void = Some(reason);
                store.drop_state().await?;
                let snapshot = store.load_snapshot(store.applied()).await?;
                let restored = snapshot.and_then(|kept| restore(&settings, kept).ok());
                restored.unwrap_or_else(|| {
                    (fresh(&settings), Folds::new(&settings), JournalPosition(begin.0.saturating_sub(1)))
                })
            }
        };
        recovered.state = position;
        let dedup = Dedup::load(store.as_ref(), now).await?;
        let mut pipeline = Self {
            engines,
            folds,
            dedup,
            config: None,
            waiting: Vec::new(),
            stepped: position,
            told: Told::default(),
            observations_since_save: 0,
            // What is stepped again is kept at the first tick, so that a process that dies often does not step more each time.
            saved: ReceivedTime(0),
            stepping: Duration::ZERO,
            store: Arc::clone(&store),
        };
        let mut blocks = store.read(JournalPosition(position.0 + 1)..=store.end());
        while let Some(block) = blocks.try_next().await? {
            // What was told before must not be told again, even where `applied` lies inside of a block.
            let applied = store.applied();
            let known =
                usize::try_from(applied.0.saturating_sub(block.first.0.saturating_sub(1))).unwrap_or(usize::MAX);
            let (again, new) = block.records.split_at(known.min(block.records.len()));
            pipeline.step(again);
            recovered.stepped_again += again.len() as u64;
            if !new.is_empty() {
                pipeline.waiting.extend_from_slice(new);
                pipeline.apply(Vec::new()).await?;
                recovered.told_now += new.len() as u64;
            }
        }
        drop(blocks);
        recovered.engine_changed = pipeline.end_orphans(now).await?;
        Ok((pipeline, recovered))
    }

    /// Resolves findings that the store has open and the engine does not hold (an upgrade, a change of rules).
    async fn end_orphans(&mut self, now: ReceivedTime) -> Result<u64, StoreError> {
        let held: BTreeSet<FindingId> =
            self.engines.iter().flat_map(Engine::open_findings).chain(self.folds.open_findings()).collect();
        let gone: Vec<_> = self.store.open_ids().await?.into_iter().filter(|id| !held.contains(id)).collect();
        let resolution = Resolution { at: None, found: now, how: Resolved::EngineChanged, evidence: None };
        let changes: Vec<_> =
            gone.iter().map(|id| Change::Resolved { id: *id, resolution: resolution.clone() }).collect();
        // They are told with the next record that is applied: a commit needs a position of its own.
        self.folds.carry(&changes);
        self.told.changes.extend(changes);
        Ok(gone.len() as u64)
    }
}

fn fresh(settings: &Settings) -> Vec<Engine> {
    (0..settings.partitions.max(1)).map(|_| Engine::default()).collect()
}

fn restore(settings: &Settings, kept: KeptState) -> Result<(Vec<Engine>, Folds, JournalPosition), String> {
    if kept.position == JournalPosition(0) {
        return Ok((fresh(settings), Folds::new(settings), kept.position));
    }
    let mut spaces: Vec<Vec<_>> = vec![Vec::new(); settings.partitions.max(1) as usize];
    // Most of a state is of the engine: room for all of it, found once.
    spaces.iter_mut().for_each(|entries| entries.reserve(kept.entries.len() / settings.partitions.max(1) as usize));
    let mut folds = Vec::new();
    for (space, entry) in kept.entries {
        match spaces.get_mut(space.0 as usize) {
            _ if space == Space::FOLDS => folds.push(entry),
            Some(entries) => entries.push(entry),
            None => {
                return Err(format!("it was kept by {} engine partitions, not {}", space.0 + 1, settings.partitions));
            }
        }
    }
    // Every partition keeps its time and rules at the least.
    let used = spaces.iter().take_while(|entries| !entries.is_empty()).count();
    if used < spaces.len() {
        return Err(format!("it was kept by {used} engine partitions, not {}", settings.partitions));
    }
    let engines: Result<Vec<_>, _> = spaces.into_iter().map(Engine::restore).collect();
    let engines = engines.map_err(|error| error.to_string())?;
    let folds = Folds::restore(settings, folds).map_err(|error| error.to_string())?;
    Ok((engines, folds, kept.position))
}
