//! What a replica is compared on: mapped fields, null, not carried, `holds`, excused absence (SEM-6).

use super::check;

#[test]
fn a_replica_is_compared_on_the_fields_that_it_maps() {
    check(
        "
        db     k=a:1,b:1@0s  k=a:1,b:2@10s
        view   k=a:1@1s                     maps a
        expect 30s converged view k
        expect never finding
        expect cells view in-time 2, unobserved 1
    ",
    );
}

#[test]
fn writes_that_change_nothing_that_it_maps_are_not_lacked() {
    check(
        "
        db     k=a:1,b:1@0s  k=a:1,b:2@8s  k=a:2,b:2@10s  k=a:2,b:3@11s
        view   k=a:1@1s                     maps a
        expect 15s diverged view k stale(1 behind, since 10s, fields a)
    ",
    );
}

#[test]
fn a_replica_that_maps_no_field_is_compared_on_existence() {
    check(
        "
        db     k=a:1@0s  k=a:2@10s  k=∅@20s   maps a
        view   k=z:1@1s                     maps z
        expect 19s converged view k
        expect 25s diverged view k orphan(since 20s)
    ",
    );
}

#[test]
fn null_is_a_value() {
    check(
        "
        db     k=a:null@0s
        view   k=a:null@1s
        expect 30s converged view k
        expect never finding
    ",
    );
}

#[test]
fn null_differs_from_a_value() {
    check(
        "
        db     k=a:1@0s   k=a:null@10s
        view   k=a:1@1s
        expect 15s diverged view k stale(expected null, held 1)
    ",
    );
}

#[test]
fn what_is_not_carried_stays_as_it_was() {
    // Unchanged TOAST: the update says nothing of b.
    check(
        "
        db     k=a:1,b:1@0s   k=a:2,b:?@10s
        view   k=a:1,b:1@1s   k=a:2,b:1@11s
        expect 30s converged view k
        expect never finding
    ",
    );
}

#[test]
fn what_is_not_carried_by_the_replica_stays_as_it_was() {
    check(
        "
        db     k=a:1,b:1@0s   k=a:2,b:1@10s
        view   k=a:1,b:1@1s   k=a:2,b:?@11s
        expect 30s converged view k
        expect never finding
    ",
    );
}

#[test]
fn what_was_never_carried_is_unknown() {
    check(
        "
        db     ~k=a:1,b:?@0s
        view   k=a:1,b:5@1s
        expect 30s unknown view k not carried
        expect never finding
        expect cells view unknown 1 not carried
    ",
    );
}

#[test]
fn a_field_that_differs_is_found_beside_one_that_is_unknown() {
    check(
        "
        db     ~k=a:1,b:?@0s  k=a:2,b:?@10s
        view   k=a:1,b:5@1s
        expect 15s diverged view k stale(fields a)
    ",
    );
}

#[test]
fn a_new_incarnation_inherits_nothing() {
    check(
        "
        db     k=a:1,b:1@0s   k=∅@10s  k=a:2,b:?@20s
        view   k=a:1,b:1@1s   k=∅@11s  k=a:2,b:1@21s
        expect 40s unknown view k not carried
        expect never finding
    ",
    );
}

#[test]
fn what_it_should_not_hold_it_does_not_lack() {
    check(
        "
        db     k=placed@0s!view   k=paid@10s
        view   k=paid@11s
        expect 9s converged view k
        expect 30s converged view k
        expect never finding
    ",
    );
}

#[test]
fn what_it_should_hold_from_now_on_is_missing() {
    check(
        "
        db     k=placed@0s!view   k=paid@10s
        view   other=∅@1s
        expect 15s diverged view k missing(since 10s, 1 behind)
    ",
    );
}

#[test]
fn what_it_should_not_hold_any_more_is_an_orphan() {
    check(
        "
        db     k=paid@0s   k=archived@10s!view
        view   k=paid@1s
        copy   k=paid@1s   k=archived@11s
        expect 15s diverged view k orphan(since 10s)
        expect 15s converged copy k
    ",
    );
}

#[test]
fn absence_is_excused_in_a_store_that_expires() {
    check(
        "
        db     k=1@0s
        cache  k=1@1s  k=∅@20s         may-be-missing
        expect 60s converged cache k
        expect never finding
    ",
    );
}

#[test]
fn an_old_value_is_not_excused_in_a_store_that_expires() {
    check(
        "
        db     k=1@0s  k=2@10s
        cache  k=1@1s                  may-be-missing
        expect 15s diverged cache k stale
    ",
    );
}

#[test]
fn a_value_that_was_written_while_it_should_not_be_held_is_an_old_one_and_no_phantom() {
    check(
        "
        db     k=a:placed,b:5@0s!view   k=a:paid,b:7@10s
        view   k=a:paid,b:5@12s
        expect 14s lagging view k due 15s
        expect 15s diverged view k stale(1 behind, since 10s, missed 20, fields b)
    ",
    );
}

#[test]
fn writes_that_it_should_not_hold_are_not_lacked_by_what_shows_an_earlier_one() {
    check(
        "
        db     k=a:placed,b:5@0s!view   k=a:placed,b:6@3s!view   k=a:paid,b:7@10s
        view   k=a:paid,b:5@12s
        expect 14s lagging view k due 15s
        expect 15s diverged view k stale(1 behind, since 10s, missed 30, fields b)
    ",
    );
}

#[test]
fn what_should_not_be_held_yet_and_is_has_its_time_when_it_should() {
    check(
        "
        db     k=placed@0s!view   k=paid@10s
        view   k=placed@1s        k=paid@12s
        expect 5s lagging view k due 6s
        expect 6s diverged view k orphan(since 1s, due 6s)
        expect 10s resolved view k superseded
        expect 11s lagging view k due 15s
        expect 30s converged view k
        expect 1 findings
    ",
    );
}
