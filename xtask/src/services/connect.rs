//! Kafka Connect, standalone, with Debezium's PostgreSQL connector: the relay that many systems have between their
//! database and their topics. Connectors are added over its REST API.

use std::{collections::BTreeMap, fs, path::Path, thread, time::Duration};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::{
    Kafka, Postgres,
    maven::{self, java},
    postgres,
    server::{Lifetime, Server, data_dir, free_port, log_file},
};
use crate::clock::Stopwatch;

const POM: &str = include_str!("../../services/connect.pom.xml");
const START_LIMIT: Duration = Duration::from_secs(120);
const CAPTURE_LIMIT: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub struct Connect {
    /// `http://host:port`
    pub rest: String,
    server: Server,
}

impl Connect {
    /// # Errors
    /// When it cannot be fetched, or does not start.
    pub fn start(kafka: &Kafka, name: &str, lifetime: Lifetime) -> Result<Self> {
        let jars = maven::jars("connect", POM)?;
        let dir = data_dir(name, lifetime)?;
        let rest = format!("http://127.0.0.1:{}", free_port()?);
        let config = dir.join("worker.properties");
        fs::write(&config, properties(&kafka.bootstrap, &rest, &dir.join("offsets")))?;
        let mut java = java(&jars, 512);
        java.arg("org.apache.kafka.connect.cli.ConnectStandalone").arg(&config);
        let mut server = Server::start(name, &mut java, log_file(name)?, lifetime)?;
        let address = format!("{rest}/connectors");
        server.wait_until(START_LIMIT, |_| get(&address).is_ok())?;
        Ok(Self { rest, server })
    }

    pub fn pid(&self) -> u32 {
        self.server.pid
    }

    /// Captures `tables` (`schema.table`) of the database into topics `prefix.schema.table`, and waits until it runs.
    /// `settings` are added to the connector's configuration, over the defaults.
    ///
    /// # Errors
    /// When Connect refuses it, or it does not run within a minute.
    pub fn capture(&self, pg: &Postgres, prefix: &str, tables: &[&str], settings: &[(&str, &str)]) -> Result<()> {
        let mut config: BTreeMap<&str, String> = BTreeMap::from([
            ("connector.class", "io.debezium.connector.postgresql.PostgresConnector".into()),
            ("plugin.name", "pgoutput".into()),
            ("database.hostname", pg.host.clone()),
            ("database.port", pg.port.to_string()),
            ("database.user", postgres::USER.into()),
            ("database.password", postgres::PASSWORD.into()),
            ("database.dbname", pg.database.clone()),
            ("topic.prefix", prefix.into()),
            ("table.include.list", tables.join(",")),
            ("slot.name", format!("debezium_{prefix}")),
            ("publication.name", format!("debezium_{prefix}")),
            ("publication.autocreate.mode", "filtered".into()),
        ]);
        config.extend(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let address = format!("{}/connectors/{prefix}", self.rest);
        put(&format!("{address}/config"), &json!(config))?;
        let watch = Stopwatch::start();
        loop {
            let status = get(&format!("{address}/status")).unwrap_or_default();
            let task = &status["tasks"][0];
            match task["state"].as_str() {
                Some("RUNNING") => return Ok(()),
                Some("FAILED") => bail!("Debezium failed: {}", task["trace"].as_str().unwrap_or("no trace")),
                _ if watch.elapsed() > CAPTURE_LIMIT => bail!("Debezium does not run: {status}"),
                _ => thread::sleep(Duration::from_millis(200)),
            }
        }
    }
}

fn get(address: &str) -> Result<Value> {
    let mut response = ureq::get(address).call().with_context(|| format!("GET {address}"))?;
    Ok(serde_json::from_str(&response.body_mut().read_to_string()?)?)
}

fn put(address: &str, body: &Value) -> Result<()> {
    let request = ureq::put(address).header("content-type", "application/json");
    let response = request.config().http_status_as_error(false).build().send(body.to_string().as_str());
    let mut response = response.with_context(|| format!("PUT {address}"))?;
    if !response.status().is_success() {
        bail!("PUT {address}: {}: {}", response.status(), response.body_mut().read_to_string()?);
    }
    Ok(())
}

fn properties(bootstrap: &str, rest: &str, offsets: &Path) -> String {
    [
        format!("bootstrap.servers={bootstrap}"),
        format!("listeners={rest}"),
        format!("offset.storage.file.filename={}", offsets.display()),
        "offset.flush.interval.ms=1000".to_owned(),
        "plugin.discovery=service_load".to_owned(),
        "key.converter=org.apache.kafka.connect.json.JsonConverter".to_owned(),
        "value.converter=org.apache.kafka.connect.json.JsonConverter".to_owned(),
        "key.converter.schemas.enable=false".to_owned(),
        "value.converter.schemas.enable=false".to_owned(),
    ]
    .join("\n")
}
