//! Proves that what OTLP/JSON does not allow costs the element in which it stands, and no other; and that a request of another
//! signal is no empty one.

use super::*;

#[test]
fn what_json_cannot_say_of_one_span_costs_no_other() {
    let bad = r#"{"traceId":"zz"}"#;
    let resource = r#""resource":{"attributes":[{"key":"service.name","value":{"stringValue":"stock"}}]}"#;
    let zero = SPAN.replace("5B5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b", "00000000000000000000000000000000");
    let scopes = format!(r#"[{{"spans":[{bad},{SPAN},7,{zero}]}},5,{{"spans":[{SPAN}]}}]"#);
    let body = format!(
        r#"{{"resourceSpans":[{{{resource},"scopeSpans":{scopes}}},{{"resource":7,"scopeSpans":[{{"spans":[{SPAN},{SPAN}]}}]}}]}}"#
    );
    let request = decode(Signal::Traces, Encoding::Json, body.as_bytes(), &arrival()).unwrap();
    assert_eq!((request.accepted, request.rejected), (2, 6));
    assert!(spans(&request).iter().all(|span| span.service.as_str() == "stock"));
    let said = issues(&request);
    let expected = [
        "resourceSpans[0].scopeSpans[0].spans[0]: invalid value: string \"zz\"",
        "resourceSpans[0].scopeSpans[0].spans[2]: invalid type: integer `7`",
        "resourceSpans[0].scopeSpans[1]: invalid type: integer `5`",
        "resourceSpans[1]: invalid type: integer `7`",
        "resourceSpans[0].scopeSpans[0].spans[3].traceId: found `0000",
    ];
    assert_eq!(said.len(), expected.len(), "{said:?}");
    for (said, expected) in said.iter().zip(expected) {
        assert!(said.starts_with(expected), "{said}");
    }
    assert_eq!(request.decoded.issues[0].expected, "an id in hexadecimal");
    assert_eq!(request.decoded.issues[0].raw, bad.as_bytes(), "it is kept aside as it was sent");
    assert!(
        request.message.starts_with("6 spans rejected; the first: resourceSpans[0].scopeSpans[0].spans[0]: invalid"),
        "{}",
        request.message
    );
}

#[test]
fn what_json_cannot_say_of_one_log_record_or_point_costs_no_other() {
    let of = |signal, body: &str| {
        let request = decode(signal, Encoding::Json, body.as_bytes(), &arrival()).unwrap();
        (request.accepted, request.rejected, request.message)
    };
    let at = r#""timeUnixNano":"1795262399000000000""#;
    let logs = format!(
        r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{{{at},"severityNumber":"ERROR"}},{{{at},"severityNumber":9}}]}}]}}]}}"#
    );
    let (accepted, rejected, message) = of(Signal::Logs, &logs);
    assert_eq!((accepted, rejected), (1, 1));
    assert!(
        message.contains("1 log record rejected; the first: resourceLogs[0].scopeLogs[0].logRecords[0]: "),
        "{message}"
    );
    let metrics = format!(
        r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{{"name":"a","gauge":{{"dataPoints":[{{{at},"asInt":"x"}},{{{at},"asInt":2}}]}}}},{{"name":7,"sum":{{"dataPoints":[{{}},{{}}]}}}}]}}]}}]}}"#
    );
    let (accepted, rejected, message) = of(Signal::Metrics, &metrics);
    assert_eq!((accepted, rejected), (1, 3));
    assert!(message.contains("metrics[0].dataPoints[0]: "), "{message}");
}

#[test]
fn a_request_of_another_signal_is_refused() {
    let refused = |signal, body: &str| {
        decode(signal, Encoding::Json, body.as_bytes(), &arrival()).map_err(|error| error.to_string())
    };
    for (signal, body, said) in [
        (Signal::Traces, r#"{"foo":1}"#, "it has no `resourceSpans`"),
        (Signal::Traces, r#"{"resourceLogs":[]}"#, "it has `resourceLogs` and no `resourceSpans`"),
        (Signal::Logs, r#"{"resourceSpans":[]}"#, "it has `resourceSpans` and no `resourceLogs`"),
        (Signal::Metrics, "[]", "invalid type"),
    ] {
        assert!(refused(signal, body).is_err_and(|error| error.contains(said)), "{body}: {:?}", refused(signal, body));
    }
}

/// A recorded line takes the same way.
#[test]
fn a_bad_span_of_a_recorded_line_costs_no_other() {
    let payload = json(&format!(r#"{{"traceId":"zz"}},{SPAN}"#));
    let record = RawRecord {
        source: "traces".into(),
        partition: "spans.jsonl".into(),
        offset: Some(3),
        received: ReceivedTime(NOW_NS as i64),
        recorded: true,
        payload: Some(payload.into_bytes().into()),
        ..RawRecord::default()
    };
    let decoded = decode_record(&record);
    assert!(!decoded.observations.is_empty());
    assert_eq!((decoded.issues.len(), decoded.issues[0].offset), (1, Some(3)));
}
