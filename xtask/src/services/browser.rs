//! Chromium, driven over the WebDriver protocol by chromedriver.

use std::{process::Command, time::Duration};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::server::{Lifetime, Server, data_dir, free_port, log_file};
use crate::{
    packages::{self, Need},
    shell,
};

const START_LIMIT: Duration = Duration::from_secs(30);
const NEEDS: [Need; 2] = [Need::new("chromium", "chromium"), Need::new("chromedriver", "chromium-driver")];
/// Other names under which the browser is installed on developers' machines.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

#[derive(Debug)]
pub struct Browser {
    /// Where a WebDriver client connects to; each session is a browser of its own.
    pub webdriver: String,
    chromium: String,
    profiles: std::path::PathBuf,
    server: Server,
}

impl Browser {
    /// # Errors
    /// When Chromium or its driver cannot be installed, or does not start.
    pub fn start(name: &str, lifetime: Lifetime) -> Result<Self> {
        let found = || NAMES.iter().find_map(|name| shell::which(name));
        if found().is_none() || shell::which("chromedriver").is_none() {
            packages::need(&NEEDS)?;
        }
        let chromium = found().context("Chromium")?.display().to_string();
        let profiles = data_dir(name, lifetime)?;
        let port = free_port()?;
        let webdriver = format!("http://127.0.0.1:{port}");
        let mut command = Command::new("chromedriver");
        command.arg(format!("--port={port}"));
        let mut server = Server::start(name, &mut command, log_file(name)?, lifetime)?;
        let address = format!("{webdriver}/status");
        server.wait_until(START_LIMIT, |_| ureq::get(&address).call().is_ok())?;
        Ok(Self { webdriver, chromium, profiles, server })
    }

    pub fn pid(&self) -> u32 {
        self.server.pid
    }

    /// Capabilities for a new session: a fresh profile in the folder `profile`, a window of that size, no background traffic.
    pub fn capabilities(&self, profile: &str, width: u32, height: u32, dark: bool) -> Value {
        let mut args = vec![
            "--headless".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-quic".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            format!("--window-size={width},{height}"),
            format!("--user-data-dir={}", self.profiles.join(profile).display()),
        ];
        if dark {
            args.push("--force-dark-mode".to_owned());
        }
        json!({
            "browserName": "chrome",
            "goog:chromeOptions": { "binary": self.chromium, "args": args },
            "goog:loggingPrefs": { "browser": "ALL" },
        })
    }
}
