//! What cannot be decided is said to be unknown, with the reason, and never accused (ENG-4, SEM-1, SEM-2, SEM-8).

use super::check;

#[test]
fn a_replica_whose_frontier_stands_is_blind_and_not_stale() {
    // Its source may have brought the write already; only the collector has not.
    check(
        "
        db       k=1@0s  k=2@10s
        view     k=1@1s
        frontier view stops 12s
        expect   14s lagging view k due 15s
        expect   15s unknown view k blind(view)
        expect   60s unknown view k blind(view)
        expect   never finding
    ",
    );
}

#[test]
fn an_authority_whose_frontier_stands_is_blind_too() {
    // It may have written the old value again.
    check(
        "
        db       k=1@0s  k=2@10s
        view     k=1@1s
        frontier db stops 12s
        expect   20s unknown view k blind(db)
        expect   never finding
    ",
    );
}

#[test]
fn when_the_frontier_goes_on_it_is_decided() {
    check(
        "
        db       k=1@0s  k=2@10s
        view     k=1@1s
        frontier view stops 12s resumes 40s
        expect   39s unknown view k blind(view)
        expect   40s opened view k
        expect   40s diverged view k stale(since 10s, due 15s)
    ",
    );
}

#[test]
fn what_a_late_frontier_brings_may_be_good_news() {
    // The replica had it in time; its records only came late.
    check(
        "
        db       k=1@0s  k=2@10s
        view     k=1@1s  k=2@11s>39s
        frontier view stops 10s resumes 40s
        expect   39s converged view k
        expect   never finding
        expect   45s converged view k
        expect   cells view in-time 2, within-1s 2, within-10s 2, within-60s 2
    ",
    );
}

#[test]
fn a_slow_frontier_only_decides_later() {
    check(
        "
        db       k=1@0s  k=2@10s
        view     k=1@1s
        frontier view lags 3s
        expect   17s unknown view k blind(view)
        expect   18s diverged view k stale(due 15s)
    ",
    );
}

#[test]
fn an_idle_source_is_decided_by_its_frontier_and_not_by_its_records() {
    // Nothing has come from the view since 1 s, and that is known.
    check(
        "
        db       k=1@0s  k=2@100s
        view     k=1@1s
        expect   105s diverged view k stale(since 100s)
    ",
    );
}

#[test]
fn one_stopped_partition_does_not_blind_the_others() {
    check(
        "
        partitions view 2
        db       k=1@0s    l=1@0s    k=2@10s   l=2@10s
        view     k=1@1s/0  l=1@1s/1
        frontier view/1 stops 5s
        expect   15s diverged view k stale
        expect   15s unknown view l blind(view)
        expect   1 findings
    ",
    );
}

#[test]
fn one_stopped_partition_is_not_ignored_for_a_key_that_was_never_seen() {
    // It may be the one in which the key is to come.
    check(
        "
        partitions view 2
        db       k=1@10s  other=1@1s
        view     other=1@1s/0
        frontier view/1 stops 5s
        expect   15s unknown view k blind(view)
        expect   never finding
    ",
    );
}

#[test]
fn a_relay_that_proves_nothing_makes_it_unknown() {
    check(
        "
        db       k=1@0s  k=2@10s
        view     k=1@1s
        frontier view silent
        expect   20s unknown view k relay silent(view)
        expect   never finding
    ",
    );
}

#[test]
fn where_nothing_tells_that_it_is_due_it_counts_as_blind_after_a_minute() {
    check(
        "
        db       k=1@0s  k=2@10s
        view     k=1@1s
        frontier view stops 12s
        frontier db stops 12s
        expect   60s lagging view k due 15s
        expect   75s unknown view k blind(view)
    ",
    );
}

#[test]
fn what_is_due_after_the_end_of_a_recording_is_unknown() {
    check(
        "
        db       k=1@0s  k=2@10s   l=1@0s  l=2@4s
        view     k=1@1s            l=1@1s
        end      12s
        expect   12s unknown view k input ended
        expect   12s diverged view l stale(since 4s)
        expect   1 findings
        expect   cells view in-time 2, not-in-time 1
    ",
    );
}

#[test]
fn a_gap_over_the_time_in_which_it_had_to_come_makes_it_unknown() {
    check(
        "
        db       k=1@0s  k=2@10s
        view     k=1@1s
        gap      view 11s..13s
        expect   20s unknown view k gap(view)
        expect   never finding
        expect   cells view in-time 1, unknown 1 gap
    ",
    );
}

#[test]
fn a_gap_before_the_write_excuses_nothing() {
    check(
        "
        db       k=1@0s  k=2@10s
        view     k=1@1s
        gap      view 3s..5s
        expect   15s diverged view k stale(since 10s)
    ",
    );
}

#[test]
fn a_gap_of_another_partition_excuses_nothing() {
    check(
        "
        partitions view 2
        db       k=1@0s    k=2@10s
        view     k=1@1s/0  other=1@1s/1
        gap      view/1 11s..13s
        expect   15s diverged view k stale(since 10s)
    ",
    );
}

#[test]
fn a_gap_of_the_authority_may_hide_that_the_old_value_came_back() {
    check(
        "
        db       k=1@0s  k=2@10s
        view     k=1@1s
        gap      db 11s..13s
        expect   20s unknown view k gap(db)
        expect   never finding
    ",
    );
}

#[test]
fn a_gap_of_a_fields_authority_may_hide_that_the_old_value_came_back() {
    check(
        "
        db       k=a:1@0s                          maps a
        billing  k=b:1@0s  k=b:2@10s               decides b maps b
        view     k=a:1,b:1@1s
        gap      billing 11s..13s
        expect   20s unknown view k gap(billing)
        expect   never finding
    ",
    );
}

#[test]
fn a_gap_of_the_authority_excuses_nothing_in_a_field_that_another_decides() {
    check(
        "
        db       k=a:1@0s                          maps a
        billing  k=b:1@0s  k=b:2@10s               decides b maps b
        view     k=a:1,b:1@1s
        gap      db 11s..13s
        expect   15s diverged view k stale(fields b, since 10s)
    ",
    );
}

#[test]
fn what_is_seen_after_a_gap_is_known_again() {
    // The replica shows the old value at 14 s, behind the gap: that it lacks the write is known again.
    check(
        "
        db       k=1@0s  k=2@10s
        view     k=1@1s  k=1@14s
        gap      view 11s..13s
        expect   15s diverged view k stale(since 10s)
    ",
    );
}

#[test]
fn a_write_behind_the_gap_is_decided_on_its_own() {
    check(
        "
        db       k=1@0s  k=2@10s  k=3@20s
        view     k=1@1s
        gap      view 11s..13s
        expect   24s lagging view k due 25s
        expect   25s diverged view k stale(since 20s)
    ",
    );
}

#[test]
fn a_gap_ends_a_finding_that_can_not_be_held_any_more() {
    check(
        "
        db       k=1@0s  k=2@10s
        view     k=1@1s
        gap      view 20s..25s
        expect   16s diverged view k stale
        expect   26s resolved view k unknown
        expect   26s unknown view k gap(view)
    ",
    );
}

#[test]
fn one_bad_record_does_not_hide_what_was_found() {
    check(
        "
        db       k=1@0s  k=2@10s
        view     k=1@1s
        gap      view poison 20s
        expect   26s diverged view k stale
    ",
    );
}

#[test]
fn clocks_that_are_wrong_by_more_than_the_time_decide_nothing() {
    check(
        "
        clock    view 4s
        clock    db 2s
        db       k=1@0s  k=2@10s
        view     k=1@1s
        expect   60s unknown view k clock
        expect   never finding
        expect   cells view unknown 2 clock
    ",
    );
}

#[test]
fn clock_errors_of_both_sides_put_the_decision_off() {
    check(
        "
        clock    view 500ms
        clock    db 500ms
        db       k=1@0s  k=2@10s
        view     k=1@1s
        expect   15.5s lagging view k due 15s
        expect   16s diverged view k stale(due 15s)
    ",
    );
}

#[test]
fn a_replica_whose_clock_is_fast_is_not_late() {
    // Shown at 15.4 s by a clock that may be 500 ms ahead: it may have been in time.
    check(
        "
        clock    view 500ms
        db       k=1@0s  k=2@10s
        view     k=1@1s  k=2@15.4s
        expect   never finding
        expect   30s converged view k
        expect   cells view in-time 2
    ",
    );
}

#[test]
fn a_replica_whose_clock_is_slow_shows_a_write_before_it_was_made() {
    check(
        "
        clock    view 2s
        db       k=1@0s  k=2@10s
        view     k=1@1s  k=2@9s
        expect   9s lagging view k
        expect   30s converged view k
        expect   never finding
    ",
    );
}

#[test]
fn the_replica_may_be_seen_before_its_authority() {
    // The authority's collector is slower: its write is not known yet, and its frontier says so.
    check(
        "
        db       k=1@0s  k=2@10s>18s
        view     k=1@1s  k=2@11s
        frontier db lags 9s
        expect   17s unknown view k blind(db)
        expect   18s converged view k
        expect   30s converged view k
        expect   never finding
        expect   cells view in-time 2, within-1s 2, within-10s 2, within-60s 2
    ",
    );
}

#[test]
fn values_that_are_read_otherwise_now_are_not_held_against_those_from_before() {
    // `10.50` was text and is a number: only the view has repeated it since, and it is no phantom.
    check(
        "
        db          k=10.50@1s
        view        k=10.50@2s  k=10.5@30s
        reconfigure 20s
        expect      19s converged view k
        expect      60s unknown view k reconfigured
        expect      never finding
    ",
    );
}

#[test]
fn a_write_that_may_have_been_shown_in_a_gap_did_not_come_late() {
    // The newest write is on its way in time; the one before it may have been shown while nobody saw the replica.
    check(
        "
        db     k=1@0s  k=2@10s  k=3@14s
        view   k=1@1s  k=3@17s
        gap    view 11s..13s
        expect 60s converged view k
        expect never finding
        expect cells view in-time 2, unknown 1 gap
    ",
    );
}
