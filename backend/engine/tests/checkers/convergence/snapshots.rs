//! Snapshots of sources that have several partitions (SEM-8): the marks stand in one of them, and rows of the others are read
//! before and after them. What is concluded does not depend on that.

use super::check;

#[test]
fn rows_of_another_partition_may_be_read_before_the_mark_of_the_beginning() {
    check(
        "
        partitions db 2
        db       k=1@1s/0  l=1@1s/1  *k=1@10s>14s/0  *l=1@10.5s/1
        view     k=1@2s    l=1@2s
        frontier db/0 stops 9s resumes 14s
        snapshot db 10s>14s..11s>14s
        expect   60s converged view k
        expect   60s converged view l
        expect   never finding
    ",
    );
}

#[test]
fn rows_of_another_partition_may_be_read_after_the_mark_of_the_end() {
    // What comes is the known row: nothing was missed, so that a foreign value can still be told from an old one.
    check(
        "
        partitions db 2
        db       k=1@1s/0  l=1@1s/1  *k=1@10s/0  *l=1@10.5s>20s/1
        view     k=1@2s    l=1@2s    l=x@30s
        frontier db/1 stops 9s resumes 20s
        snapshot db 10s..11s
        expect   29s converged view l
        expect   35s diverged view l phantom(since 30s)
        expect   1 findings
    ",
    );
}

#[test]
fn the_mark_of_the_end_may_be_read_before_that_of_the_beginning() {
    check(
        "
        partitions db 2
        db       k=1@1s/0  l=1@1s/1  m=1@1s/1  *k=1@10s>14s/0  *l=1@11s/1
        view     k=1@2s    l=1@2s    m=1@2s
        frontier db/0 stops 9s resumes 14s
        snapshot db 10s>14s..
        snapshot db ..11s
        expect   15s lagging view m due 16s
        expect   16s diverged view m orphan(since unknown)
        expect   60s converged view k
        expect   60s converged view l
        expect   1 findings
    ",
    );
}

#[test]
fn a_key_of_another_partition_that_a_snapshot_does_not_show_is_gone() {
    check(
        "
        partitions db 2
        db       k=1@1s/0  l=1@1s/1  *k=1@10s/0
        view     k=1@2s    l=1@2s
        snapshot db 10s..11s
        expect   15s lagging view l due 16s
        expect   16s diverged view l orphan(since unknown)
        expect   60s converged view k
    ",
    );
}

#[test]
fn rows_of_a_first_snapshot_that_are_read_before_its_mark_have_no_past() {
    check(
        "
        partitions db 2
        db       *k=1@1s>4s/0  *l=1@1.5s/1        baseline snapshot
        view     k=1@2s        l=x@2s
        frontier db/0 stops 0s resumes 4s
        snapshot db 1s>4s..2s>4s
        expect   6s lagging view l due 7s
        expect   7s diverged view l phantom(since 2s)
        expect   60s converged view k
    ",
    );
}

#[test]
fn rows_of_a_replica_that_are_read_before_the_mark_have_no_past() {
    check(
        "
        partitions view 2
        db       k=1@0s         l=1@0s
        view     *k=1@1s>4s/0   *l=x@1.5s/1        baseline snapshot
        frontier view/0 stops 0s resumes 4s
        snapshot view 1s>4s..2s>4s
        expect   6s lagging view l due 7s
        expect   7s diverged view l phantom(since unknown)
        expect   60s converged view k
    ",
    );
}

#[test]
fn a_baseline_is_complete_when_all_partitions_were_seen_past_its_end() {
    // The key's own partition was seen far enough at 7 s; whether the snapshot is whole is known at 30 s.
    check(
        "
        partitions db 2
        db       *k=1@1s/0                        baseline snapshot
        view     k=x@2s
        frontier db/1 stops 1s resumes 30s
        snapshot db 1s..2s
        expect   29s unknown view k no baseline
        expect   30s diverged view k phantom(since 2s)
    ",
    );
}

#[test]
fn a_row_that_a_second_snapshot_repeats_keeps_its_key_whatever_partition_ran_ahead() {
    check(
        "
        partitions db 2
        db       *k=1@1s/0  *l=1@1s/1  *k=1@20s>30s/0  *l=1@20.5s/1   baseline snapshot
        view     k=1@2s     l=1@2s
        frontier db/0 stops 19s resumes 30s
        snapshot db 1s..2s
        snapshot db 20s>30s..21s>30s
        expect   60s converged view k
        expect   60s converged view l
        expect   never finding
    ",
    );
}

#[test]
fn a_key_that_was_shown_before_a_snapshot_began_is_not_shown_by_it() {
    // A single row, of an incremental snapshot, says nothing of the whole one that comes later.
    check(
        "
        db       k=1@1s  l=1@1s  *l=1@5s  *k=1@20s
        view     k=1@2s  l=1@2s
        snapshot db 20s..21s
        expect   25s lagging view l due 26s
        expect   26s diverged view l orphan(since unknown)
    ",
    );
}

#[test]
fn a_single_row_counts_from_its_own_time_and_not_from_an_older_snapshot() {
    // The row proves a write that nobody saw; the replica has its time from when it is known to have been there.
    check(
        "
        db       *k=1@1s  *k=2@60s                baseline snapshot
        view     k=1@2s   k=2@63s
        snapshot db 1s..2s
        expect   62s lagging view k due 65s
        expect   80s converged view k
        expect   never finding
    ",
    );
}

#[test]
fn a_later_snapshot_moves_no_deadline() {
    check(
        "
        db       other=1@0s  *other=1@30s
        view     z=1@10s
        frontier db lags 25s
        snapshot db 29s..31s
        expect   40s diverged view z orphan(since 10s, due 15s)
        expect   80s diverged view z orphan(since 10s, due 15s)
    ",
    );
}

#[test]
fn the_end_of_a_first_snapshot_announces_it_where_its_beginning_is_not_marked() {
    check(
        "
        db       *k=1@1s  *l=1@1s                 baseline snapshot
        view     k=1@2s
        snapshot db ..2s
        expect   6s lagging view l due 7s
        expect   7s diverged view l missing(since unknown)
        expect   60s converged view k
    ",
    );
}

#[test]
fn a_mark_that_is_read_again_begins_no_snapshot() {
    check(
        "
        db       k=1@1s  *k=1@10s  *k=2@60s
        view     k=1@2s  k=2@63s
        snapshot db 10s..11s
        snapshot db 10s>20s..
        expect   62s lagging view k due 65s
        expect   80s converged view k
    ",
    );
}
