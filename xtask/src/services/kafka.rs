//! A Kafka broker in KRaft mode, alone in its cluster.

use std::{fs, path::PathBuf, process::Command, time::Duration};

use anyhow::{Context, Result};

use super::{
    Way, container,
    maven::{self, java},
    server::{Lifetime, Server, data_dir, free_port, log_file},
};
use crate::shell;

const POM: &str = include_str!("../../services/kafka.pom.xml");
const START_LIMIT: Duration = Duration::from_secs(90);
const HEAP_MB: u32 = 512;

#[derive(Debug)]
pub struct Kafka {
    /// `host:port`, for `bootstrap.servers`.
    pub bootstrap: String,
    server: Option<Server>,
    config: PathBuf,
}

impl Kafka {
    /// One that somebody else runs.
    pub fn at(bootstrap: &str) -> Self {
        Self { bootstrap: bootstrap.to_owned(), server: None, config: PathBuf::new() }
    }

    /// # Errors
    /// When it cannot be fetched, or does not start.
    pub fn start(way: Way, name: &str, lifetime: Lifetime) -> Result<Self> {
        let port = free_port()?;
        let bootstrap = format!("127.0.0.1:{port}");
        if way == Way::Container {
            container::start(&container::kafka(port), name, lifetime, "Kafka Server started", START_LIMIT)?;
            return Ok(Self::at(&bootstrap));
        }
        let jars = maven::jars("kafka", POM)?;
        let dir = data_dir(name, lifetime)?;
        let config = dir.join("server.properties");
        let data = dir.join("data");
        fs::write(&config, properties(port, free_port()?, &data.display().to_string()))?;
        let id = shell::output(java(&jars, 64).args(["kafka.tools.StorageTool", "random-uuid"]))?;
        let mut format = java(&jars, 128);
        format.args(["kafka.tools.StorageTool", "format", "--standalone", "-t", id.trim(), "-c"]).arg(&config);
        shell::output(&mut format).context("formatting Kafka's storage")?;
        let mut kafka = Self { bootstrap, server: None, config };
        kafka.run(name, java(&jars, HEAP_MB), lifetime)?;
        Ok(kafka)
    }

    fn run(&mut self, name: &str, mut java: Command, lifetime: Lifetime) -> Result<()> {
        java.arg("kafka.Kafka").arg(&self.config);
        let mut server = Server::start(name, &mut java, log_file(name)?, lifetime)?;
        server.wait_until(START_LIMIT, |server| server.logged("Kafka Server started"))?;
        self.server = Some(server);
        Ok(())
    }

    /// Ends the broker at once, as a crash would; its log stays for `restart`.
    pub fn kill(&mut self) {
        if let Some(server) = &mut self.server {
            server.kill();
        }
    }

    /// Starts the broker again, at its port and with its data. For one of a test's own only.
    ///
    /// # Errors
    /// When it does not come back.
    pub fn restart(&mut self) -> Result<()> {
        let name = self.server.as_ref().map_or_else(|| "kafka".to_owned(), |server| server.name.clone());
        self.server = None;
        let jars = maven::jars("kafka", POM)?;
        self.run(&name, java(&jars, HEAP_MB), Lifetime::Process)
    }

    pub fn pid(&self) -> Option<u32> {
        self.server.as_ref().map(|server| server.pid)
    }
}

fn properties(port: u16, controller_port: u16, data: &str) -> String {
    [
        "process.roles=broker,controller".to_owned(),
        "node.id=1".to_owned(),
        format!("listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}"),
        format!("advertised.listeners=PLAINTEXT://127.0.0.1:{port}"),
        "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT".to_owned(),
        "controller.listener.names=CONTROLLER".to_owned(),
        format!("controller.quorum.bootstrap.servers=127.0.0.1:{controller_port}"),
        format!("log.dirs={data}"),
        "offsets.topic.replication.factor=1".to_owned(),
        "offsets.topic.num.partitions=4".to_owned(),
        "transaction.state.log.replication.factor=1".to_owned(),
        "transaction.state.log.min.isr=1".to_owned(),
        "transaction.state.log.num.partitions=4".to_owned(),
        // Tests wait for their first assignment; nobody else joins.
        "group.initial.rebalance.delay.ms=0".to_owned(),
        "auto.create.topics.enable=true".to_owned(),
        "num.partitions=1".to_owned(),
    ]
    .join("\n")
}
