//! What is not known is not shown as agreement: counters, counts of keys, coverage and unreachable sources.

use serde_json::Value;

use super::{CONFIG, send, small_shop};
use crate::product::Product;

fn counter<'a>(page: &'a Value, name: &str) -> &'a Value {
    page["counters"].as_array().unwrap().iter().find(|it| it["name"] == name).unwrap()
}

/// How the keys of a replica stand.
fn keys<'a>(page: &'a Value, replica: &str) -> &'a Value {
    let mut rows = page["entities"].as_array().unwrap().iter().flat_map(|it| it["replicas"].as_array().unwrap());
    &rows.find(|row| row["replica"] == replica).unwrap()["keys"]
}

#[tokio::test(flavor = "multi_thread")]
async fn of_nothing_nothing_is_called_converged() {
    let product = Product::start(CONFIG).await.unwrap();
    let page = product.get("/overview").await.unwrap();
    for (name, says) in [
        ("Divergent replicas", "nothing to check"),
        ("Stuck sagas", "no saga is declared"),
        ("Latency hotspots", "no trace was seen"),
    ] {
        let counter = counter(&page, name);
        assert_eq!((&counter["verdict"], &counter["worst"]), (&"unknown".into(), &says.into()), "{name}");
    }
    assert_eq!(page["verdict"], "unknown", "{page}");

    // Keys are counted as they stand, not as they stood at the end of the last minute.
    small_shop(&product).await;
    let at_once = |page: &Value| keys(page, "view")["converged"] == 3;
    let page = product.until("/replicas", at_once).await.unwrap();
    assert_eq!(keys(&page, "item-cache")["diverged"], 1, "{page}");
    let overview = product.get("/overview").await.unwrap();
    assert_eq!(counter(&overview, "Divergent replicas")["verdict"], "diverged");

    // Whatever share of the time is missing has its reason.
    for path in ["/report", "/collectors"] {
        let page = product.get(path).await.unwrap();
        let (share, reasons) = match path {
            "/report" => (1.0 - page["coverage"]["ratio"].as_f64().unwrap(), &page["coverage"]["unwatched"]),
            _ => (page["not_checked_share"].as_f64().unwrap(), &page["unwatched"]),
        };
        assert!(share < 0.1 || !reasons.as_array().unwrap().is_empty(), "{path}: {share} of the time, and {reasons}");
    }
    product.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_that_cannot_be_checked_are_no_agreement() {
    let without_baseline = CONFIG.replace(", baseline: empty", "");
    let product = Product::start(&without_baseline).await.unwrap();
    for key in ["o-1", "o-2", "o-3"] {
        send(&product, "shop", "order.changed", key).await;
    }
    let page = product.until("/overview", |page| page["consistency"]["unknown"] == 3).await.unwrap();
    assert_eq!(page["verdict"], "unknown", "{page}");
    assert_eq!(page["headline"], "Not known: 3 of 3 writes could not be checked in this range.");
    product.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_nobody_reaches_is_seen_on_the_pages() {
    // Port 9 (discard) answers nobody.
    let kafka = "
sources:
  orders-db: { kafka: { brokers: [\"127.0.0.1:9\"], topics: [orders], format: json } }
entities:
  order:
    within: 2s
    replicas:
      orders: { source: orders-db, key: $.id, fields: { status: $.status }, baseline: empty }
      view: { source: orders-db, key: $.id, fields: { status: $.status }, baseline: empty }
";
    let product = Product::start(kafka).await.unwrap();
    let page = product.until("/collectors", |page| page["sources"][0]["state"] == "blind").await.unwrap();
    assert!(page["sources"][0]["note"].as_str().unwrap().contains("refused"), "{page}");
    assert!(page["headline"].as_str().unwrap().ends_with("sources cannot be seen: orders-db."), "{page}");
    product.until("/status", |status| status["counts"]["collectors"] == 1).await.unwrap();
    product.stop();
}

/// Where a field has an authority of its own, the entity's authority is a copy of that field: it can be wrong, and is shown.
#[tokio::test(flavor = "multi_thread")]
async fn the_authority_of_all_but_one_field_is_shown_as_a_copy() {
    let config = "
sources: { shop: { http: { path: /ingest/shop }, lateness: 1s } }
entities:
  order:
    within: 2s
    authority: { default: orders, status: parcels }
    replicas:
      orders: { source: shop, match: { type: order.changed }, key: $.data.id, fields: &f { status: $.data.status, id: $.data.id }, baseline: empty }
      parcels: { source: shop, match: { type: parcel.changed }, key: $.data.id, fields: *f, baseline: empty }
";
    let product = Product::start(config).await.unwrap();
    send(&product, "shop", "parcel.changed", "o-1").await;
    send(&product, "shop", "order.changed", "o-1").await;
    let page = product.until("/replicas", |page| keys(page, "orders")["converged"] == 1).await.unwrap();
    assert_eq!(page["entities"][0]["replicas"].as_array().unwrap().len(), 2, "{page}");
    let orders = product.get("/replicas/order/orders").await.unwrap();
    assert_eq!(orders["headline"], "orders agrees with parcels in all 1 keys that could be checked.");
    product.stop();
}
