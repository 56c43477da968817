//! The forms in which sagas are kept between runs of the program (SEM-12): one piece per instance and one for what is
//! counted over all. Pieces hold names, never this process's numbers.

use plumbline_model::{
    Change, CorrelationId, EventType, Partition, Position, SagaName, SourceName, SourceTime, TraceId,
    journal::StateEntry,
    rollup::Rollup,
    time::{Minute, ReceivedTime},
};
use serde::{Deserialize, Serialize};

use super::{
    event::Seen,
    instance::{Instance, RunBook, Told},
    plan::Plan,
    sources::{Reach, Sources},
};
use crate::{RestoreError, context};

const LETTER: u8 = b's';
const INSTANCE: u8 = 1;
const SHARED: &[u8] = &[0];

/// What is not of one instance.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Shared {
    pub reaches: Vec<(SourceName, Reach)>,
    pub rollups: Vec<Rollup>,
    pub minute: Option<Minute>,
    /// Runs started and runs checked, per saga.
    pub coverage: Vec<(SagaName, u64, u64)>,
    /// What remains to be told of sagas that are no longer configured.
    pub farewells: Vec<Change>,
    /// The rules changed, and nobody was judged by them yet.
    pub reconfigured: bool,
    pub evicted: u64,
    /// The last tick.
    pub now: ReceivedTime,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    places: Vec<(SourceName, Partition)>,
    names: Vec<EventType>,
    events: Vec<KeptEvent>,
    runs: Vec<RunBook>,
    forgotten_runs: u32,
    told: Vec<Told>,
    forget_at: Option<ReceivedTime>,
    settled: bool,
}

#[derive(Serialize, Deserialize)]
struct KeptEvent {
    at: SourceTime,
    position: Position,
    part: u16,
    place: u32,
    name: u32,
    trace: Option<TraceId>,
    counted: bool,
    timed: bool,
}

/// What a piece turns out to be.
pub(super) enum Piece {
    Shared(Box<Shared>),
    Instance(Box<Instance>),
}

pub(super) fn shared(shared: &Shared) -> StateEntry {
    context::save(LETTER, SHARED, Some(shared))
}

pub(super) fn key(saga: &SagaName, id: &CorrelationId) -> Vec<u8> {
    let mut key = vec![INSTANCE];
    // Serialising two texts into memory has no way to fail.
    key.extend(postcard::to_stdvec(&(saga, id)).unwrap_or_default());
    key
}

pub(super) fn gone(key: &[u8]) -> StateEntry {
    context::save(LETTER, key, None::<&()>)
}

pub(super) fn instance(instance: &Instance, plan: &Plan, sources: &Sources) -> StateEntry {
    let mut kept = Kept {
        places: Vec::new(),
        names: Vec::new(),
        events: Vec::with_capacity(instance.events.len()),
        runs: instance.runs.to_vec(),
        forgotten_runs: instance.forgotten_runs,
        told: instance.told().to_vec(),
        forget_at: instance.forget_at(),
        settled: instance.settled,
    };
    for seen in &instance.events {
        let (source, partition) = sources.place_names(seen.place);
        let place = number(&mut kept.places, (source.clone(), partition.clone()));
        let name = instance.event_name(plan, seen.kind()).cloned().unwrap_or_default();
        let name = number(&mut kept.names, name);
        kept.events.push(KeptEvent {
            at: seen.at,
            position: seen.position,
            part: seen.part,
            place,
            name,
            trace: seen.trace(),
            counted: seen.counted(),
            timed: seen.timed(),
        });
    }
    context::save(LETTER, &key(&plan.rule.name, &instance.id), Some(&kept))
}

fn number<T: PartialEq>(list: &mut Vec<T>, item: T) -> u32 {
    let at = list.iter().position(|known| *known == item).unwrap_or_else(|| {
        list.push(item);
        list.len() - 1
    });
    at as u32
}

/// Reads a piece back, or `None` where it says that the instance is gone.
///
/// # Errors
/// When it is damaged, or of a saga that the rules kept with it do not know.
pub(super) fn load(entry: &StateEntry, plans: &[Plan], sources: &mut Sources) -> Result<Option<Piece>, RestoreError> {
    let key = entry.key.get(1..).unwrap_or_default();
    if key == SHARED {
        return Ok(context::load(entry)?.map(|shared| Piece::Shared(Box::new(shared))));
    }
    let Some((&INSTANCE, name)) = key.split_first() else {
        return Err(context::bad(entry, "no piece of the sagas has this key"));
    };
    let (saga, id): (SagaName, CorrelationId) =
        postcard::from_bytes(name).map_err(|error| context::bad(entry, &error.to_string()))?;
    let Some(kept) = context::load::<Kept>(entry)? else { return Ok(None) };
    let Some(at) = plans.iter().position(|plan| plan.rule.name == saga) else {
        return Err(context::bad(entry, "its saga is not configured"));
    };
    let mut instance = Instance::new(at as u16, id);
    for event in &kept.events {
        let named = kept.places.get(event.place as usize).zip(kept.names.get(event.name as usize));
        let Some(((source, partition), name)) = named else {
            return Err(context::bad(entry, "an event has no place or name"));
        };
        let place = sources.place(source, partition);
        let kind = instance.kind(&plans[at], name);
        let mut seen = Seen::from_parts(event.at, event.position, event.part, event.trace, place, kind);
        seen.mark(event.counted, event.timed);
        instance.events.push(seen);
    }
    instance.runs = kept.runs.into();
    instance.forgotten_runs = kept.forgotten_runs;
    instance.set_forget_at(kept.forget_at);
    instance.settled = kept.settled;
    if !kept.told.is_empty() {
        *instance.told_mut() = kept.told;
    }
    Ok(Some(Piece::Instance(Box::new(instance))))
}
