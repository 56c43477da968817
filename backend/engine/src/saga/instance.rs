//! All that is remembered of one correlation id of one saga: its events, and per run what was told of it. It must not
//! judge; it inserts, and it stays bounded (LIM-1).

use plumbline_model::{
    CorrelationId, EventType, FindingId,
    saga::SagaRole,
    time::{ReceivedTime, SourceTime},
};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::{
    event::{Kind, Seen},
    held::Held,
    judge::NEVER,
    plan::Plan,
    sources::{SourceIndex, Sources},
    split::Split,
};

/// Events shown of a run at its beginning and at its end; what lies between is kept only where a verdict needs it.
pub(super) const SHOWN_EITHER_END: usize = 64;
/// Runs remembered of one correlation id. More within the hour of remembrance is an id that is used for something else.
pub(super) const MAX_RUNS: usize = 8;

/// One correlation id of one saga.
pub(super) struct Instance {
    /// The saga, by number.
    pub saga: u16,
    pub id: CorrelationId,
    /// Sorted by `Sources::order`.
    pub events: Vec<Seen>,
    /// Per remembered run, oldest first.
    pub runs: SmallVec<[RunBook; 1]>,
    /// Runs that are no longer remembered.
    pub forgotten_runs: u32,
    pub rare: Option<Box<Rare>>,
    /// The index entries that this instance has; each may come earlier than what is needed now, and then does no harm.
    pub entries: Entries,
    /// When the next thing is forgotten; [`FORGET_NEVER`] before the first tick.
    forget_at: ReceivedTime,
    /// Nothing is expected any more.
    pub settled: bool,
    /// Among those to keep.
    pub dirty: bool,
}

/// Where an instance stands in the indexes.
pub(super) struct Entries {
    /// Sources that it waits for, and up to when; one entry a source.
    pub waits: SmallVec<[(SourceIndex, SourceTime); 1]>,
    /// [`NEVER`]: no entry.
    pub clock: SourceTime,
    /// [`FORGET_NEVER`]: no entry.
    pub forget: ReceivedTime,
}

/// No time to forget.
pub(super) const FORGET_NEVER: ReceivedTime = ReceivedTime(i64::MAX);

impl Default for Entries {
    fn default() -> Self {
        Self { waits: SmallVec::new(), clock: NEVER, forget: FORGET_NEVER }
    }
}

/// What was told of a run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct RunBook {
    pub state: Held,
    /// Counted as checked.
    pub checked: bool,
    /// Counted as one that went on after its end.
    pub zombie: bool,
    /// Changed since the last tick, and so to be told at the next.
    pub changed: bool,
    /// Events no longer remembered.
    pub omitted: u32,
}

/// What most instances do not have.
#[derive(Default)]
pub(super) struct Rare {
    /// Types of events that the saga does not declare.
    pub undeclared: Vec<EventType>,
    pub told: Vec<Told>,
}

/// A finding that was told, open or not.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Told {
    pub id: FindingId,
    pub run: u32,
    pub opened: ReceivedTime,
    /// Hash of what a revision would replace.
    pub print: u64,
    pub open: bool,
}

impl Instance {
    pub fn new(saga: u16, id: CorrelationId) -> Self {
        Self {
            saga,
            id,
            events: Vec::new(),
            runs: SmallVec::new(),
            forgotten_runs: 0,
            rare: None,
            entries: Entries::default(),
            forget_at: FORGET_NEVER,
            settled: false,
            dirty: false,
        }
    }

    /// When the next thing is forgotten; `None` before the first tick.
    pub fn forget_at(&self) -> Option<ReceivedTime> {
        Some(self.forget_at).filter(|at| *at != FORGET_NEVER)
    }

    pub fn set_forget_at(&mut self, at: Option<ReceivedTime>) {
        self.forget_at = at.unwrap_or(FORGET_NEVER);
    }

    /// Whether a run of it is to be told at the next tick.
    pub fn is_changed(&self) -> bool {
        self.runs.iter().any(|book| book.changed)
    }

    /// The number of the run at `index`, from 1.
    pub fn run_number(&self, index: usize) -> u32 {
        self.forgotten_runs.saturating_add(u32::try_from(index).unwrap_or(u32::MAX)).saturating_add(1)
    }

    pub fn told(&self) -> &[Told] {
        self.rare.as_ref().map_or(&[], |rare| &rare.told)
    }

    pub fn told_mut(&mut self) -> &mut Vec<Told> {
        &mut self.rare.get_or_insert_default().told
    }

    /// The number of an event's type, declared or not.
    pub fn kind(&mut self, plan: &Plan, event: &EventType) -> Kind {
        if let Some(kind) = plan.kind(event) {
            return kind;
        }
        let undeclared = &mut self.rare.get_or_insert_default().undeclared;
        let at = undeclared.iter().position(|known| known == event).unwrap_or_else(|| {
            undeclared.push(event.clone());
            undeclared.len() - 1
        });
        Kind::undeclared(at as u16)
    }

    pub fn event_name<'a>(&'a self, plan: &'a Plan, kind: Kind) -> Option<&'a EventType> {
        match kind.as_undeclared() {
            Some(at) => self.rare.as_ref().and_then(|rare| rare.undeclared.get(at)),
            None => plan.meaning(kind).map(|meaning| &meaning.event),
        }
    }

    /// Puts the event where its source time belongs. False if the very same observation is there already.
    pub fn insert(&mut self, seen: Seen, sources: &Sources) -> bool {
        let at = self.events.partition_point(|known| sources.order(known, &seen).is_lt());
        if self.events.get(at).is_some_and(|known| sources.order(known, &seen).is_eq()) {
            return false;
        }
        if self.events.len() == self.events.capacity() {
            // Most instances have few events: doubling from four would cost them more than it saves.
            self.events.reserve_exact(1 + self.events.len() / 4);
        }
        self.events.insert(at, seen);
        true
    }

    /// The event that is to be let go where run `index` has grown beyond what is shown: one in the middle that no verdict
    /// rests on.
    pub fn superfluous(&self, split: &Split, index: usize) -> Option<usize> {
        let of_run = || split.roles.iter().enumerate().filter(move |(_, role)| usize::from(role.0) == index);
        let count = of_run().count();
        if count <= 2 * SHOWN_EITHER_END {
            return None;
        }
        let spare = |role: SagaRole| matches!(role, SagaRole::Repeated | SagaRole::Undeclared | SagaRole::AfterEnd);
        let mut middle = of_run().skip(SHOWN_EITHER_END).take(count - 2 * SHOWN_EITHER_END);
        let rests_on = |at: usize| split.runs.get(index).is_some_and(|run| run.rests_on(at));
        middle.find(|(at, role)| spare(role.1) && !rests_on(*at)).map(|(at, _)| at)
    }

    /// Removes an event, and the name of its type if it was the last of an undeclared one.
    pub fn remove(&mut self, at: usize) {
        let gone = self.events.remove(at);
        let Some(name) = gone.kind().as_undeclared() else { return };
        if self.events.iter().any(|event| event.kind() == gone.kind()) {
            return;
        }
        let Some(rare) = &mut self.rare else { return };
        rare.undeclared.swap_remove(name);
        let moved = Kind::undeclared(rare.undeclared.len() as u16);
        for event in self.events.iter_mut().filter(|event| event.kind() == moved) {
            event.set_kind(gone.kind());
        }
    }
}
