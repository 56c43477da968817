//! Bad input against the product as it is run: what a sender is told, what is counted and kept aside, and that no good record
//! pays for a bad one. Floods, full disks, refusals of large bodies, pages of other sites and names that are markup are in files
//! of their own.

mod disk;
mod early;
mod flood;
mod foreign_page;
mod markup;
mod refused;

use serde_json::{Value, json};
use xtask::clock::{rfc3339, unix_micros};

const CONFIG: &str = "
limits: { max_body: 1MiB, queue: 8MiB }
sources:
  shop: { http: { path: /ingest/shop }, lateness: 1s }
  traces: { otlp: {}, lateness: 1s }
entities:
  order:
    within: 5s
    compare: { status: text, total: { decimal: 2 } }
    replicas:
      orders: { source: shop, match: { type: order.changed }, key: $.data.id, version: $.data.version, fields: &f { status: $.data.status, total: $.data.total }, baseline: empty }
      view: { source: shop, match: { type: view.changed }, key: $.data.id, fields: *f, baseline: empty }
";

/// An event of the shop with some members changed; `null` takes one out.
fn event(id: &str, changed: &Value) -> Value {
    let mut event = json!({
        "specversion": "1.0", "id": id, "source": "/shop", "type": "order.changed", "time": rfc3339(unix_micros()),
        "data": { "id": id, "version": 1, "status": "paid", "total": 1 },
    });
    merge(&mut event, changed);
    event
}

fn merge(into: &mut Value, changed: &Value) {
    match (into, changed) {
        (Value::Object(into), Value::Object(changed)) => {
            for (name, value) in changed {
                if value.is_null() {
                    into.remove(name);
                } else {
                    merge(into.entry(name.clone()).or_insert(Value::Null), value);
                }
            }
        }
        (into, changed) => *into = changed.clone(),
    }
}

/// A request of OTLP/JSON with so many spans of one trace, with some members of the first changed.
fn spans(trace: u64, count: u64, changed: &Value) -> Value {
    let nanos = unix_micros() * 1_000;
    let spans = (1..=count).map(|number| {
        let mut span = json!({
            "traceId": format!("{:016x}{trace:016x}", 7), "spanId": format!("{number:016x}"), "name": "work", "kind": 2,
            "startTimeUnixNano": (nanos - 2_000_000_000).to_string(), "endTimeUnixNano": (nanos - 1_000_000_000).to_string(),
            "attributes": [{ "key": "note", "value": { "stringValue": "x".repeat(100) } }],
        });
        if number == 1 {
            merge(&mut span, changed);
        }
        span
    });
    let resource = json!({ "attributes": [{ "key": "service.name", "value": { "stringValue": "worker" } }] });
    json!({ "resourceSpans": [{ "resource": resource, "scopeSpans": [{ "spans": spans.collect::<Vec<_>>() }] }] })
}
