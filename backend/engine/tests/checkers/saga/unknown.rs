//! What cannot be decided is never held against anybody (ENG-4): blind sources, gaps, missing starts, bad clocks.

use super::harness::check;

const TWO: &str = "saga s: a > b 10s owner; done d; failed f; within 1h; from bus other";

#[track_caller]
fn two_sources(story: &str) {
    check(&format!("{TWO}\n{story}"));
}

#[test]
fn a_blind_source_that_could_bring_the_event_makes_the_verdict_unknown() {
    two_sources(
        "blind  other 5s
         x      a@0s
         expect 5m unknown x blind (other)
         expect 5m nothing found",
    );
}

#[test]
fn the_verdict_comes_once_the_source_was_seen_beyond_the_deadline() {
    two_sources(
        "blind  other 5s..1m
         x      a@0s
         expect 59s unknown x blind (other)
         expect 1m stuck x b(waiting for owner since 0s)",
    );
}

#[test]
fn a_blind_source_may_have_brought_the_event_in_time() {
    two_sources(
        "blind  other 5s..1m
         x      a@0s b@7s/other+52s
         expect 58s unknown x blind (other)
         expect 1m running x
         expect 3m nothing found",
    );
}

#[test]
fn before_the_deadline_a_blind_source_is_no_news() {
    two_sources(
        "blind  other 5s
         x      a@0s
         expect 10s running x",
    );
}

#[test]
fn of_two_blind_sources_one_is_named_and_then_the_other() {
    two_sources(
        "blind  bus 5s..1m
         blind  other 5s
         x      a@0s
         expect 30s unknown x blind (bus)
         expect 2m unknown x blind (other)",
    );
}

#[test]
fn a_relay_that_says_nothing_is_named_as_one() {
    two_sources(
        "silent other 5s
         x      a@0s
         expect 30s unknown x relay silent (other)",
    );
}

#[test]
fn a_relay_that_falls_silent_later_is_named_too() {
    // The frontier stands all the while; only what is known of its proof changes.
    two_sources(
        "blind  other 5s..30s
         silent other 5s
         x      a@0s
         expect 20s unknown x blind (other)
         expect 30s unknown x relay silent (other)",
    );
}

#[test]
fn a_source_of_no_part_in_the_saga_does_not_matter() {
    check(
        "saga s: a > b 10s owner; done d
         saga t: u > v 10s; done w; from elsewhere
         blind  elsewhere 5s
         x      a@0s in s
         expect 12s stuck x b(waiting for owner since 0s)",
    );
}

#[test]
fn a_source_that_only_a_step_names_matters_to_that_step_alone() {
    check(
        "saga s: a > b 10s from steps > c 10s; done d
         blind  steps 2s..40s
         x      a@0s b@1s/steps
         y      a@0s
         expect 12s stuck x c(waiting since 1s)
         expect 12s unknown y blind (steps)
         expect 40s stuck y b(waiting since 0s)",
    );
}

#[test]
fn an_end_from_another_source_than_the_step_could_disprove_it() {
    check(
        "saga s: a > b 10s from steps; done d; failed f
         blind  bus 5s
         x      a@0s
         expect 1m unknown x blind (bus)",
    );
}

#[test]
fn a_gap_in_the_wait_may_have_held_the_event() {
    two_sources(
        "gap    other 3s..6s
         x      a@0s
         expect 8s running x
         expect 5m unknown x gap (other)
         expect 5m nothing found",
    );
}

#[test]
fn a_gap_before_or_after_the_wait_does_not_matter() {
    two_sources(
        "gap    other 0s..2s
         gap    other 40s..50s
         x      a@10s
         expect 22s stuck x b(waiting for owner since 10s)
         expect 60s stuck x b(waiting for owner since 10s)",
    );
}

#[test]
fn a_gap_that_is_told_later_takes_the_accusation_back() {
    check(
        "saga s: a > b 10s owner; done d
         gap    bus 3s..30s
         x      a@0s
         expect 20s found x b warning due 10s
         expect 30s resolved x b unknown
         expect 30s unknown x gap (bus)",
    );
}

#[test]
fn what_comes_after_a_gap_is_judged_again() {
    check(
        "saga s: a > b 10s > c 10s owner; done d
         gap    bus 3s..6s
         x      a@0s b@15s
         expect 14s unknown x gap (bus)
         expect 27s stuck x c(waiting for owner since 15s)",
    );
}

#[test]
fn the_whole_is_unknown_only_if_the_gap_lies_after_the_last_sign_of_life() {
    check(
        "saga s: a > b > c; done d; within 1m
         gap    bus 3s..6s
         x      a@0s b@15s
         y      a@0s
         expect 2m stuck x c(waiting since 15s)
         expect 2m unknown y gap (bus)",
    );
}

#[test]
fn without_its_start_a_run_is_shown_and_never_accused() {
    check(
        "saga s: a > b 10s > c 10s; done d; failed f; within 1h; undo within 1m
         x      b@5s
         expect 5m unknown x began before watching
         expect 5m nothing found",
    );
}

#[test]
fn a_run_without_a_start_is_unknown_however_it_ends_and_owes_nothing_that_can_be_known() {
    check(
        "saga s: a > b 10s undo z > c 10s; done d; failed f; within 1h; undo within 1m
         x      b@5s d@10s
         y      b@5s f@10s
         expect 5m unknown x began before watching
         expect 5m unknown y began before watching
         expect 5m nothing found",
    );
}

#[test]
fn the_start_may_come_last() {
    check(
        "saga s: a > b 10s > c 10s owner; done d
         x      b@5s a@0s+8s
         expect 7s unknown x began before watching
         expect 8s running x
         expect 17s stuck x c(waiting for owner since 5s)",
    );
}

#[test]
fn clocks_worse_than_the_promise_decide_nothing() {
    check(
        "saga s: a > b 10s; done d
         clock  bus 6s
         x      a@0s
         expect 1m unknown x clock
         expect 1m nothing found",
    );
}

#[test]
fn a_clock_error_delays_the_verdict_by_both_sides() {
    check(
        "saga s: a > b 10s owner; done d
         clock  bus 4s
         x      a@0s
         y      a@0s b@17s
         expect 17s at risk x
         expect 18s stuck x b(waiting for owner since 0s)
         expect 18s running y",
    );
}

#[test]
fn a_step_slightly_before_its_start_is_a_matter_of_clocks() {
    check(
        "saga s: a > b 10s > c 10s owner; done d
         x      b@4.5s a@5s
         expect 6s running x
         expect 17s stuck x c(waiting for owner since 4s500ms)",
    );
}

#[test]
fn undoings_wait_for_their_sources_too() {
    check(
        "saga s: a > b 10s undo z from undoings; done d; failed f; undo within 1m
         blind  undoings 10s..5m
         x      a@0s b@1s/undoings f@5s
         expect 3m unknown x blind (undoings)
         expect 5m1s found x undo b high due 1m5s",
    );
}
