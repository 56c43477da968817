//! A restart forgets nothing that pages tell: what came of each source, and how much of it could not be read.

use tempfile::TempDir;

use super::{CONFIG, records, small_shop};
use crate::product::Product;

#[tokio::test(flavor = "multi_thread")]
async fn what_came_before_a_restart_is_not_nothing() {
    let folder = TempDir::new().unwrap();
    let first = Product::start_in(CONFIG, folder.path()).await.unwrap();
    let page = first.get("/collectors").await.unwrap();
    assert_eq!(page["headline"], "No source has sent anything yet.", "{page}");
    assert_eq!(page["closed"], 0);
    small_shop(&first).await;
    let broken = first.client().post(format!("{}/ingest/shop", first.url)).body("{nope").send().await.unwrap();
    assert_eq!(broken.status(), 400);
    let told = first.until("/collectors", |page| page["issues"] == 1).await.unwrap();
    let (shop, stock) = (records(&told, "shop"), records(&told, "stock"));
    assert!(shop > stock && stock > 0, "{told}");
    first.stop();

    let second = Product::start_in(CONFIG, folder.path()).await.unwrap();
    let page = second.get("/collectors").await.unwrap();
    assert_ne!(page["headline"], "No source has sent anything yet.", "{page}");
    assert_eq!((records(&page, "shop"), records(&page, "stock")), (shop, stock), "{page}");
    let report = second.get("/report").await.unwrap();
    let coverage = &report["coverage"];
    assert_eq!((&coverage["records"], &coverage["issues"]), (&(shop + stock).into(), &1.into()), "{report}");
    assert!(coverage["issue_samples"][0].as_str().unwrap().starts_with("shop"), "{report}");
    second.stop();
}
