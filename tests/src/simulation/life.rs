//! The life of a process over a world, as often as it is killed: start, recover, read on, take what is pushed, tick, die.
//!
//! While the process is dead the world stands still. So a run with deaths has to tell exactly what a run without has told.

use std::{path::Path, sync::Arc};

use plumbline::pipeline::{Pipeline, Settings};
use plumbline_model::{
    Lag, Record, SourceName, Tick,
    journal::{Config, Progress, Proof, SnapshotPhase},
};
use plumbline_store::{Options, SqliteStore, StoreError, prelude::*};

use super::{
    mortal::{Fate, MortalStore, is_death},
    world::{LATENESS, Log, World, received},
};

/// Between two looks at the sources.
const STEP_MS: i64 = 1_000;

/// Between two times at which the main file is on the disk for sure, where the power can fail.
const SYNC_MS: i64 = 7_000;

/// How a run is cut and kept.
#[derive(Clone, Debug)]
pub struct Way {
    pub fate: Fate,
    /// Engine partitions.
    pub partitions: u32,
    /// Observations in a record, records in an append.
    pub cut: Cut,
    /// Death takes the machine along: the main file, which is not fsynced, is then one of some seconds ago.
    pub power_fails: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cut {
    /// A record and an append for each observation.
    Single,
    /// An append for each source that has something to say.
    Natural,
    /// One append for everything of a step.
    Whole,
}

impl Way {
    pub fn natural() -> Self {
        Self { fate: Fate::never(), partitions: 1, cut: Cut::Natural, power_fails: false }
    }
}

/// Lives until the world ends. Returns how often it was killed.
///
/// # Errors
/// Whatever is not a death.
pub async fn live(world: &World, dir: &Path, way: &Way) -> Result<u32, StoreError> {
    let mut progress = Progressed { answered: vec![false; world.requests.len()], ..Progressed::default() };
    let mut deaths = 0;
    loop {
        let store = SqliteStore::open(dir, Options { durable: false, ..Options::default() }).await?;
        let store: Arc<dyn Store> = Arc::new(MortalStore::new(store, way.fate.clone()));
        let lived = one_life(world, dir, way, &store, &mut progress).await;
        store.close().await?;
        drop(store);
        match lived {
            Ok(()) => return Ok(deaths),
            Err(error) if is_death(&error) => deaths += 1,
            Err(error) => return Err(error),
        }
        if let Some(older) = progress.main.as_ref().filter(|_| way.power_fails) {
            older.restore(dir);
        }
    }
}

/// What goes on when the process is dead: the world's time, what its senders know, and what lies on the disk for sure.
#[derive(Default)]
struct Progressed {
    now_ms: i64,
    answered: Vec<bool>,
    main: Option<MainFile>,
}

/// A copy of the main file and of the log beside it.
struct MainFile([Option<Vec<u8>>; 2]);

impl MainFile {
    const NAMES: [&str; 2] = ["plumbline.sqlite", "plumbline.sqlite-wal"];

    fn copy(dir: &Path) -> Self {
        Self(Self::NAMES.map(|name| std::fs::read(dir.join(name)).ok()))
    }

    fn restore(&self, dir: &Path) {
        for (name, bytes) in Self::NAMES.iter().zip(&self.0) {
            if let Some(bytes) = bytes {
                std::fs::write(dir.join(name), bytes).expect("a scratch directory can be written");
            }
        }
    }
}

async fn one_life(
    world: &World,
    dir: &Path,
    way: &Way,
    store: &Arc<dyn Store>,
    Progressed { now_ms, answered, main }: &mut Progressed,
) -> Result<(), StoreError> {
    let settings = Settings { partitions: way.partitions, ..Settings::default() };
    let (mut pipeline, _) = Pipeline::recover(Arc::clone(store), settings, received(*now_ms)).await?;
    if store.end().0 == 0 {
        let rules = world.rules.clone();
        let config = Config { digest: "0".into(), text: String::new(), rules };
        take(&mut pipeline, *now_ms, vec![Record::Config(Box::new(config))]).await?;
    }
    let resume = store.resume_positions().await?;
    let read_to = |log: &Log| resume.get(&(log.source.clone(), log.partition.clone())).copied().unwrap_or(0);
    // A mark may be lost when a record is cut from it; it is told again then, which changes nothing.
    let mut cursors: Vec<(u64, u64)> = world.logs.iter().map(|log| (read_to(log), 0)).collect();
    while *now_ms <= world.end_ms {
        let mut deliveries: Vec<Delivery> = world
            .logs
            .iter()
            .zip(&mut cursors)
            .map(|(log, (cursor, marked))| Delivery::of(read_on(log, cursor, marked, *now_ms)))
            .collect();
        for (index, request) in world.requests.iter().enumerate() {
            if !answered[index] && request.at_ms <= *now_ms {
                let records = vec![Record::Observations(request.spans.clone())];
                deliveries.push(Delivery { records, answers: vec![index] });
            }
        }
        let tick = Record::Tick(Tick { now: received(*now_ms) });
        deliveries.push(Delivery::of(vec![Record::Progress(pushed(*now_ms)), tick]));
        for (index, delivery) in way.cut.apply(deliveries).into_iter().enumerate() {
            way.fate.at((*now_ms, index));
            pipeline.append(received(*now_ms), delivery.records).await?;
            delivery.answers.into_iter().for_each(|request| answered[request] = true);
            pipeline.apply(Vec::new()).await?;
        }
        pipeline.save_if_due(received(*now_ms)).await?;
        if way.power_fails && *now_ms % SYNC_MS == 0 {
            *main = Some(MainFile::copy(dir));
        }
        *now_ms += STEP_MS;
    }
    Ok(())
}

/// What is appended at once, and the requests that may be answered then.
#[derive(Default)]
struct Delivery {
    records: Vec<Record>,
    answers: Vec<usize>,
}

impl Delivery {
    fn of(records: Vec<Record>) -> Self {
        Self { records, answers: Vec::new() }
    }

    fn is_quiet(&self) -> bool {
        !self.records.iter().any(|record| matches!(record, Record::Observations(_)))
    }

    /// Each observation by itself; the requests are answered with the last of them.
    fn single(self) -> Vec<Self> {
        let mut deliveries: Vec<_> =
            self.records.into_iter().flat_map(single).map(|record| Self::of(vec![record])).collect();
        if let Some(last) = deliveries.last_mut() {
            last.answers = self.answers;
        }
        deliveries
    }
}

impl Cut {
    fn apply(self, deliveries: Vec<Delivery>) -> Vec<Delivery> {
        match self {
            Self::Natural if !deliveries.iter().all(Delivery::is_quiet) => deliveries,
            Self::Single => deliveries.into_iter().flat_map(Delivery::single).collect(),
            Self::Whole | Self::Natural => vec![deliveries.into_iter().fold(Delivery::default(), |mut whole, next| {
                whole.records.extend(next.records);
                whole.answers.extend(next.answers);
                whole
            })],
        }
    }
}

async fn take(pipeline: &mut Pipeline, now_ms: i64, records: Vec<Record>) -> Result<(), StoreError> {
    pipeline.append(received(now_ms), records).await?;
    pipeline.apply(Vec::new()).await.map(drop)
}

/// Reads a log from the cursor up to now, with the marks that were not told yet, and says how far it has been read.
fn read_on(log: &Log, cursor: &mut u64, marked: &mut u64, now_ms: i64) -> Vec<Record> {
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
    let here = log.marks.iter().filter(|(index, _)| (*marked..*cursor).contains(&(*index as u64)));
    let (ends, mut records): (Vec<_>, Vec<_>) = here
        .map(|(_, mark)| Record::Snapshot(mark.clone()))
        .partition(|record| matches!(record, Record::Snapshot(mark) if mark.phase == SnapshotPhase::Ended));
    *marked = *cursor;
    if !fresh.is_empty() {
        records.push(Record::Observations(fresh));
    }
    records.extend(ends);
    records.push(progress);
    records
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
        Record::Observations(observations) => {
            observations.into_iter().map(|it| Record::Observations(vec![it])).collect()
        }
        other => vec![other],
    }
}
