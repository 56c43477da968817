//! Who is told when, and why not.

use plumbline_model::incident::IncidentState;

use super::timeline::check;

#[test]
fn an_incident_is_told_once_after_gathering_and_once_when_it_ends() {
    check(
        "rules  group_wait 10s; repeat 4h
         route  on-call
         0s     open f1 stale order/order-view o-1
         10s    told on-call opened #1
         20m    resolve f1
         20m    told on-call ended #1
         end    5h",
    );
}

#[test]
fn what_ends_while_it_gathers_is_never_told() {
    let outcome = check(
        "rules  group_wait 10s; repeat 4h
         route  on-call
         0s     open f1 stale order/order-view o-1
         9s     resolve f1
         9s     not told on-call ended before #1
         end    1m",
    );
    assert!(outcome.messages.is_empty());
    assert_eq!(outcome.incidents[&1].state, IncidentState::Resolved);
}

#[test]
fn what_opens_and_ends_within_one_tick_is_still_an_incident() {
    check(
        "route  on-call
         3s     open f1 stale order/order-view o-1
         3s     resolve f1
         3s     not told on-call ended before #1
         end    1m",
    );
}

#[test]
fn findings_that_come_later_are_not_told_one_by_one() {
    let outcome = check(
        "rules  group_wait 10s; repeat 4h
         route  on-call
         0s     open f1 stale order/order-view o-1
         10s    told on-call opened #1
         30s    open f2 stale order/order-view o-2
         40s    open f3 stale order/order-view o-3
         1m     resolve f1
         end    2m",
    );
    assert_eq!((outcome.incidents[&1].open_findings, outcome.incidents[&1].all_findings), (2, 3));
}

#[test]
fn still_open_is_told_again_after_the_interval() {
    check(
        "rules  group_wait 10s; repeat 1h
         route  on-call
         0s     open f1 stale order/order-view o-1
         10s    told on-call opened #1
         3610s  told on-call repeated #1
         7210s  told on-call repeated #1
         end    3h",
    );
}

#[test]
fn what_comes_back_is_a_new_incident() {
    let outcome = check(
        "rules  group_wait 10s; repeat 4h
         route  on-call
         0s     open f1 stale order/order-view o-1
         10s    told on-call opened #1
         1m     resolve f1
         1m     told on-call ended #1
         80s    open f1 stale order/order-view o-1
         90s    told on-call opened #2
         end    2m",
    );
    assert_ne!(outcome.incidents[&1].id, outcome.incidents[&2].id, "the same finding, another incident");
}

#[test]
fn a_rise_of_severity_is_told() {
    check(
        "rules  group_wait 10s; repeat 4h
         route  on-call
         0s     open f1 stuck checkout/payment.captured o-1 warning
         10s    told on-call opened #1
         1m     open f2 stuck checkout/payment.captured o-2 high
         1m     told on-call worse #1
         2m     resolve f2
         end    3m",
    );
}

#[test]
fn a_revision_may_make_it_worse() {
    check(
        "rules  group_wait 10s; repeat 4h
         route  on-call
         0s     open f1 stuck checkout/payment.captured o-1 warning
         10s    told on-call opened #1
         1m     revise f1 stuck checkout/payment.captured o-1 high
         1m     told on-call worse #1
         end    3m",
    );
}

#[test]
fn what_grows_worse_while_it_gathers_is_told_as_it_then_stands() {
    check(
        "rules  group_wait 10s; repeat 4h
         route  severity=warning chat
         route  on-call
         0s     open f1 stuck checkout/payment.captured o-1 warning
         5s     revise f1 stuck checkout/payment.captured o-1 high
         10s    told on-call opened #1
         end    3m",
    );
}

#[test]
fn the_first_route_that_matches_counts() {
    check(
        "rules  group_wait 10s; repeat 4h
         route  replica=order-cache&&severity!=high chat
         route  saga=checkout shop
         route  on-call
         0s     open f1 stale order/order-cache o-1 info
         0s     open f2 stale order/order-view o-1 info
         0s     open f3 stuck checkout/payment.captured o-1
         10s    told chat opened #1
         10s    told on-call opened #2
         10s    told shop opened #3
         end    1m",
    );
}

#[test]
fn without_a_route_that_is_said_once() {
    check(
        "route  severity=info chat
         0s     open f1 stale order/order-view o-1
         10s    not told nobody no receiver #1
         1h     resolve f1
         1h     not told nobody ended before #1
         end    2h",
    );
}

#[test]
fn a_receiver_that_is_configured_later_is_told_then() {
    check(
        "0s     open f1 stale order/order-view o-1
         10s    not told nobody no receiver #1
         1m     route on-call
         1m     told on-call opened #1
         end    2m",
    );
}

#[test]
fn the_end_goes_to_whoever_was_told_the_beginning() {
    check(
        "route  on-call
         0s     open f1 stale order/order-view o-1
         10s    told on-call opened #1
         1m     route chat
         2m     resolve f1
         2m     told on-call ended #1
         end    3m",
    );
}

#[test]
fn a_silence_holds_back_and_what_it_held_is_told_when_it_ends() {
    check(
        "route  on-call
         0s     silence replica=order-view until 30m
         0s     open f1 stale order/order-view o-1
         0s     open f2 stale order/order-cache o-1
         10s    not told on-call silenced until 30m #1
         10s    told on-call opened #2
         30m    told on-call opened #1
         end    31m",
    );
}

#[test]
fn what_ends_under_a_silence_stays_unsaid() {
    check(
        "route  on-call
         0s     open f1 stale order/order-view o-1
         10s    told on-call opened #1
         1m     silence place=order/order-view until 30m
         2m     resolve f1
         2m     not told on-call silenced until 30m #1
         end    1h",
    );
}

#[test]
fn a_silence_can_be_made_longer_and_ended() {
    check(
        "route  on-call
         0s     silence replica=order-view until 30m
         0s     open f1 stale order/order-view o-1
         10s    not told on-call silenced until 30m #1
         20m    silence replica=order-view until 1h
         20m    not told on-call silenced until 1h #1
         40m    silence replica=order-view until 1s
         40m    told on-call opened #1
         end    1h",
    );
}

#[test]
fn a_repetition_under_a_silence_waits_for_its_end() {
    check(
        "rules  group_wait 10s; repeat 1h
         route  on-call
         0s     open f1 stale order/order-view o-1
         10s    told on-call opened #1
         30m    silence rule=convergence until 90m
         3610s  not told on-call silenced until 90m #1
         90m    told on-call repeated #1
         end    2h",
    );
}

#[test]
fn what_somebody_works_on_is_not_repeated_but_its_end_is_told() {
    let outcome = check(
        "rules  group_wait 10s; repeat 1h
         route  on-call
         0s     open f1 stale order/order-view o-1 warning
         10s    told on-call opened #1
         1m     ack 1
         30m    open f2 stale order/order-view o-2 high
         30m    not told on-call acknowledged #1
         90m    not told on-call acknowledged #1
         100m   resolve f1
         100m   resolve f2
         100m   told on-call ended #1
         end    3h",
    );
    let (_, by) = outcome.incidents[&1].acknowledged.clone().unwrap();
    assert_eq!(by, "mara");
}

#[test]
fn what_is_acknowledged_before_it_was_told_is_not_told() {
    check(
        "rules  group_wait 10s; repeat 1h
         route  on-call
         0s     open f1 stale order/order-view o-1
         5s     ack 1
         10s    not told on-call acknowledged #1
         2h     resolve f1
         2h     not told on-call ended before #1
         end    3h",
    );
}

#[test]
fn what_a_person_closes_ends_and_its_findings_are_no_longer_its_business() {
    let outcome = check(
        "rules  group_wait 10s; repeat 1h
         route  on-call
         0s     open f1 stale order/order-view o-1
         10s    told on-call opened #1
         1m     close 1
         1m     told on-call ended #1
         2m     resolve f1
         3m     open f2 stale order/order-view o-2
         190s   told on-call opened #2
         end    5m",
    );
    assert_eq!(outcome.incidents.len(), 2);
    assert_eq!(outcome.incidents[&1].state, IncidentState::Resolved);
}

#[test]
fn a_person_may_have_it_sent_again_whatever_stands_in_the_way() {
    let outcome = check(
        "rules  group_wait 10s; repeat 4h
         route  on-call
         0s     open f1 stale order/order-view o-1
         10s    told on-call opened #1
         1m     silence place=order/order-view until 2h
         2m     again 1
         2m     told on-call asked #1
         3m     resolve f1
         3m     not told on-call silenced until 2h #1
         4m     again 1
         4m     told on-call asked #1
         end    5m",
    );
    let ids: std::collections::BTreeSet<_> = outcome.messages.iter().map(|message| &message.id).collect();
    assert_eq!(ids.len(), outcome.messages.len(), "every message has an id of its own");
}

#[test]
fn notes_are_kept_and_tell_nobody() {
    let outcome = check(
        "route  on-call
         0s     open f1 stale order/order-view o-1
         10s    told on-call opened #1
         1m     note 1 the builder stands
         2m     note 1 restarted
         end    5m",
    );
    let notes: Vec<_> = outcome.incidents[&1].notes.iter().map(|note| note.text.as_str()).collect();
    assert_eq!(notes, ["the builder stands", "restarted"]);
}

#[test]
fn commands_that_name_nothing_are_counted_and_do_nothing() {
    let outcome = check(
        "route  on-call
         0s     open f1 stale order/order-view o-1
         1s     ack 7
         2s     silence replika=order-view until 1h
         10s    told on-call opened #1
         end    1m",
    );
    assert_eq!(outcome.rejected, 2);
}

#[test]
fn a_resolved_incident_is_forgotten_after_a_day() {
    let outcome = check(
        "route  on-call
         0s     open f1 stale order/order-view o-1
         10s    told on-call opened #1
         1m     resolve f1
         1m     told on-call ended #1
         23h    again 1
         23h    told on-call asked #1
         25h    again 1
         end    26h",
    );
    assert_eq!(outcome.rejected, 1, "after a day nobody knows it any more");
}
