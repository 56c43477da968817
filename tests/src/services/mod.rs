//! Real servers for tests: each is started once for all tests of the process, when the first one asks, and ends with it.
//! Where a server is not to be had the test is skipped, in print and with the reason; `PLUMBLINE_REQUIRE` makes that a
//! failure. How servers are started stands in the package `xtask`, which serves people by hand in the same way.
//!
//! ```text
//! let Some(kafka) = Services::kafka().await else { return };
//! ```

mod skip;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use anyhow::{Context, Result};
pub use xtask::services::{Browser, Compose, Connect, Foreign, Kafka, Postgres, Service};
use xtask::services::{Lifetime, way};

/// What stands once started, or why it does not.
type Shared<T> = OnceLock<Result<T, String>>;

/// The servers of this process. `None` means skipped: the reason was printed, and the caller returns.
pub struct Services;

impl Services {
    /// A broker. Tests share it: topics and groups carry the test's name.
    pub async fn kafka() -> Option<&'static Kafka> {
        ask(Service::Kafka, kafka).await
    }

    /// A server with `wal_level=logical`. Tests share it: `create_database` gives each its own.
    pub async fn postgres() -> Option<&'static Postgres> {
        ask(Service::Postgres, postgres).await
    }

    /// Kafka Connect with Debezium, writing to the shared broker.
    pub async fn debezium() -> Option<&'static Connect> {
        ask(Service::Debezium, debezium).await
    }

    /// Chromium behind a WebDriver server; each session is a browser of its own.
    pub async fn browser() -> Option<&'static Browser> {
        ask(Service::Browser, browser).await
    }

    /// The same, where the dashboard's WebAssembly is built, without which its pages do nothing in a browser.
    pub async fn dashboard() -> Option<&'static Browser> {
        ask(Service::Browser, dashboard).await
    }

    /// SDKs and tools that others wrote, with the scripts of `tests/foreign`.
    pub async fn foreign() -> Option<&'static Foreign> {
        ask(Service::Foreign, foreign).await
    }

    /// Docker Compose, for checking files.
    pub async fn compose() -> Option<&'static Compose> {
        ask(Service::Compose, compose).await
    }
}

async fn ask<T: Sync>(service: Service, start: fn() -> Result<&'static T>) -> Option<&'static T> {
    let test = skip::test_name();
    let started = tokio::task::spawn_blocking(start).await;
    match started.context("the start of a server panicked").and_then(|it| it) {
        Ok(server) => Some(server),
        Err(error) => skip::skip(&test, service, &error),
    }
}

fn shared<T>(cell: &'static Shared<T>, start: impl FnOnce() -> Result<T>) -> Result<&'static T> {
    let started = cell.get_or_init(|| start().map_err(|error| format!("{error:#}")));
    started.as_ref().map_err(|error| anyhow::anyhow!("{error}"))
}

fn kafka() -> Result<&'static Kafka> {
    static KAFKA: Shared<Kafka> = OnceLock::new();
    shared(&KAFKA, || match std::env::var("PLUMBLINE_KAFKA") {
        Ok(address) => Ok(Kafka::at(&address)),
        Err(_) => Kafka::start(way()?, "kafka", Lifetime::Process),
    })
}

fn postgres() -> Result<&'static Postgres> {
    static POSTGRES: Shared<Postgres> = OnceLock::new();
    shared(&POSTGRES, || match std::env::var("PLUMBLINE_POSTGRES") {
        Ok(address) => Postgres::at(&address),
        Err(_) => Postgres::start(way()?, "postgres", Lifetime::Process),
    })
}

fn debezium() -> Result<&'static Connect> {
    static CONNECT: Shared<Connect> = OnceLock::new();
    shared(&CONNECT, || Connect::start(kafka()?, "connect", Lifetime::Process))
}

fn browser() -> Result<&'static Browser> {
    static BROWSER: Shared<Browser> = OnceLock::new();
    shared(&BROWSER, || Browser::start("browser", Lifetime::Process))
}

fn dashboard() -> Result<&'static Browser> {
    xtask::web::published(&xtask::web::site()?).context("the dashboard's WebAssembly is not built: cargo xtask web")?;
    browser()
}

fn foreign() -> Result<&'static Foreign> {
    static FOREIGN: Shared<Foreign> = OnceLock::new();
    shared(&FOREIGN, Foreign::install)
}

fn compose() -> Result<&'static Compose> {
    static COMPOSE: Shared<Compose> = OnceLock::new();
    shared(&COMPOSE, Compose::find)
}
