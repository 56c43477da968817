//! From the events of one correlation id, sorted by source time, to its runs (SEM-17); what each event does in its run is told
//! by `roles.rs`. Pure: arrival plays no part, so a late event only moves what it proves.
//!
//! * There is a run where there is an event that the saga declares; what else has the correlation id belongs to it.
//! * A start that proves to come after the end opens the next run; any other start is a repeated step.
//! * Events closer than their clock errors prove no order: near an end they still count, near the next start they belong
//!   to the next run.

use plumbline_model::saga::SagaRole;
use smallvec::{SmallVec, smallvec};

use super::{
    event::Seen,
    plan::{End, Plan},
    roles::{self, Redone, World},
    sources::Sources,
};

/// The runs of an instance, oldest first, and per event its run and role; no runs where nothing is declared.
#[derive(Default, Debug)]
pub(super) struct Split {
    pub runs: SmallVec<[Run; 1]>,
    pub roles: SmallVec<[(u16, SagaRole); 16]>,
}

/// One run. Numbers are indices into the instance's events.
#[derive(Clone, Default, Debug)]
pub(super) struct Run {
    pub start: Option<usize>,
    pub end: Option<(usize, End)>,
    /// Per declared step, the event that completed it first.
    pub done: SmallVec<[Option<usize>; 8]>,
    /// Per declared step, the event by which it stands, done or to be undone: the first one, or the first one after the last
    /// undoing. Of a failed run it may come after the end.
    pub stands: SmallVec<[Option<usize>; 8]>,
    /// Per declared step, the event that undid first what stands.
    pub undone: SmallVec<[Option<usize>; 8]>,
    /// The first event that proves to come after the end.
    pub went_on: Option<usize>,
    /// Per step that was undone and done again, the last time that this happened.
    pub redone: SmallVec<[Redone; 1]>,
    /// Events of earlier such times.
    pub superseded: SmallVec<[usize; 2]>,
}

impl Run {
    /// The furthest step that is done.
    pub fn furthest(&self) -> Option<usize> {
        self.done.iter().rposition(Option::is_some)
    }
    /// The event with which step `step` was entered: the nearest step done before it, else the start.
    pub fn entry(&self, step: usize) -> Option<usize> {
        self.done[..step].iter().rev().find_map(|event| *event).or(self.start)
    }
    /// The event since which step `step` is to be undone: the failure, or what did the step if that came later.
    pub fn owed_from(&self, step: usize) -> Option<usize> {
        let (end, _) = self.end.filter(|(_, end)| *end == End::Failed)?;
        Some(self.stands[step].map_or(end, |stands| stands.max(end)))
    }
    /// Whether something that is held of the run would not be so without the event.
    pub fn rests_on(&self, at: usize) -> bool {
        let steps = [&self.done, &self.stands, &self.undone];
        [self.start, self.went_on].contains(&Some(at))
            || self.end.is_some_and(|(end, _)| end == at)
            || steps.iter().any(|events| events.contains(&Some(at)))
            || self.redone.iter().any(|redone| redone.undone == at)
    }
}

/// `forgotten`: runs before these are known to have been, and are no longer remembered.
pub(super) fn split(events: &[Seen], plan: &Plan, sources: &Sources, forgotten: bool) -> Split {
    let mut split = bounds(events, plan, sources);
    for number in 0..split.runs.len() {
        roles::fill(&mut split, number, World { events, plan, sources }, forgotten && number == 0);
    }
    split
}

/// Which run each event belongs to, and where runs start and end.
fn bounds(events: &[Seen], plan: &Plan, sources: &Sources) -> Split {
    let mut split = Split::default();
    if events.iter().all(|event| event.kind().as_declared().is_none()) {
        // Of other flows, as far as is known: none of it makes a run.
        split.roles.resize(events.len(), (0, SagaRole::Undeclared));
        return split;
    }
    let steps = plan.rule.steps.len();
    let none = smallvec![None; steps];
    let empty = Run { done: none.clone(), stands: none.clone(), undone: none, ..Run::default() };
    split.runs.push(empty.clone());
    for (at, event) in events.iter().enumerate() {
        let meaning = plan.meaning(event.kind());
        let number = split.runs.len() - 1;
        let run = &mut split.runs[number];
        if meaning.is_some_and(|it| it.start) {
            match run.end {
                Some((end, _)) if sources.proves_after(event, &events[end]) => {
                    pull_back(&mut split.roles, events, sources, at, end);
                    let pulled = (end + 1..at).filter(|at| usize::from(split.roles[*at].0) > number);
                    let mut ends = pulled.filter_map(|at| Some((at, plan.meaning(events[at].kind())?.end?)));
                    split.runs.push(Run { start: Some(at), end: ends.next(), ..empty.clone() });
                }
                _ => {
                    run.start.get_or_insert(at);
                }
            }
        }
        let number = split.runs.len() - 1;
        if let Some(end) = meaning.and_then(|it| it.end) {
            split.runs[number].end.get_or_insert((at, end));
        }
        split.roles.push((number as u16, SagaRole::Undeclared));
    }
    split
}

/// Moves what happened after the old end and no provably earlier than the new start into the new run.
fn pull_back(roles: &mut [(u16, SagaRole)], events: &[Seen], sources: &Sources, start: usize, end: usize) {
    for at in end + 1..start {
        let earlier = sources.proves_after(&events[start], &events[at]);
        if !earlier && sources.proves_after(&events[at], &events[end]) {
            roles[at].0 += 1;
        }
    }
}
