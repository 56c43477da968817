//! Properties over generated histories (SEM-22): a clean history of any interleaving never yields a finding, every dropped
//! step or undoing does, and no way of stepping the journal shows. A clean history keeps the frontier's contract (no record
//! at or below an announced frontier) and its promises, with every clock within its declared error.

use std::collections::BTreeMap;

use plumbline_model::{
    CorrelationId, EventType, Lag, Observation, ObservationId, Position, ReceivedTime, Record, Route, SourceTime,
    Subject, Tick,
    journal::{Progress, Proof},
    observation::{Cause, EventFact, Fact},
    rules::{Capture, Rules, SagaRule, SourceRule, StepRule},
};
use proptest::{collection::vec, prelude::*};

use super::{harness::invariant, notation::time, picture::Picture};
use plumbline_engine::Engine;

/// A saga, and what happened in it.
#[derive(Clone, Debug)]
struct History {
    steps: Vec<Step>,
    sources: usize,
    error_ms: i64,
    runs: Vec<Run>,
    /// Taken in turn for each event: how wrong its clock is (in per mille of the error), how late it arrives, and whence.
    noise: Vec<(i64, i64, usize)>,
}

#[derive(Clone, Debug)]
struct Step {
    within_s: i64,
    undo: bool,
}

/// One run of a correlation id of its own, or, where `again`, of the one before it.
#[derive(Clone, Debug)]
struct Run {
    again: bool,
    start_s: i64,
    /// Of each step's time, in per mille, how much it takes.
    pace: Vec<i64>,
    /// Fails before this step.
    fails_at: Option<usize>,
    /// Of a run that fails: its last step was undone and done again before.
    redone: bool,
    /// Of a run that fails: the next step is done all the same.
    late: bool,
}

/// One event of the history: true time, and whether something depends on it.
#[derive(Clone, Debug)]
struct Happening {
    id: String,
    event: String,
    at_ms: i64,
    /// Its loss must be found: a step of a run that does not fail, or an undoing.
    needed: bool,
}

const UNDO_WITHIN_S: i64 = 30;
const WHOLE_S: i64 = 600;

fn histories() -> impl Strategy<Value = History> {
    let step = (5_i64..40, any::<bool>()).prop_map(|(within_s, undo)| Step { within_s, undo });
    let run = (any::<bool>(), 0_i64..60, vec(0_i64..=1000, 6), proptest::option::of(0_usize..4), any::<[bool; 2]>())
        .prop_map(|(again, start_s, pace, fails_at, [redone, late])| Run {
            again,
            start_s,
            pace,
            fails_at,
            redone,
            late,
        });
    let noise = vec((-1000_i64..=1000, 0_i64..20_000, 0_usize..3), 1..12);
    (vec(step, 1..4), 1_usize..=3, prop_oneof![Just(0), 100_i64..2000], vec(run, 1..5), noise)
        .prop_map(|(steps, sources, error_ms, runs, noise)| History { steps, sources, error_ms, runs, noise })
}

impl History {
    fn rules(&self) -> Rules {
        let names: Vec<_> = (0..self.sources).map(|source| format!("s{source}")).collect();
        let steps = self.steps.iter().zip(0..).map(|(step, number)| StepRule {
            event: EventType::new(format!("step{number}")),
            owner: None,
            within: Some(Lag::from_secs(step.within_s)),
            compensate: step.undo.then(|| EventType::new(format!("undo{number}"))),
            sources: Vec::new(),
        });
        let saga = SagaRule {
            name: "saga".into(),
            start: "start".into(),
            within: Some(Lag::from_secs(WHOLE_S)),
            steps: steps.collect(),
            completed: vec!["done".into()],
            failed: vec!["failed".into()],
            compensation_within: Some(Lag::from_secs(UNDO_WITHIN_S)),
            sources: names.iter().map(|name| name.as_str().into()).collect(),
        };
        let sources = names.iter().map(|name| SourceRule {
            name: name.as_str().into(),
            clock_error: Lag::from_millis(self.error_ms),
            capture: Capture::Direct,
        });
        Rules { sources: sources.collect(), sagas: vec![saga], ..Rules::default() }
    }

    /// What truly happened, run by run.
    fn happenings(&self) -> Vec<Vec<Happening>> {
        let (mut id, mut now_ms) = (String::new(), 0);
        let mut all = Vec::new();
        for (number, run) in self.runs.iter().enumerate() {
            if number == 0 || !run.again {
                id = format!("i{number}");
                now_ms = 0;
            }
            // Far enough from the run before that no clock error hides the order.
            now_ms += 8 * self.error_ms + 1_000 + run.start_s * 1000;
            all.push(self.happening(run, &id, &mut now_ms));
        }
        all
    }

    fn happening(&self, run: &Run, id: &str, now_ms: &mut i64) -> Vec<Happening> {
        let happening = |event: String, at_ms: i64, needed: bool| Happening { id: id.to_owned(), event, at_ms, needed };
        let fails_at = run.fails_at.filter(|step| *step <= self.steps.len());
        let mut all = vec![happening("start".to_owned(), *now_ms, false)];
        for (number, step) in self.steps.iter().enumerate().take(fails_at.unwrap_or(usize::MAX)) {
            *now_ms += step.within_s * run.pace[number];
            all.push(happening(format!("step{number}"), *now_ms, fails_at.is_none()));
        }
        let Some(fails_at) = fails_at else {
            *now_ms += 1;
            all.push(happening("done".to_owned(), *now_ms, false));
            return all;
        };
        // Far enough apart that no clock error hides the order.
        let apart_ms = 8 * self.error_ms + 1_000;
        // The next step is waited for in the meantime.
        let patient = self.steps.get(fails_at).is_none_or(|next| next.within_s * 1000 > 2 * apart_ms + 1);
        let redone = fails_at.checked_sub(1).filter(|last| run.redone && patient && self.steps[*last].undo);
        if let Some(last) = redone {
            for event in ["undo", "step"] {
                *now_ms += apart_ms;
                all.push(happening(format!("{event}{last}"), *now_ms, false));
            }
        }
        *now_ms += 1;
        all.push(happening("failed".to_owned(), *now_ms, false));
        let failed_ms = *now_ms;
        for (number, _) in self.steps.iter().enumerate().take(fails_at).filter(|(_, step)| step.undo) {
            let at_ms = failed_ms + UNDO_WITHIN_S * run.pace[5 - number];
            *now_ms = at_ms.max(*now_ms);
            all.push(happening(format!("undo{number}"), at_ms, true));
        }
        if let Some(step) = self.steps.get(fails_at).filter(|_| run.late) {
            *now_ms += apart_ms;
            all.push(happening(format!("step{fails_at}"), *now_ms, false));
            if step.undo {
                *now_ms += UNDO_WITHIN_S * run.pace[5];
                all.push(happening(format!("undo{fails_at}"), *now_ms, true));
            }
        }
        all
    }

    /// The journal of what happened: records as they arrive, frontiers that never promise too much.
    fn journal(&self, happenings: &[Happening]) -> Vec<Record> {
        let noise = self.noise.iter().cycle();
        let mut arrivals: Vec<(i64, usize, Observation)> = Vec::new();
        for (number, (happening, (skew, delay_ms, source))) in happenings.iter().zip(noise).enumerate() {
            let source = source % self.sources;
            let at_ms = happening.at_ms + self.error_ms * skew / 1000;
            let observation = Observation {
                id: ObservationId {
                    source: format!("s{source}").as_str().into(),
                    partition: "".into(),
                    position: Position::offset(number as u64),
                    part: 0,
                },
                at: time(Lag::from_millis(at_ms)),
                received: ReceivedTime(time(Lag::from_millis(at_ms + delay_ms)).0),
                route: Route::Saga { saga: "saga".into(), id: CorrelationId::new(&happening.id) },
                cause: Cause::default(),
                fact: Fact::Event(Box::new(EventFact {
                    event_type: EventType::new(&happening.event),
                    subject: Default::default(),
                })),
            };
            arrivals.push((at_ms + delay_ms, source, observation));
        }
        arrivals.sort_by_key(|arrival| arrival.0);
        let end_ms = arrivals.last().map_or(0, |arrival| arrival.0) + (WHOLE_S + 100) * 1000;
        let mut journal = Vec::new();
        let mut next = 0;
        let ticks = (0..).map(|tick| tick * 4_000).take_while(|at| *at < end_ms).chain([end_ms, end_ms + 1]);
        for now_ms in ticks {
            while next < arrivals.len() && arrivals[next].0 <= now_ms {
                journal.push(Record::Observations(vec![arrivals[next].2.clone()]));
                next += 1;
            }
            for source in 0..self.sources {
                let outstanding = arrivals[next..].iter().filter(|arrival| arrival.1 == source);
                let below = outstanding.map(|arrival| SourceTime(arrival.2.at.0 - 1)).min();
                // The source's own clock may be behind by its error: nobody can vouch for more.
                let vouched = time(Lag::from_millis(now_ms - self.error_ms));
                journal.push(Record::Progress(Progress {
                    source: format!("s{source}").as_str().into(),
                    partition: "".into(),
                    position: None,
                    frontier: Some(below.map_or(vouched, |below| below.min(vouched))),
                    proof: Proof::LogEnd,
                    partitions: 1,
                }));
            }
            journal.push(Record::Tick(Tick { now: ReceivedTime(time(Lag::from_millis(now_ms)).0) }));
        }
        journal
    }
}

fn run(rules: &Rules, journal: &[Record]) -> (Picture, Vec<plumbline_model::Change>) {
    let told = Engine::new(rules.clone()).step(journal);
    let mut picture = Picture::default();
    told.iter().for_each(|change| picture.apply(change));
    picture.check();
    (picture, told)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn a_clean_history_never_yields_a_finding(history in histories()) {
        let happenings = history.happenings().concat();
        let (picture, _) = run(&history.rules(), &history.journal(&happenings));
        prop_assert!(!picture.ever_found, "{:#?}", picture.lines());
        let open: Vec<_> = picture.runs().filter(|run| run.state.is_open()).collect();
        prop_assert!(open.is_empty(), "everything ended: {open:#?}");
    }

    #[test]
    fn every_dropped_step_or_undoing_is_found(history in histories(), which in any::<prop::sample::Index>(), hangs in any::<bool>()) {
        let mut runs = history.happenings();
        let needed: Vec<(usize, usize)> = (runs.iter().enumerate())
            .flat_map(|(run, all)| (0..all.len()).filter(|at| all[*at].needed).map(move |at| (run, at)))
            .collect();
        prop_assume!(!needed.is_empty());
        let (run_number, at) = needed[which.index(needed.len())];
        let lost = runs[run_number].remove(at);
        if hangs && lost.event.starts_with("step") {
            // The process stopped there: nothing of this correlation id follows.
            runs[run_number].truncate(at);
            runs.iter_mut().skip(run_number + 1).for_each(|all| all.retain(|it| it.id != lost.id));
        }
        let (picture, _) = run(&history.rules(), &history.journal(&runs.concat()));
        let found: BTreeMap<String, usize> = picture.findings().fold(BTreeMap::new(), |mut found, finding| {
            if let Subject::Saga { instance, .. } = &finding.subject {
                *found.entry(instance.to_string()).or_default() += 1;
            }
            found
        });
        prop_assert!(found.contains_key(&lost.id), "{lost:?} was lost: {:#?}", picture.lines());
        prop_assert!(found.len() == 1, "nobody else is accused: {found:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn no_way_of_stepping_the_journal_shows(history in histories(), lost in vec(any::<prop::sample::Index>(), 0..4)) {
        let mut happenings = history.happenings().concat();
        for index in lost {
            if !happenings.is_empty() {
                happenings.remove(index.index(happenings.len()));
            }
        }
        let (rules, journal) = (history.rules(), history.journal(&happenings));
        let (_, told) = run(&rules, &journal);
        invariant(&rules, &journal, &told);
    }
}
