//! Values that go from one wrong one to the next: due since the first of them (SEM-22; ARCHITECTURE.md).

use super::check;

#[test]
fn a_field_that_goes_from_wrong_to_wrong_is_due_since_the_first_of_them() {
    check(
        "
        db     k=1@0s
        view   k=1@1s  k=x@10s  k=y@12s  k=z@14s  k=x@16s  k=y@18s
        expect 14s lagging view k due 15s
        expect 15s diverged view k phantom(since 10s, due 15s, held z)
        expect 19s diverged view k phantom(since 10s, due 15s, held y)
        expect 1 findings
    ",
    );
}

#[test]
fn a_field_that_was_right_or_old_in_between_has_its_time_again() {
    check(
        "
        db     k=1@0s  k=2@5s
        view   k=1@1s  k=2@6s  k=x@10s  k=2@13s  k=y@14s  k=2@18s
        copy   k=1@1s  k=2@6s  k=x@10s  k=1@13s  k=y@14s  k=2@17s
        cache  k=1@1s  k=2@6s  k=x@10s  k=-@13s  k=y@14s  k=2@17s
        expect 17s lagging view k due 19s
        expect never finding
    ",
    );
}

#[test]
fn each_field_is_due_since_its_own_first_wrong_value() {
    check(
        "
        db     k=a:1,b:1@0s
        view   k=a:1,b:1@1s  k=a:x,b:1@10s  k=a:1,b:x@14s  k=a:1,b:y@18s  k=a:1,b:1@18.5s
        expect 18s lagging view k due 19s
        expect never finding
    ",
    );
}

#[test]
fn a_key_that_the_authority_never_had_and_that_changes_is_due_since_it_came() {
    check(
        "
        db     other=1@0s
        view   other=1@1s  k=1@10s  k=2@12s  k=3@14s  k=4@16s
        expect 14s lagging view k due 15s
        expect 15s diverged view k orphan(since 10s)
        expect 1 findings
    ",
    );
}

#[test]
fn a_write_that_comes_late_and_explains_an_earlier_value_gives_the_next_its_own_time() {
    // The write of x stood before its own frontier: nothing was wrong before y came.
    check(
        "
        db     k=1@0s  k=x@9s>14s
        view   k=1@1s  k=x@10s  k=y@13s  k=x@17s
        expect 13s lagging view k due 15s
        expect 14s lagging view k due 18s
        expect never finding
    ",
    );
}

#[test]
fn what_was_wrong_on_both_sides_of_a_gap_may_have_been_right_in_it() {
    check(
        "
        db     k=1@0s
        view   k=1@1s  k=x@10s  k=y@13s
        gap    view 11s..12s
        expect 17s lagging view k due 18s
        expect 18s diverged view k phantom(since 13s)
    ",
    );
}
