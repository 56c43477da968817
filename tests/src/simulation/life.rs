//! The life of a process over a world, as often as it is killed: start, recover, read on, take what is pushed, tick, die.
//!
//! While the process is dead the world stands still. So a run with deaths has to tell exactly what a run without has told.

use std::{path::Path, sync::Arc};

use plumbline::pipeline::{Pipeline, Settings};
use plumbline_model::{
    Lag, Record, SourceName, Tick,
    journal::{Config, Progress, Proof},
};
use plumbline_store::{Options, SqliteStore, StoreError, prelude::*};

use super::{
    mortal::{Fate, MortalStore, is_death},
    world::{LATENESS, Log, World, received},
};

/// Between two looks at the sources.
const STEP_MS: i64 = 1_000;

/// How a run is cut and kept.
#[derive(Clone, Debug)]
pub struct Way {
    pub fate: Fate,
    /// Engine partitions.
    pub partitions: u32,
    /// Observations in a record, records in an append.
    pub cut: Cut,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cut {
    /// A record and an append for each observation.
    Single,
    /// An append for each source.
    Natural,
    /// One append for everything of a step.
    Whole,
}

impl Way {
    pub fn natural() -> Self {
        Self { fate: Fate::never(), partitions: 1, cut: Cut::Natural }
    }
}

/// Lives until the world ends. Returns how often it was killed.
///
/// # Errors
/// Whatever is not a death.
pub async fn live(world: &World, dir: &Path, way: &Way) -> Result<u32, StoreError> {
    let mut now_ms = 0;
    let mut answered = vec![false; world.requests.len()];
    let mut deaths = 0;
    loop {
        match one_life(world, dir, way, &mut now_ms, &mut answered).await {
            Ok(()) => return Ok(deaths),
            Err(error) if is_death(&error) => deaths += 1,
            Err(error) => return Err(error),
        }
    }
}

async fn one_life(
    world: &World,
    dir: &Path,
    way: &Way,
    now_ms: &mut i64,
    answered: &mut [bool],
) -> Result<(), StoreError> {
    let store = SqliteStore::open(dir, Options { durable: false, ..Options::default() }).await?;
    let store: Arc<dyn Store> = Arc::new(MortalStore::new(store, way.fate.clone()));
    let settings = Settings { partitions: way.partitions, ..Settings::default() };
    let (mut pipeline, _) = Pipeline::recover(Arc::clone(&store), settings, received(*now_ms)).await?;
    if store.end().0 == 0 {
        let rules = world.rules.clone();
        let config = Config { digest: "0".into(), text: String::new(), rules };
        take(&mut pipeline, *now_ms, vec![Record::Config(Box::new(config))]).await?;
    }
    let mut cursors: Vec<u64> = world
        .logs
        .iter()
        .map(|log| pipeline.read_to().get(&(log.source.clone(), log.partition.clone())).copied().unwrap_or(0))
        .collect();
    while *now_ms <= world.end_ms {
        let mut batches = Vec::new();
        for (log, cursor) in world.logs.iter().zip(&mut cursors) {
            batches.push(read_on(log, cursor, *now_ms));
        }
        let sent: Vec<usize> =
            (0..answered.len()).filter(|index| !answered[*index] && world.requests[*index].at_ms <= *now_ms).collect();
        for index in &sent {
            batches.push(vec![Record::Observations(world.requests[*index].spans.clone())]);
        }
        batches.push(vec![Record::Progress(pushed(*now_ms)), Record::Tick(Tick { now: received(*now_ms) })]);
        let requests = world.logs.len()..world.logs.len() + sent.len();
        match way.cut {
            Cut::Natural => {
                for (index, batch) in batches.into_iter().enumerate() {
                    pipeline.append(received(*now_ms), batch).await?;
                    if requests.contains(&index) {
                        answered[sent[index - requests.start]] = true;
                    }
                    pipeline.apply(Vec::new()).await?;
                }
            }
            Cut::Whole => {
                take(&mut pipeline, *now_ms, batches.concat()).await?;
                sent.iter().for_each(|index| answered[*index] = true);
            }
            Cut::Single => {
                for record in batches.concat().into_iter().flat_map(single) {
                    take(&mut pipeline, *now_ms, vec![record]).await?;
                }
                sent.iter().for_each(|index| answered[*index] = true);
            }
        }
        pipeline.save_if_due(received(*now_ms)).await?;
        *now_ms += STEP_MS;
    }
    Ok(())
}

async fn take(pipeline: &mut Pipeline, now_ms: i64, records: Vec<Record>) -> Result<(), StoreError> {
    pipeline.append(received(now_ms), records).await?;
    pipeline.apply(Vec::new()).await.map(drop)
}

/// Reads a log from the cursor up to now, and says how far it has been read.
fn read_on(log: &Log, cursor: &mut u64, now_ms: i64) -> Vec<Record> {
    let fresh = log.records.iter().skip(*cursor as usize).take_while(|it| it.received <= received(now_ms));
    let fresh: Vec<_> = fresh.cloned().collect();
    *cursor += fresh.len() as u64;
    let progress = Record::Progress(Progress {
        source: log.source.clone(),
        partition: log.partition.clone(),
        position: Some(*cursor),
        frontier: Some(plumbline_model::SourceTime(received(now_ms).0)),
        proof: Proof::LogEnd,
        partitions: log.partitions,
    });
    if fresh.is_empty() { vec![progress] } else { vec![Record::Observations(fresh), progress] }
}

fn pushed(now_ms: i64) -> Progress {
    Progress {
        source: SourceName::new("otlp"),
        partition: Default::default(),
        position: None,
        frontier: Some(plumbline_model::SourceTime(received(now_ms).0).minus(LATENESS)),
        proof: Proof::Assumed { lateness: Lag(LATENESS.0) },
        partitions: 1,
    }
}

/// The same observations in records of one.
fn single(record: Record) -> Vec<Record> {
    match record {
        Record::Observations(observations) => observations.into_iter().map(|it| Record::Observations(vec![it])).collect(),
        other => vec![other],
    }
}
