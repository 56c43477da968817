//! Traces from OpenTelemetry's Python SDK over both protocols, and from the Collector's `telemetrygen`.

use serde_json::Value;

use crate::{product::Product, services::Services};

const CONFIG: &str = "
sources:
  traces: { otlp: {}, lateness: 1s }
latency: { settle: 2s }
";

/// Sends by the SDK and reads every trace back.
async fn spans_come_through(protocol: &str) {
    let Some(foreign) = Services::foreign().await else { return };
    let product = Product::start(CONFIG).await.unwrap();
    let endpoint = if protocol == "grpc" { product.otlp_grpc.clone() } else { product.otlp_http.clone() };
    let args = [protocol.to_owned(), endpoint, "5".to_owned()];
    let sent = tokio::task::spawn_blocking(move || {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        foreign.script("otel_spans.py", &args, &Value::Null)
    });
    let sent = sent.await.unwrap().unwrap();
    assert_eq!(sent["spans"], 25);
    let traces: Vec<&str> = sent["traces"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    for (number, trace) in traces.iter().enumerate() {
        // Four in the trace itself, and the one that a link ties to it, which has a trace of its own.
        let page = product.until(&format!("/traces/{trace}"), |page| rows(page).len() == 5).await.unwrap();
        let spans = rows(&page);
        assert_eq!(spans.iter().filter(|span| span["trace"] != **trace).count(), 1, "{page}");
        assert_eq!((page["trace"].as_str(), page["incomplete"].as_bool()), (Some(*trace), Some(false)), "{page}");
        let served = spans.iter().find(|span| span["service"] == "back").unwrap_or_else(|| panic!("{page}"));
        assert_eq!(served["operation"], "GET /items");
        assert_eq!(served["failed"], number == 4, "the fifth fails: {served}");
    }
    product.stop();
}

/// The spans of a trace's page, without the stays in topics between them.
fn rows(page: &Value) -> Vec<&Value> {
    page["rows"].as_array().into_iter().flatten().filter_map(|row| row.get("span")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sdk_sends_by_grpc() {
    spans_come_through("grpc").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sdk_sends_by_http() {
    spans_come_through("http").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn telemetrygen_sends_by_both() {
    let Some(foreign) = Services::foreign().await else { return };
    let product = Product::start(CONFIG).await.unwrap();
    let grpc = product.otlp_grpc.trim_start_matches("http://").to_owned();
    let http = product.otlp_http.trim_start_matches("http://").to_owned();
    let sent = tokio::task::spawn_blocking(move || {
        let common = ["traces", "--otlp-insecure", "--traces", "20", "--rate", "0"];
        foreign.telemetrygen(&[&common[..], &["--service", "by-grpc", "--otlp-endpoint", &grpc]].concat())?;
        foreign
            .telemetrygen(&[&common[..], &["--service", "by-http", "--otlp-endpoint", &http, "--otlp-http"]].concat())
    });
    sent.await.unwrap().unwrap();
    for service in ["by-grpc", "by-http"] {
        let path = format!("/traces?service={service}&last=15m&limit=100");
        // A client's span and a server's; they may come in different batches.
        let whole = |page: &Value| {
            let traces = page["items"].as_array().unwrap();
            traces.len() == 20 && traces.iter().all(|trace| trace["spans"] == 2)
        };
        product.until(&path, whole).await.unwrap();
    }
    product.stop();
}
