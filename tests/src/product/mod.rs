//! The product as tests run it: `plumbline serve` in a process of its own, on ports of its own, over a folder of its own. The
//! process is this test program again, so that nothing more is linked: it runs the one test below, which serves.

use std::{env, fs, path::Path, process::Command, time::Duration};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::Instant;
use xtask::services::{Lifetime, Server, free_port, log_file, signal};

/// Verdicts wait for deadlines, frontiers and ticks; what takes longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(60);
/// Tells the child what to serve.
const CONFIG: &str = "PLUMBLINE_TEST_CONFIG";

#[test]
fn serve() {
    // Without the variable this is no child, and there is nothing to prove.
    if let Some(config) = env::var_os(CONFIG) {
        let arguments = ["plumbline".into(), "serve".into(), "--config".into(), config];
        assert_eq!(format!("{:?}", plumbline::cli::main(arguments)), format!("{:?}", std::process::ExitCode::SUCCESS));
    }
}

/// A running product. Dropping it ends it.
pub struct Product {
    /// `http://127.0.0.1:port` of dashboard, API and CloudEvents.
    pub url: String,
    pub otlp_http: String,
    pub otlp_grpc: String,
    client: reqwest::Client,
    server: Server,
    _data: TempDir,
}

impl Product {
    /// Starts with a configuration that says nothing of addresses and folders.
    ///
    /// # Errors
    /// When the product does not become ready, with the end of its log.
    pub async fn start(configuration: &str) -> Result<Self> {
        Self::serve(configuration, None).await
    }

    /// The same, with its data in a folder that stays.
    ///
    /// # Errors
    /// As `start`.
    pub async fn start_in(configuration: &str, folder: &Path) -> Result<Self> {
        Self::serve(configuration, Some(folder)).await
    }

    async fn serve(configuration: &str, folder: Option<&Path>) -> Result<Self> {
        let data = TempDir::new()?;
        let (http, otlp_http, otlp_grpc) = (free_port()?, free_port()?, free_port()?);
        let config = data.path().join("plumbline.yaml");
        let folder = folder.map_or_else(|| data.path().join("data"), Path::to_owned);
        let otlp = format!("otlp: {{ grpc: \"127.0.0.1:{otlp_grpc}\", http: \"127.0.0.1:{otlp_http}\" }}");
        fs::write(&config, format!("data_dir: {folder:?}\nlisten: 127.0.0.1:{http}\n{otlp}\n{configuration}"))?;
        let mut command = Command::new(env::current_exe()?);
        command.args(["--exact", "product::serve", "--nocapture"]).env(CONFIG, &config);
        let name = format!("product-{http}");
        let mut server = Server::start(&name, &mut command, log_file(&name)?, Lifetime::Process)?;
        let url = format!("http://127.0.0.1:{http}");
        let ready = format!("{url}/readyz");
        let server = tokio::task::spawn_blocking(move || {
            server.wait_until(PATIENCE, |_| ureq::get(&ready).call().is_ok()).map(|()| server)
        });
        Ok(Self {
            url,
            otlp_http: format!("http://127.0.0.1:{otlp_http}"),
            otlp_grpc: format!("http://127.0.0.1:{otlp_grpc}"),
            client: reqwest::Client::builder().build()?,
            server: server.await??,
            _data: data,
        })
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

    pub fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// The memory that the process holds now.
    ///
    /// # Errors
    /// Where the system does not tell.
    pub fn memory_mib(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.server.pid))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? / 1024)
    }

    /// Sends it a signal (`TERM`).
    pub fn signal(&self, name: &str) {
        signal(self.server.pid, name);
    }

    /// How it ended, where it did within so long.
    pub async fn ended(&mut self, within: Duration) -> Option<String> {
        let give_up = Instant::now() + within;
        loop {
            match self.server.ended() {
                None if Instant::now() < give_up => tokio::time::sleep(Duration::from_millis(50)).await,
                ended => return ended,
            }
        }
    }

    /// Ends it in order.
    pub fn stop(mut self) {
        self.server.stop();
    }
}
