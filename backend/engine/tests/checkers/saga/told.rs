//! What is told beside findings: the rows of runs, the counts, the states at the end of input; and that it stays bounded.

use plumbline_model::{
    Change, EventType, Record, Rule,
    finding::{Detail, EvidenceRole, Owed},
    rollup::{Amount, SagaCounts, Series},
    saga::{SagaRole, SagaState},
    time::{Lag, Minute},
    verdict::Why,
};

use super::{
    harness::restarting,
    notation::{Story, time},
    picture::Picture,
};
use plumbline_engine::{
    Engine,
    saga::{SagaCoverage, at_input_end},
};

fn tell(text: &str) -> (Engine, Picture, Vec<Change>) {
    let story = Story::read(text);
    let mut engine = Engine::new(story.rules);
    let told = engine.step(&story.journal);
    let mut picture = Picture::default();
    told.iter().for_each(|change| picture.apply(change));
    (engine, picture, told)
}

fn sums(told: &[Change], wanted: impl Fn(&Series) -> bool) -> Vec<(Minute, Amount)> {
    let rollups = told.iter().filter_map(|change| match change {
        Change::Rollup(rollup) if wanted(&rollup.series) => Some((rollup.minute, rollup.amount.clone())),
        _ => None,
    });
    rollups.collect()
}

#[test]
fn a_run_is_told_once_per_tick_with_what_each_event_did() {
    let (_, picture, told) = tell(
        "saga s: a > b 10s > c 1h owner undo z; done d; within 2h
         x      a@0s b@0.2s b@0.4s odd@0.6s c@0.8s
         expect 0.9s running x",
    );
    let rows = told.iter().filter(|change| matches!(change, Change::Saga(_))).count();
    let ticks_with_events = 5;
    assert_eq!(rows, ticks_with_events, "one row for each tick in which something came");
    let run = picture.runs().next().unwrap();
    let roles: Vec<_> = run.events.iter().map(|event| (event.event.as_str(), event.role)).collect();
    let expected = [
        ("a", SagaRole::Start),
        ("b", SagaRole::Step),
        ("b", SagaRole::Repeated),
        ("odd", SagaRole::Undeclared),
        ("c", SagaRole::Step),
    ];
    assert_eq!(roles, expected);
    assert_eq!(run.waiting_for, [EventType::new("d")]);
    assert_eq!((run.last_event.as_str(), run.due), ("c", Some(time(Lag::from_secs(7200)))));
    assert_eq!(run.owed, [Owed { done: "c".into(), undo: Some("z".into()) }]);
}

#[test]
fn a_finding_names_what_proves_it() {
    let (_, picture, _) = tell(
        "saga s: a > b 10s > c 30s owner undo z; done d
         x      a@0s b@2s odd@8s
         expect 40s found x c warning due 32s",
    );
    let finding = picture.findings().next().unwrap();
    assert_eq!(finding.rule, Rule::SagaStep);
    let proof: Vec<_> = finding.evidence.iter().map(|it| (it.id.position.order, it.role)).collect();
    assert_eq!(proof, [(2, EvidenceRole::Began), (3, EvidenceRole::Last), (1, EvidenceRole::Began)]);
    let Detail::Stuck { after, within, owner, .. } = &finding.detail else { panic!("{finding:?}") };
    assert_eq!(after.as_ref().map(EventType::as_str), Some("odd"), "the last event before the silence");
    assert_eq!((within, owner.as_ref().map(AsRef::as_ref)), (&Lag::from_secs(30), Some("owner")));
    let frontier = &finding.frontiers[0];
    assert!(frontier.source.as_str() == "bus" && Some(frontier.frontier) >= finding.due, "{frontier:?}");
}

#[test]
fn every_finding_of_a_run_that_is_late_names_the_runs_start_last_of_what_began() {
    // In the third run the step before is seen within the clocks' errors of the start, and so before it.
    let (_, picture, _) = tell(
        "saga s: a > b 10s > c 10s; done d; within 20s
         x      a@0s c@30s d@31s a@1m b@65s d@99s b@199.6s a@200s
         expect 4m stuck x/3 c(waiting since 3m19s600ms)",
    );
    let runs: Vec<_> = (picture.findings())
        .map(|finding| {
            let began = finding.evidence.iter().rfind(|it| it.role == EvidenceRole::Began);
            (finding.since.unwrap().since(time(Lag::ZERO)).0 / 100_000_000, began.unwrap().id.position.order)
        })
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect();
    // Tenths of a second since when, and the position of the start.
    assert_eq!(runs, [(0, 1), (600, 4), (650, 4), (1996, 8), (2000, 8)]);
}

#[test]
fn what_is_owed_changes_and_the_finding_says_so() {
    let (_, picture, told) = tell(
        "saga s: a > b 10s undo z > c 10s; done d; failed f
         x      a@0s b@1s z@20s
         expect 30s stuck x c(waiting since 1s)",
    );
    assert!(told.iter().any(|change| matches!(change, Change::Revised(_))), "the undoing was told");
    let finding = picture.findings().next().unwrap();
    assert!(matches!(&finding.detail, Detail::Stuck { owed, .. } if owed.is_empty()), "{finding:?}");
}

#[test]
fn passages_are_counted_in_their_minute_with_the_time_since_the_step_before() {
    let (_, _, told) = tell(
        "saga s: a > b 1h; done d
         x      a@0s b@90s d@100s
         y      a@5s b@95s
         expect 3m completed x",
    );
    let of =
        |event: &str| sums(&told, |series| matches!(series, Series::Step { event: it, .. } if it.as_str() == event));
    let (count, times): (u64, Vec<_>) = of("b").iter().fold((0, Vec::new()), |(count, mut times), (minute, amount)| {
        let Amount::Red(red) = amount else { panic!("{amount:?}") };
        assert_eq!(*minute, time(Lag::from_secs(60)).minute(), "the minute of the event, not of the tick");
        times.push(red.duration.max());
        (count + red.count, times)
    });
    assert_eq!((count, times), (2, vec![Lag::from_secs(90), Lag::from_secs(90)]));
    let Amount::Red(end) = &of("d")[0].1 else { panic!() };
    assert_eq!(end.duration.max(), Lag::from_secs(10), "the end counts from the last step");
}

#[test]
fn a_passage_seen_before_its_start_is_timed_once_the_start_is_seen() {
    let (_, _, told) = tell(
        "saga s: a > b 1h; done d
         x      b@20s a@0s+40s
         expect 1m running x",
    );
    let of_b = sums(&told, |series| matches!(series, Series::Step { event, .. } if event.as_str() == "b"));
    let counted: Vec<_> = of_b
        .iter()
        .map(|(_, amount)| match amount {
            Amount::Red(red) => (red.count, red.duration.count()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(counted, [(1, 0), (0, 1)], "counted at sight, timed when the time was known, neither twice");
}

#[test]
fn runs_are_counted_by_outcome_and_at_the_end_of_each_minute() {
    let (_, _, told) = tell(
        "saga s: a > b 10s; done d; failed f
         x      a@0s b@1s d@70s
         y      a@2s f@3s
         z      a@4s
         w      b@5s
         expect 2m completed x",
    );
    let mut minutes = std::collections::BTreeMap::<Minute, SagaCounts>::new();
    for (minute, amount) in sums(&told, |series| matches!(series, Series::Saga { .. })) {
        let Amount::Saga(counts) = amount else { panic!() };
        let sum = minutes.entry(minute).or_default();
        sum.started += counts.started;
        sum.completed += counts.completed;
        sum.failed += counts.failed;
        (sum.open, sum.stuck, sum.unknown) =
            (sum.open + counts.open, sum.stuck + counts.stuck, sum.unknown + counts.unknown);
    }
    let first = SagaCounts { started: 3, failed: 1, open: 3, stuck: 1, unknown: 1, ..SagaCounts::default() };
    let second = SagaCounts { completed: 1, open: 2, stuck: 1, unknown: 1, ..SagaCounts::default() };
    assert_eq!(minutes.values().copied().collect::<Vec<_>>(), [first, second]);
}

#[test]
fn a_run_that_goes_on_after_its_end_is_counted_once_beside_its_end() {
    let (_, picture, told) = tell(
        "saga s: a > b 10s undo z; done d; failed f; undo within 10m
         x      a@0s b@1s d@2s b@70s b@80s
         y      a@0s f@2s b@75s
         z      a@0s d@2s
         w      d@2s b@75s
         expect 2m completed z",
    );
    let mut sum = SagaCounts::default();
    for (minute, amount) in sums(&told, |series| matches!(series, Series::Saga { .. })) {
        let Amount::Saga(counts) = amount else { panic!() };
        sum = SagaCounts { started: sum.started + counts.started, ..sum };
        sum = SagaCounts { completed: sum.completed + counts.completed, failed: sum.failed + counts.failed, ..sum };
        assert!(counts.zombie == 0 || minute == time(Lag::from_secs(60)).minute(), "{minute:?} {counts:?}");
        sum.zombie += counts.zombie;
    }
    assert_eq!((sum.started, sum.failed, sum.zombie), (3, 1, 2));
    let said: Vec<_> =
        picture.runs().map(|run| (run.instance.as_str(), run.state.word(), run.end(), run.went_on())).collect();
    let (completed, failed) = (Some(SagaRole::Completed), Some(SagaRole::Failed));
    assert_eq!(said[1], ("x", "zombie", completed, true));
    assert_eq!(said[2], ("y", "compensating", failed, true), "it owes, and that is worse than to have gone on");
    assert_eq!(said[3], ("z", "completed", completed, false));
}

#[test]
fn at_the_end_of_input_what_is_due_later_is_unsaid() {
    let (engine, _, _) = tell(
        "saga s: a > b 10s > c 1h; done d
         saga t: u > v 10s; done w
         stuck  a@0s in s
         early  a@0s b@1s in s
         over   a@0s d@5s in s
         expect 5m running early",
    );
    let open: Vec<_> = engine.sagas().open().iter().map(|run| (run.instance.to_string(), at_input_end(run))).collect();
    let unsaid = SagaState::Unknown { why: Why::InputEnded };
    let stuck = SagaState::Stuck { step: "b".into() };
    assert_eq!(open, [("early".to_owned(), unsaid), ("stuck".to_owned(), stuck)]);
    let covered = |saga: &str, runs, checked| SagaCoverage { saga: saga.into(), runs, checked };
    assert_eq!(engine.sagas().coverage(), [covered("s", 3, 3), covered("t", 0, 0)], "t was never checked");
}

#[test]
fn a_run_that_nothing_was_decided_of_is_not_checked() {
    let (engine, _, _) = tell(
        "saga s: a > b 1h; done d
         x      a@0s
         expect 1m running x",
    );
    assert_eq!((engine.sagas().coverage()[0].runs, engine.sagas().coverage()[0].checked), (1, 0));
}

/// A story of one instance with many events: a start, much noise, a step, much noise.
fn long(events: usize) -> String {
    let noise =
        |from: usize| -> String { (from..from + events / 2).map(|at| format!("odd{}@{at}ms ", at % 3)).collect() };
    format!(
        "saga s: a > b 10s > c 10s owner; done d
         x a@0s {}b@5s {} b@6s
         expect 16s running x
         expect 17s stuck x c(waiting for owner since 5s)",
        noise(1),
        noise(2500)
    )
}

#[test]
fn a_run_of_many_events_keeps_its_ends_and_what_verdicts_rest_on() {
    let (engine, picture, _) = tell(&long(4000));
    let run = picture.runs().next().unwrap();
    assert_eq!(run.events.len(), 64 + 64, "the first and the last");
    assert_eq!(run.events.len() as u32 + run.omitted_events, 4003, "nothing is dropped unseen");
    assert_eq!(run.state, SagaState::Stuck { step: "c".into() }, "the step in the middle was not let go");
    assert_eq!(engine.sagas().remembered(), (1, 0));
}

#[test]
fn what_was_let_go_stays_gone_after_a_restart() {
    let story = Story::read(&long(400));
    let told = Engine::new(story.rules.clone()).step(&story.journal);
    assert_eq!(restarting(&story.rules, &story.journal), told);
}

#[test]
fn the_same_observation_twice_is_one() {
    let story = Story::read(
        "saga s: a > b 10s; done d
         x      a@0s b@1s
         expect 5s running x",
    );
    let mut engine = Engine::new(story.rules);
    let mut picture = Picture::default();
    for record in story.journal {
        let again = matches!(record, Record::Observations(_)).then(|| record.clone());
        for record in [Some(record), again].into_iter().flatten() {
            engine.step(&[record]).iter().for_each(|change| picture.apply(change));
        }
    }
    assert_eq!(picture.runs().next().unwrap().events.len(), 2);
}

#[test]
fn a_damaged_piece_of_state_is_named() {
    let story = Story::read(
        "saga s: a > b 10s; done d
         x      a@0s
         expect 5s running x",
    );
    let mut engine = Engine::new(story.rules);
    engine.step(&story.journal);
    let mut entries = engine.take_dirty();
    let piece = entries.iter_mut().find(|entry| entry.key.starts_with(b"s\x01")).unwrap();
    piece.value.as_mut().unwrap().truncate(3);
    let error = Engine::restore(entries).err().unwrap();
    assert!(error.to_string().contains("cannot be read"), "{error}");
}
