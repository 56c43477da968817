//! Findings over time: one divergence is one finding until it has come right, and says at every time what is the matter.

use super::check;

#[test]
fn a_late_write_resolves_the_finding() {
    check(
        "
        db     k=1@0s  k=2@10s
        view   k=1@1s  k=2@20s
        expect 15s opened view k
        expect 20s resolved view k late at 20s
        expect 20s converged view k
        expect 1 findings
        expect cells view in-time 1, not-in-time 1, late 1, lag-max 10s
    ",
    );
}

#[test]
fn a_key_that_is_written_on_stays_one_finding() {
    check(
        "
        db     k=1@0s  k=2@10s  k=3@20s  k=4@30s
        view   k=1@1s  k=4@40s
        expect 15s diverged view k stale(1 behind, since 10s)
        expect 20s diverged view k stale(2 behind, since 10s)
        expect 35s diverged view k stale(3 behind, since 10s, expected 4)
        expect 40s resolved view k late
        expect 1 findings
        expect 2 revisions
    ",
    );
}

#[test]
fn a_replica_that_follows_at_a_distance_stays_one_finding_until_it_is_near() {
    // It is 10 s behind all the time, so it never comes right before it shows what is at most 5 s old.
    check(
        "
        db     k=1@0s  k=2@5s  k=3@10s  k=4@15s  k=5@20s
        view   k=1@10s  k=2@15s  k=3@20s  k=4@22s
        expect 15s diverged view k
        expect 21s diverged view k
        expect 22s resolved view k late at 22s
        expect 22s lagging view k due 25s
        expect 25s diverged view k stale(1 behind, since 20s)
        expect 2 findings
    ",
    );
}

#[test]
fn a_replica_that_changes_from_wrong_to_wrong_stays_one_finding() {
    check(
        "
        db     k=1@0s  k=2@10s
        view   k=1@1s  k=x@20s  k=y@30s
        expect 15s diverged view k stale(since 10s)
        expect 24s diverged view k stale(held 1)
        expect 25s diverged view k phantom(since 10s, held x)
        expect 35s diverged view k phantom(since 10s, held y)
        expect 1 findings
    ",
    );
}

#[test]
fn a_missing_key_that_comes_with_a_wrong_value_stays_one_finding() {
    check(
        "
        db     k=1@0s
        view   k=x@10s  k=1@20s
        expect 5s diverged view k missing
        expect 15s diverged view k phantom(since 0s)
        expect 20s resolved view k late
        expect 1 findings
    ",
    );
}

#[test]
fn a_second_divergence_is_a_second_finding() {
    check(
        "
        db     k=1@0s  k=2@10s  k=3@30s
        view   k=1@1s  k=2@20s
        expect 15s opened view k
        expect 35s opened view k
        expect 2 findings
    ",
    );
}

#[test]
fn nothing_is_told_again_that_did_not_change() {
    // The replica is seen again with the same state, the authority writes the same again.
    check(
        "
        db     k=1@0s  k=2@10s
        view   k=1@1s  k=1@20s  k=1@21s
        expect 15s diverged view k stale
        expect 30s diverged view k stale
        expect 0 revisions
    ",
    );
}

#[test]
fn a_delete_of_a_divergent_key_turns_stale_into_orphan() {
    check(
        "
        db     k=1@0s  k=2@10s  k=∅@20s
        view   k=1@1s  k=∅@30s
        expect 15s diverged view k stale
        expect 20s diverged view k orphan(2 behind, since 10s)
        expect 30s resolved view k late
        expect 1 findings
    ",
    );
}

#[test]
fn what_is_told_of_a_replica_that_stands_still_does_not_change_when_history_is_cut() {
    // Fifteen writes with three remembered: the one that it shows and the first that it lacks stay known.
    check(
        "
        db     history 3
        db     k=0@0s  k=1@10s  k=2@11s  k=3@12s  k=4@13s  k=5@14s  k=6@15s  k=7@16s
        db     k=8@27s  k=9@28s  k=10@29s  k=11@30s  k=12@31s  k=13@32s  k=14@33s
        view   k=0@1s
        expect 15s diverged view k stale(6 behind, since 10s, missed 20)
        expect 60s diverged view k stale(14 behind, since 10s, missed 20)
        expect 1 findings
    ",
    );
}

#[test]
fn a_foreign_value_stays_one_when_history_is_cut() {
    check(
        "
        db     history 2
        db     k=0@0s  k=1@20s  k=2@30s  k=3@40s  k=4@50s  k=5@60s
        view   k=0@1s  k=x@5s
        expect 10s diverged view k phantom(since 5s)
        expect 70s diverged view k phantom(since 5s)
        expect 1 findings
    ",
    );
}

#[test]
fn a_foreign_value_in_a_history_that_was_cut_before_is_unknown() {
    // It may be an old one that was forgotten.
    check(
        "
        db     history 2
        db     k=0@0s  k=1@10s  k=2@20s  k=3@30s  k=4@40s
        view   k=0@1s  k=1@11s  k=2@21s  k=3@31s  k=4@41s  k=0@60s
        expect 70s unknown view k history incomplete
        expect never finding
    ",
    );
}

#[test]
fn a_forgotten_value_is_stale_by_its_version() {
    check(
        "
        db     history 2
        db     k=0 v1@0s  k=1 v2@10s  k=2 v3@20s  k=3 v4@30s  k=4 v5@40s
        view   k=0 v1@1s  k=1 v2@11s  k=2 v3@21s  k=3 v4@31s  k=4 v5@41s  k=0 v1@60s
        expect 65s diverged view k stale(v5 not v1)
    ",
    );
}

/// The authority writes field `a` every 30 s and the view follows, with field `b` corrupted by `corrupt` from the second write on.
fn written_on(writes: u32, corrupt: impl Fn(u32) -> &'static str) -> String {
    let write = |index: u32| format!("k=a:{index},b:1@{}s", 30 * index);
    let shown = |index: u32| format!("k=a:{index},b:{}@{}s", corrupt(index), 30 * index + 1);
    let line = |each: &dyn Fn(u32) -> String| (0..writes).map(each).collect::<Vec<_>>().join(" ");
    format!("db history 2 {}\nview {}\n", line(&write), line(&shown))
}

#[test]
fn a_field_that_was_found_to_be_wrong_stays_so_however_much_is_written_and_forgotten_since() {
    let script = written_on(30, |index| if index == 0 { "1" } else { "x" });
    check(&format!(
        "{script}
        expect 36s opened view k
        expect 900s diverged view k phantom(since 31s, fields b, expected 1, held x)
        expect 1 findings
    "
    ));
}

#[test]
fn a_field_that_was_found_to_be_wrong_and_holds_something_else_is_judged_anew() {
    // The second value may be one of those that were forgotten.
    let script = written_on(20, |index| match index {
        0 => "1",
        1..15 => "x",
        _ => "y",
    });
    check(&format!(
        "{script}
        expect 449s diverged view k phantom(since 31s, fields b)
        expect 460s unknown view k history incomplete
        expect 460s resolved view k unknown
    "
    ));
}

#[test]
fn a_field_that_was_found_to_be_wrong_comes_right_after_any_time() {
    let script = written_on(20, |index| if (1..19).contains(&index) { "x" } else { "1" });
    check(&format!(
        "{script}
        expect 570s diverged view k phantom(since 31s)
        expect 571s resolved view k late at 571s
        expect 1 findings
    "
    ));
}

#[test]
fn a_gap_of_the_authority_undoes_what_was_found_of_its_fields_only() {
    let script = written_on(20, |index| if index == 0 { "1" } else { "x" });
    check(&format!(
        "{script}
        gap db 400s..401s
        expect 399s diverged view k phantom
        expect 402s unknown view k gap(db)
        expect 580s unknown view k history incomplete
    "
    ));
    check(
        "
        db       history 2  maps a  k=a:0@0s  k=a:1@30s  k=a:2@60s  k=a:3@90s  k=a:4@120s  k=a:5@150s  k=a:6@180s
        billing  decides b  maps b  k=b:1@0s  k=b:2@29s  k=b:3@59s  k=b:4@89s  k=b:5@119s  k=b:6@149s
        view     k=a:0,b:x@1s  k=a:1,b:x@31s  k=a:2,b:x@61s  k=a:3,b:x@91s  k=a:4,b:x@121s  k=a:5,b:x@151s  k=a:6,b:x@181s
        gap      db 160s..161s
        expect   6s diverged view k phantom
        expect   190s diverged view k phantom(fields b, since 1s)
        expect   1 findings
    ",
    );
}

#[test]
fn a_finding_names_the_authority_of_the_field_that_differs() {
    check(
        "
        db       k=a:1 v3@0s                     maps a
        billing  k=b:1@0s   k=b:2@3s             maps b decides b
        view     k=a:1,b:7 v2@1s
        expect   6s diverged view k phantom(against billing, seen view billing, expected 2, held 7)
        expect   8s diverged view k phantom(against billing, seen view billing)
    ",
    );
    check(
        "
        db       k=a:1@0s                        maps a
        billing  k=b:1@0s   k=b:2@10s            maps b decides b
        view     k=a:1,b:1@1s
        expect   15s diverged view k stale(against billing, seen view billing)
    ",
    );
}

#[test]
fn a_finding_on_fields_of_two_authorities_names_both_and_the_graver_first() {
    check(
        "
        db       k=a:1@0s   k=a:2@10s            maps a
        billing  k=b:1@0s                        maps b decides b
        view     k=a:1,b:7@1s
        expect   9s diverged view k phantom(against billing, seen view billing, fields b)
        expect   15s diverged view k phantom(against billing, seen view billing db, fields a b)
    ",
    );
}

#[test]
fn what_the_authority_of_a_field_writes_on_is_told() {
    check(
        "
        db       k=a:1@0s                        maps a
        billing  k=b:1@0s   k=b:2@20s            maps b decides b
        view     k=a:1,b:7@1s
        expect   15s diverged view k phantom(expected 1)
        expect   26s diverged view k phantom(expected 2)
        expect   1 revisions
    ",
    );
}

#[test]
fn a_field_that_lacks_a_write_of_its_authority_is_due_while_the_others_are_on_their_way() {
    // The view follows the main authority in time but is never quite there; the other field is stale all the same.
    check(
        "
        db       k=a:0@0s  k=a:1@8s  k=a:2@11s  k=a:3@14s  k=a:4@17s  k=a:5@20s     maps a
        billing  k=b:1@0s  k=b:2@10s                                                maps b decides b
        view     k=a:0,b:1@1s  k=a:1,b:1@11.5s  k=a:2,b:1@14.5s  k=a:3,b:1@17.5s  k=a:4,b:1@20.5s  k=a:5,b:1@21s
        expect   14.2s lagging view k due 15s
        expect   15s diverged view k stale(since 10s, due 15s, against billing)
        expect   30s diverged view k stale(since 10s, fields b, against billing)
        expect   1 findings
    ",
    );
}
