//! What a run has promised: each step within its time from entry, the whole within its time from the start, and, after a
//! failure, every step undone within the time for compensation, which begins anew with a step done later. Each promise is decided from its own sources alone.
//!
//! A promise is *broken* when every source that could still bring what keeps it has been seen beyond its deadline and
//! the clock errors of both sides (SEM-1, ENG-4), and nothing in time is among what was seen. So a late event that is
//! already here breaks it just as silence does, and whether Plumbline learned of both at once makes no difference.

use plumbline_model::{Lag, Rule, SourceTime, Why, finding::Resolved};
use smallvec::SmallVec;

use super::{
    event::Seen,
    plan::{End, Plan},
    sources::{SourceIndex, Sources},
    split::Run,
};

/// A deadline of a run. Numbers are indices into the instance's events.
#[derive(Debug)]
pub(super) struct Promise<'a> {
    pub rule: Rule,
    /// The step that is to be done, or undone; `None` for the whole.
    pub step: Option<usize>,
    /// The event from which the time counts.
    pub entered: usize,
    pub within: Lag,
    pub due: SourceTime,
    pub sources: &'a [SourceIndex],
    /// What keeps it, if it came in time.
    kept_by: Option<usize>,
    /// What makes it void, if it came in time: the saga failed.
    excused_by: Option<usize>,
    /// What shows that the run went on without it; void if that came in time.
    passed_by: Option<usize>,
    /// The completion of a run that left the step out.
    left_out_by: Option<usize>,
    /// The last event that shows that the wait still lasted: only what was missed after it matters.
    alive: usize,
}

/// What is known of a promise.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// Kept or made void in time, by that event.
    Kept { by: usize },
    /// Made void in time, and the run was completed without the step, by that event.
    Skipped { by: usize },
    /// Its time is not over as far as the sources were seen.
    Open { at_risk: bool },
    /// Not kept in time; `ended` says what ended the wait later.
    Broken { ended: Option<(Resolved, usize)> },
    /// Its time is over and nothing can be said.
    Undecided(Why),
}

/// When a promise must be looked at again.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Wake {
    /// The source that stands in the way, and up to when it must be seen.
    pub source: Option<(SourceIndex, SourceTime)>,
    /// When, by the receiving clock, the wait for the source becomes worth saying.
    pub clock: Option<SourceTime>,
}

/// What judging sees beside the events.
#[derive(Clone, Copy)]
pub(super) struct World<'a> {
    pub sources: &'a Sources,
    /// The receiving clock read as source time. It can make a verdict unknown and never accuses (ENG-4).
    pub clock: SourceTime,
}

/// The promises of a run that has a start; a run without one has promised nothing that was seen (SEM-16).
pub(super) fn promises<'a>(run: &Run, events: &[Seen], plan: &'a Plan) -> SmallVec<[Promise<'a>; 6]> {
    let mut promises = SmallVec::new();
    let Some(start) = run.start else { return promises };
    let completed = run.end.filter(|end| end.1 == End::Completed).map(|end| end.0);
    let failed = run.end.filter(|end| end.1 == End::Failed).map(|end| end.0);
    for (step, rule) in plan.rule.steps.iter().enumerate() {
        let Some(within) = rule.within else { continue };
        let left_out_by = completed.filter(|_| run.done[step].is_none());
        // A step whose predecessor was not seen has no entry to count from: it may be that the predecessor comes yet. Once
        // the run is completed it can only have been left out.
        let entry = if step == 0 { Some(start) } else { run.done[step - 1] };
        let (entered, due) = match (entry, left_out_by) {
            (Some(entered), _) => (entered, events[entered].at.plus(within)),
            (None, Some(end)) => (run.entry(step).unwrap_or(start), events[end].at),
            (None, None) => continue,
        };
        let later = run.done[step + 1..].iter().filter_map(|event| *event).chain(completed);
        promises.push(Promise {
            rule: Rule::SagaStep,
            step: Some(step),
            entered,
            within,
            due,
            sources: &plan.step_sources[step],
            kept_by: run.done[step],
            excused_by: failed,
            passed_by: later.min_by_key(|event| events[*event].at),
            left_out_by,
            alive: entered,
        });
    }
    if let Some(within) = plan.rule.within {
        let due = events[start].at.plus(within);
        let done = run.done.iter().filter_map(|event| *event).filter(|event| events[*event].at <= due);
        promises.push(Promise {
            rule: Rule::SagaWhole,
            step: None,
            entered: start,
            within,
            due,
            sources: &plan.sources,
            kept_by: run.end.map(|(end, _)| end),
            excused_by: None,
            passed_by: None,
            left_out_by: None,
            alive: done.max_by_key(|event| events[*event].at).unwrap_or(start),
        });
    }
    if let Some(within) = plan.rule.compensation_within {
        let owed = compensable(run, plan).filter_map(|step| Some((step, run.owed_from(step)?)));
        for (step, entered) in owed {
            promises.push(Promise {
                rule: Rule::SagaCompensation,
                step: Some(step),
                entered,
                within,
                due: events[entered].at.plus(within),
                sources: &plan.step_sources[step],
                kept_by: run.undone[step],
                excused_by: None,
                passed_by: None,
                left_out_by: None,
                alive: entered,
            });
        }
    }
    promises
}

/// The steps that were done and could be undone.
pub(super) fn compensable(run: &Run, plan: &Plan) -> impl Iterator<Item = usize> + Clone {
    let steps = plan.rule.steps.iter().enumerate();
    steps.filter(|(step, rule)| run.stands[*step].is_some() && rule.compensate.is_some()).map(|(step, _)| step)
}

impl Promise<'_> {
    /// Whether something is still awaited.
    pub fn pending(&self) -> bool {
        self.kept_by.is_none() && self.excused_by.is_none() && self.passed_by.is_none()
    }

    /// Decides the promise as far as the world allows, and says when to look again.
    pub fn decide(&self, events: &[Seen], world: World<'_>) -> (Outcome, Wake) {
        let sources = world.sources;
        let entered = &events[self.entered];
        let in_time = |event: &usize| events[*event].at <= self.due.plus(sources.errors(&events[*event], entered));
        if let Some(by) = self.kept_by.filter(in_time).or(self.excused_by.filter(in_time)) {
            return (Outcome::Kept { by }, Wake::default());
        }
        if let Some(by) = self.passed_by.filter(in_time) {
            return self
                .left_out_by
                .map_or((Outcome::Kept { by }, Wake::default()), |end| self.skipped(end, events, world));
        }
        let error = sources.error_of(entered);
        let over = self.due.plus(error);
        let blocking = sources.blocking(self.sources, over);
        if let Some((source, until)) = blocking.filter(|(_, until)| world.clock < *until) {
            let (at_risk, wake) = self.risk(entered.at.plus(error), (source, until), world);
            return (Outcome::Open { at_risk }, wake);
        }
        let wake = Wake { source: blocking, clock: None };
        let largest = self.sources.iter().map(|source| sources.clock_error(*source)).max().unwrap_or_default();
        if error.saturating_add(largest) > self.within {
            return (Outcome::Undecided(Why::Clock), wake);
        }
        let missed_from = events[self.alive].at.minus(sources.error_of(&events[self.alive]));
        if let Some(why) = sources.gap(self.sources, missed_from, over.plus(largest)) {
            return (Outcome::Undecided(why), wake);
        }
        match blocking {
            Some((source, _)) => (Outcome::Undecided(sources.why(source)), wake),
            None => (Outcome::Broken { ended: self.ended(events) }, wake),
        }
    }

    /// Decides whether the run was completed without the step: not before everything up to its end was seen.
    fn skipped(&self, end: usize, events: &[Seen], world: World<'_>) -> (Outcome, Wake) {
        let sources = world.sources;
        let over = events[end].at.plus(sources.error_of(&events[end]));
        if let Some(wait) = sources.blocking(self.sources, over) {
            return (Outcome::Open { at_risk: false }, Wake { source: Some(wait), clock: None });
        }
        let largest = self.sources.iter().map(|source| sources.clock_error(*source)).max().unwrap_or_default();
        let from = events[self.entered].at.minus(sources.error_of(&events[self.entered]));
        match sources.gap(self.sources, from, over.plus(largest)) {
            Some(why) => (Outcome::Undecided(why), Wake::default()),
            None => (Outcome::Skipped { by: end }, Wake::default()),
        }
    }

    /// Whether four fifths of the time passed in silence, and when to look again.
    fn risk(&self, entered: SourceTime, due: (SourceIndex, SourceTime), world: World<'_>) -> (bool, Wake) {
        let clock = Some(due.1);
        let risky = entered.plus(Lag(self.within.0 / 5 * 4));
        match world.sources.blocking(self.sources, risky).filter(|_| self.pending()) {
            Some(wait) => (false, Wake { source: Some(wait), clock }),
            None => (self.pending(), Wake { source: Some(due), clock }),
        }
    }

    /// What ended the wait after its time.
    fn ended(&self, events: &[Seen]) -> Option<(Resolved, usize)> {
        let late = self.kept_by.map(|event| (Resolved::Late, event));
        let void = self.excused_by.into_iter().chain(self.passed_by).map(|event| (Resolved::Superseded, event));
        late.into_iter().chain(void).min_by_key(|(_, event)| (events[*event].at, *event))
    }
}
