//! What a receiver reads.

use serde_json::{Value, json};

use super::timeline::check;

fn bodies(text: &str) -> Vec<Value> {
    check(text).messages.iter().map(|message| serde_json::from_str(&message.body).unwrap()).collect()
}

#[test]
fn a_message_says_what_where_since_when_and_leads_on() {
    let bodies = bodies(
        "route  on-call
         20s    open f1 stale order/order-view o/1 partition 3 since 7s
         30s    told on-call opened #1
         end    1m",
    );
    assert_eq!(
        bodies[0],
        json!({
            "type": "incident.opened",
            "timestamp": "2026-11-21T10:00:30Z",
            "data": {
                "headline": "order-view misses updates of order o/1 since 10:00",
                "incident": 1,
                "environment": "shop",
                "state": "open",
                "severity": "high",
                "cause": { "rule": "convergence", "place": "order/order-view", "reason": "stale", "partition": null },
                "since": "2026-11-21T10:00:07Z",
                "opened": "2026-11-21T10:00:20Z",
                "resolved": null,
                "acknowledged_by": null,
                "open_findings": 1,
                "all_findings": 1,
                "findings": [{
                    "id": "f-0000000000000001",
                    "sentence":
                        "order-view is stale for order o/1: it holds version 6, orders-db is at 8 since 10:00:07",
                    "subject": { "kind": "replica", "entity": "order", "key": "o/1", "replica": "order-view" },
                    "severity": "high",
                    "reason": "stale",
                    "fields": [],
                    "versions_behind": 1,
                    "expected_version": 8,
                    "held_version": 6,
                    "since": "2026-11-21T10:00:07Z",
                    "due": "2026-11-21T10:00:20Z",
                    "opened": "2026-11-21T10:00:20Z",
                    "resolved": null,
                    "resolution": null,
                    "evidence": ["orders-db/3@7"],
                    "link": "https://plumbline.example/lineage/order/o%2F1"
                }],
                "links": {
                    "incident": "https://plumbline.example/incidents/1",
                    "report": "https://plumbline.example/report"
                }
            }
        })
    );
}

#[test]
fn a_saga_says_whom_it_waits_for() {
    let bodies = bodies(
        "route  on-call
         20s    open f1 stuck checkout/payment.captured o-1 since 7s
         30s    told on-call opened #1
         end    1m",
    );
    let finding = &bodies[0]["data"]["findings"][0];
    assert_eq!(finding["waiting_for"], json!(["payment.captured"]));
    assert_eq!((finding["owner"].as_str(), finding["within_seconds"].as_f64()), (Some("payment"), Some(120.0)));
    assert_eq!(finding["link"], "https://plumbline.example/sagas/checkout/o-1");
    assert_eq!(bodies[0]["data"]["headline"], "checkout o-1 is stuck at payment.captured, for 23.0 s");
}

#[test]
fn each_kind_of_message_has_a_type_and_the_end_speaks_of_the_past() {
    let bodies = bodies(
        "rules  group_wait 10s; repeat 1h
         route  on-call
         0s     open f1 stale order/order-view o-1 warning
         10s    told on-call opened #1
         1m     revise f1 stale order/order-view o-1 high
         1m     told on-call worse #1
         61m    told on-call repeated #1
         62m    again 1
         62m    told on-call asked #1
         63m    resolve f1
         63m    told on-call ended #1
         end    2h",
    );
    let kinds: Vec<_> = bodies.iter().map(|body| body["type"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        ["incident.opened", "incident.worsened", "incident.repeated", "incident.requested", "incident.resolved"]
    );
    let end = &bodies[4]["data"];
    assert_eq!(end["headline"], "order-view missed updates of order o-1 from 10:00 to 11:03");
    assert_eq!((&end["state"], &end["findings"][0]["resolution"]), (&json!("resolved"), &json!("late")));
}

#[test]
fn of_many_findings_ten_are_told_and_open_ones_first() {
    let open: String = (1..=12).map(|n| format!("{n}s open f{n} stale order/order-view o-{n}\n")).collect();
    let bodies = bodies(&format!(
        "rules  group_wait 20s; repeat 1h
         route  on-call
         {open}
         13s    resolve f1
         14s    open f13 stale order/order-view o-13
         21s    told on-call opened #1
         end    30s"
    ));
    let data = &bodies[0]["data"];
    let keys: Vec<_> =
        data["findings"].as_array().unwrap().iter().map(|it| it["subject"]["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["o-2", "o-3", "o-4", "o-5", "o-6", "o-7", "o-8", "o-9", "o-10", "o-13"]);
    assert_eq!((data["open_findings"].as_u64(), data["all_findings"].as_u64()), (Some(12), Some(13)));
    assert_eq!(data["headline"], "order-view misses updates of 12 orders since 10:00");
}

#[test]
fn the_same_story_gives_the_same_ids() {
    let story = "route  on-call
         0s     open f1 stale order/order-view o-1
         10s    told on-call opened #1
         end    20s";
    let (one, other) = (check(story), check(story));
    assert_eq!(one.messages, other.messages);
    assert!(one.messages[0].id.starts_with("msg_") && one.messages[0].id.len() == 36, "{}", one.messages[0].id);
}
