//! What is observed comes from outside and may be markup: it must be text wherever it is shown.

use crate::{browser::pair, product::Product};

/// Ends whatever it may stand in, then leads away, then runs something.
const KEY: &str = "</title></script>--><meta http-equiv=\"refresh\" content=\"0;url=https://evil.example\">\
                   <img src=x onerror=alert(1)>'\"&lt;b&gt;";

/// As it stands in a path.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_markup_is_shown_as_text() {
    let product = Product::start(pair::CONFIG).await.unwrap();
    pair::write(&product, KEY, "<img src=x onerror=alert(2)>", "</script><img src=x onerror=alert(3)>").await;
    product.until("/incidents", |page| page["items"][0]["number"] == 1).await.unwrap();
    let get = async |path: &str| {
        let response = product.client().get(format!("{}{path}", product.url)).send().await.unwrap();
        let headers = response.headers().clone();
        (headers, response.text().await.unwrap())
    };
    let lineage = format!("/lineage/order/{}", encoded(KEY));
    let html = "/api/v1/report?format=html";
    let pages = [
        &lineage,
        "/",
        "/replicas",
        "/replicas/order/view",
        "/lineage",
        "/incidents",
        "/incidents/1",
        "/report",
        "/collectors",
        html,
    ];
    let mut shown = 0;
    for page in pages {
        let (_, text) = get(page).await;
        assert!(!text.contains("</title></script>"), "{page}: {text}");
        assert!(!text.contains("<img") && !text.contains("<meta http-equiv"), "{page}: {text}");
        shown += usize::from(text.contains("&lt;img src=x onerror=alert(1)"));
    }
    assert!(shown >= 4, "the key is on {shown} pages");
    let (_, page) = get(&lineage).await;
    let title = page.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>")).unwrap().0;
    let escaped = KEY.replace('&', "&amp;").replace('<', "&lt;");
    assert_eq!(title, format!("order {escaped} – Plumbline"), "once, so that a browser shows it as it is");

    for format in ["md", "svg"] {
        let (_, text) = get(&format!("/api/v1/report?format={format}")).await;
        assert!(!text.contains("<img") && !text.contains("<meta"), "{format}: {text}");
    }
    assert!(get("/api/v1/report?format=md").await.1.contains("&lt;img src=x onerror=alert(1)&gt;"));
    // In these it stands as it is, and no browser may take them for pages.
    for format in ["json", "csv", "text"] {
        let (headers, text) = get(&format!("/api/v1/report?format={format}")).await;
        assert!(text.contains("<img src=x onerror=alert(1)>"), "{format}: {text}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{format}");
        assert!(!headers["content-type"].to_str().unwrap().contains("html"), "{format}");
    }
    let (headers, _) = get(html).await;
    assert_eq!(headers["content-security-policy"], "default-src 'none'; style-src 'unsafe-inline'");
    product.stop();
}
