//! What makes findings one incident.

use plumbline_model::FindingId;

use super::timeline::{Outcome, check, tell};

/// Each incident as `PLACE REASON PARTITION: open of all`.
fn causes(outcome: &Outcome) -> Vec<String> {
    let said = |incident: &plumbline_model::incident::Incident| {
        let key = &incident.cause;
        let partition = if key.partition.is_empty() { String::new() } else { format!(" in {}", key.partition) };
        format!("{} {}{partition}: {} of {}", key.place, key.reason, incident.open_findings, incident.all_findings)
    };
    outcome.incidents.values().map(said).collect()
}

#[test]
fn one_place_and_one_reason_are_one_cause() {
    let outcome = check(
        "0s     open f1 stale order/order-view o-1
         0s     open f2 stale order/order-view o-2
         0s     open f3 missing order/order-view o-3
         0s     open f4 stale order/order-cache o-1
         0s     open f5 stuck checkout/payment.captured o-1
         0s     open f6 stuck checkout/payment.captured o-2
         0s     open f7 stuck checkout/parcel.shipped o-3
         end    5s",
    );
    assert_eq!(
        causes(&outcome),
        [
            "order/order-view stale: 2 of 2",
            "order/order-view missing: 1 of 1",
            "order/order-cache stale: 1 of 1",
            "checkout/payment.captured stuck: 2 of 2",
            "checkout/parcel.shipped stuck: 1 of 1",
        ]
    );
    assert!(outcome.joined.contains(&(4, FindingId(6))), "{:?}", outcome.joined);
}

#[test]
fn a_saga_that_is_late_in_a_step_and_as_a_whole_is_one_matter() {
    let step = "0s    open f1 stuck checkout/payment.captured o-1";
    let both = format!("{step}\n60s   open f2 stuck checkout/ o-1");
    assert_eq!(causes(&tell(&format!("{both}\nend 65s"))), ["checkout/payment.captured stuck: 1 of 1"]);
    let at_once = "0s     open f2 stuck checkout/ o-1 since 0s
         0s     open f1 stuck checkout/payment.captured o-1 since 9s
         end    5s";
    assert_eq!(causes(&tell(at_once)), ["checkout/payment.captured stuck: 1 of 1"], "the step names it, not the whole");
    let whole_first = "0s     open f2 stuck checkout/ o-1
         9s     open f1 stuck checkout/payment.captured o-1
         end    15s";
    assert_eq!(causes(&tell(whole_first)), ["checkout stuck: 1 of 1"]);
    let step_done = format!("{both}\n70s   resolve f1\nend 75s");
    let outcome = tell(&step_done);
    assert_eq!(causes(&outcome), ["checkout/payment.captured stuck: 1 of 1"], "the whole is still late");
    assert!(outcome.incidents[&1].resolved.is_none());
    let all_done = format!("{both}\n70s   resolve f2\n71s   resolve f1\n80s   open f3 stuck checkout/ o-1\nend 85s");
    assert_eq!(causes(&tell(&all_done)), ["checkout/payment.captured stuck: 0 of 1", "checkout stuck: 1 of 1"]);
    let others = format!(
        "{both}\n61s   open f3 stuck checkout/ o-2\n62s   open f4 stuck checkout/payment.captured o-3\nend 65s"
    );
    assert_eq!(
        causes(&tell(&others)),
        ["checkout/payment.captured stuck: 2 of 2", "checkout stuck: 1 of 1"],
        "another run is another matter"
    );
}

#[test]
fn two_late_runs_of_one_id_that_are_found_at_once_are_two_matters() {
    // After a blind time: the first run had ended late as a whole, the second is stuck.
    let outcome = check(
        "0s     open f1 stuck checkout/ o-1 since 0s run 1
         0s     resolve f1
         0s     open f2 stuck checkout/payment.captured o-1 since 100s run 2
         0s     not told nobody ended before #2
         end    5s",
    );
    assert_eq!(causes(&outcome), ["checkout/payment.captured stuck: 1 of 1", "checkout stuck: 0 of 1"]);
    let one_place = "0s     open f1 stuck checkout/payment.captured o-1 since 0s run 1
         0s     open f2 stuck checkout/payment.captured o-1 since 100s run 2
         end    5s";
    assert_eq!(causes(&tell(one_place)), ["checkout/payment.captured stuck: 2 of 2"]);
}

#[test]
fn a_partition_is_said_where_enough_findings_share_it() {
    let three = "0s     open f1 stale order/order-view o-1 partition 3
         1s     open f2 stale order/order-view o-2 partition 3";
    assert_eq!(
        causes(&check(&format!("{three}\nend 5s"))),
        ["order/order-view stale: 2 of 2"],
        "two may do so by chance"
    );
    let shared = format!("{three}\n2s open f3 stale order/order-view o-3 partition 3");
    assert_eq!(causes(&check(&format!("{shared}\nend 5s"))), ["order/order-view stale in 3: 3 of 3"]);
    let spread = format!("{shared}\n3s open f4 stale order/order-view o-4 partition 4");
    assert_eq!(causes(&check(&format!("{spread}\nend 5s"))), ["order/order-view stale: 4 of 4"]);
}

#[test]
fn an_incident_began_with_the_earliest_of_its_findings() {
    let outcome = check(
        "100s   open f1 stale order/order-view o-1 since 90s
         101s   open f2 stale order/order-view o-2 since 20s
         102s   open f3 stale order/order-view o-3 since 95s
         end    105s",
    );
    let since = outcome.incidents[&1].since.unwrap();
    assert_eq!(since.to_string(), "2026-11-21T10:00:20Z");
    let listed: Vec<_> = outcome.incidents[&1].findings.iter().map(|id| id.0).collect();
    assert_eq!(listed, [1, 2, 3], "in order of opening");
}

#[test]
fn thousands_of_findings_are_one_incident_of_bounded_size() {
    let many: String = (1..=3000).map(|n| format!("{}s open f{n} stale order/order-view o-{n}\n", n % 5)).collect();
    let outcome = check(&format!("route on-call\n{many}10s told on-call opened #1\nend 20s"));
    assert_eq!(causes(&outcome), ["order/order-view stale: 3000 of 3000"]);
    assert_eq!(outcome.incidents[&1].findings.len(), 20);
    assert!(outcome.messages[0].body.len() < 20_000, "{} bytes", outcome.messages[0].body.len());
}
