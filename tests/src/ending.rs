//! How the product ends: nobody who only began to send keeps it, a second signal ends it at once, and it does not live on
//! without its ingest loop.

use std::{io::Write as _, net::TcpStream, sync::Arc, time::Duration};

use plumbline::{
    clock::SystemClock,
    config::{self, Purpose},
    serve,
};
use plumbline_store::{Options, SqliteStore};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::{
    product::Product,
    simulation::mortal::{Fate, MortalStore},
};

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

#[tokio::test(flavor = "multi_thread")]
async fn without_its_ingest_loop_it_ends_with_an_error() {
    let folder = TempDir::new().unwrap();
    let text = format!("data_dir: {:?}\nlisten: 127.0.0.1:0\n{CONFIG}", folder.path());
    let text = text.replace(", traces: { otlp: {} }", "");
    let config = config::parse("ending.yaml", &text, &|_| None, Purpose::Serve).unwrap_or_else(|it| panic!("{it:?}"));
    let prepared = serve::Prepared::of(config).await.unwrap();
    let store = SqliteStore::open(folder.path(), Options::default()).await.unwrap();
    let store = Arc::new(MortalStore::new(store, Fate::panicking()));
    let never = CancellationToken::new();
    let served = serve::run_on(store, prepared, Arc::new(SystemClock), never);
    let ended = tokio::time::timeout(Duration::from_secs(20), served).await.expect("nobody can send anything");
    assert_eq!(ended.unwrap_err().to_string(), "the ingest loop panicked");
}
