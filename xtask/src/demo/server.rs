//! The product under the demo: built, configured, started, and started again when it ends (a `kill -9` in the middle of the
//! demo is part of the show).

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result};

use crate::{
    services::{Lifetime, Server},
    shell, workspace,
};

const CONFIG: &str = include_str!("../../demo/plumbline.yaml");
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

/// Builds the program.
///
/// # Errors
/// When it does not compile.
pub fn build() -> Result<PathBuf> {
    let mut command = shell::cargo();
    command.current_dir(workspace::root()?).args(["build", "--package", "plumbline", "--bin", "plumbline"]);
    shell::run(&mut command).context("building the server")?;
    Ok(workspace::target()?.join("debug/plumbline"))
}

/// The configuration with the demo's own addresses and folder.
///
/// # Errors
/// When the committed file does not hold what is to be replaced.
pub fn configuration(addresses: &Addresses, data: &Path) -> Result<String> {
    let replacements = [
        ("data_dir: ./target/demo/data", format!("data_dir: {:?}", data.display().to_string())),
        ("listen: 127.0.0.1:8080", format!("listen: 127.0.0.1:{}", addresses.http)),
        ("grpc: 127.0.0.1:4317", format!("grpc: 127.0.0.1:{}", addresses.otlp_grpc)),
        ("http: 127.0.0.1:4318", format!("http: 127.0.0.1:{}", addresses.otlp_http)),
        ("http://127.0.0.1:9099/", format!("http://127.0.0.1:{}/", addresses.webhook)),
    ];
    let mut text = CONFIG.to_owned();
    for (from, to) in replacements {
        anyhow::ensure!(text.contains(from), "xtask/demo/plumbline.yaml does not say `{from}` any more");
        text = text.replace(from, &to);
    }
    Ok(text)
}

/// The running program.
pub struct Product {
    program: PathBuf,
    config: PathBuf,
    log: PathBuf,
    secret: String,
    ready: String,
    server: Option<Server>,
}

impl Product {
    /// Writes the configuration; nothing runs yet.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn new(program: PathBuf, addresses: &Addresses, data: &Path, secret: &str) -> Result<Self> {
        let folder = workspace::target_dir("demo")?;
        let config = folder.join("plumbline.yaml");
        fs::write(&config, configuration(addresses, data)?)?;
        let ready = format!("{}/readyz", addresses.url());
        Ok(Self { program, config, log: folder.join("plumbline.log"), secret: secret.to_owned(), ready, server: None })
    }

    /// Starts it and waits until it takes what is sent.
    ///
    /// # Errors
    /// When it ends, or is not ready in time.
    pub fn start(&mut self) -> Result<()> {
        let mut command = Command::new(&self.program);
        command.arg("serve").arg("--config").arg(&self.config).env("PLUMBLINE_DEMO_SECRET", &self.secret);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_gets_the_demos_addresses() {
        let addresses = Addresses { http: 1, otlp_grpc: 2, otlp_http: 3, webhook: 4 };
        let text = configuration(&addresses, Path::new("/data dir")).unwrap();
        for line in
            ["listen: 127.0.0.1:1\n", "grpc: 127.0.0.1:2, http: 127.0.0.1:3", "data_dir: \"/data dir\"", ":4/alerts"]
        {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}
