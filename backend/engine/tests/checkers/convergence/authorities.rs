//! Fields with an authority of their own: each is judged by its own history, baseline, gaps and time (SEM-5, SEM-8).

use super::check;

#[test]
fn a_field_may_have_an_authority_of_its_own() {
    // Billing decides the total; orders-db has a copy of it and decides the rest.
    check(
        "
        orders-db  k=status:new,total:5@0s
        billing    k=total:5@0s   k=total:7@10s        decides total maps total
        view       k=status:new,total:5@1s
        expect 15s diverged view k stale(fields total, since 10s, expected 7, held 5)
        expect 15s diverged orders-db k stale(fields total)
    ",
    );
}

#[test]
fn the_main_authority_has_no_say_in_a_field_that_another_decides() {
    check(
        "
        orders-db  k=status:new,total:5@0s   k=status:new,total:7@11s
        billing    k=total:5@0s   k=total:7@10s        decides total maps total
        view       k=status:new,total:5@1s   k=status:new,total:7@11s
        expect 30s converged view k
        expect 30s converged orders-db k
        expect never finding
    ",
    );
}

#[test]
fn fields_of_two_authorities_are_due_each_at_its_time() {
    check(
        "
        orders-db  k=a:1,b:1@0s   k=a:2,b:1@10s
        billing    k=b:1@0s       k=b:2@12s            decides b maps b
        view       k=a:1,b:1@1s                        maps a,b
        expect 15s diverged view k stale(since 10s, fields a b)
    ",
    );
}

#[test]
fn a_value_that_the_authority_of_its_field_may_have_written_before_it_was_watched_is_unknown() {
    check(
        "
        db       k=a:1@0s                    maps a
        billing  k=b:2@20s                   maps b decides b baseline none
        view     k=a:1,b:1@1s
        expect   60s unknown view k no baseline
        expect   never finding
    ",
    );
}

#[test]
fn the_baseline_of_the_main_authority_says_nothing_of_a_field_that_another_decides() {
    check(
        "
        db       k=a:1@0s                    maps a baseline none
        billing  k=b:2@0s                    maps b decides b
        view     k=a:1,b:1@1s
        expect   6s diverged view k phantom(since 1s, fields b, expected 2, held 1)
    ",
    );
}

#[test]
fn a_value_of_a_field_whose_authority_never_had_the_key_is_a_phantom() {
    check(
        "
        db       k=a:1@0s                    maps a
        billing  other=b:1@1s                maps b decides b
        view     k=a:1,b:7@1s
        expect   5s lagging view k due 6s
        expect   6s diverged view k phantom(since 1s, fields b, held 7)
    ",
    );
}

#[test]
fn where_the_authority_of_a_field_may_have_had_the_key_before_it_is_unknown() {
    check(
        "
        db       k=a:1@0s                    maps a
        billing  other=b:1@1s                maps b decides b baseline none
        view     k=a:1,b:7@1s
        copy     k=a:1,b:null@1s
        expect   30s unknown view k no baseline
        expect   30s unknown copy k no baseline
        expect   never finding
    ",
    );
}

#[test]
fn null_is_what_a_field_holds_whose_authority_has_not_the_key() {
    check(
        "
        db       k=a:1@0s                         maps a
        billing  k=b:5@100s                       maps b decides b within 200s
        view     k=a:1,b:null@1s  k=a:1,b:5@101s
        expect   30s converged view k
        expect   110s converged view k
        expect   never finding
    ",
    );
}

#[test]
fn a_field_with_an_authority_of_its_own_has_its_time_when_it_goes_back() {
    // What the replica does with the fields of the main authority says nothing of this one.
    check(
        "
        db     k=s:a@0s  k=s:b@50s                                            maps s
        bill   k=t:1@0s  k=t:2@20s                                            maps t decides t
        view   k=s:a,t:1@1s  k=s:a,t:2@21s  k=s:b,t:1@51s  k=s:b,t:2@53s      maps s,t
        expect 52s lagging view k due 56s
        expect 90s converged view k
        expect never finding
    ",
    );
}

#[test]
fn a_field_with_an_authority_of_its_own_that_goes_back_and_stays_has_regressed_since_then() {
    check(
        "
        db     k=s:a@0s  k=s:b@50s                            maps s
        bill   k=t:1@0s  k=t:2@20s                            maps t decides t
        view   k=s:a,t:1@1s  k=s:a,t:2@21s  k=s:b,t:1@51s     maps s,t
        expect 55s lagging view k due 56s
        expect 56s diverged view k regressed(1 behind, since 51s, due 56s, fields t)
        expect 1 findings
        expect cells view in-time 4, not-in-time 1
    ",
    );
}

#[test]
fn a_field_with_an_authority_of_its_own_goes_back_from_what_is_told_late() {
    // What it showed at 21 s is told after what it shows since 51 s.
    check(
        "
        db       k=s:a@0s  k=s:b@50s                                 maps s
        bill     k=t:1@0s  k=t:2@20s                                 maps t decides t
        view     k=s:a,t:1@1s  k=s:a,t:2@21s>60s  k=s:b,t:1@51s      maps s,t
        frontier view stops 20s resumes 60s
        expect   61s diverged view k regressed(1 behind, since 51s, due 56s, fields t)
        expect   1 findings
    ",
    );
}

#[test]
fn a_field_may_go_back_with_a_new_incarnation_and_has_its_time_then() {
    check(
        "
        db     k=s:a@0s  k=∅@30s  k=s:b@50s                                            maps s
        bill   k=t:1@0s  k=t:2@20s                                 within 60s          maps t decides t
        view   k=s:a,t:1@1s  k=s:a,t:2@21s  k=∅@31s  k=s:b,t:1@51s  k=s:b,t:2@53s      maps s,t
        expect 52s lagging view k due 56s
        expect 90s converged view k
        expect never finding
    ",
    );
}

#[test]
fn a_late_write_of_a_fields_authority_shows_that_it_never_went_back() {
    // t was set to 1 again at 50.5 s, which its collector tells late.
    check(
        "
        db       k=s:a@0s  k=s:b@50s                            maps s
        bill     k=t:1@0s  k=t:2@20s  k=t:1@50.5s>58s           maps t decides t
        view     k=s:a,t:1@1s  k=s:a,t:2@21s  k=s:b,t:1@51s     maps s,t
        frontier bill stops 49s resumes 58s
        expect   70s converged view k
        expect   never finding
    ",
    );
}

#[test]
fn a_delete_that_is_told_late_was_followed_for_the_authority_of_a_field_too() {
    check(
        "
        db       maps a     k=a:1@0s  k=∅@10s  k=a:2@15s
        billing  decides b  k=b:1@0s  k=∅@10s  k=b:2@15s     maps b
        view     k=a:1,b:1@1s  k=∅@12s>19s  k=a:2,b:2@18s
        frontier view stops 9s resumes 19s
        expect   30s converged view k
        expect   never finding
        expect   cells view in-time 6, lag-max 3s
    ",
    );
}

#[test]
fn what_changes_nothing_for_a_replica_was_followed_before_also_when_that_is_told_late() {
    // Billing has the key since 0 s, and is told to only after it was seen to write at 40 s. What the main authority wrote
    // between is no matter to it.
    check(
        "
        db       maps a     k=a:1@0s  k=a:2@10s  k=a:3@40s
        billing  decides b  k=b:1@0s>41s  k=b:2@40s          maps b pushed
        view     k=a:1,b:1@1s  k=a:2,b:1@11s  k=a:3,b:2@42s
        frontier billing stops 0s resumes 41s
        expect   60s converged billing k
        expect   cells billing in-time 3, unobserved 2, lag-max 0s
    ",
    );
}

#[test]
fn a_delete_that_is_told_late_is_not_taken_for_an_older_one() {
    // The delete at 10 s is told at 20 s, when of the main authority only the one at 2 s is known.
    check(
        "
        db       maps a     k=a:1@0s  k=∅@2s  k=a:2@3s  k=∅@10s>21s  k=a:3@16s>21s
        billing  decides b  k=b:1@0s  k=∅@2s  k=b:2@3s  k=∅@10s>20s  k=b:3@16s       maps b pushed
        view     k=a:1,b:1@1s  k=∅@2.5s  k=a:2,b:2@4s  k=∅@11s  k=a:3,b:3@17s
        frontier db stops 9s resumes 21s
        frontier billing stops 9s resumes 20s
        expect   30s converged billing k
        expect   never finding
        expect   cells billing in-time 5, unobserved 2, lag-max 0s
    ",
    );
}
