//! Plumbline watched by Plumbline: what one tells of itself by OTLP, another one takes and shows.

use serde_json::{Value, json};

use crate::product::Product;

#[tokio::test]
async fn its_own_traces_and_metrics_arrive_where_they_are_sent() {
    let watcher = Product::start("sources: { traces: { otlp: {}, lateness: 2s, silence: 3s } }").await.unwrap();
    let telemetry = format!("telemetry: {{ otlp: \"{}\" }}", watcher.otlp_grpc);
    let watched = Product::start(&telemetry).await.unwrap();

    // A caller's trace goes on in the request.
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let traceparent = format!("00-{trace}-00f067aa0ba902b7-01");
    let report = format!("{}/api/v1/report", watched.url);
    reqwest::Client::new().get(report).header("traceparent", traceparent).send().await.unwrap();
    let path = format!("/traces/{trace}");
    let operation = |page: &Value| page["operation"]["places"][0]["place"]["operation"].clone();
    let page = watcher.until(&path, |page| operation(page).is_object()).await.unwrap();
    assert_eq!(operation(&page), json!({ "service": "plumbline", "operation": "GET /api/v1/report" }));

    // What is held back is sent at the end, metrics among it.
    let records = |page: &Value| page["records"].as_u64().unwrap();
    let before = records(&watcher.get("/collectors").await.unwrap());
    watched.stop();
    let page = watcher.until("/collectors", |page| records(page) > before).await.unwrap();
    assert_eq!(page["issues"], 0, "{page}");
    let ticks = watcher.until("/traces?limit=200", |page| page.to_string().contains("\"tick\"")).await.unwrap();
    assert!(ticks["items"].as_array().is_some_and(|items| !items.is_empty()));
}
