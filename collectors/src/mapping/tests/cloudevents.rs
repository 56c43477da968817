//! CloudEvents in each of their modes.

use super::*;

const SHOP: &str = "
sources:
  kafka: { kafka: { brokers: ['b:1'], topics: [t], format: cloudevents } }
  http: { http: { path: /in } }
entities:
  order:
    within: 5s
    compare: { status: text, total: { decimal: 2 } }
    replicas:
      orders:
        source: kafka
        match: { type: [order.placed, order.paid] }
        key: $.subject
        version: $.data.version
        fields: { status: $.data.status, total: $.data.total }
      shipping-copy:
        source: kafka
        match: { when: \"type.startsWith('shipping.')\" }
        key: $.data.order
        fields: { status: $.data.status }
        holds: \"total > 5.0 && status != 'placed'\"
        deleted: \"type == 'shipping.order-forgotten'\"
sagas:
  checkout: { start: order.placed, within: 1h, ends: { completed: order.done } }
  returns: { start: return.opened, within: 1h, correlate: [$.returnid, $.data.return] }
";

fn event(members: &str) -> String {
    format!(
        r#"{{"specversion":"1.0","id":"e1","source":"/shop/orders","time":"2026-11-21T11:59:00Z","subject":"o-1",{members}}}"#
    )
}

#[test]
fn one_event_tells_its_sagas_its_keys_and_its_states() {
    let payload = event(
        r#""type":"order.paid","correlationid":"c-1","causationid":"e0",
           "traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "data":{"status":"paid","total":"10.505","version":3,"return":"r-9"}"#,
    );
    check(
        &decoder(SHOP),
        &kafka(payload),
        &[
            "saga checkout/c-1 event order.paid by orders id=e1 corr=c-1 because=e0 span=00f067aa0ba902b7 @11:59:00Z",
            "saga returns/r-9 event order.paid by orders id=e1 corr=c-1 because=e0 span=00f067aa0ba902b7 @11:59:00Z",
            "order/o-1 event order.paid by orders id=e1 corr=c-1 because=e0 span=00f067aa0ba902b7 @11:59:00Z",
            "order/o-1 orders written v3 status=paid total=10.51 by orders id=e1 corr=c-1 because=e0 span=00f067aa0ba902b7 @11:59:00Z",
        ],
    );
}

#[test]
fn what_a_replica_should_not_hold_travels_with_the_write() {
    let held = |status: &str, total: &str| {
        let data = format!(r#""type":"order.paid","data":{{"status":"{status}","total":{total}}}"#);
        lines(&decoder(SHOP).decode(&kafka(event(&data))))
    };
    assert!(!held("paid", "10").contains("not-in"));
    assert!(held("paid", "4.99").contains("not-in:shipping-copy"));
    assert!(held("placed", "10").contains("not-in:shipping-copy"));
    let unknown = held("paid", r#""ten""#);
    assert!(!unknown.contains("not-in"), "what cannot be evaluated counts as held: {unknown}");
    assert!(unknown.contains("issue expression order.shipping-copy.holds"), "{unknown}");
}

#[test]
fn a_replica_may_say_that_a_key_is_gone() {
    let payload = event(r#""type":"shipping.order-forgotten","data":{"order":17}"#);
    check(
        &decoder(SHOP),
        &kafka(payload),
        &[
            "order/17 event shipping.order-forgotten by orders id=e1 @11:59:00Z",
            "order/17 shipping-copy deleted by orders id=e1 @11:59:00Z",
        ],
    );
}

#[test]
fn binary_mode_reads_attributes_from_headers_of_kafka_and_of_http() {
    let attributes = [
        ("specversion", "1.0"),
        ("id", "e1"),
        ("source", "/shop/orders"),
        ("type", "order.placed"),
        ("time", "2026-11-21T11:59:00Z"),
        ("correlationid", "c%2D1"),
    ];
    let record = |prefix: &str, source: &str, offset| RawRecord {
        source: source.into(),
        offset,
        partition: "".into(),
        headers: attributes
            .iter()
            .map(|(name, value)| (format!("{prefix}{name}").into(), value.as_bytes().to_vec().into()))
            .chain([("Content-Type".into(), "application/json; charset=utf-8".into())])
            .collect(),
        ..kafka(r#"{"status":"placed","total":1}"#)
    };
    let decoder = decoder(SHOP);
    let placed = decoder.decode(&record("ce_", "kafka", Some(7)));
    assert_eq!(
        lines(&placed).lines().next(),
        Some("saga checkout/c%2D1 event order.placed by orders id=e1 corr=c%2D1 @11:59:00Z"),
        "Kafka headers are not encoded"
    );
    let pushed = decoder.decode(&record("Ce-", "http", None));
    assert_eq!(lines(&pushed), "saga checkout/c-1 event order.placed by orders id=e1 corr=c-1 @11:59:00Z\n");
    let again = decoder
        .decode(&RawRecord { received: NOW.plus(plumbline_model::Lag::from_secs(60)), ..record("ce-", "http", None) });
    assert_eq!(again.observations[0].id, pushed.observations[0].id, "SEM-13: the sender's id is the position");
    assert!(!pushed.observations[0].id.position.is_offset());
}

/// HTTP binding 3.2.3, Kafka binding 3.3.3: attributes may be repeated as headers, and the content type says what the body is.
#[test]
fn the_content_type_decides_the_mode_whatever_headers_repeat() {
    let decoder = decoder(SHOP);
    let payload = event(r#""type":"order.paid","data":{"status":"paid","total":1}"#);
    let written = lines(&decoder.decode(&kafka(payload.clone())));
    assert!(written.contains("order/o-1 orders written status=paid total=1.00"), "{written}");
    for prefix in ["ce_", "ce-", "CE-"] {
        let headers = |kind: &str| {
            let attributes = [
                ("specversion", "1.0"),
                ("id", "h1"),
                ("source", "/header"),
                ("type", "order.paid"),
                ("subject", "wrong"),
            ];
            let repeated = attributes.map(|(name, value)| (format!("{prefix}{name}").into(), value.as_bytes().into()));
            repeated.into_iter().chain([("Content-Type".into(), kind.to_owned().into())]).collect()
        };
        for kind in ["application/cloudevents+json", "Application/CloudEvents+JSON; charset=utf-8"] {
            let record = RawRecord { headers: headers(kind), ..kafka(payload.clone()) };
            assert_eq!(lines(&decoder.decode(&record)), written, "{prefix} {kind}");
        }
        for kind in ["application/cloudevents-batch+json", "APPLICATION/CLOUDEVENTS-BATCH+JSON"] {
            let record = RawRecord { headers: headers(kind), ..kafka(format!("[{payload}]")) };
            assert_eq!(lines(&decoder.decode(&record)), written, "{prefix} {kind}");
        }
        let record = RawRecord { headers: headers("Application/CloudEvents+XML"), ..kafka("<event/>") };
        let said = lines(&decoder.decode(&record));
        assert!(said.starts_with("issue envelope content-type: found `Application/CloudEvents+XML`"), "{said}");
        let binary = RawRecord { headers: headers("application/json"), ..kafka(r#"{"status":"paid"}"#) };
        let said = lines(&decoder.decode(&binary));
        assert!(said.contains("order/wrong orders written status=paid"), "{said}");
    }
}

/// HTTP binding 3.1.3.2: older senders quote.
#[test]
fn quoted_header_values_of_http_lose_their_quotes() {
    let decoder = decoder(SHOP);
    let said = |prefix: &str, subject: &str| {
        let attributes = [
            ("specversion", "1.0"),
            ("id", "e1"),
            ("source", "/s"),
            ("type", "\"order.paid\""),
            ("time", "2026-11-21T11:59:00Z"),
            ("subject", subject),
        ];
        let headers =
            attributes.map(|(name, value)| (format!("{prefix}{name}").into(), value.as_bytes().to_vec().into()));
        lines(&decoder.decode(&RawRecord { headers: headers.into(), ..kafka(r#"{"status":"paid"}"#) }))
    };
    assert!(said("ce-", r#""a b""#).contains("order/a b orders written"), "{}", said("ce-", r#""a b""#));
    assert!(said("ce-", r#""a\"b\\c%20d""#).contains(r#"order/a"b\c d orders written"#));
    assert!(said("ce-", r#"a"b"#).contains(r#"order/a"b orders written"#), "half a quote is none");
    assert_eq!(said("ce_", "o-1"), "unmapped 1\n", "Kafka's headers are not quoted: the type has the quotes");
}

/// SEM-13: a sender that was refused may put the event into another batch when it sends it again.
#[test]
fn an_event_is_known_again_in_another_batch() {
    let placed = |id: &str| {
        format!(
            r#"{{"specversion":"1.0","id":"{id}","source":"/shop","type":"order.placed","correlationid":"c-1","time":"2026-11-21T11:59:00Z"}}"#
        )
    };
    let ids = |events: &[&str]| {
        let batch = events.iter().map(|id| placed(id)).collect::<Vec<_>>().join(",");
        let record =
            RawRecord { source: "http".into(), partition: "".into(), offset: None, ..kafka(format!("[{batch}]")) };
        decoder(SHOP).decode(&record).observations.into_iter().map(|it| it.id).collect::<Vec<_>>()
    };
    let (first, again) = (ids(&["a"]), ids(&["b", "a"]));
    assert_eq!(first.len(), 1);
    assert_eq!(first[0], again[1]);
    assert_ne!(first[0], again[0]);
}

#[test]
fn a_batch_costs_no_event_another() {
    let events = [
        event(r#""type":"order.placed","correlationid":"c-1""#),
        event(r#""type":"""#),
        event(r#""type":"noise""#),
        "7".to_owned(),
        event(r#""type":"order.done","correlationid":"c-1""#),
    ];
    let record = RawRecord {
        source: "http".into(),
        partition: "".into(),
        offset: None,
        ..kafka(format!("[{}]", events.join(",")))
    };
    check(
        &decoder(SHOP),
        &record,
        &[
            "saga checkout/c-1 event order.placed by orders id=e1 corr=c-1 @11:59:00Z",
            "saga checkout/c-1 event order.done by orders id=e1 corr=c-1 @11:59:00Z",
            "issue envelope $[1].type: the attribute `type` is not text or is empty; expected non-empty text",
            "issue envelope $[3]: the JSON is not an object; expected a CloudEvent",
            "unmapped 1",
        ],
    );
    assert_eq!(decoder(SHOP).decode(&record).documents, 5, "whatever becomes of them");
}

#[test]
fn what_is_wrong_is_named_with_place_and_expectation() {
    let decoder = decoder(SHOP);
    let broken = |payload: &str| lines(&decoder.decode(&kafka(payload))).trim_end().to_owned();
    for (payload, expected) in [
        (
            "{\"a\": \n nope}".to_owned(),
            "issue malformed line 2, column 3: it cannot be read: expected ident; expected JSON",
        ),
        (
            r#"{"specversion":"1.0","id":"1","type":"t"}"#.to_owned(),
            "issue envelope $.source: the attribute `source` is missing; expected a CloudEvent 1.0 with specversion, id, source and type",
        ),
        (
            r#"{"specversion":"0.3","id":"1","type":"t","source":"s"}"#.to_owned(),
            "issue envelope $.specversion: the specversion is `0.3`; expected `1.0`",
        ),
        (
            r#"{"specversion":"1.0","id":"1","type":"t","source":"s","time":"noon"}"#.to_owned(),
            "issue time $.time: `noon` cannot be read; expected an RFC 3339 time between 1678 and 2262",
        ),
        (
            r#"{"specversion":"1.0","id":"1","type":"t","source":"s","time":"2026-11-21T13:00:01Z"}"#.to_owned(),
            "issue time $.time: the time 2026-11-21T13:00:01Z is more than an hour after reception at 2026-11-21T12:00:00Z; expected a time after 2000 and at most an hour ahead of reception",
        ),
        (
            r#"{"specversion":"1.0","id":"1","type":"t","source":"s","time":"1999-12-31T23:59:59Z"}"#.to_owned(),
            "issue time $.time: the time 1999-12-31T23:59:59Z is before 2000; expected a time after 2000 and at most an hour ahead of reception",
        ),
        (
            event(r#""type":"order.done""#),
            "issue correlation sagas.checkout: `order.done` carries no correlation id; expected one at $.correlationid",
        ),
        (
            event(r#""type":"shipping.x","data":{}"#),
            "issue key order.shipping-copy.key at $.data.order: the record has no key there; expected a key",
        ),
    ] {
        assert_eq!(broken(&payload), expected, "{payload}");
    }
}

#[test]
fn a_field_that_does_not_convert_costs_only_itself() {
    let payload = event(r#""type":"order.paid","data":{"status":"paid","total":"ten","version":"x"}"#);
    check(
        &decoder(SHOP),
        &kafka(payload),
        &[
            "order/o-1 event order.paid by orders id=e1 @11:59:00Z",
            "order/o-1 orders written status=paid total=? by orders id=e1 @11:59:00Z",
            "issue version order.orders.version at $.data.version: found \"x\"; expected a whole number of 64 bits",
            "issue field order.orders.total at $.data.total: found \"ten\"; expected a number with 2 places",
            "issue expression order.shipping-copy.holds: `total > 5.0 && status != 'placed'` speaks of something that the record does not have; expected true or false",
        ],
    );
}

#[test]
fn null_is_a_value_and_absence_says_nothing() {
    let decoder = decoder(SHOP);
    let said = |data: &str| lines(&decoder.decode(&kafka(event(&format!(r#""type":"shipping.sent","data":{data}"#)))));
    assert!(said(r#"{"order":"1","status":null}"#).contains("status=null"));
    assert!(said(r#"{"order":"1"}"#).contains("status=?"));
}

#[test]
fn without_a_time_of_its_own_the_broker_says_when() {
    let payload = r#"{"specversion":"1.0","id":"1","type":"order.placed","source":"s","correlationid":"c"}"#;
    let broker = RawRecord { timestamp: plumbline_model::SourceTime::parse("2026-11-21T11:30:00Z"), ..kafka(payload) };
    assert_eq!(
        lines(&decoder(SHOP).decode(&broker)).lines().next(),
        Some("saga checkout/c event order.placed by s id=1 corr=c @11:30:00Z")
    );
    let received = decoder(SHOP).decode(&kafka(payload));
    assert!(lines(&received).contains("@12:00:00Z"));
    let recorded = RawRecord { recorded: true, ..kafka(payload) };
    check(
        &decoder(SHOP),
        &recorded,
        &[
            "issue time the record: the recorded record has no time; expected a time in the record, or a `time:` in its mapping",
            "issue key order.orders.key at $.subject: the record has no key there; expected a key",
        ],
    );
}
