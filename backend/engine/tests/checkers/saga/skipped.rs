//! Steps that a run left out: while it goes on nobody waits for them, and once it is completed they are skipped, not stuck.

use super::{declared::checkout, harness::check};

#[test]
fn a_step_that_a_completed_run_left_out_is_skipped_and_was_never_stuck() {
    checkout(
        "o-1    placed@0s captured@5s shipped@1h completed@2h
         expect 119m nothing found
         expect 121m skipped o-1 stock.reserved info at 2h
         expect 121m completed o-1",
    );
}

#[test]
fn an_end_before_the_times_are_over_skips_what_is_not_done() {
    checkout(
        "o-1    placed@0s completed@5s
         expect 5s completed o-1
         expect 5s nothing found
         expect 6s skipped o-1 stock.reserved info at 5s
         expect 6s skipped o-1 payment.captured info at 5s
         expect 6s skipped o-1 parcel.shipped info at 5s",
    );
}

#[test]
fn a_run_that_fails_skips_nothing() {
    checkout(
        "o-1    placed@0s captured@5s cancelled@20s refunded@30s
         expect 5h nothing found",
    );
}

#[test]
fn a_step_without_a_time_may_be_left_out() {
    check(
        "saga s: a > b > c 10s; done d
         x      a@0s d@5s
         y      a@0s c@5s d@6s
         expect 1m skipped x c info at 5s
         expect 1m completed y
         expect 1h completed y",
    );
    check(
        "saga s: a > b > c; done d
         x      a@0s d@5s
         expect 1h nothing found",
    );
}

#[test]
fn a_step_that_was_waited_for_too_long_was_stuck() {
    checkout(
        "o-1    placed@0s captured@50s
         expect 31s found o-1 stock.reserved warning due 30s
         expect 50s resolved o-1 stock.reserved superseded at 50s",
    );
    check(
        "saga s: a > b 10s; done d
         x      a@0s d@5m
         expect 11s found x b warning due 10s
         expect 5m resolved x b superseded at 5m",
    );
}

#[test]
fn nothing_is_skipped_before_its_sources_are_seen_up_to_the_end() {
    check(
        "saga s: a > b 10s from stock > c 10s; done d
         blind  stock 3s..5m
         x      a@0s c@4s d@5s
         y      a@0s b@4s/stock+4m c@4s d@5s
         expect 299s completed x
         expect 299s nothing found
         expect 5m1s skipped x b info at 5s
         expect 5m1s completed y",
    );
}

#[test]
fn a_step_that_may_be_lost_in_a_gap_is_not_skipped() {
    check(
        "saga s: a > b 10s; done d
         gap    bus 2s..4s
         x      a@0s d@5s
         expect 5m completed x
         expect 5m nothing found",
    );
}

#[test]
fn a_step_whose_record_comes_late_was_not_skipped() {
    check(
        "saga s: a > b 10s; done d
         x      a@0s b@3s+20s d@5s
         expect 7s skipped x b info at 5s
         expect 23s resolved x b disproved at 3s",
    );
}

#[test]
fn an_end_that_the_clocks_put_before_the_start_is_no_time_before_the_beginning() {
    check(
        "saga s: a > b 10s; done d
         x      d@9.5s a@10s
         expect 20s skipped x b info at 9s500ms
         expect 1m completed x",
    );
}

#[test]
fn a_late_record_shows_that_a_run_found_stuck_had_gone_on() {
    check(
        "saga s: a > b 10s; done d
         x      a@0s d@5s+20s
         expect 12s found x b warning due 10s
         expect 27s resolved x b superseded at 5s",
    );
}
