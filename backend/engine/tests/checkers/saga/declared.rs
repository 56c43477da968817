//! Declared deadlines, one promise or state each, as small as it gets.

use super::harness::check;

/// The saga that most tests are about.
const CHECKOUT: &str = "saga checkout: order.placed > stock.reserved 30s stock undo stock.released \
     > payment.captured 2m payment undo payment.refunded > parcel.shipped 24h shipping; \
     done order.completed; failed order.cancelled; within 48h; undo within 10m";

#[track_caller]
pub(super) fn checkout(story: &str) {
    check(&format!("{CHECKOUT}\n{story}"));
}

#[test]
fn a_run_that_keeps_its_times_is_never_found() {
    checkout(
        "o-1    placed@0s reserved@5s captured@1m shipped@3h completed@4h
         expect 3m running o-1
         expect 4h completed o-1
         expect 4h nothing found",
    );
}

#[test]
fn a_step_that_does_not_come_is_stuck_after_its_time_and_both_clocks_errors() {
    checkout(
        "o-1    placed@0s reserved@5s
         expect 2m5s at risk o-1
         expect 2m6s stuck o-1 payment.captured(waiting for payment since 5s, owed stock.released)
         expect 2m6s found o-1 payment.captured high due 2m5s",
    );
}

#[test]
fn a_step_counts_from_entry_and_not_from_the_start() {
    checkout(
        "o-1    placed@0s reserved@29s
         expect 2m25s at risk o-1
         expect 2m30s stuck o-1 payment.captured(waiting for payment since 29s, owed stock.released)",
    );
}

#[test]
fn nothing_done_is_nothing_owed_and_no_more_than_a_warning() {
    checkout(
        "o-1    placed@0s
         expect 31s stuck o-1 stock.reserved(waiting for stock since 0s)
         expect 31s found o-1 stock.reserved warning due 30s",
    );
}

#[test]
fn four_fifths_of_the_time_is_a_risk_and_no_finding() {
    checkout(
        "o-1    placed@0s
         expect 24s running o-1
         expect 25s at risk o-1
         expect 29s nothing found",
    );
}

#[test]
fn the_risk_ends_with_the_step() {
    checkout(
        "o-1    placed@0s reserved@28s
         expect 27s at risk o-1
         expect 28s running o-1",
    );
}

#[test]
fn a_late_step_opens_and_resolves() {
    checkout(
        "o-1    placed@0s reserved@45s
         expect 40s found o-1 stock.reserved warning due 30s
         expect 45s resolved o-1 stock.reserved late at 45s
         expect 45s running o-1",
    );
}

#[test]
fn a_late_step_is_found_even_if_it_was_seen_before_the_time_was_over_for_certain() {
    // Record and frontier arrive in one breath: how the journal is cut must not hide that the promise was broken.
    checkout(
        "blind  bus 0s..50s
         o-1    placed@0s reserved@45s
         expect 49s nothing found
         expect 50s resolved o-1 stock.reserved late at 45s",
    );
}

#[test]
fn within_the_errors_of_both_clocks_nothing_is_late() {
    checkout(
        "o-1    placed@0s reserved@31s captured@1m
         expect 3m nothing found
         expect 3m running o-1",
    );
}

#[test]
fn a_step_whose_record_arrives_late_disproves_the_finding() {
    checkout(
        "o-1    placed@0s reserved@20s+60s
         expect 31s found o-1 stock.reserved warning due 30s
         expect 80s resolved o-1 stock.reserved disproved at 20s
         expect 80s running o-1",
    );
}

#[test]
fn a_record_that_arrives_out_of_order_counts_where_it_happened() {
    checkout(
        "blind  bus 0s..20s
         o-1    captured@12s reserved@5s+10s placed@0s+18s
         expect 17s unknown o-1 began before watching
         expect 20s running o-1
         expect 3m  nothing found",
    );
}

#[test]
fn the_whole_has_a_deadline_of_its_own() {
    checkout(
        "o-1    placed@0s reserved@5s captured@10s shipped@20h
         expect 47h at risk o-1
         expect 49h stuck o-1 order.completed(waiting since 20h, owed stock.released payment.refunded)
         expect 49h found o-1 whole high due 2d",
    );
}

#[test]
fn a_late_end_resolves_the_whole() {
    checkout(
        "o-1    placed@0s reserved@5s captured@10s shipped@20h completed@49h
         expect 49h resolved o-1 whole late at 2d1h
         expect 49h completed o-1",
    );
}

#[test]
fn step_and_whole_may_both_be_broken() {
    checkout(
        "o-1    placed@0s reserved@5s
         expect 49h found o-1 payment.captured high due 2m5s
         expect 49h found o-1 whole high due 2d",
    );
}

#[test]
fn a_failed_end_closes_the_wait() {
    checkout(
        "o-1    placed@0s cancelled@20s
         expect 3m nothing found
         expect 3m failed o-1",
    );
}

#[test]
fn a_failed_end_after_the_deadline_resolves_what_was_stuck() {
    checkout(
        "o-1    placed@0s reserved@5s cancelled@3m released@3m10s
         expect 2m30s found o-1 payment.captured high due 2m5s
         expect 3m5s resolved o-1 payment.captured superseded at 3m
         expect 3m5s compensating o-1
         expect 3m10s compensated o-1",
    );
}

#[test]
fn what_a_failed_run_did_must_be_undone() {
    checkout(
        "o-1    placed@0s reserved@5s captured@10s cancelled@20s released@25s
         expect 5m compensating o-1
         expect 11m compensation owed o-1 payment.captured(payment.refunded from payment since 20s)
         expect 11m found o-1 undo payment.captured high due 10m20s",
    );
}

#[test]
fn each_undoing_is_a_promise_of_its_own() {
    checkout(
        "o-1    placed@0s reserved@5s captured@10s cancelled@20s
         expect 11m found o-1 undo payment.captured high due 10m20s
         expect 11m found o-1 undo stock.reserved high due 10m20s
         expect 11m compensation owed o-1 stock.reserved payment.captured(stock.released payment.refunded from stock since 20s)",
    );
}

#[test]
fn everything_undone_is_compensated() {
    checkout(
        "o-1    placed@0s reserved@5s captured@10s cancelled@20s refunded@30s released@40s
         expect 35s compensating o-1
         expect 1m compensated o-1
         expect 20m nothing found",
    );
}

#[test]
fn a_late_undoing_resolves() {
    checkout(
        "o-1    placed@0s reserved@5s cancelled@20s released@15m
         expect 11m found o-1 undo stock.reserved high due 10m20s
         expect 15m resolved o-1 undo stock.reserved late at 15m
         expect 15m compensated o-1",
    );
}

#[test]
fn undoing_may_come_before_the_failure_is_said() {
    checkout(
        "o-1    placed@0s reserved@5s released@18s cancelled@20s
         expect 19s compensating o-1
         expect 20s compensated o-1
         expect 20m nothing found",
    );
}

#[test]
fn what_was_undone_before_it_was_done_is_not_undone() {
    checkout(
        "o-1    placed@0s released@2s reserved@9s cancelled@20s
         expect 11m found o-1 undo stock.reserved high due 10m20s",
    );
}

#[test]
fn an_undoing_within_the_clocks_errors_of_what_it_undoes_counts() {
    checkout(
        "o-1    placed@0s released@8.5s reserved@9s cancelled@20s
         expect 20s compensated o-1",
    );
}

#[test]
fn without_a_time_for_compensation_nothing_is_accused_and_nothing_forgotten() {
    check(
        "saga s: a > b 10s undo b.undone; done d; failed f
         x      a@0s b@1s f@2s
         expect 5h compensating x
         expect 5h nothing found",
    );
}

#[test]
fn a_step_that_cannot_be_undone_owes_nothing() {
    check(
        "saga s: a > b 10s > c 10s; done d; failed f; undo within 1m
         x      a@0s b@1s f@2s
         expect 2s failed x
         expect 5m nothing found",
    );
}

#[test]
fn a_step_left_out_is_not_waited_for_once_the_run_went_on() {
    checkout(
        "o-1    placed@0s captured@5s
         expect 40s running o-1
         expect 25h stuck o-1 parcel.shipped(waiting for shipping since 5s, owed payment.refunded)",
    );
}

#[test]
fn a_repeated_step_neither_ends_nor_prolongs_a_wait() {
    checkout(
        "o-1    placed@0s reserved@5s reserved@50s reserved@1m40s
         expect 2m6s stuck o-1 payment.captured(waiting for payment since 5s, owed stock.released)",
    );
}

#[test]
fn an_undeclared_event_neither_ends_nor_prolongs_a_wait() {
    checkout(
        "o-1    placed@0s reserved@5s gateway.charge.succeeded@33s
         expect 2m6s stuck o-1 payment.captured(waiting for payment since 5s, owed stock.released)",
    );
}

#[test]
fn a_saga_without_deadlines_accuses_nobody() {
    check(
        "saga s: a > b > c; done d
         x      a@0s b@1s
         expect 20h running x
         expect 20h nothing found",
    );
}

#[test]
fn the_last_step_may_be_the_end() {
    check(
        "saga s: a > b 10s > c 10s; done c; within 1m
         x      a@0s b@1s c@2s
         expect 2s completed x
         expect 3m nothing found",
    );
}

#[test]
fn one_event_may_undo_several_steps() {
    check(
        "saga s: a > b 10s undo all.undone > c 10s undo all.undone; done d; failed f; undo within 1m
         x      a@0s b@1s c@2s f@3s undone@4s
         expect 4s compensated x
         expect 5m nothing found",
    );
}

#[test]
fn a_step_may_occur_twice_in_a_saga() {
    check(
        "saga s: a > b 10s > c 10s > b 10s; done d; within 1h
         x      a@0s b@1s c@2s
         expect 13s stuck x b(waiting since 2s)
         expect 13s found x b warning due 12s",
    );
}

#[test]
fn instances_and_sagas_do_not_mix() {
    check(
        "saga s: a > b 10s; done d
         saga t: a > b 10s; done d
         x      a@0s b@1s in s
         x      a@0s in t
         y      a@0s in s
         expect 30s found x b warning due 10s
         expect 30s found y b warning due 10s
         expect 30s running x",
    );
}

#[test]
fn with_no_steps_the_whole_is_all_there_is() {
    check(
        "saga s: a; done d; within 1m
         x      a@0s
         y      a@0s d@30s
         expect 62s stuck x d(waiting since 0s)
         expect 62s completed y",
    );
}
