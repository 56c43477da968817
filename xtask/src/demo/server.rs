//! The product under the demo: built, configured, started, and started again when it ends (a `kill -9` in the middle of the
//! demo is part of the show).

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result};

use crate::{
    packages::{self, Need},
    services::{Lifetime, Server},
    shell, workspace,
};

const READY_LIMIT: Duration = Duration::from_secs(60);

/// The addresses that the demo chose.
#[derive(Clone, Debug)]
pub struct Addresses {
    pub http: u16,
    pub otlp_grpc: u16,
    pub otlp_http: u16,
    pub webhook: u16,
}

impl Addresses {
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.http)
    }
    pub fn otlp_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.otlp_http)
    }
}

/// The wanted port if it is free, else any that is.
///
/// # Errors
/// When none can be bound.
pub fn port(wanted: u16) -> Result<u16> {
    match TcpListener::bind(("127.0.0.1", wanted)) {
        Ok(_) => Ok(wanted),
        Err(_) => crate::services::free_port(),
    }
}

/// Builds the program as anybody would, so that what lies in the target folder afterwards is the whole of it.
///
/// # Errors
/// When it does not compile.
pub fn build() -> Result<PathBuf> {
    // librdkafka is compiled by its makefile.
    packages::need(&[Need::new("make", "make")])?;
    let mut command = shell::cargo();
    command.current_dir(workspace::root()?).args(["build", "--package", "plumbline", "--bin", "plumbline"]);
    shell::run(&mut command).context("building the server")?;
    Ok(workspace::target()?.join("debug/plumbline"))
}

/// The running program, over deploy/plumbline.yaml.
pub struct Product {
    program: PathBuf,
    config: PathBuf,
    log: PathBuf,
    /// What the configuration reads from the environment.
    variables: Vec<(&'static str, String)>,
    ready: String,
    server: Option<Server>,
}

impl Product {
    /// Nothing runs yet.
    ///
    /// # Errors
    /// When the workspace is not found or the folder of the log cannot be made.
    pub fn new(program: PathBuf, addresses: &Addresses, data: &Path, secret: &str) -> Result<Self> {
        let local = |port: u16| format!("127.0.0.1:{port}");
        let variables = vec![
            ("PLUMBLINE_DATA", data.display().to_string()),
            ("PLUMBLINE_LISTEN", local(addresses.http)),
            ("PLUMBLINE_PUBLIC_URL", addresses.url()),
            ("PLUMBLINE_OTLP_GRPC", local(addresses.otlp_grpc)),
            ("PLUMBLINE_OTLP_HTTP", local(addresses.otlp_http)),
            ("PLUMBLINE_WEBHOOK", format!("http://{}/alerts", local(addresses.webhook))),
            ("PLUMBLINE_WEBHOOK_SECRET", secret.to_owned()),
        ];
        Ok(Self {
            program,
            config: workspace::root()?.join("deploy/plumbline.yaml"),
            log: workspace::target_dir("demo")?.join("plumbline.log"),
            variables,
            ready: format!("{}/readyz", addresses.url()),
            server: None,
        })
    }

    /// Starts it and waits until it takes what is sent.
    ///
    /// # Errors
    /// When it ends, or is not ready in time.
    pub fn start(&mut self) -> Result<()> {
        let mut command = Command::new(&self.program);
        command.arg("serve").arg("--config").arg(&self.config).envs(self.variables.iter().cloned());
        let mut server = Server::start("plumbline", &mut command, self.log.clone(), Lifetime::Process)?;
        server.wait_until(READY_LIMIT, |_| ureq::get(&self.ready).call().is_ok())?;
        self.server = Some(server);
        Ok(())
    }

    pub fn pid(&self) -> Option<u32> {
        self.server.as_ref().map(|server| server.pid)
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Option<String> {
        self.server.as_mut().and_then(Server::ended)
    }

    pub fn log(&self) -> &Path {
        &self.log
    }
}
