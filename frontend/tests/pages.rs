//! Every page as the server sends it: with data, with an empty answer and with a failing API. What they prove: a page reads
//! without scripts, says why it is empty, and never draws an error as an empty page (UI-1).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests: what is wrong should stop them"
)]

mod fixture;

use axum::{body::Body, http::Request};
use fixture::{Mood, site::site};
use http_body_util::BodyExt;
use tower::ServiceExt;

/// Path, words that the page must say with data, words that it must say when there is nothing.
const PAGES: [(&str, &str, &str); 16] = [
    ("/", "order-view misses 38 orders", "Nothing is watched yet"),
    ("/replicas", "41 of 1,093,040 keys diverge", "No entity is configured"),
    ("/replicas/order/order-view", "partition 3 of 6 stands", "No write was shown in this range"),
    ("/replicas/order/order-view?finding=f-5b20000077aa0006", "What proves it", "No key diverges"),
    ("/lineage", "Keys that diverge", "No key diverges"),
    ("/lineage?q=o-48213", "diverges in order-view", "Nothing is called that"),
    ("/lineage/order/o-48213", "order-view does not show it", ""),
    ("/sagas", "checkout, step by step", "No saga is declared"),
    ("/sagas/checkout/o-48190", "of silence", ""),
    ("/latency", "Above baseline", "No trace in this range"),
    ("/traces/b41e70a2c95f4d31a7c2b09f19f35d0c", "Sum, the whole path", ""),
    ("/streams", "shop.orders/3", "No stream is read"),
    ("/incidents", "order-view misses updates of partition 3", "No incident is open"),
    ("/report", "functions: the last 38.0 s are not seen yet", "Nothing was there to check"),
    ("/collectors", "held back by functions", "No source is configured"),
    ("/settings", "on-call", "Nobody is told"),
];

struct Answer {
    status: u16,
    html: String,
}

async fn get(path: &str, mood: Mood) -> Answer {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = site(mood, None).oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    Answer { status, html: String::from_utf8(bytes.to_vec()).unwrap() }
}

/// What a reader sees: the page without its tags and without the data that travels for hydration.
fn text(html: &str) -> String {
    let body = html.split_once("<body>").map_or(html, |(_, body)| body);
    let mut out = String::new();
    for (index, part) in body.split('<').enumerate() {
        let skipped = ["script", "style"].iter().any(|tag| part.starts_with(tag));
        if index > 0 && !skipped {
            out.push_str(part.split_once('>').map_or("", |(_, text)| text));
        }
    }
    out.replace('\u{a0}', " ").replace("&gt;", ">").replace("&amp;", "&").replace("&#x27;", "'")
}

#[tokio::test]
async fn pages_are_complete_without_scripts() {
    for (path, words, _) in PAGES {
        let page = get(path, Mood::Full).await;
        let text = text(&page.html);
        assert_eq!(page.status, 200, "{path}");
        assert!(text.contains(words), "{path} does not say {words:?}:\n{text}");
        assert!(!page.html.contains("class=\"skeleton\""), "{path} is sent before its data is there");
        assert!(page.html.contains("<title>") && page.html.contains(" – Plumbline</title>"), "{path} has no title");
    }
}

#[tokio::test]
async fn an_empty_page_says_why() {
    for (path, _, words) in PAGES.iter().filter(|(_, _, words)| !words.is_empty()) {
        let text = text(&get(path, Mood::Empty).await.html);
        assert!(text.contains(words), "{path} does not say {words:?}:\n{text}");
    }
}

#[tokio::test]
async fn an_error_is_never_an_empty_page() {
    for (path, full, empty) in PAGES {
        let page = get(path, Mood::Failing).await;
        let text = text(&page.html);
        assert_eq!(page.status, 503, "{path}");
        assert!(
            text.contains("The store is not ready") && text.contains("Try again"),
            "{path} hides the failure:\n{text}"
        );
        assert!(!text.contains(full) && (empty.is_empty() || !text.contains(empty)), "{path} pretends to have data");
    }
}

#[tokio::test]
async fn times_within_sentences_follow_the_clock() {
    let page = get("/sagas/checkout/o-48190", Mood::Full).await;
    assert!(text(&page.html).contains("from payment since 14:32:58; 2 m were given"), "{}", text(&page.html));
    assert!(page.html.contains("title=\"2026-11-21 14:32:58.000 UTC\""), "it is exact on hover");
}

#[tokio::test]
async fn code_is_no_backtick() {
    let page = text(&get("/sagas", Mood::Empty).await.html);
    assert!(page.contains("Add one under sagas: and"), "{page}");
}

#[tokio::test]
async fn what_does_not_exist_is_said_with_its_status() {
    let page = get("/incidents/999", Mood::Full).await;
    assert_eq!(page.status, 404);
    assert!(text(&page.html).contains("There is nothing at /incidents/999"));
    let nowhere = get("/no/such/page", Mood::Full).await;
    assert_eq!(nowhere.status, 404);
    assert!(text(&nowhere.html).contains("There is no page at this address"));
}

#[tokio::test]
async fn links_keep_range_and_clock() {
    let page = get("/?last=6h&utc", Mood::Full).await;
    for link in ["href=\"/replicas?last=6h&amp;utc\"", "href=\"/incidents/214?last=6h&amp;utc\""] {
        assert!(page.html.contains(link), "no {link}");
    }
}

#[tokio::test]
async fn keys_with_any_character_reach_the_api_unchanged() {
    let page = get("/lineage/order/a%2Fb%20c%25d", Mood::Full).await;
    assert!(text(&page.html).contains("There is nothing at /lineage/order/a%2Fb%20c%25d"), "{}", text(&page.html));
}

#[tokio::test]
async fn scripts_carry_the_nonce_and_the_page_says_when_it_is_not_live() {
    let still = get("/", Mood::Full).await;
    assert!(text(&still.html).contains("not live"));
    for tag in still.html.split("<script").skip(1) {
        assert!(tag.trim_start().starts_with("nonce=\""), "a script without the nonce: {}", &tag[..tag.len().min(80)]);
    }
    let request = Request::get("/").body(Body::empty()).unwrap();
    let live = site(Mood::Full, Some("nowhere".into())).oneshot(request).await.unwrap();
    let live = String::from_utf8(live.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap();
    assert!(live.contains("import init from '/assets/plumbline_ui.js'") && !text(&live).contains("not live"));
}

#[tokio::test]
async fn charts_have_their_numbers_as_tables() {
    for path in [
        "/?table=keys",
        "/replicas/order/order-view?table=replica",
        "/sagas?table=funnel",
        "/latency?table=map",
        "/lineage/order/o-48213?table=lanes",
    ] {
        let page = get(path, Mood::Full).await;
        assert!(page.html.contains("class=\"alt"), "{path} has no table");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn pages_asked_for_at_once_are_all_answered() {
    let site = site(Mood::Full, None);
    let mut asked = tokio::task::JoinSet::new();
    for (path, _, _) in PAGES.iter().cycle().take(320) {
        let answer = site.clone().oneshot(Request::get(*path).body(Body::empty()).unwrap());
        asked.spawn(async move { answer.await.unwrap().into_body().collect().await.unwrap() });
    }
    let all = async { while asked.join_next().await.transpose().unwrap().is_some() {} };
    let answered = tokio::time::timeout(std::time::Duration::from_secs(60), all).await;
    assert!(answered.is_ok(), "{} pages were never answered", asked.len());
}
