//! Cells of nines, convergence lag and the gauge of keys (SEM-9).

use super::check;

#[test]
fn a_cell_is_in_no_ratio_before_its_deadline_has_passed() {
    // Shown after one second, and still open at the end.
    check(
        "
        db     k=1@0s  k=2@10s
        view   k=1@1s  k=2@11s
        expect 14s converged view k
        expect cells view in-time 1
    ",
    );
}

#[test]
fn thresholds_count_by_lag() {
    check(
        "
        db     a=1@10s    b=1@10s    c=1@10s    d=1@10s
        view   a=1@10.5s  b=1@15s    c=1@40s    d=1@75s     within 70s
        expect 90s converged view d
        expect cells view in-time 4, within-1s 1, within-10s 2, within-60s 3, lag-max 65s
    ",
    );
}

#[test]
fn what_comes_late_is_counted_beside_and_moves_nothing() {
    check(
        "
        db     k=1@0s
        view   k=1@10s
        expect 20s converged view k
        expect cells view not-in-time 1, late 1, lag-max 10s
    ",
    );
}

#[test]
fn all_writes_that_a_jump_covers_have_their_own_lag() {
    check(
        "
        db     k=1@0s  k=2@2s  k=3@4s
        view   k=3@4.5s
        expect 30s converged view k
        expect cells view in-time 3, within-1s 1, within-10s 3, within-60s 3, lag-max 4.5s
    ",
    );
}

#[test]
fn cells_of_several_replicas_are_apart() {
    check(
        "
        db     k=1@0s
        view   k=1@1s
        copy   k=1@9s
        expect 30s converged copy k
        expect cells view in-time 1
        expect cells copy not-in-time 1, late 1
    ",
    );
}

#[test]
fn a_divergence_that_no_write_explains_adds_a_cell() {
    check(
        "
        db     k=1@0s
        view   k=1@1s  k=x@20s  k=1@40s
        expect 60s converged view k
        expect cells view in-time 1, not-in-time 1, late 1, lag-max 1s
    ",
    );
}

#[test]
fn a_divergence_that_a_write_explains_adds_none() {
    check(
        "
        db     k=1@0s  k=2@10s
        view   k=1@1s
        expect 60s diverged view k stale
        expect cells view in-time 1, not-in-time 1
    ",
    );
}

#[test]
fn what_came_during_a_gap_may_have_come_in_time() {
    check(
        "
        db     k=1@0s  k=2@10s
        view   k=1@1s  k=2@30s
        gap    view 11s..13s
        expect 40s converged view k
        expect cells view in-time 1, unknown 1 gap
    ",
    );
}

#[test]
fn an_expired_key_of_a_store_that_expires_covers_what_is_written() {
    check(
        "
        db     k=1@0s  k=2@10s
        cache  k=1@1s  k=∅@8s        may-be-missing
        expect 30s converged cache k
        expect cells cache in-time 2, unobserved 1
    ",
    );
}

#[test]
fn once_a_minute_the_keys_are_counted_by_verdict() {
    check(
        "
        db       a=1@1s  b=1@1s  c=1@1s  d=1@1s  b=2@20s  c=2@58s  e=1@20s
        view     a=1@2s  b=1@2s  c=1@2s  d=1@2s/1
        db       d=2@30s
        partitions view 2
        frontier view/1 stops 29s
        expect   60s keys view 1 converged, 1 lagging, 1 diverged, 2 unknown
    ",
    );
}

#[test]
fn cells_fall_into_the_minute_of_the_write() {
    check(
        "
        db     k=1@59s  k=2@61s
        view   k=1@60s  k=2@62s
        expect 120s keys view 1 converged
        expect cells view in-time 2
    ",
    );
}

#[test]
fn a_key_that_never_came_shows_nothing_of_the_authority_of_a_field_either() {
    check(
        "
        db       k=a:1@10s                  maps a
        billing  k=b:1@10s                  maps b decides b
        view     within 5s                  maps a,b
        expect   20s diverged view k missing
        expect   cells view not-in-time 2
    ",
    );
}

#[test]
fn a_write_that_was_never_shown_is_counted_once_whatever_stands_in_its_place() {
    check(
        "
        db     k=1 v5@0s  l=1 v1@0s  l=2 v2@10s
        view   k=z v3@1s  l=1 v1@1s  l=x v2@11s
        expect 60s diverged view k phantom
        expect 60s diverged view l conflicting
        expect cells view in-time 1, not-in-time 2
    ",
    );
}

#[test]
fn a_field_that_departs_while_others_are_written_adds_one_cell() {
    // The write at 24 s comes after the departure and has a cell of its own.
    check(
        "
        db     k=1@0s  k=2@24s
        view   k=1@1s  k=x@20s  k=2@40s
        expect 25s diverged view k phantom(since 20s)
        expect 60s converged view k
        expect cells view in-time 1, not-in-time 2, late 2, lag-max 16s
    ",
    );
}

#[test]
fn clocks_that_are_wrong_by_more_than_the_time_call_nothing_in_time() {
    // That both hold the same is plain; when it came to be so is not.
    check(
        "
        clock  view 4s
        clock  db 4s
        db     k=1@0s  k=2@10s
        view   k=1@1s  k=2@11s
        expect 60s converged view k
        expect cells view unknown 2 clock
    ",
    );
}

/// `k=0` at `first` ms, `k=1` a step later, and so on.
fn writes(count: u32, first: u32, step: u32) -> String {
    let at = |index: u32| (first + step * index) as f64 / 1000.0;
    (0..count).map(|index| format!(" k={index}@{}s", at(index))).collect()
}

#[test]
fn every_write_that_came_late_is_counted_as_late_however_many_are_remembered() {
    check(&format!(
        "
        db     {}    history 3
        view   k=0@0.5s  k=199@300s
        expect 310s converged view k
        expect cells view in-time 1, not-in-time 199, late 199, lag-max 299s
    ",
        writes(200, 0, 1000)
    ));
}

#[test]
fn what_is_forgotten_before_it_is_shown_is_late_when_something_newer_is() {
    // It goes back to a write that is remembered first, which heals nothing that came after it.
    check(&format!(
        "
        db     {}    history 3
        view   k=0@0.5s  k=1@150s  k=99@300s
        expect 299s diverged view k
        expect cells view in-time 1, not-in-time 99, late 99
    ",
        writes(100, 0, 1000)
    ));
}

#[test]
fn what_was_shown_in_time_is_counted_so_however_many_are_remembered() {
    check(&format!(
        "
        db     {}
        view   {}    within 100s
        expect 180s converged view k
        expect cells view in-time 500, within-1s 500, within-10s 500, within-60s 500
    ",
        writes(500, 0, 100),
        writes(500, 500, 100)
    ));
}

#[test]
fn a_late_write_is_late_though_the_authority_is_not_yet_seen_past_it() {
    // At 18 s the cell closes; what the replica showed at 16.5 s waits for the authority until 30 s.
    check(
        "
        db       k=1@0s  k=2@10s
        view     k=1@1s  k=2@16.5s
        frontier db stops 15.5s resumes 30s
        frontier view lags 3s
        expect   60s converged view k
        expect   cells view in-time 1, not-in-time 1, late 1
    ",
    );
}
