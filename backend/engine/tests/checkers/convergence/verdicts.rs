//! The verdicts themselves, each reason in its plainest form, and what a finding says (SEM-5).

use super::check;

#[test]
fn a_replica_that_shows_every_write_in_time_has_converged() {
    check(
        "
        orders-db    k=1@0s   k=2@10s
        order-view   k=1@1s   k=2@11s     within 5s
        expect       20s converged order-view k
        expect       never finding
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
        expect       15s diverged order-view k stale(1 behind, since 10s, due 15s, expected 2, held 1, missed 20)
    ",
    );
}

#[test]
fn each_replica_has_its_own_time() {
    check(
        "
        db     k=1@0s   k=2@10s
        view   k=1@1s             within 5s
        cache  k=1@1s             within 20s
        expect 29s diverged view k stale
        expect 29s lagging cache k due 30s
        expect 30s diverged cache k stale
    ",
    );
}

#[test]
fn the_deadline_is_that_of_the_first_write_that_is_lacked_and_not_of_the_last() {
    // A key that is written faster than its time would never be due otherwise.
    check(
        "
        db     k=1@0s  k=2@10s  k=3@13s  k=4@14.5s
        view   k=1@1s
        expect 14.5s lagging view k due 15s
        expect 15s diverged view k stale(3 behind, since 10s)
    ",
    );
}

#[test]
fn a_replica_that_is_always_behind_but_within_its_time_is_fine() {
    // When it shows a write, the next one has its own deadline.
    check(
        "
        db     k=1@0s  k=2@4s  k=3@8s   k=4@12s
        view   k=1@4.5s  k=2@8.5s  k=3@12.5s  k=4@16.5s
        expect 10s lagging view k due 13s
        expect 30s converged view k
        expect never finding
    ",
    );
}

#[test]
fn a_write_that_is_never_shown_because_the_next_came_first_is_not_missed() {
    // Rapid rewrites: the replica may skip what was overwritten within its time.
    check(
        "
        db     k=1@0s  k=2@1s  k=3@2s  k=4@3s
        view   k=4@4s
        expect 30s converged view k
        expect never finding
        expect cells view in-time 4
    ",
    );
}

#[test]
fn what_was_never_created_in_the_replica_is_missing() {
    check(
        "
        db     k=1@10s
        view   other=1@1s
        expect 14s lagging view k due 15s
        expect 15s diverged view k missing(1 behind, since 10s, missed 10)
    ",
    );
}

#[test]
fn what_was_deleted_and_is_still_there_is_an_orphan() {
    // A delete is a write with a deadline of its own.
    check(
        "
        db     k=1@0s  k=∅@10s
        view   k=1@1s
        expect 14s lagging view k due 15s
        expect 15s diverged view k orphan(1 behind, since 10s)
    ",
    );
}

#[test]
fn what_was_deleted_in_both_has_converged() {
    check(
        "
        db     k=1@0s  k=∅@10s
        view   k=1@1s  k=∅@11s
        expect 30s converged view k
        expect never finding
        expect cells view in-time 2
    ",
    );
}

#[test]
fn what_the_authority_never_had_is_an_orphan() {
    check(
        "
        db     other=1@1s
        view   k=1@10s
        expect 14s lagging view k due 15s
        expect 15s diverged view k orphan(since 10s)
    ",
    );
}

#[test]
fn a_value_that_the_authority_never_wrote_is_a_phantom() {
    // It may be a write of the authority that was not seen yet, so it has its time too.
    check(
        "
        db     k=1@0s
        view   k=1@1s  k=x@10s
        expect 14s lagging view k due 15s
        expect 15s diverged view k phantom(since 10s, expected 1, held x)
    ",
    );
}

#[test]
fn an_equal_version_with_other_content_conflicts() {
    check(
        "
        db     k=1 v1@0s   k=2 v2@10s
        view   k=1 v1@1s   k=x v2@11s
        expect 15s lagging view k
        expect 16s diverged view k conflicting(since 11s, v2 not v2)
    ",
    );
}

#[test]
fn an_equal_version_conflicts_also_where_the_content_is_an_older_one() {
    // The row says that it is version 2; that it looks like version 1 makes it no better.
    check(
        "
        db     k=1 v1@0s   k=2 v2@10s
        view   k=1 v1@1s   k=1 v2@11s
        expect 15s diverged view k conflicting(since 10s, v2 not v2)
    ",
    );
}

#[test]
fn before_it_is_due_it_is_lagging_whatever_versions_say() {
    check(
        "
        db     k=1 v1@0s
        view   k=1 v1@1s   k=x v1@10s  k=1 v1@13s
        expect 12s lagging view k due 15s
        expect never finding
    ",
    );
}

#[test]
fn a_version_that_goes_back_and_stays_has_regressed() {
    // It had shown the newest; the time counts from when it left it.
    check(
        "
        db     k=1 v1@0s   k=2 v2@10s
        view   k=1 v1@1s   k=2 v2@11s   k=1 v1@20s
        expect 24s lagging view k due 25s
        expect 25s diverged view k regressed(1 behind, since 20s, v2 not v1)
    ",
    );
}

#[test]
fn a_value_that_goes_back_and_stays_has_regressed_without_versions_too() {
    check(
        "
        db     k=1@0s   k=2@10s
        view   k=1@1s   k=2@11s   k=1@20s
        expect 25s diverged view k regressed(1 behind, since 20s)
    ",
    );
}

#[test]
fn a_value_that_goes_back_and_comes_again_in_time_is_fine() {
    check(
        "
        db     k=1@0s   k=2@10s
        view   k=1@1s   k=2@11s   k=1@20s   k=2@24s
        expect 30s converged view k
        expect never finding
    ",
    );
}

#[test]
fn a_replica_that_deletes_what_it_should_hold_misses_it_since_then() {
    // Both sides were seen, so no baseline is needed for it.
    check(
        "
        db     k=1@0s                    baseline none
        view   k=1@1s  k=∅@20s           baseline none
        expect 24s lagging view k due 25s
        expect 25s diverged view k missing(since 20s)
    ",
    );
}

#[test]
fn a_key_that_was_deleted_and_created_again_needs_both() {
    check(
        "
        db     k=1@0s  k=∅@10s  k=2@20s
        view   k=1@1s  k=∅@11s
        expect 24s lagging view k due 25s
        expect 25s diverged view k missing(1 behind, since 20s)
    ",
    );
}

#[test]
fn versions_begin_again_with_an_incarnation() {
    // Version 1 of the old incarnation is not the version 1 of the new one: it is stale and does not conflict.
    check(
        "
        db     k=a v1@0s  k=∅@10s  k=b v1@10.5s
        view   k=a v1@1s
        expect 15s diverged view k stale(2 behind, since 10s)
    ",
    );
}

#[test]
fn a_finding_names_the_fields_that_differ_and_no_others() {
    check(
        "
        db     k=a:1,b:1,c:1@0s   k=a:1,b:2,c:2@10s
        view   k=a:1,b:1,c:1@1s   k=a:1,b:2,c:1@12s
        expect 15s diverged view k stale(1 behind, fields c, expected 2, held 1)
    ",
    );
}

#[test]
fn fields_of_one_write_may_come_apart_but_not_later_than_its_time() {
    check(
        "
        db     k=a:1,b:1@0s   k=a:2,b:2@10s
        view   k=a:1,b:1@1s   k=a:2,b:1@11s   k=a:2,b:2@14s
        expect 12s lagging view k due 15s
        expect 30s converged view k
        expect never finding
        expect cells view in-time 2
    ",
    );
}

#[test]
fn the_graver_reason_is_told_where_two_apply() {
    // Field b is corrupt since 11 s, which is graver than that field a is old.
    check(
        "
        db     k=a:1,b:1@0s   k=a:2,b:2@10s
        view   k=a:1,b:1@1s   k=a:1,b:x@11s
        expect 15s diverged view k stale(since 10s, fields a b)
        expect 16s diverged view k phantom(since 10s, fields a b)
        expect 1 findings
    ",
    );
}

#[test]
fn a_corrupt_field_is_due_even_while_the_others_are_written_all_the_time() {
    check(
        "
        db     k=a:1,b:1@0s  k=a:2,b:1@10s  k=a:3,b:1@14s  k=a:4,b:1@18s
        view   k=a:1,b:x@1s  k=a:2,b:x@11s  k=a:3,b:x@15s  k=a:4,b:x@19s
        expect 6s diverged view k phantom(since 1s, fields b)
        expect 20s diverged view k phantom(since 1s, fields b)
        expect 1 findings
    ",
    );
}

#[test]
fn several_keys_and_replicas_do_not_mix() {
    check(
        "
        db     k=1@0s  l=1@0s  k=2@10s
        view   k=1@1s  l=1@1s
        copy   k=1@1s  l=1@1s  k=2@12s
        expect 15s diverged view k stale
        expect 15s converged view l
        expect 15s converged copy k
        expect 1 findings
    ",
    );
}

#[test]
fn several_replicas_may_live_in_one_source() {
    check(
        "
        db     in pg   k=1@0s  k=2@10s
        view   in pg   k=1@1s
        expect 15s diverged view k stale(1 behind, since 10s)
    ",
    );
}
