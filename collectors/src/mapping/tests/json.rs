//! Plain JSON: states of a compacted topic, events where `events:` says so.

use super::*;

const SHOP: &str = "
sources: { kafka: { kafka: { brokers: ['b:1'], topics: [t, u], format: json } } }
entities:
  item:
    within: 5s
    replicas:
      stock:
        source: kafka
        match: { topic: t }
        key: $.sku
        base: $.read
        time: $.at
        fields: { left: $.left, place: $.place }
      site:
        source: kafka
        match: { topic: u }
        key: { cel: \"value.shop + '/' + record.key\" }
        fields: { left: $.left }
events:
  - { source: kafka, match: { topic: u }, type: $.kind, id: $.nr, correlation: $.run, time: $.at }
sagas:
  refill: { start: refill.asked, within: 1h, correlate: $.run }
";

#[test]
fn fields_without_declared_types_are_compared_as_text() {
    let payload = r#"{"sku":"a","read":4,"left":10,"place":{"x":1},"at":"2026-11-21 11:00:00"}"#;
    check(
        &decoder(SHOP),
        &kafka(payload),
        &[
            "item/a stock written base4 left=10 place=? @11:00:00Z",
            "issue field item.stock.place at $.place: found {\"x\":1}; expected text, a number, true or false",
        ],
    );
}

#[test]
fn a_record_may_be_an_event_and_a_state() {
    let payload = r#"{"shop":"s","left":1,"kind":"refill.asked","nr":12,"run":"r-1","at":1795258800}"#;
    let record = RawRecord {
        key: Some("a".into()),
        topic: "u".into(),
        timestamp: Some(plumbline_model::SourceTime(NOW.0)),
        ..kafka(payload)
    };
    check(
        &decoder(SHOP),
        &record,
        &[
            "saga refill/r-1 event refill.asked id=12 corr=r-1 @11:00:00Z",
            "item/s/a event refill.asked id=12 corr=r-1 @11:00:00Z",
            "item/s/a site written left=1 id=12 corr=r-1 @12:00:00Z",
        ],
    );
}

#[test]
fn a_tombstone_says_that_its_key_is_gone() {
    let gone = |key: &str| RawRecord {
        payload: None,
        key: Some(key.as_bytes().to_vec().into()),
        timestamp: Some(plumbline_model::SourceTime(NOW.0)),
        ..kafka("")
    };
    let without_time = SHOP.replace("        time: $.at\n", "");
    for key in ["a", r#""a""#, r#"{"sku":"a"}"#] {
        check(&decoder(&without_time), &gone(key), &["item/a stock deleted @12:00:00Z"]);
    }
    let decoded = decoder(&without_time).decode(&RawRecord { key: None, ..gone("") });
    assert_eq!(
        lines(&decoded),
        "issue key the record: a record without payload has no readable key; expected a key as text or JSON\n"
    );
}

#[test]
fn a_key_that_cannot_be_one_is_an_issue() {
    let decoder = decoder(SHOP);
    for (key, said) in [
        ("null", "the record has no key there; expected a key"),
        ("[1]", "found [1]; expected text or a number"),
        ("\"\"", "found \"\"; expected text that is not empty"),
        (&format!("\"{}\"", "x".repeat(600)), "…; expected at most 512 bytes"),
    ] {
        let found = lines(&decoder.decode(&kafka(format!(r#"{{"sku":{key},"at":1795258800}}"#))));
        assert!(found.contains(said) && found.lines().count() == 1, "{found}");
    }
    assert!(lines(&decoder.decode(&kafka(r#"{"sku":7.0,"at":1795258800}"#))).starts_with("item/7 "), "7.0 is 7");
}

#[test]
fn a_record_that_nothing_maps_is_counted() {
    let record = RawRecord { topic: "elsewhere".into(), ..kafka("{}") };
    check(&decoder(SHOP), &record, &["unmapped 1"]);
    let record = RawRecord { source: "nobody".into(), ..kafka("{}") };
    check(
        &decoder(SHOP),
        &record,
        &["issue unsupported the record: no source is called `nobody`; expected a configured source"],
    );
}

#[test]
fn a_replica_of_a_log_read_directly_may_begin_empty() {
    let from_start = decoder(SHOP).from_start(&"kafka".into());
    let said: Vec<_> = from_start.iter().map(|it| format!("{} {:?}", it.replica, it.topics)).collect();
    assert_eq!(said, [r#"stock ["t"]"#, r#"site ["u"]"#]);
    let relayed = SHOP.replace("format: json } }", "format: json }, capture: relay }");
    assert_eq!(decoder(&relayed).from_start(&"kafka".into()), []);
}
