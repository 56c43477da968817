//! Real servers for tests and for trying things out: in containers where a container engine answers, else native (Maven's
//! jars, Debian's packages), else not at all, with the reason. Each has its own port, data folder and log.
//! Adding one: a file beside these with a `start(way, name, lifetime)`, and a line in `Service` and in `up.rs`.

mod browser;
mod compose;
mod connect;
mod container;
mod foreign;
mod guardian;
mod kafka;
mod maven;
mod postgres;
mod server;
pub mod up;

use std::{env, fmt};

use anyhow::{Result, bail};

pub use browser::Browser;
pub use compose::Compose;
pub use connect::Connect;
pub use foreign::Foreign;
pub use kafka::Kafka;
pub use postgres::Postgres;
pub use server::{Lifetime, Server, data_dir, free_port, is_running, log_file, signal};

/// The servers that tests may ask for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, clap::ValueEnum)]
pub enum Service {
    Kafka,
    Postgres,
    /// Kafka Connect with Debezium's PostgreSQL connector.
    Debezium,
    /// Chromium with its driver.
    Browser,
    /// Clients that others wrote: OpenTelemetry and CloudEvents SDKs, telemetrygen, a Kafka client (`foreign`).
    Foreign,
    /// Docker Compose, which checks the project's file.
    Compose,
}

impl Service {
    pub const ALL: [Self; 6] =
        [Self::Kafka, Self::Postgres, Self::Debezium, Self::Browser, Self::Foreign, Self::Compose];
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kafka => "kafka",
            Self::Postgres => "postgres",
            Self::Debezium => "debezium",
            Self::Browser => "browser",
            Self::Foreign => "foreign",
            Self::Compose => "compose",
        })
    }
}

/// The images in which servers are run where a container engine answers.
pub fn images() -> [&'static str; 2] {
    [container::kafka(0).image, container::postgres(0).image]
}

/// How servers are run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    Container,
    Native,
}

/// The way on this machine; `PLUMBLINE_SERVICES` = `containers` | `native` | `none` forces it.
///
/// # Errors
/// When servers are not wanted, or the variable holds something else.
pub fn way() -> Result<Way> {
    match env::var("PLUMBLINE_SERVICES").as_deref() {
        Ok("containers") => Ok(Way::Container),
        Ok("native") => Ok(Way::Native),
        Ok("none") => bail!("PLUMBLINE_SERVICES=none"),
        Ok(other) => bail!("PLUMBLINE_SERVICES is {other:?}; expected `containers`, `native` or `none`"),
        Err(_) if container::engine_answers() => Ok(Way::Container),
        Err(_) => Ok(Way::Native),
    }
}

/// Whether a run must fail if the service is not to be had: `PLUMBLINE_REQUIRE` = `all` | a list of names.
///
/// # Errors
/// When the variable names no service.
pub fn is_required(service: Service) -> Result<bool> {
    let required = env::var("PLUMBLINE_REQUIRE").unwrap_or_default();
    Ok(required_in(&required)?.contains(&service))
}

/// Reads a list of services: `all`, or names with commas between.
///
/// # Errors
/// When a name is none of them.
pub fn required_in(list: &str) -> Result<Vec<Service>> {
    let mut services = Vec::new();
    for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        if name == "all" {
            return Ok(Service::ALL.to_vec());
        }
        match Service::ALL.into_iter().find(|service| service.to_string() == name) {
            Some(service) => services.push(service),
            None => bail!(
                "{name:?} is no service; expected `all` or some of: {}",
                Service::ALL.map(|it| it.to_string()).join(", ")
            ),
        }
    }
    Ok(services)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn required_services_are_read_from_a_list() {
        assert_eq!(required_in("").unwrap(), []);
        assert_eq!(required_in("kafka, browser").unwrap(), [Service::Kafka, Service::Browser]);
        assert_eq!(required_in("kafka,all").unwrap(), Service::ALL);
        let error = required_in("kafak").unwrap_err().to_string();
        assert!(error.contains("kafak") && error.contains("debezium"), "{error}");
    }
}
