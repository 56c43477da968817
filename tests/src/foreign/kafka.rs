//! Records from a Kafka client that shares no code with ours: plain JSON and CloudEvents in binary mode.

use serde_json::{Value, json};
use xtask::clock::{rfc3339, unix_micros};

use super::finding_of;
use crate::{product::Product, services::Services};

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_producers_records_are_read() {
    let (Some(kafka), Some(foreign)) = (Services::kafka().await, Services::foreign().await) else { return };
    let bootstrap = kafka.bootstrap.clone();
    let produce = |topic: &'static str, records: Value| {
        let bootstrap = bootstrap.clone();
        tokio::task::spawn_blocking(move || foreign.script("kafka_produce.py", &[&bootstrap, topic], &records))
    };
    let owner = json!([
        { "key": "a", "value": { "id": "a", "version": 1, "status": "paid" } },
        { "key": "b", "value": { "id": "b", "version": 1, "status": "paid" } },
    ]);
    // The binary mode of CloudEvents: attributes in headers, the data alone in the value.
    let headers = |key: &str| {
        json!({
            "ce_specversion": "1.0", "ce_id": format!("copy-{key}"), "ce_source": "/copy", "ce_type": "view.row",
            "ce_subject": key, "ce_time": rfc3339(unix_micros()), "content-type": "application/json",
        })
    };
    let copy = json!([
        { "key": "a", "value": { "state": "paid" }, "headers": headers("a") },
        { "key": "b", "value": { "state": "open" }, "headers": headers("b") },
    ]);
    produce("foreign.owner", owner).await.unwrap().unwrap();
    produce("foreign.copy", copy).await.unwrap().unwrap();

    let configuration = format!(
        "
sources:
  owner: {{ kafka: {{ brokers: [\"{bootstrap}\"], topics: [foreign.owner], format: json }} }}
  copy: {{ kafka: {{ brokers: [\"{bootstrap}\"], topics: [foreign.copy], format: cloudevents }} }}
entities:
  order:
    within: 2s
    compare: {{ status: text }}
    replicas:
      orders: {{ source: owner, key: $.id, version: $.version, fields: {{ status: $.status }} }}
      view: {{ source: copy, key: $.subject, fields: {{ status: $.data.state }} }}
"
    );
    let product = Product::start(&configuration).await.unwrap();
    let findings = product.until("/findings", |page| finding_of(page, "view", "b").is_some()).await.unwrap();
    assert!(finding_of(&findings, "view", "a").is_none(), "{findings}");
    product.stop();
}
