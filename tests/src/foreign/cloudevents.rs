//! Events from the CloudEvents SDK in its three modes: states of a replica, one of which is wrong.

use serde_json::{Value, json};
use xtask::clock::{rfc3339, unix_micros};

use super::finding_of;
use crate::{product::Product, services::Services};

const CONFIG: &str = "
sources:
  owner: { http: { path: /ingest/owner }, lateness: 1s }
  copy: { http: { path: /ingest/copy }, lateness: 1s }
entities:
  order:
    within: 2s
    compare: { status: text }
    replicas:
      orders: { source: owner, key: $.subject, version: $.data.version, fields: { status: $.data.status }, baseline: empty }
      view: { source: copy, key: $.subject, fields: { status: $.data.state }, baseline: empty }
";

fn event(source: &str, key: &str, data: Value) -> Value {
    let attributes = json!({
        "id": format!("{source}-{key}"), "source": format!("/{source}"), "type": "order.row", "subject": key,
        "time": rfc3339(unix_micros()),
    });
    json!({ "attributes": attributes, "data": data })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sdk_sends_in_all_modes() {
    let Some(foreign) = Services::foreign().await else { return };
    let product = Product::start(CONFIG).await.unwrap();
    for mode in ["binary", "structured", "batched"] {
        let (right, wrong) = (format!("{mode}-right"), format!("{mode}-wrong"));
        let owner = json!([
            event("owner", &right, json!({ "version": 1, "status": "paid" })),
            event("owner", &wrong, json!({ "version": 1, "status": "paid" })),
        ]);
        let copy = json!([
            event("copy", &right, json!({ "state": "paid" })),
            event("copy", &wrong, json!({ "state": "open" })),
        ]);
        for (path, events) in [("owner", owner), ("copy", copy)] {
            let url = format!("{}/ingest/{path}", product.url);
            let sent =
                tokio::task::spawn_blocking(move || foreign.script("cloudevents_send.py", &[&url, mode], &events));
            assert_eq!(sent.await.unwrap().unwrap()["sent"], 2);
        }
    }
    for mode in ["binary", "structured", "batched"] {
        let key = format!("{mode}-wrong");
        let findings = product.until("/findings", |page| finding_of(page, "view", &key).is_some()).await.unwrap();
        let finding = finding_of(&findings, "view", &key).unwrap();
        assert_eq!(finding["subject"]["fields"][0], json!({ "field": "status", "expected": "paid", "held": "open" }));
        assert!(finding_of(&findings, "view", &format!("{mode}-right")).is_none(), "{findings}");
    }
    product.stop();
}
