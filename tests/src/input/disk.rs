//! A disk that is full: nothing that was acknowledged is lost, everybody is told, and it goes on when there is room again.

use std::{path::Path, process::Command};

use serde_json::json;
use tempfile::TempDir;

use super::{CONFIG, spans};
use crate::product::Product;

/// A small disk in memory, for as long as it is held.
struct SmallDisk(TempDir);

impl SmallDisk {
    /// `None` where this user may not mount.
    fn new(mib: u32) -> Option<Self> {
        let dir = TempDir::new().unwrap();
        mount(&format!("size={mib}m"), dir.path()).then_some(Self(dir))
    }

    fn grow(&self, mib: u32) {
        assert!(mount(&format!("remount,size={mib}m"), self.0.path()));
    }
}

fn mount(options: &str, on: &Path) -> bool {
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", options, "none"]).arg(on).output();
    mounted.is_ok_and(|output| output.status.success())
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // If it is busy the folder stays behind, and a later run is not hindered by it.
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).output();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_loses_nothing_and_is_gone_on_from() {
    let Some(disk) = SmallDisk::new(8) else {
        println!("skipped: no small disk can be mounted here; the store's own tests fill a quota");
        return;
    };
    let product = Product::start_in(CONFIG, &disk.0.path().join("data")).await.unwrap();
    let url = format!("{}/v1/traces", product.otlp_http);
    let send = async |trace: u64| {
        let body = spans(trace, 500, &json!({})).to_string();
        let request = product.client().post(&url).header("content-type", "application/json").body(body);
        let response = request.send().await.unwrap();
        let retry = response.headers().get("retry-after").map(|it| it.to_str().unwrap().to_owned());
        (response.status().as_u16(), retry, response.text().await.unwrap())
    };
    let (mut taken, mut refused) = (Vec::new(), 0);
    for trace in 0..3_000 {
        match send(trace).await {
            (200, ..) => taken.push(trace),
            (503, Some(_), text) => {
                assert!(text.contains("the disk is full"), "{text}");
                refused += 1;
                if refused == 10 {
                    break;
                }
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(refused, 10, "8 MiB must be full some time; {} were taken", taken.len());
    let ready = product.client().get(format!("{}/readyz", product.url)).send().await.unwrap();
    assert_eq!(ready.status().as_u16(), 503);
    assert!(ready.text().await.unwrap().contains("the disk is full"));
    let status = product.get("/status").await.unwrap();
    assert!(status["trouble"].as_str().unwrap().starts_with("nothing can be written since"), "{status}");

    disk.grow(64);
    product.until("/status", |status| status["trouble"].is_null()).await.unwrap();
    let (status, _, text) = send(9_999).await;
    assert_eq!(status, 200, "{text}");
    taken.push(9_999);
    for trace in &taken {
        let page = product.get(&format!("/traces/{:016x}{trace:016x}", 7)).await.unwrap();
        assert_eq!(page["spans"], 500, "trace {trace} was acknowledged");
    }
    product.stop();
}
