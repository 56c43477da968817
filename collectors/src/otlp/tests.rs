//! Proves what is stored of OTLP, not that a status was 200: both encodings give the same, strict where the specification is
//! strict, and a bad span costs no good one.

mod partial;

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, KeyValue, any_value::Value},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span, Status, span},
};
use plumbline_model::{Lag, span::SpanFact};
use proptest::prelude::*;
use prost::Message;

use super::*;

/// 2026-11-21T12:00:00Z
const NOW_NS: u64 = 1_795_262_400_000_000_000;
const SECOND: u64 = 1_000_000_000;

fn arrival() -> Arrival {
    Arrival { source: "traces".into(), received: ReceivedTime(NOW_NS as i64), recorded: false }
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Value::StringValue(value.to_owned()))
}

fn span() -> Span {
    Span {
        trace_id: vec![0x5b; 16],
        span_id: vec![0xee; 8],
        parent_span_id: vec![0xaa; 8],
        name: "POST /orders".into(),
        kind: 3,
        start_time_unix_nano: NOW_NS - 2 * SECOND,
        end_time_unix_nano: NOW_NS - SECOND,
        attributes: vec![
            text("server.address", "stock"),
            attribute("retries", Value::IntValue(-7)),
            attribute("ratio", Value::DoubleValue(0.5)),
            attribute("ok", Value::BoolValue(true)),
            attribute("raw", Value::BytesValue(vec![0, 255])),
        ],
        links: vec![span::Link { trace_id: vec![1; 16], span_id: vec![2; 8], ..span::Link::default() }],
        status: Some(Status { message: "timed out".into(), code: 2 }),
        ..Span::default()
    }
}

fn request(spans: Vec<Span>) -> ExportTraceServiceRequest {
    let resource = Resource {
        attributes: vec![text("service.name", "orders"), text("service.version", "1.4.2")],
        ..Resource::default()
    };
    let scope = ScopeSpans { spans, ..ScopeSpans::default() };
    let of_resource = ResourceSpans { resource: Some(resource), scope_spans: vec![scope], ..ResourceSpans::default() };
    ExportTraceServiceRequest { resource_spans: vec![of_resource] }
}

fn json(span: &str) -> String {
    format!(
        r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"orders"}}}},
        {{"key":"service.version","value":{{"stringValue":"1.4.2"}}}}]}},"scopeSpans":[{{"scope":{{"name":"x"}},"spans":[{span}]}}]}}]}}"#
    )
}

/// The span of `span()` as OTLP/JSON: ids in hexadecimal of either case, 64-bit integers as text and as numbers.
const SPAN: &str = r#"{"traceId":"5B5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b","spanId":"EEEEEEEEEEEEEEEE","parentSpanId":"aaaaaaaaaaaaaaaa",
    "name":"POST /orders","kind":3,"startTimeUnixNano":"1795262398000000000","endTimeUnixNano":1795262399000000000,"futureMember":{"a":[1]},
    "attributes":[{"key":"server.address","value":{"stringValue":"stock"}},{"key":"retries","value":{"intValue":"-7"}},
      {"key":"ratio","value":{"doubleValue":0.5}},{"key":"ok","value":{"boolValue":true}},{"key":"raw","value":{"bytesValue":"AP8="}}],
    "links":[{"traceId":"01010101010101010101010101010101","spanId":"0202020202020202"}],
    "status":{"message":"timed out","code":2}}"#;

fn spans(request: &Request) -> Vec<&SpanFact> {
    let facts = request.decoded.observations.iter().map(|it| match &it.fact {
        Fact::Span(span) => span.as_ref(),
        other => panic!("not a span: {other:?}"),
    });
    facts.collect()
}

fn issues(request: &Request) -> Vec<String> {
    request.decoded.issues.iter().map(|it| format!("{}: {}", it.place, it.reason)).collect()
}

#[test]
fn both_encodings_store_the_same_span_whole() {
    let body = request(vec![span()]).encode_to_vec();
    let protobuf = decode(Signal::Traces, Encoding::Protobuf, &body, &arrival()).unwrap();
    let from_json = decode(Signal::Traces, Encoding::Json, json(SPAN).as_bytes(), &arrival()).unwrap();
    assert_eq!(protobuf, from_json);
    assert_eq!((protobuf.rejected, protobuf.message.as_str()), (0, ""));
    let stored = spans(&protobuf)[0];
    assert_eq!(
        format!("{stored:?}"),
        "SpanFact { trace: 5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b, span: eeeeeeeeeeeeeeee, parent: Some(aaaaaaaaaaaaaaaa), \
         service: \"orders\", version: \"1.4.2\", operation: \"POST /orders\", kind: Client, start: 2026-11-21T11:59:58Z, \
         end: 2026-11-21T11:59:59Z, failed: true, message: \"timed out\", peer: Some(Peer { kind: Network, name: \"stock\" }), \
         links: [Link { trace: 01010101010101010101010101010101, span: 0202020202020202 }], \
         attributes: [(\"server.address\", \"stock\"), (\"retries\", \"-7\"), (\"ratio\", \"0.5\"), (\"ok\", \"true\"), (\"raw\", \"AP8=\")] }"
    );
    assert_eq!((protobuf.accepted, spans(&protobuf).len()), (1, 2), "and once in the trace that it links to");
    let observation = &protobuf.decoded.observations[0];
    assert_eq!(observation.route, Route::Trace(stored.trace));
    assert_eq!(observation.at, stored.end);
    assert_eq!(observation.cause.service.as_ref().map(|it| it.as_str()), Some("orders"));
}

/// SEM-15.
#[test]
fn a_span_is_also_seen_in_the_traces_that_it_links_to() {
    let link =
        |trace: u8, span: u8| span::Link { trace_id: vec![trace; 16], span_id: vec![span; 8], ..span::Link::default() };
    let links = vec![link(1, 2), link(0x5b, 3), link(7, 4), link(1, 5)];
    let request = traces(request(vec![Span { links, ..span() }]), &arrival());
    let seen: Vec<_> = request
        .decoded
        .observations
        .iter()
        .zip(spans(&request))
        .map(|(it, fact)| {
            let links: Vec<_> = fact.links.iter().map(|link| link.span.0 & 0xf).collect();
            assert_eq!((it.at, it.route.clone()), (fact.end, Route::Trace(it.cause.trace.unwrap())));
            (it.id.part, it.cause.trace.unwrap().0 & 0xf, links, fact.parent.is_some(), fact.attributes.len())
        })
        .collect();
    assert_eq!(
        seen,
        [(0, 0xb, vec![2, 3, 4, 5], true, 5), (1, 1, vec![2, 5], false, 0), (2, 7, vec![4], false, 0)],
        "part, trace, links, has a parent, attributes"
    );
    assert_eq!((request.accepted, request.rejected), (1, 0), "it is one span all the same");
}

#[test]
fn a_span_sent_again_has_the_same_id() {
    let first = traces(request(vec![span(), Span { span_id: vec![3; 8], ..span() }]), &arrival());
    let later = Arrival { received: ReceivedTime(NOW_NS as i64 + 5), ..arrival() };
    let again = traces(request(vec![span()]), &later);
    assert_eq!(first.decoded.observations[0].id, again.decoded.observations[0].id);
    let ids: std::collections::BTreeSet<_> = first.decoded.observations.iter().map(|it| it.id.clone()).collect();
    assert_eq!(ids.len(), 4, "two spans, each also in the trace that it links to");
}

#[test]
fn json_is_as_strict_as_the_specification() {
    let of = |from: &str, to: &str| {
        let body = json(&SPAN.replace(from, to));
        assert!(body.contains(to), "nothing was replaced");
        decode(Signal::Traces, Encoding::Json, body.as_bytes(), &arrival())
    };
    for (from, to) in [
        ("\"kind\":3", "\"kind\":\"SPAN_KIND_CLIENT\""),
        ("\"code\":2", "\"code\":\"STATUS_CODE_ERROR\""),
        ("5B5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b", "W1tbW1tbW1tbW1tbW1tbWw=="),
        ("\"1795262398000000000\"", "1795262398.5"),
        ("\"-7\"", "\"seven\""),
    ] {
        let request = of(from, to).unwrap();
        assert_eq!((request.accepted, request.rejected), (0, 1), "{to}");
        assert!(request.message.contains("resourceSpans[0].scopeSpans[0].spans[0]: "), "{}", request.message);
    }
    let error = of("[{\"key\":\"server.address\"", "{}[{\"key\":\"server.address\"").unwrap_err();
    assert!(matches!(error.place, Place::Text { line: 1.., .. }) && !error.reason.is_empty(), "{error}");
    assert_eq!(
        of("\"kind\":3", "\"kind\":99").map(|it| spans(&it)[0].kind),
        Ok(plumbline_model::span::SpanKind::Unspecified)
    );
    for empty in ["{}", r#"{"resourceSpans":null}"#, r#"{"resourceSpans":[]}"#, r#"{"resourceSpans":[{}]}"#] {
        assert_eq!(
            decode(Signal::Traces, Encoding::Json, empty.as_bytes(), &arrival()),
            Ok(Request::default()),
            "{empty}"
        );
    }
    assert!(decode(Signal::Traces, Encoding::Protobuf, b"\x0a\xff", &arrival()).is_err());
}

#[test]
fn a_bad_span_costs_no_good_one_and_the_sender_is_told() {
    let bad = [
        Span { trace_id: vec![1; 15], ..span() },
        Span { trace_id: vec![0; 16], ..span() },
        Span { span_id: Vec::new(), ..span() },
        Span { parent_span_id: vec![1; 7], ..span() },
        Span { start_time_unix_nano: 0, ..span() },
        Span { end_time_unix_nano: NOW_NS + 3601 * SECOND, ..span() },
        Span { end_time_unix_nano: u64::MAX, ..span() },
    ];
    let request = traces(request(bad.into_iter().chain([span()]).collect()), &arrival());
    assert_eq!((request.accepted, request.rejected), (1, 7));
    let at = |index, member| format!("resourceSpans[0].scopeSpans[0].spans[{index}].{member}");
    let said = issues(&request);
    for (index, (member, reason)) in [
        ("traceId", "(15 bytes)"),
        ("traceId", "found `00000000000000000000000000000000`"),
        ("spanId", "(0 bytes)"),
        ("parentSpanId", "(7 bytes)"),
        ("startTimeUnixNano", "is before 2000"),
        ("endTimeUnixNano", "is more than an hour after reception"),
        ("endTimeUnixNano", "is more than an hour after reception"),
    ]
    .into_iter()
    .enumerate()
    {
        assert!(said[index].starts_with(&at(index, member)) && said[index].contains(reason), "{}", said[index]);
    }
    assert!(request.message.starts_with("7 spans rejected; the first: resourceSpans[0]"), "{}", request.message);
}

#[test]
fn an_end_before_the_start_is_an_issue_and_a_span_without_length() {
    let backwards = Span { end_time_unix_nano: NOW_NS - 3 * SECOND, ..span() };
    let request = traces(request(vec![backwards]), &arrival());
    assert_eq!((spans(&request)[0].duration(), request.rejected), (Lag::ZERO, 0));
    assert!(issues(&request)[0].contains("ends 1000000000 ns before it starts"), "{:?}", issues(&request));
}

#[test]
fn what_is_kept_is_bounded_and_cuts_are_counted() {
    let many = (0..70).map(|index| text(&format!("a{index}"), &"x".repeat(300)));
    let links = vec![span::Link { trace_id: vec![1; 16], span_id: vec![2; 8], ..span::Link::default() }; 130];
    let request = traces(request(vec![Span { attributes: many.collect(), links, ..span() }]), &arrival());
    let stored = spans(&request)[0];
    assert_eq!((stored.attributes.len(), stored.links.len()), (64, 128));
    assert!(stored.attributes.iter().all(|(_, value)| value.len() <= 256 && value.ends_with('…')));
    assert_eq!(request.decoded.cut_attributes, 64 + 6 + 2);
}

#[test]
fn logs_and_metrics_are_kept_as_far_as_they_serve() {
    let logs = r#"{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"pay"}}]},"scopeLogs":[{"logRecords":[
        {"timeUnixNano":"1795262399000000000","severityNumber":17,"body":{"stringValue":"declined"},"traceId":"5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b","spanId":"eeeeeeeeeeeeeeee"},
        {"observedTimeUnixNano":"1795262398000000000","body":{"kvlistValue":{"values":[{"key":"a","value":{"arrayValue":{"values":[{"intValue":"1"}]}}}]}}},
        {"timeUnixNano":"1795262399000000000","traceId":"5b5b"}]}]}]}"#;
    let read = |signal, body: &str| decode(signal, Encoding::Json, body.as_bytes(), &arrival()).unwrap();
    let request = read(Signal::Logs, logs);
    let said: Vec<_> =
        request.decoded.observations.iter().map(|it| format!("{:?} {:?} {}", it.route, it.fact, it.at)).collect();
    assert_eq!(
        said,
        [
            "Trace(5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b) Log(LogFact { service: \"pay\", severity: 17, body: \"declined\" }) 2026-11-21T11:59:59Z",
            "None Log(LogFact { service: \"pay\", severity: 0, body: \"{\\\"a\\\":[1]}\" }) 2026-11-21T11:59:58Z",
        ]
    );
    assert_eq!((request.rejected, request.message.starts_with("1 log record rejected")), (1, true));
    assert_eq!(read(Signal::Logs, logs).decoded, request.decoded, "a request sent again has the same ids");

    let metrics = r#"{"resourceMetrics":[{"resource":{},"scopeMetrics":[{"metrics":[
        {"name":"queue","unit":"1","gauge":{"dataPoints":[{"timeUnixNano":"1795262399000000000","asInt":"7"},{"timeUnixNano":"1795262399000000000","flags":1}]}},
        {"name":"cpu","unit":"s","sum":{"dataPoints":[{"timeUnixNano":"1795262399000000000","asDouble":1.5}],"aggregationTemporality":2,"isMonotonic":true}},
        {"name":"took","unit":"ms","histogram":{"dataPoints":[{"timeUnixNano":"1795262399000000000","count":"3","sum":12.5,"bucketCounts":["1","2"],"explicitBounds":[5]}],"aggregationTemporality":2}},
        {"name":"nothing"}]}]}]}"#;
    let request = read(Signal::Metrics, metrics);
    let said = request.decoded.observations.iter().map(|it| match &it.fact {
        Fact::Metric(metric) => format!("{} {}={}{}", metric.service, metric.name, metric.value, metric.unit),
        other => format!("{other:?}"),
    });
    assert_eq!(
        said.collect::<Vec<_>>(),
        [
            "unknown_service queue=71",
            "unknown_service cpu=1.5s",
            "unknown_service took.count=3ms",
            "unknown_service took.sum=12.5ms"
        ]
    );
    assert_eq!(request.rejected, 1);
}

#[test]
fn a_recorded_request_belongs_to_its_recording() {
    let record = RawRecord {
        source: "traces".into(),
        partition: "spans.jsonl".into(),
        offset: Some(3),
        received: ReceivedTime(NOW_NS as i64),
        recorded: true,
        payload: Some(json(SPAN).into_bytes().into()),
        ..RawRecord::default()
    };
    let decoded = decode_record(&record);
    let observation = &decoded.observations[0];
    assert_eq!(observation.id.partition.as_str(), "spans.jsonl");
    assert_eq!(observation.received.0, observation.at.0, "received when it happened");
    for (payload, said) in [("{}", "it is no request of OTLP"), ("{\n oops", "key must be a string")] {
        let decoded = decode_record(&RawRecord { payload: Some(payload.into()), ..record.clone() });
        assert_eq!(decoded.issues[0].reason, said);
        assert_eq!(decoded.issues[0].offset, Some(3));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_request_or_a_named_error(body: Vec<u8>, text in "\\PC{0,80}") {
        for signal in [Signal::Traces, Signal::Logs, Signal::Metrics] {
            let _ = decode(signal, Encoding::Protobuf, &body, &arrival());
            let _ = decode(signal, Encoding::Json, &body, &arrival());
            let _ = decode(signal, Encoding::Json, text.as_bytes(), &arrival());
        }
    }

    /// Requests that are nearly right: a valid one with some bytes changed.
    #[test]
    fn damaged_requests_are_survived(at in proptest::collection::vec((0..400_usize, any::<u8>()), 1..6), json_too: bool) {
        let mut body = if json_too { json(SPAN).into_bytes() } else { request(vec![span(), span()]).encode_to_vec() };
        for (at, byte) in at {
            let length = body.len();
            body[at % length] = byte;
        }
        let encoding = if json_too { Encoding::Json } else { Encoding::Protobuf };
        let _ = decode(Signal::Traces, encoding, &body, &arrival());
    }

    #[test]
    fn any_span_is_accepted_or_rejected(trace in proptest::collection::vec(any::<u8>(), 0..20), start: u64, end: u64, kind: i32, code: i32, name in "\\PC{0,400}") {
        let odd = Span { trace_id: trace, start_time_unix_nano: start, end_time_unix_nano: end, kind, name, status: Some(Status { message: String::new(), code }), ..span() };
        let request = traces(request(vec![odd]), &arrival());
        prop_assert_eq!(request.accepted + request.rejected, 1);
        let linked = u64::from(request.accepted == 1);
        prop_assert_eq!(request.decoded.observations.len() as u64, request.accepted + linked);
        prop_assert_eq!(request.rejected == 0, request.message.is_empty());
    }
}

#[test]
fn empty_values_as_the_collector_writes_them_are_values() {
    for value in [
        r#"{}"#,
        r#"{"arrayValue":{}}"#,
        r#"{"kvlistValue":{}}"#,
        r#"{"arrayValue":{"values":[{}]}}"#,
        r#"{"doubleValue":"NaN"}"#,
        r#"{"doubleValue":1}"#,
        r#"{"intValue":5}"#,
        r#"{"bytesValue":""}"#,
        r#"{"stringValue":""}"#,
    ] {
        let body = json(&SPAN.replace(r#"{"intValue":"-7"}"#, value));
        let request = decode(Signal::Traces, Encoding::Json, body.as_bytes(), &arrival());
        assert!(request.is_ok(), "{value}: {request:?}");
    }
    for (from, to) in [
        (r#""parentSpanId":"aaaaaaaaaaaaaaaa","#, ""),
        (r#""parentSpanId":"aaaaaaaaaaaaaaaa""#, r#""parentSpanId":"""#),
        (r#""status":{"message":"timed out","code":2}"#, r#""status":{}"#),
        (
            r#""kind":3"#,
            r#""kind":3,"flags":257,"droppedAttributesCount":0,"traceState":"","events":[{"timeUnixNano":"1","name":"e","attributes":[]}]"#,
        ),
    ] {
        let body = json(&SPAN.replace(from, to));
        let request = decode(Signal::Traces, Encoding::Json, body.as_bytes(), &arrival());
        assert!(request.is_ok_and(|it| it.rejected == 0), "{to}");
    }
}
