//! Events without a run of their own: of other flows, and of runs whose start was not seen (SEM-16).

use plumbline_model::{
    Change,
    rollup::{Amount, SagaCounts, Series},
};

use super::{harness::check, notation::Story, picture::Picture};
use plumbline_engine::{Engine, saga::SagaCoverage};

fn tell(text: &str) -> (Engine, Picture, SagaCounts) {
    let story = Story::read(text);
    let mut engine = Engine::new(story.rules);
    let (mut picture, mut sum) = (Picture::default(), SagaCounts::default());
    for change in engine.step(&story.journal) {
        picture.apply(&change);
        let Change::Rollup(rollup) = change else { continue };
        if let (Series::Saga { .. }, Amount::Saga(counts)) = (rollup.series, rollup.amount) {
            sum.started += counts.started;
            sum.completed += counts.completed;
            sum.open += counts.open;
            sum.unknown += counts.unknown;
        }
    }
    (engine, picture, sum)
}

#[test]
fn events_that_a_saga_does_not_declare_make_no_run_in_it() {
    check(
        "saga s: a > b 10s; done d
         saga t: u > v 10s; done w
         x      a@0s b@1s d@2s in s
         y      a@0s b@1s d@2s in t
         expect 1m completed x
         expect 1h no run of y",
    );
}

#[test]
fn events_of_other_flows_are_neither_counted_nor_kept_for_long() {
    let others = "saga t: u > v 10s; done w
         x      a@0s b@1s d@2s
         y      a@30s d@5m
         expect ";
    let (engine, picture, sum) = tell(&format!("{others} 9m nothing found"));
    assert_eq!((picture.runs().count(), sum), (0, SagaCounts::default()));
    assert_eq!(engine.sagas().coverage(), [SagaCoverage { saga: "t".into(), runs: 0, checked: 0 }]);
    assert_eq!(engine.sagas().remembered(), (2, 0));
    let (engine, ..) = tell(&format!("{others} 20m nothing found"));
    assert_eq!(engine.sagas().remembered(), (0, 0), "ten minutes are enough for what no verdict rests on");
}

#[test]
fn an_undeclared_event_belongs_to_the_run_whichever_comes_first() {
    let shown = |events: &str| {
        let (_, picture, _) = tell(&format!("saga s: a > b 1h; done d\n x {events}\n expect 2m nothing found"));
        let run = picture.runs().next().unwrap();
        run.events.iter().map(|event| event.event.to_string()).collect::<Vec<_>>()
    };
    let expected = ["odd", "a"];
    assert_eq!(shown("odd@0s a@30s"), expected);
    assert_eq!(shown("odd@0s+60s a@30s"), expected);
    assert_eq!(shown("odd@0s+10s a@30s+10s"), expected);
}

#[test]
fn a_flood_of_undeclared_events_under_one_id_is_bounded() {
    let noise: String = (0..1000).map(|at| format!("odd{}@{at}ms ", at % 3)).collect();
    let (_, picture, _) = tell(&format!("saga s: a > b 1h; done d\n x {noise} a@5s\n expect 2m nothing found"));
    let run = picture.runs().next().unwrap();
    assert_eq!((run.events.len(), run.events.last().unwrap().event.as_str()), (128, "a"));
}

#[test]
fn an_end_without_its_start_proves_nothing() {
    check(
        "saga s: a > b 10s undo z; done d; failed f; undo within 1m
         x      d@2s
         y      b@1s f@2s
         expect 3s unknown x began before watching
         expect 20h unknown x began before watching
         expect 20h unknown y began before watching
         expect 20h nothing found",
    );
    let (engine, picture, sum) = tell("saga s: a > b 10s undo z; done d\n y b@1s d@2s\n expect 1m nothing found");
    assert_eq!(sum, SagaCounts { open: 1, unknown: 1, ..SagaCounts::default() });
    assert_eq!(engine.sagas().coverage()[0].checked, 0);
    let run = picture.runs().next().unwrap();
    assert!(run.waiting_for.is_empty() && run.owed.is_empty(), "nobody owes what was not seen to begin: {run:?}");
}

#[test]
fn an_end_is_counted_once_its_start_is_seen() {
    let (_, picture, sum) = tell("saga s: a > b 1h; done d\n x d@20s b@5s+20s a@0s+30s\n expect 50s completed x");
    assert_eq!(picture.lines(), ["completed x"]);
    assert_eq!((sum.started, sum.completed), (1, 1));
}

#[test]
fn an_undeclared_straggler_of_a_forgotten_run_is_nobodys() {
    check(
        "saga s: a > b 10s; done d
         x      a@0s b@1s d@2s odd@3h
         y      a@0s b@1s d@2s odd@3h a@4h
         expect 3h no run of x/2
         expect 4h running y/2",
    );
}

#[test]
fn rules_that_declare_none_of_its_events_leave_no_run_open() {
    check(
        "saga s: a > b 10s owner; done d
         x      a@0s
         rules  20s
         saga s: u > v 10s; done w
         expect 19s found x b warning due 10s
         expect 20s resolved x b enginechanged
         expect 20s abandoned x",
    );
}

#[test]
fn rules_that_declare_what_was_seen_lately_read_it_anew() {
    check(
        "saga s: u > v 10s; done w
         x      a@0s
         rules  20s
         saga s: a > b 10s owner; done d
         expect 19s no run of x
         expect 20s stuck x b(waiting for owner since 0s)",
    );
}
