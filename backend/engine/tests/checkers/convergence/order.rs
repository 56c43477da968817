//! Order and repetition: a value that returns, records that come late, twice or again, clocks and partitions (SEM-7, SEM-13).

use super::check;

#[test]
fn a_value_that_returns_makes_the_old_one_right_again() {
    // ABA: the replica never showed 2, and what it holds is the newest.
    check(
        "
        db     k=1@0s  k=2@10s  k=1@12s
        view   k=1@1s
        expect 11s lagging view k due 15s
        expect 12s converged view k
        expect never finding
        expect 30s converged view k
        expect cells view in-time 3, unobserved 2
    ",
    );
}

#[test]
fn a_value_that_returns_is_followed_step_by_step() {
    // At 13 s the replica shows 2, which is an older value now; it has until 17 s.
    check(
        "
        db     k=1@0s  k=2@10s  k=1@12s
        view   k=1@1s  k=2@13s  k=1@14s
        expect 13s lagging view k
        expect 14s converged view k
        expect never finding
        expect 30s converged view k
    ",
    );
}

#[test]
fn a_value_that_returns_and_is_not_followed_is_stale() {
    check(
        "
        db     k=1@0s  k=2@10s  k=1@12s
        view   k=1@1s  k=2@11s
        expect 17s diverged view k stale(1 behind, since 12s)
    ",
    );
}

#[test]
fn which_of_two_equal_values_a_replica_shows_is_not_certain_so_it_has_not_regressed() {
    // It may show the first 1 or the second; only wholly below what is certain is a regression.
    check(
        "
        db     k=1@0s  k=2@1s  k=1@2s  k=3@3s
        view   k=1@2.5s  k=2@2.8s
        expect 8s diverged view k stale(since 2s, 2 behind)
    ",
    );
}

#[test]
fn an_authority_that_returns_ends_the_question() {
    check(
        "
        db     k=1@0s  k=2@10s  k=1@20s
        view   k=1@1s
        expect 15s diverged view k stale
        expect 20s resolved view k superseded at 20s
        expect 1 findings
    ",
    );
}

#[test]
fn a_delete_ends_the_question_of_a_missing_key() {
    check(
        "
        db     k=1@0s  k=∅@20s
        view   other=1@1s
        expect 5s diverged view k missing
        expect 20s resolved view k superseded
        expect 20s converged view k
    ",
    );
}

#[test]
fn writes_that_arrive_out_of_order_are_taken_in_the_order_of_their_positions() {
    check(
        "
        db       k=1@0s  k=2@10s>11s  k=3@10.5s>10.5s
        view     k=1@1s  k=3@12s
        frontier db lags 2s
        expect   30s converged view k
        expect   never finding
        expect   cells view in-time 3
    ",
    );
}

#[test]
fn sights_that_arrive_out_of_order_do_not_put_a_replica_back() {
    check(
        "
        db       k=1@0s  k=2@10s  k=3@11s
        view     k=1@1s  k=3@12s  k=2@11.5s>13s
        frontier view lags 3s
        expect   13s converged view k
        expect   never finding
    ",
    );
}

#[test]
fn a_record_that_is_delivered_twice_is_one() {
    // The second delivery of 1 says nothing of what came after it.
    check(
        "
        db       k=1@0s#10  k=2@10s#20  k=1@0s>12s#10
        view     k=1@1s#10  k=2@11s#20  k=1@1s>13s#10
        expect   30s converged view k
        expect   never finding
        expect   cells view in-time 2
    ",
    );
}

#[test]
fn the_same_write_at_two_positions_is_one() {
    // The authority's relay begins again and repeats: new positions, old times.
    check(
        "
        db       k=1@0s#10  k=2@10s#20  k=3@11s#30  k=1@0s>40s#40  k=2@10s>41s#50  k=3@11s>42s#60
        view     k=1@1s  k=2@11s  k=3@12s
        expect   60s converged view k
        expect   never finding
        expect   cells view in-time 3
    ",
    );
}

#[test]
fn a_replica_that_is_replayed_is_given_its_time_to_catch_up() {
    // Its log is read again by whoever writes it: it holds 1 at 40 s, but its own clock says 1 s.
    check(
        "
        db       k=1@0s#10  k=2@10s#20
        view     k=1@1s#10  k=2@11s#20  k=1@1s>40s#30  k=2@11s>42s#40
        expect   41s lagging view k
        expect   42s converged view k
        expect   60s converged view k
        expect   never finding
    ",
    );
}

#[test]
fn a_replay_that_does_not_catch_up_has_gone_back() {
    check(
        "
        db       k=1@0s#10  k=2@10s#20
        view     k=1@1s#10  k=2@11s#20  k=1@1s>40s#30
        expect   60s diverged view k regressed
    ",
    );
}

#[test]
fn a_forgotten_past_that_is_replayed_is_no_newer_write() {
    check(
        "
        db       history 2
        db       k=1 v1@0s#10  k=2 v2@10s#20  k=3 v3@20s#30  k=4 v4@30s#40  k=5 v5@40s#50
        view     k=1 v1@1s  k=2 v2@11s  k=3 v3@21s  k=4 v4@31s  k=5 v5@41s
        db       k=1 v1@0s>60s#15
        expect   70s converged view k
        expect   never finding
    ",
    );
}

#[test]
fn an_equal_value_written_again_asks_nothing_of_the_replica() {
    check(
        "
        db       k=1@0s  k=1@10s  k=1@20s
        view     k=1@1s
        expect   60s converged view k
        expect   never finding
        expect   cells view in-time 3, unobserved 2
    ",
    );
}

#[test]
fn a_replica_that_applies_twice_has_not_changed() {
    check(
        "
        db       k=1@0s  k=2@10s
        view     k=1@1s  k=2@11s  k=2@30s  k=2@31s
        expect   60s converged view k
        expect   never finding
        expect   cells view in-time 2, lag-max 1s
    ",
    );
}

#[test]
fn a_key_that_moves_to_another_partition_goes_on_by_time() {
    // Positions of two partitions cannot be compared.
    check(
        "
        partitions db 2
        db       k=1@0s/0#500  k=2@10s/1#10
        view     k=1@1s        k=2@11s
        expect   30s converged view k
        expect   never finding
    ",
    );
}

#[test]
fn a_late_record_shows_that_it_was_right_in_time() {
    // The record lies behind its own frontier: the source broke its word, and the finding is taken back as such.
    check(
        "
        db       k=1@0s  k=2@10s
        view     k=1@1s  k=2@12s>30s
        expect   15s diverged view k stale
        expect   30s resolved view k disproved at 12s
    ",
    );
}

#[test]
fn a_late_write_of_the_authority_explains_what_looked_foreign() {
    check(
        "
        db       k=1@0s  k=x@9s>30s
        view     k=1@1s  k=x@10s
        expect   15s diverged view k phantom
        expect   30s resolved view k disproved at 9s
    ",
    );
}

#[test]
fn a_tombstone_that_was_replayed_ends_no_incarnation_twice() {
    check(
        "
        db       k=1@0s#10  k=∅@10s#20  k=2@20s#30  k=∅@10s>40s#40  k=2@20s>41s#50
        view     k=1@1s  k=∅@11s  k=2@21s
        expect   60s converged view k
        expect   never finding
    ",
    );
}

#[test]
fn what_came_right_for_a_while_is_wrong_since_then_also_when_that_is_told_late() {
    // Pushed records overtake one another: before the third one came it looked as if it had been wrong since 10 s.
    for seen in [
        "k=2@9s  k=∅@10s  k=2@13s>17s  k=∅@16s",
        "k=2@9s  k=1@10s  k=2@13s>17s  k=1@16s",
        "k=1@9s  k=0@10s  k=2@13s>17s  k=0@16s",
        "k=2@9s  k=x@10s  k=2@13s>17s  k=x@16s",
        "k=2@9s  k=x@10s  k=2@13s>17s  k=y@16s",
        "k=2@9s  k=x@10s  k=∅@13s>17s  k=x@16s",
    ] {
        check(&format!(
            "
            db       k=0@0s  k=1@1s  k=2@8s
            view     k=0@1s  k=1@2s  {seen}  k=2@18s
            frontier view stops 9s resumes 17s
            expect   17s lagging view k due 21s
            expect   30s converged view k
            expect   never finding
        "
        ));
    }
}

#[test]
fn one_wrong_value_between_others_that_is_told_late_gives_no_more_time() {
    for seen in ["k=x@10s  k=y@13s>17s  k=x@16s", "k=1@10s  k=1@13s>17s  k=1@16s"] {
        check(&format!(
            "
            db       k=1@0s  k=2@8s
            view     k=1@1s  k=2@9s  {seen}
            frontier view stops 9s resumes 17s
            expect   17s diverged view k (since 10s, due 15s)
        "
        ));
    }
}
