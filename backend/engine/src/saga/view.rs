//! A run as it is told to people. It must not judge: the state comes from the run's book.

use plumbline_model::{
    EventType, Lag, SourceTime,
    saga::{SagaEvent, SagaInstance, SagaState},
    time::ReceivedTime,
};

use super::{
    finding::owed,
    instance::{Instance, SHOWN_EITHER_END},
    judge::wait,
    plan::Plan,
    promise::{compensable, promises},
    sources::Sources,
    split::{Split, split},
};

/// The instance's remembered runs that `wanted` picks, as told at `now`.
pub(super) fn runs(
    instance: &Instance,
    plan: &Plan,
    sources: &Sources,
    now: ReceivedTime,
    wanted: impl Fn(usize) -> bool,
) -> Vec<SagaInstance> {
    let split = split(&instance.events, plan, sources, instance.forgotten_runs > 0);
    (0..split.runs.len().min(instance.runs.len()))
        .filter(|index| wanted(*index))
        .filter_map(|index| run(instance, plan, sources, now, &split, index))
        .collect()
}

fn run(
    instance: &Instance,
    plan: &Plan,
    sources: &Sources,
    now: ReceivedTime,
    split: &Split,
    index: usize,
) -> Option<SagaInstance> {
    let book = &instance.runs[index];
    let run = &split.runs[index];
    let events = &instance.events;
    let of_run: Vec<usize> = (0..events.len()).filter(|at| usize::from(split.roles[*at].0) == index).collect();
    let last = &events[*of_run.last()?];
    let name = |at: usize| instance.event_name(plan, events[at].kind()).cloned().unwrap_or_default();
    let hidden = of_run.len().saturating_sub(2 * SHOWN_EITHER_END);
    let shown =
        of_run.iter().enumerate().filter(|(nth, _)| *nth < SHOWN_EITHER_END || *nth >= SHOWN_EITHER_END + hidden);
    let waiting = Waiting::of(run, events, plan, &book.state.get());
    Some(SagaInstance {
        saga: plan.rule.name.clone(),
        instance: instance.id.clone(),
        run: instance.run_number(index),
        state: book.state.get(),
        started: run.start.map(|at| events[at].at),
        last: last.at,
        last_event: name(*of_run.last()?),
        waiting_for: waiting.events,
        owner: waiting.owner,
        waiting_since: waiting.since,
        due: waiting.due,
        owed: owed(run, events, plan),
        events: shown
            .map(|(_, at)| SagaEvent {
                event: name(*at),
                at: events[*at].at,
                id: sources.observation_id(&events[*at]),
                role: split.roles[*at].1,
                trace: events[*at].trace(),
            })
            .collect(),
        omitted_events: book.omitted.saturating_add(u32::try_from(hidden).unwrap_or(u32::MAX)),
        updated: now,
    })
}

#[derive(Default)]
struct Waiting {
    events: Vec<EventType>,
    owner: Option<plumbline_model::ServiceName>,
    since: Option<SourceTime>,
    due: Option<SourceTime>,
}

impl Waiting {
    fn of(run: &super::split::Run, events: &[super::event::Seen], plan: &Plan, state: &SagaState) -> Self {
        if !state.is_open() || run.start.is_none() {
            return Self::default();
        }
        let pending = promises(run, events, plan).into_iter().filter(|promise| promise.pending());
        let due = pending.map(|promise| promise.due).min();
        if let Some(waited) = wait(run, plan) {
            let step = waited.step.map(|step| plan.step(step));
            return Self {
                events: step.map_or_else(|| plan.rule.completed.clone(), |step| vec![step.event.clone()]),
                owner: step.and_then(|step| step.owner.clone()),
                since: Some(events[waited.entered].at),
                due,
            };
        }
        let mut owing = compensable(run, plan).filter(|step| run.undone[*step].is_none()).peekable();
        let since = owing.clone().filter_map(|step| run.owed_from(step)).min().map(|at| events[at].at);
        let first = owing.peek().map(|step| plan.step(*step));
        Self {
            owner: first.and_then(|step| step.owner.clone()),
            since,
            events: owing.filter_map(|step| plan.step(step).compensate.clone()).collect(),
            due,
        }
    }
}

/// What stays unsaid at the end of recorded input (SEM-4): a run that is open and not stuck ended with the input.
pub fn at_input_end(instance: &SagaInstance) -> SagaState {
    use plumbline_model::Why;
    match &instance.state {
        SagaState::Running | SagaState::AtRisk | SagaState::Compensating => SagaState::Unknown { why: Why::InputEnded },
        SagaState::Unknown { why: Why::Blind { .. } } => SagaState::Unknown { why: Why::InputEnded },
        other => other.clone(),
    }
}

/// How long before it must be forgotten that a run waits for something: no declared deadline may outlive its run.
pub(super) fn longest_wait(plan: &Plan) -> Lag {
    let steps = plan.rule.steps.iter().filter_map(|step| step.within);
    steps.chain(plan.rule.within).chain(plan.rule.compensation_within).max().unwrap_or_default()
}
