//! Replicas that can only be asked (SEM-10).

use super::check;

#[test]
fn it_is_asked_at_the_deadline_and_converged_when_the_answer_is_right() {
    check(
        "
        db     k=1@0s  k=2@10s
        cache                                   probed
        probe  cache k=1@5.5s asked 5.2s
        probe  cache k=2@15.5s asked 15.2s
        expect 5s asked cache k
        expect 5s unknown cache k not probed
        expect 6s converged cache k
        expect 12s lagging cache k due 15s
        expect 15s asked cache k
        expect 16s converged cache k
        expect never finding
        expect cells cache in-time 2, unobserved 2
    ",
    );
}

#[test]
fn a_wrong_answer_is_asked_once_more_and_diverged_then() {
    check(
        "
        db     k=1@0s  k=2@10s
        cache                                   probed
        probe  cache k=1@5.5s asked 5.2s
        probe  cache k=1@15.5s asked 15.2s
        probe  cache k=1@17s asked 16.5s
        expect 15s asked cache k
        expect 15.5s unknown cache k not probed
        expect 15.5s asked cache k
        expect 17s diverged cache k stale(since 10s, due 15s)
        expect cells cache in-time 1, unobserved 1, not-in-time 1
    ",
    );
}

#[test]
fn a_second_answer_that_is_right_acquits() {
    check(
        "
        db     k=1@0s  k=2@10s
        cache                                   probed
        probe  cache k=1@5.5s asked 5.2s
        probe  cache k=1@15.5s asked 15.2s
        probe  cache k=2@17s asked 16.5s
        expect 15.5s asked cache k
        expect 18s converged cache k
        expect never finding
    ",
    );
}

#[test]
fn an_answer_that_was_right_while_it_was_asked_for_is_right() {
    // The value that was current 2 s before the question is within its time.
    check(
        "
        db     k=1@0s  k=2@10s  k=3@14s
        cache                                   probed
        probe  cache k=1@5.5s asked 5.2s
        probe  cache k=2@15.5s asked 15.2s
        probe  cache k=3@19.5s asked 19.2s
        expect 16s lagging cache k
        expect 20s converged cache k
        expect never finding
    ",
    );
}

#[test]
fn an_answer_waits_until_the_authority_is_seen_past_its_end() {
    // The authority may have written x before the answer: its frontier is not there yet.
    check(
        "
        db     k=1@0s  k=x@15.3s>18s
        cache                                   probed
        frontier db lags 3s
        probe  cache k=x@15.5s asked 15.2s
        expect 17s unknown cache k not probed
        expect 19s converged cache k
        expect never finding
    ",
    );
}

#[test]
fn an_answer_that_is_older_than_the_write_is_no_answer() {
    check(
        "
        db     k=1@0s  k=2@10s
        cache                                   probed
        probe  cache k=1@9s asked 8.8s
        expect 9s converged cache k
        expect 15s asked cache k
        expect 60s unknown cache k not probed
        expect never finding
    ",
    );
}

#[test]
fn without_an_answer_it_is_unknown() {
    check(
        "
        db     k=1@0s
        cache                                   probed
        probe  cache k fails@7s
        expect 6s unknown cache k not probed
        expect 7s unknown cache k probe failed
        expect never finding
        expect cells cache unknown 1 probe failed
    ",
    );
}

#[test]
fn after_a_failed_probe_the_next_write_asks_again() {
    check(
        "
        db     k=1@0s  k=2@10s
        cache                                   probed
        probe  cache k fails@7s
        probe  cache k=2@15.5s asked 15.2s
        expect 15s asked cache k
        expect 16s converged cache k
        expect cells cache in-time 1, unobserved 1, unknown 1 probe failed
    ",
    );
}

#[test]
fn an_expired_key_is_excused() {
    check(
        "
        db     k=1@0s
        cache                                   probed may-be-missing
        probe  cache k=∅@5.5s asked 5.2s
        expect 5s asked cache k
        expect 6s converged cache k
        expect never finding
    ",
    );
}

#[test]
fn a_key_that_is_not_there_and_not_excused_is_missing() {
    check(
        "
        db     k=1@0s
        cache                                   probed
        probe  cache k=∅@5.5s asked 5.2s
        probe  cache k=∅@7s asked 6.5s
        expect 7s diverged cache k missing(since 0s)
    ",
    );
}

#[test]
fn a_foreign_value_that_is_answered_twice_is_a_phantom() {
    check(
        "
        db     k=1@0s
        cache                                   probed
        probe  cache k=x@5.5s asked 5.2s
        probe  cache k=x@7s asked 6.5s
        expect 7s diverged cache k phantom(held x)
    ",
    );
}

#[test]
fn at_the_end_of_the_input_what_was_not_answered_was_not_probed() {
    // The write of 14 s is due after the end; the one of 10 s was due and asked for.
    check(
        "
        db     k=1@0s  k=2@10s  k=1@12s  k=3@14s
        cache                                   probed
        probe  cache k=1@5.5s asked 5.2s
        expect 15s asked cache k
        end    16s
        expect 16s unknown cache k not probed
        expect 16s open cache 3, 1 not probed
    ",
    );
}

#[test]
fn at_the_end_of_the_input_what_is_due_later_is_not_called_unanswered() {
    check(
        "
        db     k=1@0s  k=2@10s
        cache                                   probed
        probe  cache k=1@5.5s asked 5.2s
        end    12s
        expect 12s unknown cache k input ended
        expect 12s open cache 1, 0 not probed
    ",
    );
}
