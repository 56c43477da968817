//! The product as the demo runs it, beside a shop with faults. It is started once for all tests that only look at it.

use std::{fs, sync::OnceLock};

use serde_json::Value;
use tokio::sync::OnceCell;
use xtask::{
    shop::{self, Fault, Settings},
    workspace,
};

use crate::product::Product;

/// A product whose pages all have something to show.
pub struct Shop {
    pub url: String,
    /// The addresses of its pages.
    pub pages: Vec<String>,
    /// A key that diverges in `order-view`.
    pub key: String,
}

/// Starts it, or waits until who asked first has.
pub async fn shop() -> &'static Shop {
    static SHOP: OnceCell<Shop> = OnceCell::const_new();
    SHOP.get_or_init(open).await
}

async fn open() -> Shop {
    // Both run until the process ends.
    static PRODUCT: OnceLock<Product> = OnceLock::new();
    static RUNNING: OnceLock<std::sync::Mutex<shop::Running>> = OnceLock::new();
    let started = Product::start(&configuration()).await.unwrap();
    let product = PRODUCT.get_or_init(|| started);
    let faults = vec![Fault::LostUpdate, Fault::StaleCache, Fault::StuckPayment, Fault::FailedCompensation];
    let settings = Settings { seed: 1, rate: 3.0, faults, tag: "b".to_owned() };
    let running = shop::serve(shop::Options::new(settings, &product.url, &product.otlp_http));
    RUNNING.get_or_init(|| running.into());

    let lost = product.until("/findings?replica=order-view", |page| first(page, "/subject/key").is_some()).await;
    let key = first(&lost.unwrap(), "/subject/key").unwrap();
    let stuck = product.until("/sagas/checkout/instances?state=stuck", |page| first(page, "/instance").is_some()).await;
    let instance = first(&stuck.unwrap(), "/instance").unwrap();
    let told = |page: &Value| page["items"].as_array().unwrap().iter().any(|it| it["told"] != 0);
    let incidents = product.until("/incidents", told).await.unwrap();
    let incident = incidents["items"][0]["number"].clone();
    let traces = product.until("/traces?last=1h", |page| first(page, "/trace").is_some()).await;
    let trace = first(&traces.unwrap(), "/trace").unwrap();

    let lineage = format!("/lineage/order/{key}");
    let pages = [
        "/",
        "/replicas",
        "/replicas/order/order-view",
        "/lineage",
        &format!("/lineage?q={key}"),
        &lineage,
        "/sagas",
        &format!("/sagas/checkout/{instance}"),
        "/latency",
        &format!("/traces/{trace}"),
        "/streams",
        "/incidents",
        &format!("/incidents/{incident}"),
        "/report",
        "/collectors",
        "/settings",
    ];
    Shop { url: product.url.clone(), pages: pages.map(str::to_owned).to_vec(), key }
}

/// A field of the first item.
fn first(page: &Value, field: &str) -> Option<String> {
    page["items"].get(0)?.pointer(field)?.as_str().map(str::to_owned)
}

/// The demo's configuration but for its addresses, which are the test's own; its messages reach nobody.
fn configuration() -> String {
    let file = workspace::root().unwrap().join("deploy/plumbline.yaml");
    let text = fs::read_to_string(file).unwrap();
    let rules = &text[text.find("\nsources:").unwrap()..];
    let rules = rules.replace("${PLUMBLINE_WEBHOOK:-http://127.0.0.1:9099/alerts}", "http://127.0.0.1:9/alerts");
    let secret = rules.replace("${PLUMBLINE_WEBHOOK_SECRET}", "whsec_cGx1bWJsaW5lLWRlbW8tc2VjcmV0LW5vdC1mb3ItdXNl");
    format!("environment: shop\nsimulated: true\n{secret}")
}
