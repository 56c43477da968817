//! The product as tests run it: `plumbline serve` in this process, on ports of its own, over a folder of its own.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
use plumbline::{clock::SystemClock, config, serve};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;
use xtask::services::free_port;

/// Verdicts wait for deadlines, frontiers and ticks; what takes longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running product. Dropping it ends it.
pub struct Product {
    /// `http://127.0.0.1:port` of dashboard, API and CloudEvents.
    pub url: String,
    pub otlp_http: String,
    pub otlp_grpc: String,
    client: reqwest::Client,
    closing: CancellationToken,
    running: JoinHandle<Result<()>>,
    _data: TempDir,
}

impl Product {
    /// Starts with a configuration that says nothing of addresses and folders.
    ///
    /// # Errors
    /// When the configuration is wrong, or the product does not become ready.
    pub async fn start(configuration: &str) -> Result<Self> {
        // One provider for all of TLS; the second test finds it installed.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let data = TempDir::new()?;
        let (http, otlp_http, otlp_grpc) = (free_port()?, free_port()?, free_port()?);
        let text = format!(
            "data_dir: {:?}\nlisten: 127.0.0.1:{http}\notlp: {{ grpc: \"127.0.0.1:{otlp_grpc}\", http: \"127.0.0.1:{otlp_http}\" }}\n{configuration}",
            data.path()
        );
        let config = config::parse("test.yaml", &text, &|_| None, config::Purpose::Serve)
            .map_err(|problems| anyhow::anyhow!("{}", problems.render(false, 120)))?;
        let closing = CancellationToken::new();
        let running = tokio::spawn(serve::run_until(config, Arc::new(SystemClock), closing.clone()));
        let product = Self {
            url: format!("http://127.0.0.1:{http}"),
            otlp_http: format!("http://127.0.0.1:{otlp_http}"),
            otlp_grpc: format!("http://127.0.0.1:{otlp_grpc}"),
            client: reqwest::Client::new(),
            closing,
            running,
            _data: data,
        };
        product.ready().await?;
        Ok(product)
    }

    async fn ready(&self) -> Result<()> {
        let give_up = Instant::now() + PATIENCE;
        while !self.client.get(format!("{}/readyz", self.url)).send().await.is_ok_and(|it| it.status().is_success()) {
            ensure!(!self.running.is_finished(), "the product ended before it was ready");
            ensure!(Instant::now() < give_up, "the product is not ready");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// An answer of the API: `path` begins behind `/api/v1`.
    ///
    /// # Errors
    /// When there is no answer or it is an error, with its problem document.
    pub async fn get(&self, path: &str) -> Result<Value> {
        let response = self.client.get(format!("{}/api/v1{path}", self.url)).send().await?;
        let status = response.status();
        let text = response.text().await?;
        ensure!(status.is_success(), "{path}: {status}: {text}");
        serde_json::from_str(&text).with_context(|| format!("{path}: {text}"))
    }

    /// Asks again and again until the answer is as wanted.
    ///
    /// # Errors
    /// When it is not within a minute, with the last answer.
    pub async fn until(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        let give_up = Instant::now() + PATIENCE;
        loop {
            let answer = self.get(path).await;
            match answer {
                Ok(answer) if wanted(&answer) => return Ok(answer),
                answer => ensure!(Instant::now() < give_up, "{path} is not as wanted: {answer:?}"),
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// POSTs a batch of CloudEvents to a path of an `http` source.
    ///
    /// # Errors
    /// When it is not taken.
    pub async fn post(&self, path: &str, events: &Value) -> Result<()> {
        let request = self
            .client
            .post(format!("{}{path}", self.url))
            .header("content-type", "application/cloudevents-batch+json");
        let response = request.body(events.to_string()).send().await?;
        let status = response.status();
        ensure!(status.is_success(), "{path}: {status}: {}", response.text().await?);
        Ok(())
    }

    /// Ends it in order.
    ///
    /// # Errors
    /// What it ended with.
    pub async fn stop(mut self) -> Result<()> {
        self.closing.cancel();
        (&mut self.running).await?
    }
}

impl Drop for Product {
    fn drop(&mut self) {
        self.closing.cancel();
    }
}
