//! Runs of one correlation id (SEM-17), what is remembered of them, and rules that change.

use super::harness::check;

#[test]
fn a_start_after_the_end_opens_the_next_run() {
    check(
        "saga s: a > b 10s owner; done d
         x      a@0s b@1s d@2s a@1m
         expect 3s completed x
         expect 61s running x/2
         expect 61s completed x
         expect 72s stuck x/2 b(waiting for owner since 1m)",
    );
}

#[test]
fn a_start_while_running_is_a_repeated_step() {
    check(
        "saga s: a > b 10s owner; done d
         x      a@0s a@8s
         expect 12s stuck x b(waiting for owner since 0s)",
    );
}

#[test]
fn a_start_within_the_clocks_errors_of_the_end_opens_no_run() {
    check(
        "saga s: a > b 10s; done d
         x      a@0s b@1s d@2s a@2.5s
         expect 5m completed x
         expect 5m nothing found",
    );
}

#[test]
fn an_event_after_the_end_makes_a_zombie() {
    check(
        "saga s: a > b 10s > c 10s; done d; failed f
         x      a@0s b@1s d@2s c@30s
         y      a@0s f@2s b@30s
         expect 29s completed x
         expect 30s zombie x
         expect 30s zombie y
         expect 5m zombie x",
    );
}

#[test]
fn what_the_saga_does_not_declare_makes_no_zombie() {
    check(
        "saga s: a > b 10s; done d
         x      a@0s b@1s d@2s invoice.mailed@30s d@40s
         expect 5m completed x",
    );
}

#[test]
fn an_event_within_the_clocks_errors_of_the_end_is_no_zombie() {
    check(
        "saga s: a > b 10s; done d
         x      a@0s d@2s b@2.8s
         expect 5m completed x
         expect 5m nothing found",
    );
}

#[test]
fn a_step_slightly_before_the_next_start_belongs_to_the_next_run() {
    check(
        "saga s: a > b 10s > c 10s owner; done d
         x      a@0s b@1s c@2s d@3s b@59.5s a@1m
         expect 71s stuck x/2 c(waiting for owner since 59s500ms)
         expect 71s completed x",
    );
}

#[test]
fn an_end_without_a_start_then_a_start_are_two_runs() {
    check(
        "saga s: a > b 10s owner; done d
         x      d@2s a@1m
         expect 30s unknown x began before watching
         expect 61s running x/2",
    );
}

#[test]
fn a_run_keeps_its_place_when_an_earlier_end_arrives_late() {
    check(
        "saga s: a > b 10s owner > c 1h; done d; failed f
         x      a@0s b@1s d@50s f@20s+60s
         expect 60s completed x
         expect 80s zombie x",
    );
}

#[test]
fn after_an_hour_a_straggler_belongs_to_nobody() {
    check(
        "saga s: a > b 10s; done d
         x      a@0s b@1s d@2s b@3h
         expect 3h completed x
         expect 3h unknown x/2 forgotten",
    );
}

#[test]
fn a_start_after_forgetting_goes_on_counting_runs() {
    check(
        "saga s: a > b 10s; done d
         x      a@0s b@1s d@2s a@3h b@10801s
         expect 10802s running x/2
         expect 10802s completed x",
    );
}

#[test]
fn after_a_day_nothing_at_all_is_remembered() {
    check(
        "saga s: a > b 10s; done d
         x      a@0s b@1s d@2s b@40h
         expect 40h unknown x began before watching",
    );
}

#[test]
fn an_owed_compensation_is_not_forgotten() {
    check(
        "saga s: a > b 10s undo z owner; done d; failed f; undo within 1m
         x      a@0s b@1s f@2s z@5h
         expect 4h compensation owed x b(z from owner since 2s)
         expect 5h resolved x undo b late at 5h
         expect 5h compensated x",
    );
}

#[test]
fn a_run_silent_for_a_month_is_abandoned() {
    check(
        "saga s: a > b 10s; done d
         x      a@0s
         expect 29d stuck x b(waiting since 0s)
         expect 31d abandoned x
         expect 31d resolved x b unknown",
    );
}

#[test]
fn no_deadline_outlives_its_run() {
    check(
        "saga s: a > b 40d owner; done d
         x      a@0s
         expect 41d stuck x b(waiting for owner since 0s)",
    );
}

#[test]
fn too_many_runs_of_one_id_are_let_go_from_the_oldest() {
    let runs: String = (0..12).map(|run| format!("a@{}s d@{}s ", run * 10, run * 10 + 5)).collect();
    check(&format!(
        "saga s: a > b 20s; done d
         x      {runs}
         expect 2m completed x
         expect 2m completed x/12"
    ));
}

#[test]
fn a_longer_time_by_new_rules_takes_the_finding_back() {
    check(
        "saga s: a > b 10s owner; done d
         x      a@0s
         expect 12s found x b warning due 10s
         rules  20s
         saga s: a > b 1m owner; done d
         expect 20s resolved x b enginechanged
         expect 20s running x
         expect 62s found x b warning due 1m",
    );
}

#[test]
fn a_shorter_time_by_new_rules_finds_what_is_late_by_them() {
    check(
        "saga s: a > b 1h owner; done d
         x      a@0s
         rules  20s
         saga s: a > b 10s owner; done d
         expect 19s running x
         expect 20s stuck x b(waiting for owner since 0s)",
    );
}

#[test]
fn a_saga_that_is_no_longer_configured_holds_nothing_against_anybody() {
    check(
        "saga s: a > b 10s owner; done d
         x      a@0s
         rules  20s
         saga t: u > v 10s; done w
         expect 19s found x b warning due 10s
         expect 20s resolved x b enginechanged
         expect 20s abandoned x",
    );
}

#[test]
fn rules_that_declare_more_events_read_the_old_ones_anew() {
    check(
        "saga s: a > b 10s > c 1h; done d
         x      a@0s b@1s charge.succeeded@2s
         rules  20s
         saga t: u > v 10s; done w
         saga s: a > b 10s > charge.succeeded 10s > c 1m owner; done d
         expect 19s running x
         expect 64s stuck x c(waiting for owner since 2s)",
    );
}
