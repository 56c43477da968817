//! The smallest thing to watch: an owner's table and a copy of it, whose rows the test itself sends.

use serde_json::{Value, json};
use xtask::clock::{rfc3339, unix_micros};

use crate::product::Product;

pub const CONFIG: &str = "
environment: pair
sources:
  owner: { http: { path: /ingest/owner }, lateness: 1s }
  copy: { http: { path: /ingest/copy }, lateness: 1s }
entities:
  order:
    within: 2s
    compare: { status: text }
    replicas:
      orders: { source: owner, key: $.subject, version: $.data.version, fields: { status: $.data.status }, baseline: empty }
      view: { source: copy, key: $.subject, fields: { status: $.data.status }, baseline: empty }
alerts: { group_wait: 1s }
";

/// A row in both; the copy's may be wrong.
pub async fn write(product: &Product, key: &str, owner: &str, copy: &str) {
    send(product, "owner", key, json!({ "version": 1, "status": owner })).await;
    send(product, "copy", key, json!({ "status": copy })).await;
}

async fn send(product: &Product, source: &str, key: &str, data: Value) {
    let event = json!({
        "specversion": "1.0", "id": format!("{source}-{key}"), "source": format!("/{source}"), "type": "order.row",
        "subject": key, "time": rfc3339(unix_micros()), "data": data,
    });
    let request = reqwest::Client::new().post(format!("{}/ingest/{source}", product.url));
    let request = request.header("content-type", "application/cloudevents+json").body(event.to_string());
    let response = request.send().await.unwrap();
    assert!(response.status().is_success(), "{}: {}", response.status(), response.text().await.unwrap());
}
