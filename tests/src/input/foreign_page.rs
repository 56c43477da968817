//! Requests that change something: from the product's own pages and from programs they are taken, from the page of another site
//! they are not, whatever it can make a browser send.

use reqwest::{RequestBuilder, redirect};

use crate::{browser::pair, product::Product};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const JSON: (&str, &str) = ("content-type", "application/json");
const EVIL: [(&str, &str); 2] = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];

fn with(request: RequestBuilder, headers: &[(&str, &str)], body: &str) -> RequestBuilder {
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(body.to_owned())
}

/// Status and kind of an answer, with its text.
async fn answer(request: RequestBuilder) -> (u16, String, String) {
    let response = request.send().await.unwrap();
    let kind = response.headers().get("content-type").map(|it| it.to_str().unwrap().to_owned()).unwrap_or_default();
    (response.status().as_u16(), kind, response.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn another_sites_page_can_neither_acknowledge_nor_silence() {
    let product = Product::start(pair::CONFIG).await.unwrap();
    pair::write(&product, "o-2", "paid", "open").await;
    product.until("/incidents", |page| page["items"][0]["number"] == 1).await.unwrap();
    let client = reqwest::Client::builder().redirect(redirect::Policy::none()).build().unwrap();
    let post = |path: &str| client.post(format!("{}{path}", product.url));
    let plain = ("content-type", "text/plain");

    let refused = [
        (
            with(post("/api/v1/incidents/1/acknowledge"), &[&EVIL[..], &[FORM]].concat(), "by=mallory"),
            403,
            "cross-site",
        ),
        (with(post("/incidents/1/acknowledge"), &[&EVIL[..], &[FORM]].concat(), "by=mallory"), 403, "cross-site"),
        (with(post("/api/v1/incidents/1/silence"), &[EVIL[0], plain], r#"{"by":"mallory"}"#), 403, "evil.example"),
        (with(post("/api/v1/silences/end"), &[EVIL[1], FORM], "matcher=x"), 403, "cross-site"),
        (with(post("/api/v1/incidents/1/silence"), &[plain], r#"{"by":"mallory"}"#), 415, "application/json"),
        (with(post("/api/v1/incidents/1/silence"), &[], r#"{"by":"mallory"}"#), 415, "application/json"),
        (with(post("/api/v1/incidents/1/note"), &[JSON], &" ".repeat(3 << 20)), 413, "65536 bytes"),
    ];
    for (request, status, says) in refused {
        let (got, kind, text) = answer(request).await;
        assert_eq!((got, kind.as_str()), (status, "application/problem+json"), "{text}");
        assert!(text.contains(says), "{says} in {text}");
    }
    let incident = product.get("/incidents/1").await.unwrap();
    assert!(incident["acknowledged_by"].is_null(), "{incident}");
    assert_eq!(product.get("/silences").await.unwrap(), serde_json::json!([]));

    // The product's own page, a program, and a program that sends nothing.
    let own = [("origin", product.url.as_str()), ("sec-fetch-site", "same-origin"), FORM];
    let taken = [
        (with(post("/api/v1/incidents/1/note"), &own, "by=ada&text=by+the+page"), 303),
        (with(post("/incidents/1/note"), &own, "by=ada&text=by+the+address"), 303),
        (with(post("/api/v1/incidents/1/note"), &[own[0], FORM], "by=ada&text=without+metadata"), 303),
        (with(post("/api/v1/incidents/1/note"), &[JSON], r#"{"by":"ada","text":"by a program"}"#), 202),
        (post("/api/v1/incidents/1/acknowledge"), 202),
    ];
    for (request, status) in taken {
        let (got, _, text) = answer(request).await;
        assert_eq!(got, status, "{text}");
    }
    let story = product.until("/incidents/1", |page| !page["acknowledged_by"].is_null()).await.unwrap().to_string();
    for note in ["by the page", "by the address", "without metadata", "by a program"] {
        assert!(story.contains(note), "{note} in {story}");
    }

    // What machines send is not guarded: some send such headers of their own.
    let event =
        r#"{"specversion":"1.0","id":"x","source":"/x","type":"order.row","subject":"o-3","data":{"version":1}}"#;
    let kind = ("content-type", "application/cloudevents+json");
    let (got, _, text) = answer(with(post("/ingest/owner"), &[EVIL[0], EVIL[1], kind], event)).await;
    assert_eq!(got, 202, "{text}");
    product.stop();
}
