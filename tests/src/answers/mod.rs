//! What the API answers of a small shop, as it is run: that a name nobody has is refused, that figures belong to what was asked
//! for, and that nothing unknown reads as agreement. Words for people are proved beside the code that makes them.

mod asked;
mod restarted;
mod shown;

use serde_json::{Value, json};
use xtask::clock::{rfc3339, unix_micros};

use crate::product::Product;

const CONFIG: &str = "
sources:
  shop: { http: { path: /ingest/shop }, lateness: 1s }
  stock: { http: { path: /ingest/stock }, lateness: 1s }
entities:
  order:
    within: 2s
    replicas:
      orders: { source: shop, match: { type: order.changed }, key: $.data.id, fields: &f { status: $.data.status }, baseline: empty }
      view: { source: shop, match: { type: view.changed }, key: $.data.id, fields: *f, baseline: empty }
  item:
    within: 2s
    replicas:
      items: { source: stock, match: { type: item.changed }, key: $.data.id, fields: *f, baseline: empty }
      item-cache: { source: stock, match: { type: cache.changed }, key: $.data.id, fields: *f, baseline: empty }
";

/// Sends one event of a type about a key.
async fn send(product: &Product, source: &str, kind: &str, key: &str) {
    let event = json!({
        "specversion": "1.0", "id": format!("{kind}-{key}"), "source": "/shop", "type": kind,
        "time": rfc3339(unix_micros()), "data": { "id": key, "status": "paid" },
    });
    let request = product.client().post(format!("{}/ingest/{source}", product.url));
    let request = request.header("content-type", "application/cloudevents+json").body(event.to_string());
    let response = request.send().await.unwrap();
    assert!(response.status().is_success(), "{kind} {key}: {}", response.text().await.unwrap());
}

/// Three orders that the view shows, and one item that the cache never does.
async fn small_shop(product: &Product) {
    for key in ["o-1", "o-2", "o-3"] {
        send(product, "shop", "order.changed", key).await;
        send(product, "shop", "view.changed", key).await;
    }
    send(product, "stock", "item.changed", "i-1").await;
    let lost = product.until("/findings?entity=item", |page| !page["items"].as_array().unwrap().is_empty()).await;
    lost.unwrap();
    let closed = |page: &Value| page["summary"]["consistency"]["closed"] == 3;
    product.until("/report?entity=order", closed).await.unwrap();
}

/// What came of a source, as Collectors tells it.
fn records(collectors: &Value, source: &str) -> u64 {
    let row = collectors["sources"].as_array().unwrap().iter().find(|row| row["source"] == source).unwrap();
    row["records"].as_u64().unwrap()
}

/// Status, problem position and detail of an answer that is an error.
async fn refused(product: &Product, path: &str) -> (u16, String, String) {
    let response = product.client().get(format!("{}/api/v1{path}", product.url)).send().await.unwrap();
    let status = response.status().as_u16();
    let problem: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    let text = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
    (status, text("position"), text("detail"))
}
