//! What is owed where a step is done again, or done after the run was given up.

use super::{declared::checkout, harness::check};

#[test]
fn a_step_done_after_the_failure_must_be_undone() {
    checkout(
        "o-1    placed@0s cancelled@20s captured@40s
         expect 1m compensating o-1
         expect 10m39s nothing found
         expect 10m42s compensation owed o-1 payment.captured(payment.refunded from payment since 40s)
         expect 10m42s found o-1 undo payment.captured high due 10m40s",
    );
}

#[test]
fn a_step_done_after_the_failure_and_undone_leaves_a_zombie_that_owes_nothing() {
    checkout(
        "o-1    placed@0s cancelled@20s captured@40s refunded@5m
         expect 5m zombie o-1
         expect 1h nothing found",
    );
}

#[test]
fn an_undoing_before_the_step_was_done_after_the_failure_does_not_count() {
    checkout(
        "o-1    placed@0s cancelled@20s refunded@30s captured@40s
         expect 10m42s found o-1 undo payment.captured high due 10m40s",
    );
}

#[test]
fn a_step_done_after_the_failure_keeps_the_steps_times_as_they_were() {
    check(
        "saga s: a > b 10s undo z > c 10s; done d; failed f; undo within 1m
         x      a@0s f@5s b@40s z@50s
         y      a@0s f@5s c@40s
         expect 5m zombie x
         expect 5m zombie y
         expect 5m nothing found",
    );
}

#[test]
fn a_step_done_after_completion_is_a_zombie_and_owes_nothing() {
    check(
        "saga s: a > b 10s undo z; done d; failed f; undo within 1m
         x      a@0s b@1s d@2s b@40s
         expect 40s zombie x
         expect 5m nothing found",
    );
}

#[test]
fn a_step_done_again_after_its_undoing_must_be_undone_again() {
    checkout(
        "o-1    placed@0s reserved@1s captured@2s refunded@5s captured@8s cancelled@22s released@23s
         expect 1m compensating o-1
         expect 10m23s found o-1 undo payment.captured high due 10m22s
         expect 10m23s compensation owed o-1 payment.captured(payment.refunded from payment since 22s)",
    );
}

#[test]
fn a_step_done_again_and_undone_again_owes_nothing() {
    checkout(
        "o-1    placed@0s captured@2s refunded@5s captured@8s cancelled@22s refunded@30s
         expect 30s compensated o-1
         expect 1h nothing found",
    );
}

#[test]
fn a_step_undone_after_the_failure_and_done_again_is_owed_from_then() {
    checkout(
        "o-1    placed@0s captured@2s cancelled@20s refunded@30s captured@40s
         expect 1m compensating o-1
         expect 10m42s found o-1 undo payment.captured high due 10m40s",
    );
}

#[test]
fn a_step_done_again_within_the_clocks_errors_of_its_undoing_proves_nothing() {
    checkout(
        "o-1    placed@0s captured@2s refunded@5s captured@5.6s cancelled@22s
         expect 22s compensated o-1
         expect 1h nothing found",
    );
}

#[test]
fn an_undoing_within_the_clocks_errors_of_the_step_done_again_counts() {
    checkout(
        "o-1    placed@0s captured@2s refunded@5s refunded@7.5s captured@8s cancelled@22s
         expect 22s compensated o-1
         expect 1h nothing found",
    );
}

#[test]
fn a_step_repeated_without_an_undoing_is_undone_once() {
    checkout(
        "o-1    placed@0s captured@2s captured@8s cancelled@20s captured@40s refunded@50s
         expect 50s zombie o-1
         expect 1h nothing found",
    );
}

#[test]
fn a_step_done_again_neither_prolongs_nor_breaks_a_wait() {
    checkout(
        "o-1    placed@0s reserved@5s released@20s reserved@50s
         expect 1m running o-1
         expect 2m6s stuck o-1 payment.captured(waiting for payment since 5s, owed stock.released)",
    );
}

#[test]
fn a_step_done_and_undone_over_and_over_is_remembered_by_its_first_and_last() {
    let over: String = (0..400).map(|at| format!("captured@{}s refunded@{}s ", 5 + at * 4, 7 + at * 4)).collect();
    checkout(&format!(
        "o-1    placed@0s reserved@1s {over} captured@50m cancelled@51m released@51m
         expect 61m2s found o-1 undo payment.captured high due 1h1m"
    ));
}
