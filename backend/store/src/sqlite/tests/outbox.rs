//! Outbox, issues and small things.

use plumbline_model::{
    Lag,
    incident::{IncidentChange, IncidentId, OutboxMessage},
};

use super::*;
use crate::{Attempt, DeliveryState, Issue, MAX_ISSUE_BYTES, Paging, ReceiverCounts, Tried};

fn message(id: &str, created: i64) -> IncidentChange {
    message_to("on-call", id, created)
}

fn message_to(receiver: &str, id: &str, created: i64) -> IncidentChange {
    IncidentChange::Outbox(Box::new(OutboxMessage {
        id: id.into(),
        receiver: receiver.into(),
        incident: IncidentId(7),
        created: at(created),
        body: format!("{{\"id\":\"{id}\"}}"),
    }))
}

fn attempt(seconds: i64, outcome: Tried) -> Attempt {
    Attempt { at: at(seconds), took: Lag::from_millis(12), status: Some(503), note: "busy".into(), outcome }
}

#[tokio::test]
async fn a_message_is_tried_until_it_is_delivered_or_dead() {
    let (_dir, store) = with_ticks(3).await;
    store.commit(Commit { incidents: &[message("a", 0), message("b", 1)], ..upto(1) }).await.unwrap();
    store.commit(Commit { incidents: &[message("a", 50)], ..upto(2) }).await.unwrap();
    let due = async |now| {
        let due = store.due_messages(at(now), 10).await.unwrap();
        due.into_iter().map(|it| format!("{} {}", it.message.id, it.attempts)).collect::<Vec<_>>()
    };
    assert_eq!(due(-1).await, [""; 0]);
    assert_eq!(due(5).await, ["a 0", "b 0"], "once each, though `a` was told twice");
    assert!(store.record_attempt("a", &attempt(5, Tried::RetryAt(at(30)))).await.unwrap());
    assert!(store.record_attempt("b", &attempt(6, Tried::Delivered)).await.unwrap());
    assert!(!store.record_attempt("b", &attempt(7, Tried::Delivered)).await.unwrap(), "it has left");
    assert_eq!(due(29).await, [""; 0]);
    assert_eq!(store.next_due().await.unwrap(), Some(at(30)));
    assert_eq!(due(30).await, ["a 1"]);
    assert!(store.record_attempt("a", &attempt(30, Tried::Dead)).await.unwrap());
    assert_eq!(store.next_due().await.unwrap(), None);
    let dead = store.dead_letters(&Paging::first(5)).await.unwrap().items;
    assert_eq!((dead.len(), dead[0].attempts_total, dead[0].state), (1, 2, DeliveryState::Dead { at: at(30) }));
    assert_eq!(dead[0].attempts, [attempt(5, Tried::RetryAt(at(30))), attempt(30, Tried::Dead)]);
    assert!(store.send_again("a", at(90)).await.unwrap());
    assert!(!store.send_again("c", at(90)).await.unwrap());
    assert_eq!(due(90).await, ["a 2"], "the same message, by hand");
    let told = store.deliveries(IncidentId(7)).await.unwrap();
    assert_eq!(told.iter().map(|it| it.message.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    let counts = ReceiverCounts { receiver: "on-call".into(), delivered: 1, waiting: 1, dead: 0 };
    assert_eq!(store.receiver_counts().await.unwrap(), [counts]);
}

#[tokio::test]
async fn the_messages_of_one_receiver_stand_before_nobody_elses() {
    let (_dir, store) = with_ticks(3).await;
    let mut messages: Vec<_> = (0..50).map(|number| message(&format!("m{number:02}"), number)).collect();
    messages.push(message_to("chat", "late", 50));
    store.commit(Commit { incidents: &messages, ..upto(1) }).await.unwrap();
    let due = async |now, of_each| {
        let due = store.due_messages(at(now), of_each).await.unwrap();
        due.into_iter().map(|it| it.message.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(due(90, 3).await, ["m00", "m01", "m02", "late"], "the longest due of each");
    assert_eq!(due(90, 60).await.len(), 51);
    assert_eq!(due(49, 1).await, ["m00"]);
}

fn issue(position: u64) -> Issue {
    Issue {
        source: "s".into(),
        partition: "p/0".into(),
        position: position.to_string(),
        received: at(position as i64),
        reason: "`total` is not a number".into(),
        place: "$.total".into(),
        bytes: vec![0xff; 20_000],
        bytes_total: 50_000,
    }
}

#[tokio::test]
async fn issues_are_counted_once_and_bounded() {
    let (dir, store) = store().await;
    let many: Vec<_> = (0..600).map(issue).collect();
    assert_eq!(store.record_issues(&many).await.unwrap(), 600);
    assert_eq!(store.record_issues(&many[590..]).await.unwrap(), 0, "redelivered");
    drop(store);
    let store = open(&dir).await;
    let counts = store.issue_counts().await.unwrap();
    assert_eq!((counts[0].total, counts[0].kept), (600, 500), "what makes room stays counted");
    let page = store.issues(Some(&"s".into()), &Paging::first(2)).await.unwrap();
    assert_eq!(page.items.iter().map(|row| row.issue.position.as_str()).collect::<Vec<_>>(), ["599", "598"]);
    let next = store.issues(None, &Paging::after(1, page.next)).await.unwrap();
    let row = store.issue(next.items[0].id).await.unwrap().unwrap();
    assert_eq!(row.issue, Issue { bytes: vec![0xff; MAX_ISSUE_BYTES], ..issue(597) });
    assert_eq!(store.issues(Some(&"t".into()), &Paging::first(2)).await.unwrap().items, []);
}

#[tokio::test]
async fn small_things_are_kept_under_their_names() {
    let (dir, store) = store().await;
    store.set_meta("token", "b", Some(b"2")).await.unwrap();
    store.set_meta("token", "a", Some(b"1")).await.unwrap();
    store.set_meta("token", "a", Some(b"3")).await.unwrap();
    store.set_meta("other", "a", Some(b"4")).await.unwrap();
    drop(store);
    let store = open(&dir).await;
    assert_eq!(store.meta("token", "a").await.unwrap().as_deref(), Some(b"3".as_slice()));
    assert_eq!(store.meta_space("token").await.unwrap(), [("a".into(), b"3".to_vec()), ("b".into(), b"2".to_vec())]);
    store.set_meta("token", "a", None).await.unwrap();
    assert_eq!(store.meta("token", "a").await.unwrap(), None);
}
