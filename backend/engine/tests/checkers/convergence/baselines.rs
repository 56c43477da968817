//! What was there before watching began, and snapshots (SEM-8): absence that nobody observed proves nothing by itself.

use super::check;

#[test]
fn without_a_baseline_of_the_replica_nothing_is_missing() {
    check(
        "
        db     k=1@10s
        view   other=∅@1s               baseline none
        expect 20s unknown view k no baseline
        expect never finding
        expect cells view unknown 1 no baseline
    ",
    );
}

#[test]
fn without_a_baseline_of_the_authority_nothing_is_missing_or_an_orphan() {
    check(
        "
        db     k=1@10s                  baseline none
        view   l=1@10s
        expect 20s unknown view k no baseline
        expect 20s unknown view l no baseline
        expect never finding
    ",
    );
}

#[test]
fn what_was_seen_to_be_created_is_missing_whatever_was_there_before() {
    // The authority's past does not matter: the key began under watch.
    check(
        "
        db     +k=1@10s                 baseline none
        view   other=∅@1s
        expect 15s diverged view k missing(since 10s)
    ",
    );
}

#[test]
fn without_a_baseline_a_foreign_value_may_be_an_old_one() {
    check(
        "
        db     k=1@10s                  baseline none
        view   k=x@11s                  baseline none
        expect 20s unknown view k no baseline
        expect never finding
    ",
    );
}

#[test]
fn without_a_baseline_stale_and_conflicting_are_certain_all_the_same() {
    // What both were seen to hold needs no baseline.
    check(
        "
        db     k=1@0s  k=2@10s   l=1 v1@10s      baseline none
        view   k=1@1s            l=x v1@11s      baseline none
        expect 15s diverged view k stale(since 10s)
        expect 16s diverged view l conflicting(since 11s)
    ",
    );
}

#[test]
fn without_a_baseline_a_key_that_was_seen_in_both_and_deleted_in_one_is_an_orphan() {
    check(
        "
        db     k=1@0s  k=∅@10s           baseline none
        view   k=1@1s                    baseline none
        expect 15s diverged view k orphan(since 10s)
    ",
    );
}

#[test]
fn a_key_that_nobody_saw_in_the_replica_is_not_converged_without_a_baseline() {
    // The authority deleted it; whether the replica still has it is not known.
    check(
        "
        db     k=1@0s  k=∅@10s
        view   other=∅@1s                baseline none
        expect 30s unknown view k no baseline
    ",
    );
}

#[test]
fn an_update_of_what_was_never_created_tells_of_a_past() {
    // The log is not read from its beginning, whatever is declared: the replica may have been told before.
    check(
        "
        db     ~k=1@10s                  baseline empty
        view   other=∅@1s                baseline empty
        expect 20s unknown view k no baseline
        expect never finding
    ",
    );
}

#[test]
fn an_update_in_the_replica_tells_of_a_past_too() {
    check(
        "
        db     other=∅@1s
        view   ~k=1@10s
        expect 20s unknown view k no baseline
        expect never finding
    ",
    );
}

#[test]
fn a_key_with_a_past_has_values_that_nobody_saw() {
    check(
        "
        db     ~k=1@10s
        view   k=x@11s
        expect 20s unknown view k history incomplete
        expect never finding
    ",
    );
}

#[test]
fn a_key_with_a_past_is_stale_all_the_same() {
    check(
        "
        db     ~k=1@0s  k=2@10s
        view   ~k=1@1s
        expect 15s diverged view k stale(since 10s)
    ",
    );
}

#[test]
fn the_creation_of_the_key_under_watch_makes_up_for_its_past() {
    check(
        "
        db     ~k=1@0s  k=∅@5s  +k=2@10s
        view   k=∅@6s
        expect 15s diverged view k missing(since 10s)
    ",
    );
}

#[test]
fn an_older_version_is_stale_where_content_cannot_tell() {
    // Version 3 is not remembered, but it is older than version 5.
    check(
        "
        db     ~k=1 v5@10s               baseline none
        view   k=x v3@11s                baseline none
        expect 16s diverged view k stale(v5 not v3)
    ",
    );
}

#[test]
fn rows_of_a_snapshot_are_no_writes() {
    check(
        "
        db       *k=1@1s                  baseline snapshot
        view     *k=1@3s                  baseline snapshot
        snapshot db 0s..2s
        snapshot view 2s..4s
        expect   20s converged view k
        expect   never finding
        expect   cells view none 0
    ",
    );
}

#[test]
fn what_a_snapshot_of_the_replica_lacks_is_missing_since_nobody_knows_when() {
    check(
        "
        db       *k=1@1s                  baseline snapshot
        view     *other=1@3s              baseline snapshot
        db       *other=1@1s
        snapshot db 0s..2s
        snapshot view 2s..4s
        expect   8s lagging view k due 9s
        expect   9s diverged view k missing(since unknown)
    ",
    );
}

#[test]
fn what_a_snapshot_of_the_authority_lacks_is_an_orphan() {
    check(
        "
        db       *other=1@1s              baseline snapshot
        view     *k=1@3s  *other=1@3s     baseline snapshot
        snapshot db 0s..2s
        snapshot view 2s..4s
        expect   9s diverged view k orphan(since unknown)
        expect   1 findings
    ",
    );
}

#[test]
fn values_of_two_snapshots_that_differ_are_a_divergence_from_before() {
    check(
        "
        db       *k=1@1s                  baseline snapshot
        view     *k=x@3s                  baseline snapshot
        snapshot db 0s..2s
        snapshot view 2s..4s
        expect   8s lagging view k due 9s
        expect   9s diverged view k phantom(since unknown, expected 1, held x)
    ",
    );
}

#[test]
fn until_both_snapshots_have_ended_nothing_is_missing() {
    check(
        "
        db       *k=1@1s                  baseline snapshot
        view                              baseline snapshot
        snapshot db 0s..2s
        snapshot view 2s..
        expect   30s unknown view k no baseline
        expect   never finding
    ",
    );
}

#[test]
fn a_snapshot_without_announcement_proves_no_absence() {
    // Rows that are marked as a snapshot's, and nobody says when it is complete.
    check(
        "
        db       *k=1@1s
        view     *other=1@3s
        expect   30s unknown view k no baseline
        expect   30s unknown view other no baseline
        expect   never finding
    ",
    );
}

#[test]
fn a_replica_that_is_known_to_have_begun_empty_misses_keys() {
    check(
        "
        db       k=1@10s
        view                              baseline none
        snapshot view empty 0s
        expect   15s diverged view k missing(since 10s)
    ",
    );
}

#[test]
fn a_snapshot_in_mid_stream_changes_nothing_that_was_right() {
    // Debezium takes one again: the rows are the known ones.
    check(
        "
        db       k=1@0s  k=2@10s  *k=2@30s  k=3@40s
        view     k=1@1s  k=2@11s  *k=2@32s  k=3@41s
        snapshot db 29s..31s
        snapshot view 31s..33s
        expect   60s converged view k
        expect   never finding
        expect   cells view in-time 3
    ",
    );
}

#[test]
fn a_snapshot_row_in_front_of_the_replica_asks_for_nothing_before_its_end() {
    // The authority's row differs from what was known: a write was missed. The replica has `within` from the snapshot's end.
    check(
        "
        db       k=1@0s  *k=2@30s
        view     k=1@1s
        snapshot db 29s..31s
        expect   35s lagging view k due 36s
        expect   36s diverged view k stale(since unknown, 1 behind)
        expect   cells view in-time 1
    ",
    );
}

#[test]
fn a_key_that_a_new_snapshot_does_not_show_is_gone() {
    check(
        "
        db       k=1@0s  l=1@0s  *l=1@30s
        view     k=1@1s  l=1@1s
        snapshot db 29s..31s
        expect   35s lagging view k due 36s
        expect   36s diverged view k orphan(since unknown)
        expect   36s converged view l
    ",
    );
}

#[test]
fn a_key_that_a_new_snapshot_of_the_replica_does_not_show_is_missing() {
    check(
        "
        db       k=1@0s  l=1@0s
        view     k=1@1s  l=1@1s  *l=1@30s
        snapshot view 29s..31s
        expect   35s lagging view k due 36s
        expect   36s diverged view k missing
        expect   36s converged view l
    ",
    );
}

#[test]
fn a_write_during_the_snapshot_keeps_the_key() {
    check(
        "
        db       k=1@0s  k=2@30s
        view     k=1@1s  k=2@30.5s
        snapshot db 29s..31s
        snapshot view 29s..31s
        expect   60s converged view k
        expect   never finding
    ",
    );
}

#[test]
fn after_a_value_was_missed_a_foreign_one_may_be_it() {
    // The row proves a write that nobody saw; what the replica shows may be that one.
    check(
        "
        db       k=1@0s  *k=3@30s
        view     k=1@1s  k=2@10s  k=3@31s  k=2@40s
        frontier db stops 9s resumes 30s
        snapshot db 29s..31s
        expect   60s unknown view k history incomplete
        expect   never finding
    ",
    );
}
