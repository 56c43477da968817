//! COL-1: whatever the bytes are, decoding ends, and nothing is dropped without being told or counted.

use proptest::prelude::*;

use super::*;

const ALL: &str = "
sources:
  json: { kafka: { brokers: ['b:1'], topics: [t], format: json } }
  cloudevents: { kafka: { brokers: ['b:1'], topics: [t], format: cloudevents } }
  debezium: { kafka: { brokers: ['b:1'], topics: [t], format: debezium } }
  otlp: { otlp: {} }
entities:
  order:
    within: 5s
    compare: { a: number, b: { decimal: 2 }, c: { timestamp: us }, d: boolean, e: json, f: bytes, g: text }
    replicas:
      j: { source: json, key: $.id, version: $.v, time: $.time, fields: &f { a: $.a, b: $.b, c: $.c, d: $.d, e: $, f: $.f, g: { cel: 'value.g + a' } } }
      c: { source: cloudevents, key: $.id, deleted: data == 1, holds: a == b, fields: *f }
      d: { source: debezium, key: $.id, fields: *f }
sagas: { s: { start: t, correlate: [$..id, { cel: 'value.data.id' }] } }
";

const NAMES: &[&str] = &[
    "id",
    "op",
    "c",
    "source",
    "after",
    "before",
    "payload",
    "schema",
    "specversion",
    "type",
    "data",
    "time",
    "a",
    "b",
    "ts_ms",
    "snapshot",
    "table",
    "fields",
    "field",
    "name",
    "v",
    "d",
    "f",
    "resourceSpans",
    "scopeSpans",
    "spans",
    "traceId",
];
const TEXTS: &[&str] = &[
    "1.0",
    "c",
    "u",
    "d",
    "r",
    "t",
    "first",
    "last",
    "2026-11-21T11:00:00Z",
    "BBo=",
    "1234",
    "__debezium_unavailable_value",
    "",
    "io.debezium.time.Date",
    "org.apache.kafka.connect.data.Decimal",
];

/// JSON that is likely to get past the envelopes.
fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<f64>().prop_map(serde_json::Value::from),
        proptest::sample::select(TEXTS).prop_map(serde_json::Value::from),
        "\\PC{0,8}".prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(5, 60, 8, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            proptest::collection::vec((proptest::sample::select(NAMES), inner), 0..8).prop_map(|members| members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect::<serde_json::Map<_, _>>()
                .into()),
        ]
    })
}

/// Whether the record is one that is known to bring nothing.
fn says_nothing(source: &str, record: &RawRecord) -> bool {
    let payload = record.payload.as_deref().map(serde_json::from_slice::<serde_json::Value>);
    match (source, payload) {
        ("cloudevents", Some(Ok(value))) => value == serde_json::json!([]),
        // A request without a span is one all the same.
        ("otlp", Some(Ok(value))) => {
            value.as_object().is_some_and(|it| it.keys().any(|name| name.starts_with("resource")))
        }
        // Tombstones behind deletes, heartbeats, logical messages.
        ("debezium", None) => true,
        ("debezium", Some(Ok(value))) => {
            let envelope = value.get("payload").filter(|_| value.get("op").is_none()).unwrap_or(&value);
            let times = envelope.as_object().is_some_and(|it| it.keys().all(|name| name.starts_with("ts_")));
            envelope.is_null() || envelope.get("op") == Some(&"m".into()) || (times && envelope.get("ts_ms").is_some())
        }
        _ => false,
    }
}

fn accounted(decoder: &Decoder, source: &str, record: RawRecord) -> Result<(), TestCaseError> {
    let record = RawRecord { source: source.into(), ..record };
    let decoded = decoder.decode(&record);
    let silent = decoded.observations.is_empty() && decoded.issues.is_empty() && decoded.unmapped == 0;
    prop_assert!(!silent || says_nothing(source, &record), "{record:?} was dropped in silence");
    prop_assert_eq!(&decoder.decode(&record), &decoded, "decoding is a function of the record");
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes_are_decoded(payload: Vec<u8>, key: Option<Vec<u8>>, header: Vec<u8>) {
        let decoder = decoder(ALL);
        for source in ["json", "cloudevents", "debezium", "otlp"] {
            let record = RawRecord {
                key: key.clone().map(Into::into),
                headers: vec![("ce_id".into(), header.clone().into()), ("ce_specversion".into(), "1.0".into())],
                ..kafka(payload.clone())
            };
            accounted(&decoder, source, RawRecord { headers: Vec::new(), ..record.clone() })?;
            accounted(&decoder, source, RawRecord { payload: None, headers: Vec::new(), ..record.clone() })?;
            accounted(&decoder, source, record)?;
        }
    }

    #[test]
    fn any_json_is_decoded(value in json()) {
        let decoder = decoder(ALL);
        for source in ["json", "cloudevents", "debezium", "otlp"] {
            accounted(&decoder, source, kafka(value.to_string()))?;
        }
    }
}
