//! The verdicts themselves, each reason in its plainest form (SEM-5).

use super::check;

#[test]
fn a_replica_that_shows_every_write_in_time_has_converged() {
    check(
        "
        orders-db    k=1@0s   k=2@10s
        order-view   k=1@1s   k=2@11s     within 5s
        expect       20s converged order-view k
        expect       never finding
        expect       cells order-view in-time 2
    ",
    );
}

#[test]
fn an_older_value_is_lagging_until_due_and_stale_then() {
    check(
        "
        orders-db    k=1@0s   k=2@10s
        order-view   k=1@1s                    within 5s
        expect       12s lagging order-view k due 15s
        expect       14s lagging order-view k
        expect       15s diverged order-view k stale(1 behind, since 10s, due 15s, expected 2, held 1)
        expect       cells order-view in-time 1, not-in-time 1
    ",
    );
}
