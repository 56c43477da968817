//! `cargo xtask services up | down | status`: servers that stay until they are taken down, for work by hand. Tests use them
//! where the variables that `up` prints are set.

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::{Browser, Connect, Kafka, Lifetime, Postgres, Service, Way, is_running, signal, way};
use crate::{clock::Stopwatch, shell, workspace};

/// A server that was left running.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry {
    name: String,
    address: String,
    /// `None`: a container.
    pid: Option<u32>,
}

impl Entry {
    fn container(&self) -> String {
        format!("plumbline-up-{}", self.name)
    }

    fn runs(&self) -> bool {
        match self.pid {
            Some(pid) => is_running(pid),
            None => shell::output(Command::new("docker").args(["inspect", &self.container()])).is_ok(),
        }
    }
}

/// Starts what does not run yet.
///
/// # Errors
/// When one of them does not start.
pub fn up(services: &[Service]) -> Result<()> {
    let way = way()?;
    for &service in services {
        if let Some(entry) = read()?.into_iter().find(|entry| entry.name == service.to_string() && entry.runs()) {
            println!("{service} runs already: {}", entry.address);
            continue;
        }
        let watch = Stopwatch::start();
        let entry = start(service, way).with_context(|| format!("starting {service}"))?;
        println!("{service} is up after {}: {}", watch.seconds(), entry.address);
        if matches!(service, Service::Kafka | Service::Postgres) {
            println!("  export PLUMBLINE_{}={}", service.to_string().to_uppercase(), address_for_tests(&entry));
        }
        let mut entries = read()?;
        entries.retain(|other| other.name != entry.name);
        entries.push(entry);
        write(&entries)?;
    }
    Ok(())
}

fn address_for_tests(entry: &Entry) -> &str {
    let host = entry.address.rsplit_once('@').map_or(entry.address.as_str(), |(_, host)| host);
    host.split_once('/').map_or(host, |(host, _)| host)
}

fn start(service: Service, way: Way) -> Result<Entry> {
    let name = service.to_string();
    let (address, pid) = match service {
        Service::Kafka => {
            let kafka = Kafka::start(way, &name, Lifetime::Detached)?;
            (kafka.bootstrap.clone(), kafka.pid())
        }
        Service::Postgres => {
            let postgres = Postgres::start(way, &name, Lifetime::Detached)?;
            (postgres.url.clone(), postgres.pid())
        }
        Service::Debezium => {
            let kafka = read()?.into_iter().find(|entry| entry.name == "kafka" && entry.runs());
            let kafka = kafka.context("Debezium writes to Kafka: `cargo xtask services up kafka debezium`")?;
            let connect = Connect::start(&Kafka::at(&kafka.address), &name, Lifetime::Detached)?;
            (connect.rest.clone(), Some(connect.pid()))
        }
        Service::Browser => {
            let browser = Browser::start(&name, Lifetime::Detached)?;
            (browser.webdriver.clone(), Some(browser.pid()))
        }
        Service::Foreign | Service::Compose => bail!("{service} is no server; tests install it by themselves"),
    };
    Ok(Entry { name, address, pid })
}

/// Ends them; all of them if none is named.
///
/// # Errors
/// When the list of what runs cannot be read or written.
pub fn down(services: &[Service]) -> Result<()> {
    let named = |entry: &Entry| services.is_empty() || services.iter().any(|it| it.to_string() == entry.name);
    let (ending, staying): (Vec<Entry>, Vec<Entry>) = read()?.into_iter().partition(named);
    for entry in ending.iter().filter(|entry| entry.runs()) {
        match entry.pid {
            Some(pid) => signal(pid, "TERM"),
            None => shell::output(Command::new("docker").args(["rm", "-f", &entry.container()])).map(|_| ())?,
        }
        println!("{} is down", entry.name);
    }
    write(&staying)
}

/// Says what runs.
///
/// # Errors
/// When the list cannot be read.
pub fn status() -> Result<()> {
    let entries = read()?;
    for service in Service::ALL {
        match entries.iter().find(|entry| entry.name == service.to_string() && entry.runs()) {
            Some(entry) => println!("{:<10} up    {}", service.to_string(), entry.address),
            None => println!("{:<10} down", service.to_string()),
        }
    }
    Ok(())
}

fn file() -> Result<PathBuf> {
    Ok(workspace::target_dir("services")?.join("up.json"))
}

fn read() -> Result<Vec<Entry>> {
    let file = file()?;
    if !file.exists() {
        return Ok(Vec::new());
    }
    serde_json::from_str(&fs::read_to_string(&file)?).with_context(|| format!("reading {}", file.display()))
}

fn write(entries: &[Entry]) -> Result<()> {
    Ok(fs::write(file()?, serde_json::to_vec_pretty(entries)?)?)
}
