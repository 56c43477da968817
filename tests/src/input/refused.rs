//! One bad request after the other: status, words, place, and that each is seen on the Collectors page.

use std::io::Write as _;

use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

use super::{CONFIG, event, spans};
use crate::product::Product;

/// What is sent, and what is to be answered: the status and parts of the text.
struct Case {
    name: &'static str,
    request: RequestBuilder,
    status: u16,
    says: &'static [&'static str],
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn cases(product: &Product) -> Vec<Case> {
    let client = product.client();
    let shop = format!("{}/ingest/shop", product.url);
    let otlp = format!("{}/v1/traces", product.otlp_http);
    let json = |url: &str, body: String| client.post(url).header("content-type", "application/json").body(body);
    let events = |changed: Value| {
        let kind = "application/cloudevents+json";
        client.post(&shop).header("content-type", kind).body(event("bad", &changed).to_string())
    };
    let batch = |body: Value| {
        client.post(&shop).header("content-type", "application/cloudevents-batch+json").body(body.to_string())
    };
    let binary = |without: &str| {
        let all = [("ce-specversion", "1.0"), ("ce-id", "b"), ("ce-source", "/s"), ("ce-type", "order.changed")];
        let mut request = json(&shop, "{}".to_owned());
        for (name, value) in all.into_iter().filter(|(name, _)| *name != without) {
            request = request.header(name, value);
        }
        request
    };
    let gzip = packed(spans(1, 1, &json!({})).to_string().as_bytes());
    let cut = gzip[..gzip.len() - 12].to_vec();
    let bomb = packed(&vec![b' '; 20_000_000]);
    let case = |name, request, status, says| Case { name, request, status, says };
    vec![
        case(
            "OTLP that is no protobuf",
            client.post(&otlp).header("content-type", "application/x-protobuf").body(b"\x0a\xff\x01".to_vec()),
            400,
            &["ExportTraceServiceRequest"],
        ),
        case("OTLP that is no JSON", json(&otlp, r#"{"resourceSpans":[{]}"#.to_owned()), 400, &["line 1, column 20"]),
        case(
            "OTLP with an enum as text",
            json(&otlp, spans(1, 1, &json!({ "kind": "SERVER" })).to_string()),
            200,
            &["rejectedSpans", "spans[0]: ", "expected an enum as its number"],
        ),
        case("OTLP of another signal", json(&otlp, r#"{"resourceLogs":[]}"#.to_owned()), 400, &["no `resourceSpans`"]),
        case(
            "OTLP with a bad span among good ones",
            json(&otlp, spans(2, 3, &json!({ "traceId": "00" })).to_string()),
            200,
            &["rejectedSpans", "spans[0].traceId", "expected 16 bytes"],
        ),
        case(
            "a span of the far future",
            json(&otlp, spans(3, 1, &json!({ "endTimeUnixNano": "9223372036854775807" })).to_string()),
            200,
            &["endTimeUnixNano", "more than an hour after reception"],
        ),
        case("a cut gzip", json(&otlp, String::new()).header("content-encoding", "gzip").body(cut), 400, &["not gzip"]),
        case(
            "a gzip bomb",
            json(&otlp, String::new()).header("content-encoding", "gzip").body(bomb),
            413,
            &["1048576 bytes, unpacked", "limits.max_body"],
        ),
        case("a body over the limit", json(&otlp, "{".repeat(2_000_000)), 413, &["1048576 bytes"]),
        case("another encoding", json(&otlp, String::new()).header("content-encoding", "br"), 415, &["gzip, zstd"]),
        case(
            "another kind of OTLP",
            client.post(&otlp).header("content-type", "text/plain").body("spans"),
            415,
            &["application/x-protobuf or application/json"],
        ),
        case("another path of OTLP", json(&format!("{}/v1/spans", product.otlp_http), String::new()), 404, &["traces"]),
        case("no id", binary("ce-id"), 400, &["the attribute `id` is missing", "$.id"]),
        case("no source", binary("ce-source"), 400, &["the attribute `source` is missing", "$.source"]),
        case("no type", binary("ce-type"), 400, &["the attribute `type` is missing"]),
        case("another specversion", events(json!({ "specversion": "0.3" })), 400, &["expected `1.0`", "$.specversion"]),
        case("a time that is none", events(json!({ "time": "yesterday" })), 400, &["`yesterday`", "$.time"]),
        case("the far future", events(json!({ "time": "2200-01-01T00:00:00Z" })), 400, &["an hour after reception"]),
        case("the far past", events(json!({ "time": "1970-01-01T00:00:00Z" })), 400, &["before 2000", "$.time"]),
        case("no key", events(json!({ "data": { "id": null } })), 400, &["no key", "order.orders.key at $.data.id"]),
        case(
            "a field of the wrong type",
            events(json!({ "id": "field", "data": { "total": "many" } })),
            202,
            &[r#""observations":2"#, "order.orders.total at $.data.total", "expected a number with 2 places"],
        ),
        case(
            "a batch with bad elements",
            batch(json!([
                event("good-1", &json!({})),
                event("x", &json!({ "specversion": "9" })),
                7,
                event("good-2", &json!({})),
                event("y", &json!({ "data": { "id": null } }))
            ])),
            202,
            &[r#""observations":4"#, "$[1].specversion", "$[2]", "$[4], order.orders.key"],
        ),
        case("no JSON", json(&shop, "{nope".to_owned()), 400, &["it cannot be read", "line 1, column 2"]),
        case("nothing at all", client.post(&shop), 400, &["it is empty"]),
        case(
            "plain text",
            client.post(&shop).header("content-type", "text/plain").body("hello"),
            400,
            &["`text/plain`", "application/cloudevents+json"],
        ),
        case("a batch that is no array", batch(event("alone", &json!({}))), 400, &["not an array", "cloudevents+json"]),
        case(
            "XML",
            client.post(&shop).header("content-type", "application/cloudevents+xml").body("<event/>"),
            400,
            &["application/cloudevents+json"],
        ),
        case(
            "an event over the limit",
            events(json!({ "data": { "note": "x".repeat(2_000_000) } })),
            413,
            &["1048576"],
        ),
    ]
}

/// Behind the bad requests: what no source could be charged with.
fn uncounted(product: &Product) -> Vec<Case> {
    let client = product.client();
    let case = |name, request, status, says| Case { name, request, status, says };
    vec![
        case("another path", client.post(format!("{}/ingest/none", product.url)), 404, &["there is /ingest/shop"]),
        case("another method", client.get(format!("{}/ingest/shop", product.url)), 405, &["does not take GET"]),
        case("another method of OTLP", client.get(format!("{}/v1/traces", product.otlp_http)), 405, &["POSTed to"]),
    ]
}

async fn text(response: Response) -> String {
    String::from_utf8_lossy(&response.bytes().await.unwrap()).into_owned()
}

async fn answers_as_wanted(client: &Client, case: Case) {
    let request = case.request.build().unwrap();
    let otlp = request.url().path().starts_with("/v1/");
    let response = client.execute(request).await.unwrap();
    let status = response.status().as_u16();
    let kind = response.headers().get("content-type").map(|it| it.to_str().unwrap().to_owned()).unwrap_or_default();
    let text = text(response).await;
    assert_eq!(status, case.status, "{}: {text}", case.name);
    for part in case.says {
        assert!(text.contains(part), "{}: {part} in {text}", case.name);
    }
    // OTLP's own form is `google.rpc.Status` in the encoding of the request; everything else answers with problem details.
    let of_otlp =
        otlp && (kind == "application/x-protobuf" || kind == "application/json" && text.contains("\"message\":"));
    let is_told = status < 300 || if otlp { of_otlp } else { kind == "application/problem+json" };
    assert!(is_told, "{}: {kind}: {text}", case.name);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_is_told_counted_and_kept_aside_and_costs_no_other_anything() {
    let product = Product::start(CONFIG).await.unwrap();
    let cases = cases(&product);
    // All but an unknown path are the matter of a source.
    let counted = cases.iter().filter(|case| case.status != 404).count() as u64;
    for case in cases {
        answers_as_wanted(product.client(), case).await;
    }
    for case in uncounted(&product) {
        answers_as_wanted(product.client(), case).await;
    }
    let issues = product.get("/issues?limit=100").await.unwrap();
    let rows = issues["items"].as_array().unwrap();
    assert!(rows.len() as u64 >= counted, "{} issues of {counted} requests: {issues}", rows.len());
    let without = |row: &&Value| row["bytes_base64"].as_str().unwrap().is_empty() && row["bytes_total"] != 0;
    assert_eq!(rows.iter().find(without), None, "the bytes of each are kept aside");
    assert!(rows.iter().all(|row| row["bytes_base64"].as_str().unwrap().len() <= 5_464), "and not more than 4 KiB");
    let all = rows.len() as u64;
    // The rows are told with the engine's beat, the sum is read from the store: the rows come last.
    let told = |page: &Value| -> u64 {
        page["sources"].as_array().unwrap().iter().map(|row| row["issues"].as_u64().unwrap()).sum()
    };
    let collectors = product.until("/collectors", |page| told(page) >= all).await.unwrap();
    assert_eq!(collectors["issues"], told(&collectors), "the sum of the rows");
    let metrics = text(product.client().get(format!("{}/metrics", product.url)).send().await.unwrap()).await;
    for source in ["shop", "traces"] {
        let row = collectors["sources"].as_array().unwrap().iter().find(|row| row["source"] == source).unwrap();
        let line = format!("plumbline_issues_total{{source=\"{source}\"}} {}\n", row["issues"]);
        assert!(metrics.contains(&line), "{line} in {metrics}");
    }
    for key in ["good-1", "good-2"] {
        let lineage = product.get(&format!("/lineage/order/{key}")).await.unwrap();
        assert!(lineage.to_string().contains("paid"), "an element of the batch: {lineage}");
    }
    let trace = product.get(&format!("/traces/{:016x}{:016x}", 7, 2)).await.unwrap();
    assert_eq!(trace["spans"], 2, "the good spans of the bad request: {trace}");
    product.stop();
}
