//! Debezium's envelopes: with schemas and without, snapshots, deletes, and what they do not carry.

use super::*;

const SHOP: &str = "
sources: { kafka: { kafka: { brokers: ['b:1'], topics: [t, u], format: debezium } } }
entities:
  order:
    within: 5s
    compare: { status: text, total: { decimal: 2 }, changed: { timestamp: ms }, day: { timestamp: d } }
    replicas:
      orders:
        source: kafka
        match: { table: public.orders }
        key: $.id
        version: $.version
        fields: { status: $.status, total: $.total, changed: $.changed, day: $.day }
      view:
        source: kafka
        match: { table: [shop.public.order_view] }
        key: $.order_id
        fields: { status: $.state, total: { cel: 'double(value.total_cents) / 100.0' } }
";

/// An envelope of `public.orders` in database `shop`, without schemas.
fn envelope(op: &str, before: &str, after: &str, snapshot: &str) -> String {
    let source = format!(
        r#"{{"version":"3.3.1.Final","connector":"postgresql","name":"shop-db","ts_ms":1795262340000,"ts_us":1795262340000250,
            "snapshot":"{snapshot}","db":"shop","schema":"public","table":"orders","lsn":24023128}}"#
    );
    format!(r#"{{"before":{before},"after":{after},"source":{source},"op":"{op}","ts_ms":1795262340500}}"#)
}

const ROW: &str = r#"{"id":5,"version":2,"status":"paid","total":"BBo=","changed":1795262339123456,"day":20778}"#;

#[test]
fn rows_are_read_without_schemas() {
    let decoder = decoder(SHOP);
    let fields = "status=paid total=10.50 changed=2026-11-21T11:58:59.123Z day=2026-11-21T00:00:00Z";
    for (op, kind) in [("c", "created"), ("u", "updated"), ("r", "snapshot")] {
        check(
            &decoder,
            &kafka(envelope(op, "null", ROW, "false")),
            &[&format!("order/5 orders {kind} v2 {fields} by shop-db @11:59:00.00025Z")],
        );
    }
}

#[test]
fn schemas_say_what_numbers_and_base64_mean() {
    let column = |name: &str, kind: &str, semantic: &str, more: &str| {
        format!(r#"{{"type":"{kind}","optional":true,"name":"{semantic}","version":1,"field":"{name}"{more}}}"#)
    };
    let columns = [
        column("total", "bytes", "org.apache.kafka.connect.data.Decimal", r#","parameters":{"scale":"4"}"#),
        column("changed", "int64", "io.debezium.time.MicroTimestamp", ""),
        column("day", "int32", "io.debezium.time.Date", ""),
    ];
    let row = format!(r#"{{"type":"struct","fields":[{}],"optional":true,"field":"after"}}"#, columns.join(","));
    let payload = envelope("u", "null", &ROW.replace("20778", "-1"), "false");
    let wrapped = format!(r#"{{"schema":{{"type":"struct","fields":[{row}]}},"payload":{payload}}}"#);
    check(
        &decoder(SHOP),
        &kafka(wrapped),
        &[
            "order/5 orders updated v2 status=paid total=0.11 changed=2026-11-21T11:58:59.123Z day=1969-12-31T00:00:00Z by shop-db @11:59:00.00025Z",
        ],
    );
}

/// 1200, 12345678 and 1234.50 as their schema writes them out: the first two could be base64 again, and are not.
#[test]
fn what_the_schema_typed_is_not_taken_for_base64_again() {
    let scaled = SHOP.replace("total: $.total", "total: { path: $.total, scale: 2 }");
    let decimal =
        r#"{"type":"bytes","name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"2"},"field":"total"}"#;
    let text = r#"{"type":"string","optional":true,"field":"total"}"#;
    for config in [SHOP, scaled.as_str()] {
        let decoder = decoder(config);
        for (column, sent, total) in [
            (decimal, "AdTA", "1200.00"),
            (decimal, "SZYCeA==", "12345678.00"),
            (decimal, "AeI6", "1234.50"),
            (text, "1200", "1200.00"),
            (text, "12345678", "12345678.00"),
            (text, "1234.50", "1234.50"),
        ] {
            let row = format!(r#"{{"type":"struct","fields":[{column}],"optional":true,"field":"after"}}"#);
            let payload = envelope("u", "null", &format!(r#"{{"id":5,"total":"{sent}"}}"#), "false");
            let wrapped = format!(r#"{{"schema":{{"type":"struct","fields":[{row}]}},"payload":{payload}}}"#);
            let said = lines(&decoder.decode(&kafka(wrapped)));
            assert!(said.contains(&format!(" total={total} ")) && !said.contains("issue"), "{sent}: {said}");
        }
    }
    let untyped = r#"{"type":"struct","fields":[],"optional":true,"field":"after"}"#;
    let payload = envelope("u", "null", r#"{"id":5,"total":"1200"}"#, "false");
    let wrapped = format!(r#"{{"schema":{{"type":"struct","fields":[{untyped}]}},"payload":{payload}}}"#);
    let said = lines(&decoder(SHOP).decode(&kafka(wrapped)));
    assert!(said.contains("`1200` is both a numeral and base64"), "nothing typed it: {said}");
}

#[test]
fn deletes_find_their_key_in_the_row_or_in_the_record() {
    let decoder = decoder(SHOP);
    let deleted = ["order/5 orders deleted by shop-db @11:59:00.00025Z"];
    check(&decoder, &kafka(envelope("d", r#"{"id":5,"status":null}"#, "null", "false")), &deleted);
    for key in [r#"{"id":5}"#, r#"{"schema":{"type":"struct"},"payload":{"id":5}}"#] {
        let record = RawRecord { key: Some(key.as_bytes().into()), ..kafka(envelope("d", "null", "null", "false")) };
        check(&decoder, &record, &deleted);
    }
    check(
        &decoder,
        &kafka(envelope("d", "null", "null", "false")),
        &[
            "issue envelope $.before: a delete carries neither the row nor a key; expected Debezium's envelope with `op`, `source`, `before` and `after`",
        ],
    );
}

#[test]
fn what_the_log_did_not_carry_is_not_carried() {
    let row = ROW
        .replace("\"paid\"", "\"__debezium_unavailable_value\"")
        .replace("BBo=", "X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==");
    let said = lines(&decoder(SHOP).decode(&kafka(envelope("u", "null", &row, "false"))));
    assert!(said.contains("status=? total=? changed=2026") && !said.contains("issue"), "{said}");
}

#[test]
fn records_of_no_state_say_nothing_and_are_no_issue() {
    let decoder = decoder(SHOP);
    let tombstone = RawRecord { payload: None, key: Some("{\"id\":5}".into()), ..kafka("") };
    check(&decoder, &tombstone, &[]);
    for payload in [
        "null",
        r#"{"ts_ms":1795262340500}"#,
        r#"{"schema":null,"payload":{"ts_ms":1,"ts_us":1,"ts_ns":1}}"#,
        r#"{"schema":null,"payload":null}"#,
        r#"{"status":"BEGIN","id":"571:1","event_count":null,"data_collections":null,"ts_ms":1}"#,
        r#"{"op":"m","ts_ms":1,"source":{},"message":{"prefix":"p","content":""}}"#,
    ] {
        check(&decoder, &kafka(payload), &[]);
    }
}

#[test]
fn what_is_no_envelope_is_an_issue() {
    let decoder = decoder(SHOP);
    for (payload, said) in [
        (r#"{"id":5,"status":"paid"}"#.to_owned(), "$.op: there is no operation"),
        (r#"{"op":"x","source":{}}"#.to_owned(), "$.op: the operation is `x`"),
        (r#"{"op":"c","after":{}}"#.to_owned(), "$.source: there is no source"),
        (r#"{"op":"c","source":{},"after":null}"#.to_owned(), "$.after: there is no row"),
        (r#"{"schema":1,"payload":[]}"#.to_owned(), "$.payload: the payload is not an object"),
        ("[1]".to_owned(), "$: the JSON is not an object"),
        (envelope("t", "null", "null", "false"), "issue unsupported $.op: the table was truncated"),
    ] {
        let found = lines(&decoder.decode(&kafka(payload.clone())));
        assert!(found.contains(said) && found.lines().count() == 1, "{payload}: {found}");
    }
}

#[test]
fn snapshots_begin_and_end() {
    let decoder = decoder(SHOP);
    let said = |snapshot| {
        let said = lines(&decoder.decode(&kafka(envelope("r", "null", r#"{"id":5}"#, snapshot))));
        said.lines().map(|line| line.split(" status").next().unwrap().to_owned()).collect::<Vec<_>>().join(" | ")
    };
    let at = "@2026-11-21T11:59:00.00025Z";
    assert_eq!(said("first"), format!("Began order.orders {at} | order/5 orders snapshot"));
    assert_eq!(said("first_in_data_collection"), format!("Began order.orders {at} | order/5 orders snapshot"));
    assert_eq!(said("true"), "order/5 orders snapshot");
    assert_eq!(said("incremental"), "order/5 orders snapshot");
    assert_eq!(said("last_in_data_collection"), format!("order/5 orders snapshot | Ended order.orders {at}"));
    let all = format!("order/5 orders snapshot | Ended order.orders {at} | Ended order.view {at}");
    assert_eq!(said("last"), all, "an empty table is marked by nothing else");
    let single = |snapshot| decoder.decode(&kafka(envelope("r", "null", ROW, snapshot))).single_rows;
    assert_eq!(["incremental", "true", "last"].map(single), [true, false, false]);
    let mut records = Vec::new();
    decoder.decode(&kafka(envelope("r", "null", ROW, "last"))).append_to(&mut records);
    let order: Vec<_> =
        records.iter().map(|record| format!("{record:?}").split(['(', ' ']).next().unwrap().to_owned()).collect();
    assert_eq!(order, ["Observations", "Snapshot", "Snapshot"]);
}

#[test]
fn values_that_must_not_be_kept_are_in_no_issue_either() {
    let secret = SHOP.replace("within: 5s", "within: 5s\n    values: drop");
    let decoded = decoder(&secret).decode(&kafka(envelope("c", "null", &ROW.replace("BBo=", "hunter2!"), "false")));
    let said = format!("{decoded:?}");
    assert!(!said.contains("hunter2") && !said.contains("paid"), "{said}");
    assert!(
        lines(&decoded).contains("issue field order.orders.total at $.total: found a text;"),
        "{}",
        lines(&decoded)
    );
}
