//! Senders that write a whole request before they read the answer, as most do: a refusal reaches them, however early it is.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::product::Product;

/// Two bodies take the room of the queue.
const CONFIG: &str = "
limits: { max_body: 8MiB, queue: 16MiB }
sources:
  shop: { http: { path: /ingest/shop }, lateness: 1s }
  traces: { otlp: {}, lateness: 1s }
entities:
  order:
    within: 5s
    compare: { status: text }
    replicas:
      orders: { source: shop, key: $.data.id, fields: { status: $.data.status }, baseline: empty }
";
const MIB: usize = 1 << 20;
/// Half of the queue, less what a small request needs.
const OTHERS: usize = 8 * MIB - 4_096;

/// Writes the head of a request.
async fn begin(url: &str, path: &str, bytes: usize, more: &str) -> TcpStream {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {bytes}\r\n{more}\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// Reads the head of an answer, in lower case.
async fn answer(mut stream: TcpStream) -> String {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap().to_lowercase()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_writes_everything_first_learns_when_to_come_again() {
    let product = Product::start(CONFIG).await.unwrap();
    let body = vec![b' '; 12 * MIB];
    for (url, path) in [(&product.url, "/ingest/shop"), (&product.otlp_http, "/v1/traces")] {
        let mut large = begin(url, path, 12 * MIB, "").await;
        large.write_all(&body).await.unwrap();
        assert!(answer(large).await.starts_with("http/1.1 413 "));
        let told = answer(begin(url, path, 12 * MIB, "expect: 100-continue\r\n").await).await;
        assert!(told.starts_with("http/1.1 413 "), "{told}");

        let mut others = Vec::new();
        for _ in 0..2 {
            let mut other = begin(url, path, OTHERS, "").await;
            other.write_all(&body[..OTHERS - 2_000]).await.unwrap();
            others.push(other);
        }
        // Until all of theirs is read: then there is no room for a small one either.
        let probe = async || answer(begin(url, path, 16 << 10, "expect: 100-continue\r\n").await).await;
        while !probe().await.starts_with("http/1.1 429 ") {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        for _ in 0..5 {
            let mut sender = begin(url, path, 7 * MIB, "").await;
            sender.write_all(&body[..7 * MIB]).await.unwrap();
            let told = answer(sender).await;
            assert!(told.starts_with("http/1.1 429 ") && told.contains("\r\nretry-after: 2\r\n"), "{told}");
        }
        let told = answer(begin(url, path, 7 * MIB, "expect: 100-continue\r\n").await).await;
        assert!(told.starts_with("http/1.1 429 ") && told.contains("\r\nretry-after: 2\r\n"), "{told}");
        // Those who were there first are not disturbed: nothing of theirs is an event, which is what they are told.
        for mut other in others {
            other.write_all(&body[..2_000]).await.unwrap();
            assert!(answer(other).await.starts_with("http/1.1 400 "));
        }
    }
    product.stop();
}
