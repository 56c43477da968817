//! What each event does in its run, and what is done and undone by it (SEM-16). Pure, and read in the order of source time.
//!
//! * What proves to come after an end is `AfterEnd`, but for what undoes a failed run and for repetitions of the end. A step
//!   that a failed run does all the same is `AfterEnd` and stands to be undone.
//! * A step that proves to be done again after it was undone stands again. Its times were kept or broken the first time.
//! * An undoing counts unless it proves to come before what it undoes.

use plumbline_model::saga::SagaRole;
use smallvec::SmallVec;

use super::{
    event::Seen,
    plan::{Declared, End, Plan},
    sources::Sources,
    split::{Run, Split},
};

/// What the reading rests on.
#[derive(Clone, Copy)]
pub(super) struct World<'a> {
    pub events: &'a [Seen],
    pub plan: &'a Plan,
    pub sources: &'a Sources,
}

impl World<'_> {
    fn proves_after(&self, later: usize, earlier: usize) -> bool {
        self.sources.proves_after(&self.events[later], &self.events[earlier])
    }

    fn undoes(&self, at: usize, step: usize) -> bool {
        let meaning = self.plan.meaning(self.events[at].kind());
        meaning.is_some_and(|it| it.undoes.iter().any(|undoes| usize::from(*undoes) == step))
    }
}

/// A step was undone, and done again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Redone {
    step: usize,
    pub undone: usize,
    again: usize,
}

/// Gives every event of one run its role, and the run what is done and undone.
pub(super) fn fill(split: &mut Split, number: usize, world: World<'_>, forgotten: bool) {
    let mine: SmallVec<[usize; 16]> =
        (0..world.events.len()).filter(|at| usize::from(split.roles[*at].0) == number).collect();
    let run = &mut split.runs[number];
    for (nth, at) in mine.iter().copied().enumerate() {
        let Some(meaning) = world.plan.meaning(world.events[at].kind()) else { continue };
        let before = run.start.is_some_and(|start| world.proves_after(start, at));
        let after = run.end.is_some_and(|(end, _)| end != at && world.proves_after(at, end));
        let event = Event { at, meaning, earlier: &mine[..nth] };
        split.roles[at].1 = if before && forgotten {
            // A straggler of a run that is no longer remembered.
            SagaRole::AfterEnd
        } else if after {
            event.after_end(run, world)
        } else {
            event.within_run(run, world)
        };
    }
    for undone in run.undone.iter().filter_map(|undone| *undone) {
        // What was a repetition when it was read may be what undoes a step done at about the same time.
        let role = &mut split.roles[undone].1;
        if *role == SagaRole::Repeated {
            *role = SagaRole::Compensation;
        }
    }
    // Done and undone over and over, a step stands by the last time: what came between is a repetition, and can be let go.
    for at in run.superseded.iter().filter(|at| !run.rests_on(**at)) {
        split.roles[*at].1 = SagaRole::Repeated;
    }
}

/// One declared event of a run.
struct Event<'a> {
    at: usize,
    meaning: &'a Declared,
    /// Those of the run before it.
    earlier: &'a [usize],
}

impl Event<'_> {
    fn steps(&self) -> impl Iterator<Item = usize> + '_ {
        self.meaning.steps.iter().map(|step| usize::from(*step))
    }

    fn within_run(&self, run: &mut Run, world: World<'_>) -> SagaRole {
        let completes = match self.steps().find(|step| run.done[*step].is_none()) {
            Some(step) => {
                run.done[step] = Some(self.at);
                self.stand(run, step, world);
                true
            }
            None => self.stand_any(run, world),
        };
        let undoes = self.undo(run);
        match run.end {
            _ if run.start == Some(self.at) => SagaRole::Start,
            Some((end, End::Completed)) if end == self.at => SagaRole::Completed,
            Some((end, End::Failed)) if end == self.at => SagaRole::Failed,
            _ if completes => SagaRole::Step,
            _ if undoes => SagaRole::Compensation,
            _ => SagaRole::Repeated,
        }
    }

    fn after_end(&self, run: &mut Run, world: World<'_>) -> SagaRole {
        let end = run.end.map(|(_, end)| end);
        if end == Some(End::Failed) && !self.meaning.undoes.is_empty() {
            return if self.undo(run) { SagaRole::Compensation } else { SagaRole::Repeated };
        }
        if self.meaning.end.is_some() && self.meaning.end == end {
            return SagaRole::Repeated;
        }
        if end == Some(End::Failed) {
            // Given up, and yet it goes on: whoever does a step now does not know that nobody will need it.
            self.stand_any(run, world);
        }
        run.went_on.get_or_insert(self.at);
        SagaRole::AfterEnd
    }

    /// Notes that the event does the first of its steps that does not stand. False if all do.
    fn stand_any(&self, run: &mut Run, world: World<'_>) -> bool {
        self.steps().any(|step| self.stand(run, step, world))
    }

    /// Notes that the event does the step. True if it does so first, or first after the step was undone.
    fn stand(&self, run: &mut Run, step: usize, world: World<'_>) -> bool {
        match (run.stands[step], run.undone[step]) {
            (None, _) => {}
            (Some(_), Some(undone)) if world.proves_after(self.at, undone) => {
                let redone = Redone { step, undone, again: self.at };
                match run.redone.iter_mut().find(|known| known.step == step) {
                    Some(known) => {
                        run.superseded.extend([known.undone, known.again]);
                        *known = redone;
                    }
                    None => run.redone.push(redone),
                }
            }
            _ => return false,
        }
        run.stands[step] = Some(self.at);
        let about_now = |at: &usize| world.undoes(*at, step) && !world.proves_after(self.at, *at);
        run.undone[step] = self.earlier.iter().copied().find(about_now);
        true
    }

    /// Notes what the event undoes. True if it is the first to do so for one of its steps.
    fn undo(&self, run: &mut Run) -> bool {
        let mut first = false;
        for step in self.meaning.undoes.iter().map(|step| usize::from(*step)) {
            if run.undone[step].is_none() {
                run.undone[step] = Some(self.at);
                first = true;
            }
        }
        first
    }
}
