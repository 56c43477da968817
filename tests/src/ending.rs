//! How the product ends: nobody who only began to send keeps it, and a second signal ends it at once.

use std::{io::Write as _, net::TcpStream, time::Duration};

use crate::product::Product;

const CONFIG: &str = "sources: { shop: { http: { path: /ingest/shop } }, traces: { otlp: {} } }";

/// A connection on which a request was begun, to each address.
fn half_sent(product: &Product) -> Vec<TcpStream> {
    let begin = |url: &String| {
        let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
        stream.write_all(b"POST /ingest/shop HTTP/1.1\r\nHost: x\r\n").unwrap();
        stream
    };
    [&product.url, &product.otlp_http, &product.otlp_grpc].map(begin).into()
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_were_only_begun_do_not_keep_it() {
    let mut product = Product::start(CONFIG).await.unwrap();
    let held_open = half_sent(&product);
    product.signal("TERM");
    let ended = product.ended(Duration::from_secs(9)).await;
    assert_eq!(ended.as_deref(), Some("exit status: 0"), "5 s for what is under way, and the rest in order");
    drop(held_open);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_it_at_once() {
    let mut product = Product::start(CONFIG).await.unwrap();
    let held_open = half_sent(&product);
    product.signal("TERM");
    assert_eq!(product.ended(Duration::from_secs(1)).await, None, "it waits for what is under way");
    product.signal("TERM");
    assert_eq!(product.ended(Duration::from_secs(2)).await.as_deref(), Some("exit status: 143"));
    drop(held_open);
}
