//! More than can be taken: senders are told when to come again, and the memory stays where it is.

use std::time::Duration;

use serde_json::json;
use tokio::{task::JoinSet, time::Instant};

use super::{CONFIG, spans};
use crate::product::Product;

/// The queue of the configuration twice (waiting, and being read), what is made of it, and the program itself.
const MEMORY_MIB: u64 = 600;

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_told_to_come_again_and_fills_no_memory() {
    let product = Product::start(CONFIG).await.unwrap();
    let url = format!("{}/v1/traces", product.otlp_http);
    let until = Instant::now() + Duration::from_secs(8);
    let mut senders = JoinSet::new();
    for sender in 0..32_u64 {
        let (client, url) = (product.client().clone(), url.clone());
        senders.spawn(async move {
            let (mut taken, mut refused) = (Vec::new(), 0);
            let mut trace = sender << 32;
            while Instant::now() < until {
                let body = spans(trace, 1_000, &json!({})).to_string();
                let request = client.post(&url).header("content-type", "application/json").body(body);
                let response = request.send().await.unwrap();
                match response.status().as_u16() {
                    200 => taken.push(trace),
                    429 => {
                        assert_eq!(response.headers()["retry-after"], "2");
                        refused += 1;
                    }
                    other => panic!("{other}: {}", response.text().await.unwrap()),
                }
                trace += 1;
            }
            (taken, refused)
        });
    }
    let mut most_mib = 0;
    while Instant::now() < until {
        most_mib = most_mib.max(product.memory_mib().unwrap());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let (mut taken, mut refused) = (Vec::new(), 0);
    while let Some(sender) = senders.join_next().await {
        let (its, told) = sender.unwrap();
        taken.extend(its);
        refused += told;
    }
    println!("{} requests taken, {refused} refused, {most_mib} MiB at most", taken.len());
    assert!(refused > 0 && !taken.is_empty(), "{refused} refused, {} taken", taken.len());
    assert!(most_mib < MEMORY_MIB, "{most_mib} MiB");
    for trace in taken.iter().rev().take(5) {
        let page = product.get(&format!("/traces/{:016x}{trace:016x}", 7)).await.unwrap();
        assert_eq!(page["spans"], 1_000, "what was acknowledged is there");
    }
    let metrics = product.client().get(format!("{}/metrics", product.url)).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains(&format!("plumbline_refused_total{{source=\"traces\"}} {refused}\n")), "{metrics}");
    product.stop();
}
