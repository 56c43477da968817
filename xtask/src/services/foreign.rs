//! Clients that others wrote, installed into `target/foreign`: Python SDKs and exporters in an environment of their own, and
//! the OpenTelemetry Collector's `telemetrygen`.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64;

use crate::{
    packages::{self, Need},
    shell, workspace,
};

const REQUIREMENTS: &str = include_str!("../../../tests/foreign/requirements.txt");
const TELEMETRYGEN: &str = "github.com/open-telemetry/opentelemetry-collector-contrib/cmd/telemetrygen@v0.161.0";
const INSTALL_LIMIT: Duration = Duration::from_secs(1200);

#[derive(Clone, Debug)]
pub struct Foreign {
    python: PathBuf,
    telemetrygen: PathBuf,
    scripts: PathBuf,
}

impl Foreign {
    /// Installs what is not there yet.
    ///
    /// # Errors
    /// When Python or Go are missing, or something cannot be installed.
    pub fn install() -> Result<Self> {
        let scripts = workspace::root()?.join("tests/foreign");
        Ok(Self { python: python()?, telemetrygen: telemetrygen()?, scripts })
    }

    /// Runs a script of `tests/foreign` with `input` as JSON on its standard input, and gives the JSON that it prints.
    ///
    /// # Errors
    /// When it ends badly, with what it said, or prints no JSON.
    pub fn script(&self, name: &str, args: &[&str], input: &Value) -> Result<Value> {
        let mut command = Command::new(&self.python);
        command.arg(self.scripts.join(name)).args(args);
        // What a machine sets for its own telemetry is none of the tests' business.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("OTEL_")) {
            command.env_remove(name);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("starting {name}"))?;
        let mut pipe = child.stdin.take().context("standard input")?;
        let text = input.to_string();
        // On a thread of its own: a script that answers before it has read all must not block both.
        let writer = thread::spawn(move || pipe.write_all(text.as_bytes()));
        let out = child.wait_with_output()?;
        // A script that takes no input closes the pipe, and that is no error.
        drop(writer.join());
        if !out.status.success() {
            bail!("{name} {}: {}", args.join(" "), shell::tail(&String::from_utf8_lossy(&out.stderr), 12));
        }
        serde_json::from_slice(&out.stdout).with_context(|| format!("{name} printed no JSON"))
    }

    /// `telemetrygen traces …` with these arguments.
    ///
    /// # Errors
    /// When it ends badly.
    pub fn telemetrygen(&self, args: &[&str]) -> Result<()> {
        shell::output(Command::new(&self.telemetrygen).args(args)).map(|_| ())
    }
}

fn python() -> Result<PathBuf> {
    let dir = folder("python", REQUIREMENTS)?;
    let python = dir.join("bin/python");
    if dir.join("complete").exists() {
        return Ok(python);
    }
    packages::need(&[Need::new("python3", "python3-venv")])?;
    println!("installing the Python SDKs of foreign clients (pip)");
    let log = workspace::target_dir("logs")?.join("pip.log");
    let requirements = workspace::root()?.join("tests/foreign/requirements.txt");
    let venv = |log: &Path| {
        shell::quietly(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&dir), log, INSTALL_LIMIT)
    };
    // Debian's Python comes without the module; the package brings it.
    if venv(&log).is_err() {
        packages::need(&[Need::new("/usr/share/doc/python3-venv", "python3-venv")])?;
        venv(&log)?;
    }
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(requirements);
    shell::quietly(&mut install, &log, INSTALL_LIMIT).context("installing the Python SDKs")?;
    fs::write(dir.join("complete"), "")?;
    Ok(python)
}

fn telemetrygen() -> Result<PathBuf> {
    let dir = folder("go", TELEMETRYGEN)?;
    let program = dir.join("telemetrygen");
    if program.exists() {
        return Ok(program);
    }
    packages::need(&[Need::new("go", "golang-go")])?;
    println!("installing telemetrygen (go install)");
    let log = workspace::target_dir("logs")?.join("go.log");
    let mut command = Command::new("go");
    command.args(["install", TELEMETRYGEN]).env("GOBIN", &dir).env("GOFLAGS", "").current_dir(&dir);
    shell::quietly(&mut command, &log, INSTALL_LIMIT).context("installing telemetrygen")?;
    Ok(program)
}

/// A folder for what was installed from that specification; another one has another folder.
fn folder(name: &str, specification: &str) -> Result<PathBuf> {
    workspace::target_dir(&format!("foreign/{name}-{:08x}", xxh3_64(specification.as_bytes()) as u32))
}
