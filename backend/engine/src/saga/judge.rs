//! The state of one run: a pure function of its events, its promises and how far the sources were seen.

use plumbline_model::{Rule, SourceTime, StepName, Why, saga::SagaState};
use smallvec::SmallVec;

use super::{
    event::Seen,
    plan::{End, Plan},
    promise::{Outcome, Promise, World, compensable, promises},
    sources::SourceIndex,
    split::Run,
};

/// What is held of a run.
pub(super) struct Verdict<'a> {
    pub state: SagaState,
    pub promises: SmallVec<[(Promise<'a>, Outcome); 6]>,
    /// When it must be judged again: sources and up to when they must be seen.
    pub wakes: SmallVec<[(SourceIndex, SourceTime); 2]>,
    /// The same by the receiving clock; [`NEVER`] if the clock decides nothing.
    pub clock: SourceTime,
    /// At least one promise, or the end, was decided: the saga counts as checked.
    pub checked: bool,
}

/// No clock wake.
pub(super) const NEVER: SourceTime = SourceTime::MAX;

/// What a run waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Wait {
    /// The step; `None`: all are done, and the end is awaited.
    pub step: Option<usize>,
    /// The event with which the wait began.
    pub entered: usize,
}

/// `forgotten`: earlier runs are no longer remembered, so that a run without a start may belong to them.
pub(super) fn judge<'a>(run: &Run, events: &[Seen], plan: &'a Plan, world: World<'_>, forgotten: bool) -> Verdict<'a> {
    let mut verdict = Verdict {
        state: SagaState::Running,
        promises: SmallVec::new(),
        wakes: SmallVec::new(),
        clock: NEVER,
        checked: run.start.is_some() && run.end.is_some(),
    };
    for promise in promises(run, events, plan) {
        let (outcome, wake) = promise.decide(events, world);
        if let Some(wake) = wake.source.filter(|wake| !verdict.wakes.contains(wake)) {
            verdict.wakes.push(wake);
        }
        verdict.clock = verdict.clock.min(wake.clock.unwrap_or(NEVER));
        verdict.checked |= matches!(outcome, Outcome::Kept { .. } | Outcome::Skipped { .. } | Outcome::Broken { .. });
        verdict.promises.push((promise, outcome));
    }
    verdict.state = state(run, plan, &verdict.promises, forgotten);
    verdict
}

/// What the run waits for; `None` after its end and where its start was not seen.
pub(super) fn wait(run: &Run, plan: &Plan) -> Option<Wait> {
    let start = run.start.filter(|_| run.end.is_none())?;
    let next = run.furthest().map_or(0, |step| step + 1);
    let entered = run.entry(next.min(run.done.len())).unwrap_or(start);
    Some(Wait { step: (next < plan.rule.steps.len()).then_some(next), entered })
}

fn state(run: &Run, plan: &Plan, promises: &[(Promise<'_>, Outcome)], forgotten: bool) -> SagaState {
    match (run.start, run.end) {
        (None, _) if forgotten => SagaState::Unknown { why: Why::Forgotten },
        // An end says nothing of what was not seen to begin (SEM-16).
        (None, _) => SagaState::Unknown { why: Why::BeganBeforeWatching },
        (Some(_), None) => open(run, plan, promises),
        (Some(_), Some((_, End::Failed))) => failed(run, plan, promises),
        (Some(_), Some(_)) if run.went_on.is_some() => SagaState::Zombie,
        (Some(_), Some(_)) => SagaState::Completed,
    }
}

fn open(run: &Run, plan: &Plan, promises: &[(Promise<'_>, Outcome)]) -> SagaState {
    let pending = || promises.iter().filter(|(promise, _)| promise.pending());
    if pending().any(|(_, outcome)| matches!(outcome, Outcome::Broken { .. })) {
        return SagaState::Stuck { step: waited_step(run, plan) };
    }
    if let Some(why) = pending().find_map(|(_, outcome)| undecided(outcome)) {
        return SagaState::Unknown { why };
    }
    if run.undone.iter().any(Option::is_some) {
        return SagaState::Compensating;
    }
    match pending().any(|(_, outcome)| *outcome == Outcome::Open { at_risk: true }) {
        true => SagaState::AtRisk,
        false => SagaState::Running,
    }
}

fn failed(run: &Run, plan: &Plan, promises: &[(Promise<'_>, Outcome)]) -> SagaState {
    let owed: Vec<StepName> =
        compensable(run, plan).filter(|step| run.undone[*step].is_none()).map(|step| step_name(plan, step)).collect();
    if owed.is_empty() {
        return match compensable(run, plan).next() {
            _ if run.went_on.is_some() => SagaState::Zombie,
            Some(_) => SagaState::Compensated,
            None => SagaState::Failed,
        };
    }
    let pending = || promises.iter().filter(|(promise, _)| promise.rule == Rule::SagaCompensation && promise.pending());
    if pending().any(|(_, outcome)| matches!(outcome, Outcome::Broken { .. })) {
        return SagaState::CompensationOwed { steps: owed };
    }
    match pending().find_map(|(_, outcome)| undecided(outcome)) {
        Some(why) => SagaState::Unknown { why },
        None => SagaState::Compensating,
    }
}

fn undecided(outcome: &Outcome) -> Option<Why> {
    match outcome {
        Outcome::Undecided(why) => Some(why.clone()),
        _ => None,
    }
}

/// A step is named after the event that completes it; so is the end where all steps are done.
fn waited_step(run: &Run, plan: &Plan) -> StepName {
    match wait(run, plan).and_then(|wait| wait.step) {
        Some(step) => step_name(plan, step),
        None => plan.rule.completed.first().map(|event| StepName::new(event.as_str())).unwrap_or_default(),
    }
}

pub(super) fn step_name(plan: &Plan, step: usize) -> StepName {
    StepName::new(plan.step(step).event.as_str())
}
