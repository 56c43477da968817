//! What was asked for is what is answered: unknown names and parameters are refused, and a report of one entity is of it alone.

use super::{CONFIG, records, refused, small_shop};
use crate::product::Product;

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_of_what_was_asked_for() {
    let product = Product::start(CONFIG).await.unwrap();
    small_shop(&product).await;
    let all = product.get("/report").await.unwrap();
    assert_eq!(
        (&all["summary"]["consistency"]["closed"], &all["summary"]["diverged"]),
        (&4.into(), &1.into()),
        "{all}"
    );
    let collectors = product.get("/collectors").await.unwrap();
    let came = |source: &str| records(&collectors, source);
    assert_eq!(all["coverage"]["records"], came("shop") + came("stock"), "{all}");
    let orders = product.get("/report?entity=order").await.unwrap();
    let summary = &orders["summary"];
    assert_eq!((&summary["consistency"]["closed"], &summary["diverged"]), (&3.into(), &0.into()), "{orders}");
    assert_eq!(summary["consistency"]["ratio"], 1.0, "{orders}");
    assert!(summary["headline"].as_str().unwrap().starts_with("Consistent: all 3"), "{orders}");
    assert_eq!(orders["coverage"]["records"], came("shop"), "{orders}");
    assert!(came("shop") > came("stock") && came("stock") > 0, "{collectors}");
    let cache = product.get("/report?replica=item-cache").await.unwrap();
    assert_eq!(cache["summary"]["consistency"]["closed"], 1, "{cache}");
    assert_eq!(cache["replicas"].as_array().unwrap().len(), 1, "{cache}");
    // Before anything was there.
    let before = product.get("/report?from=2020-01-01T00:00:00Z&to=2020-01-01T01:00:00Z").await.unwrap();
    assert_eq!((&before["coverage"]["records"], &before["coverage"]["issues"]), (&0.into(), &0.into()), "{before}");
    assert_eq!(before["summary"]["verdicts"]["diverged"], 0, "what is wrong today was not wrong then: {before}");
    assert!(before["summary"]["headline"].as_str().unwrap().starts_with("There was nothing to check"), "{before}");

    for (path, status, position, says) in [
        ("/report?entity=ordr", 404, "entity", "did you mean \"order\"?"),
        ("/report?entity=order&replica=item-cache", 404, "replica", "configured: view"),
        ("/report?replica=orders", 404, "replica", "the authority of order"),
        ("/replicas/order/vew", 404, "replica", "did you mean \"view\"?"),
        ("/report?entitty=order", 400, "entitty", "did you mean `entity`?"),
        ("/overview?foo=1", 400, "foo", "is not known here"),
        ("/status?foo=1", 400, "foo", "expected no parameters"),
        ("/streams?foo=1", 400, "foo", "is not known here"),
        ("/report?last=1h&from=2026-01-01T00:00:00Z", 400, "last", "give one of them"),
        ("/findings?reason=bad", 400, "reason", "stale"),
        ("/findings?limit=0", 400, "limit", "1 to 1000"),
        ("/findings?limit=100000", 400, "limit", "1 to 1000"),
        ("/traces?cursor=AAAA", 400, "cursor", "not a cursor of this list"),
        ("/issues?cursor=1.2.3", 400, "cursor", "not a cursor of this list"),
    ] {
        let (told, at, detail) = refused(&product, path).await;
        assert_eq!((told, at.as_str()), (status, position), "{path}: {detail}");
        assert!(detail.contains(says), "{path}: {detail}");
    }
    product.stop();
}
