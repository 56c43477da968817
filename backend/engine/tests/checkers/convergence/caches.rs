//! Stores that expire: they may be without any key at any time, and what they bring back from somewhere may be old (SEM-5,
//! SEM-6). Their absence is no divergence and takes no time from them; what they show after it has its time from then.

use super::check;

#[test]
fn an_old_value_that_comes_back_after_an_expiry_has_its_time_from_then() {
    check(
        "
        db     k=1@0s  k=2@10s
        cache  k=1@1s  k=2@11s  k=∅@100s  k=1@200s  k=2@203s   may-be-missing
        expect 202s lagging cache k due 205s
        expect 260s converged cache k
        expect never finding
        expect cells cache in-time 2, lag-max 1s
    ",
    );
}

#[test]
fn an_old_value_that_comes_back_after_an_expiry_and_stays_has_regressed_since_then() {
    check(
        "
        db     k=1@0s  k=2@10s
        cache  k=1@1s  k=2@11s  k=∅@100s  k=1@200s             may-be-missing
        expect 204s lagging cache k due 205s
        expect 205s diverged cache k regressed(1 behind, since 200s, due 205s)
        expect cells cache in-time 2, not-in-time 1
    ",
    );
}

#[test]
fn a_write_that_removes_the_old_value_has_been_followed() {
    // Nobody reads the old value any more since then.
    check(
        "
        db     k=1@0s  k=2@10s
        cache  k=1@1s  k=∅@11s  k=1@200s  k=2@203s             may-be-missing
        expect 30s converged cache k
        expect never finding
        expect cells cache in-time 2, lag-max 1s
    ",
    );
}

#[test]
fn a_cold_store_is_filled_with_an_old_value_and_has_its_time() {
    check(
        "
        db     k=1@0s  k=2@10s
        cache  k=1@200s  k=2@203s                              may-be-missing
        expect 202s lagging cache k due 205s
        expect never finding
        expect cells cache in-time 2, unobserved 2
    ",
    );
}

#[test]
fn a_cold_store_that_keeps_the_old_value_it_was_filled_with_is_stale_since_then() {
    // The write at 202 s gives it no more time.
    check(
        "
        db     k=1@0s  k=2@10s  k=3@202s
        cache  k=1@200s                                        may-be-missing
        expect 204s lagging cache k due 205s
        expect 205s diverged cache k stale(2 behind, since 200s, due 205s)
        expect 300s diverged cache k stale(since 200s)
        expect 1 findings
    ",
    );
}

#[test]
fn what_a_cold_store_brings_back_is_understood_when_its_authority_was_seen_so_far() {
    // The versions say that it shows the first write, and not that there was no second one long before.
    check(
        "
        db       k=1 v1@0s  k=2 v2@10s>201s
        cache    k=1 v1@200s  k=2 v2@203s                      may-be-missing
        frontier db stops 9s resumes 201s
        expect   202s lagging cache k due 205s
        expect   never finding
    ",
    );
}

#[test]
fn the_expiry_of_an_old_value_ends_what_was_wrong_with_it() {
    check(
        "
        db     k=1@0s  k=2@10s
        cache  k=1@1s  k=∅@60s  k=2@90s                        may-be-missing
        expect 15s diverged cache k stale(since 10s)
        expect 60s resolved cache k late at 60s
        expect 1 findings
        expect cells cache in-time 1, not-in-time 1, late 1, lag-max 50s
    ",
    );
}

#[test]
fn a_store_of_which_nothing_was_seen_is_told_apart_from_one_that_is_empty() {
    // Both are converged; `check` calls the first one not checked (SEM-4).
    check(
        "
        db     k=1@0s  l=1@0s
        cache                                                  may-be-missing
        other  k=1@1s  l=∅@1s                                  may-be-missing
        expect 30s converged cache k
        expect 30s seen cache 0
        expect 30s seen other 2
    ",
    );
}

#[test]
fn an_expiry_that_is_told_late_excuses_what_came_before_it() {
    // Pushed records overtake one another: the same old value is seen twice before it is told that it was gone between.
    check(
        "
        db       k=1@0s  k=2@10s
        cache    k=1@1s  k=∅@11s>21s  k=1@20s  k=2@23s         may-be-missing pushed
        frontier cache stops 10s resumes 21s
        expect   22s lagging cache k due 25s
        expect   never finding
    ",
    );
}

#[test]
fn an_expiry_that_is_told_late_followed_the_writes_before_it() {
    // It had counted as followed when it was filled again, 8 s after the write.
    check(
        "
        db       k=1@0s  k=2@10s
        cache    k=1@1s  k=∅@13s>19s  k=2@18s                  may-be-missing pushed
        frontier cache stops 10s resumes 19s
        expect   30s converged cache k
        expect   never finding
        expect   cells cache in-time 2, lag-max 3s
    ",
    );
}

#[test]
fn an_expiry_that_is_told_after_a_later_one_followed_the_writes_before_it() {
    check(
        "
        db       k=1@0s  k=2@10s
        cache    k=1@1s  k=∅@13s>21s  k=2@18s  k=∅@20s         may-be-missing pushed
        frontier cache stops 10s resumes 21s
        expect   30s converged cache k
        expect   never finding
        expect   cells cache in-time 2, lag-max 3s
    ",
    );
}

#[test]
fn an_expiry_that_is_told_late_excuses_the_writes_until_it_was_filled_again() {
    // The write at 14 s came while it was without the key, also where it then brought back an older one.
    for filled in ["k=3@22s", "k=2@17s  k=3@22s"] {
        check(&format!(
            "
            db       k=1@0s  k=2@10s  k=3@14s
            cache    k=1@1s  k=2@11s  k=∅@13s>23s  {filled}    may-be-missing pushed
            frontier cache stops 10s resumes 23s
            expect   30s converged cache k
            expect   never finding
            expect   cells cache in-time 3, unobserved 1, lag-max 1s
        "
        ));
    }
}

#[test]
fn an_expiry_that_is_told_late_excuses_no_write_that_was_late_before_it() {
    check(
        "
        db       k=1@0s  k=2@10s
        cache    k=1@1s  k=∅@16s>19s  k=2@18s                  may-be-missing pushed
        frontier cache stops 10s resumes 19s
        expect   30s converged cache k
        expect   cells cache in-time 1, not-in-time 1, late 1, lag-max 6s
    ",
    );
}

#[test]
fn an_expiry_that_is_read_again_from_a_log_excuses_nothing() {
    // It was filled again at 20 s, long before the write at 60 s that it never showed.
    check(
        "
        db       k=1@0s  k=2@60s
        cache    k=1@1s  k=∅@10s#20  k=1@20s  k=x@61s  k=∅@10s>62s#20    may-be-missing
        expect   80s diverged cache k phantom
        expect   cells cache in-time 1, not-in-time 1
    ",
    );
}
