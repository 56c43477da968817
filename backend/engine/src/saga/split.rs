//! From the events of one correlation id, sorted by source time, to its runs and to what each event does in its run
//! (SEM-16, SEM-17). Pure: arrival plays no part, so a late event only moves what it proves.
//!
//! * A start that proves to come after the end opens the next run; any other start is a repeated step.
//! * Events closer than their clock errors prove no order: near an end they still count, near the next start they belong
//!   to the next run.
//! * What proves to come after an end is `AfterEnd`, but for what undoes a failed run and for repetitions of the end.

use plumbline_model::saga::SagaRole;
use smallvec::{SmallVec, smallvec};

use super::{
    event::Seen,
    plan::{Declared, End, Plan},
    sources::Sources,
};

/// The runs of an instance, oldest first, and per event its run and role.
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
    /// Per declared step, the event that undid it first.
    pub undone: SmallVec<[Option<usize>; 8]>,
    pub after_end: bool,
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
}

/// `forgotten`: runs before these are known to have been, and are no longer remembered.
pub(super) fn split(events: &[Seen], plan: &Plan, sources: &Sources, forgotten: bool) -> Split {
    let mut split = bounds(events, plan, sources);
    for number in 0..split.runs.len() {
        fill(&mut split, number, events, plan, sources, forgotten && number == 0);
    }
    split
}

/// Which run each event belongs to, and where runs start and end.
fn bounds(events: &[Seen], plan: &Plan, sources: &Sources) -> Split {
    let mut split = Split::default();
    if events.is_empty() {
        return split;
    }
    let steps = plan.rule.steps.len();
    let empty = Run { done: smallvec![None; steps], undone: smallvec![None; steps], ..Run::default() };
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

/// Gives every event of one run its role, and the run what is done and undone.
fn fill(split: &mut Split, number: usize, events: &[Seen], plan: &Plan, sources: &Sources, forgotten: bool) {
    let run = &mut split.runs[number];
    for (at, event) in events.iter().enumerate() {
        if usize::from(split.roles[at].0) != number {
            continue;
        }
        let Some(meaning) = plan.meaning(event.kind()) else { continue };
        let before = run.start.is_some_and(|start| sources.proves_after(&events[start], event));
        let after = run.end.is_some_and(|(end, _)| end != at && sources.proves_after(event, &events[end]));
        split.roles[at].1 = if before && forgotten {
            // A straggler of a run that is no longer remembered.
            SagaRole::AfterEnd
        } else if after {
            after_end(run, at, meaning)
        } else {
            within_run(run, at, event, meaning, events, sources)
        };
    }
}

fn within_run(
    run: &mut Run,
    at: usize,
    event: &Seen,
    meaning: &Declared,
    events: &[Seen],
    sources: &Sources,
) -> SagaRole {
    let completes = meaning.steps.iter().find(|step| run.done[usize::from(**step)].is_none()).copied();
    if let Some(step) = completes.map(usize::from) {
        run.done[step] = Some(at);
        // What proves to have been undone before it was done is not undone.
        run.undone[step] = run.undone[step].filter(|undone| !sources.proves_after(event, &events[*undone]));
    }
    let undoes = undo(run, at, meaning);
    match run.end {
        _ if run.start == Some(at) => SagaRole::Start,
        Some((end, End::Completed)) if end == at => SagaRole::Completed,
        Some((end, End::Failed)) if end == at => SagaRole::Failed,
        _ if completes.is_some() => SagaRole::Step,
        _ if undoes => SagaRole::Compensation,
        _ => SagaRole::Repeated,
    }
}

fn after_end(run: &mut Run, at: usize, meaning: &Declared) -> SagaRole {
    let end = run.end.map(|(_, end)| end);
    if end == Some(End::Failed) && !meaning.undoes.is_empty() {
        return if undo(run, at, meaning) { SagaRole::Compensation } else { SagaRole::Repeated };
    }
    if meaning.end.is_some() && meaning.end == end {
        return SagaRole::Repeated;
    }
    run.after_end = true;
    SagaRole::AfterEnd
}

/// Notes what the event undoes. True if it is the first to do so for one of its steps.
fn undo(run: &mut Run, at: usize, meaning: &Declared) -> bool {
    let mut first = false;
    for step in meaning.undoes.iter().map(|step| usize::from(*step)) {
        if run.undone[step].is_none() {
            run.undone[step] = Some(at);
            first = true;
        }
    }
    first
}
