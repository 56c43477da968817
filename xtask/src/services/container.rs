//! Servers in containers, where a container engine answers. Ports are published on the loopback address only.

use std::{process::Command, thread, time::Duration};

use anyhow::{Result, bail};

use super::{guardian, server::Lifetime};
use crate::{clock::Stopwatch, shell};

/// An image and how it is run.
#[derive(Debug)]
pub struct Container {
    pub image: &'static str,
    pub port: u16,
    pub inner_port: u16,
    pub env: Vec<(&'static str, String)>,
    pub args: Vec<&'static str>,
}

pub fn engine_answers() -> bool {
    shell::which("docker").is_some() && shell::output(Command::new("docker").args(["info", "-f", "{{.ID}}"])).is_ok()
}

pub fn kafka(port: u16) -> Container {
    let env = vec![
        ("KAFKA_NODE_ID", "1".to_owned()),
        ("KAFKA_PROCESS_ROLES", "broker,controller".to_owned()),
        ("KAFKA_LISTENERS", format!("PLAINTEXT://:{port},CONTROLLER://:9093")),
        ("KAFKA_ADVERTISED_LISTENERS", format!("PLAINTEXT://127.0.0.1:{port}")),
        ("KAFKA_LISTENER_SECURITY_PROTOCOL_MAP", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT".to_owned()),
        ("KAFKA_CONTROLLER_LISTENER_NAMES", "CONTROLLER".to_owned()),
        ("KAFKA_CONTROLLER_QUORUM_VOTERS", "1@localhost:9093".to_owned()),
        ("KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR", "1".to_owned()),
        ("KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR", "1".to_owned()),
        ("KAFKA_TRANSACTION_STATE_LOG_MIN_ISR", "1".to_owned()),
        ("KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "0".to_owned()),
    ];
    Container { image: "apache/kafka:4.1.0", port, inner_port: port, env, args: vec![] }
}

pub fn postgres(port: u16) -> Container {
    let env = vec![
        ("POSTGRES_USER", super::postgres::USER.to_owned()),
        ("POSTGRES_PASSWORD", super::postgres::PASSWORD.to_owned()),
        ("POSTGRES_DB", super::postgres::DATABASE.to_owned()),
    ];
    let args = vec!["postgres", "-c", "wal_level=logical", "-c", "max_wal_senders=16"];
    Container { image: "postgres:15.13", port, inner_port: 5432, env, args }
}

/// Runs the container and waits until its log says `ready`.
///
/// # Errors
/// When it cannot be run, or does not say so in time.
pub fn start(container: &Container, name: &str, lifetime: Lifetime, ready: &str, limit: Duration) -> Result<()> {
    let full_name = match lifetime {
        Lifetime::Process => format!("plumbline-{name}-{}", std::process::id()),
        Lifetime::Detached => format!("plumbline-up-{name}"),
    };
    shell::output(&mut run(container, &full_name))?;
    if lifetime == Lifetime::Process {
        guardian::ward_container(&full_name)?;
    }
    let watch = Stopwatch::start();
    while watch.elapsed() < limit {
        let log = Command::new("docker").args(["logs", &full_name]).output()?;
        let says = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains(ready);
        if says(&log.stdout) || says(&log.stderr) {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(200));
    }
    bail!("the container {full_name} ({}) did not say {ready:?} within {} s", container.image, limit.as_secs())
}

fn run(container: &Container, full_name: &str) -> Command {
    let mut command = Command::new("docker");
    command.args(["run", "--detach", "--name", full_name]);
    command.args(["--publish", &format!("127.0.0.1:{}:{}", container.port, container.inner_port)]);
    for (name, value) in &container.env {
        command.args(["--env", &format!("{name}={value}")]);
    }
    command.arg(container.image).args(&container.args);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_come_before_the_image_and_arguments_after_it() {
        let line = shell::line(&run(&postgres(5555), "pg"));
        let (options, arguments) = line.split_once(" postgres:15.13 ").unwrap();
        assert!(
            options.contains("--publish 127.0.0.1:5555:5432") && options.contains("POSTGRES_DB=plumbline"),
            "{line}"
        );
        assert_eq!(arguments, "postgres -c wal_level=logical -c max_wal_senders=16");
    }

    #[test]
    fn kafka_tells_clients_the_published_port() {
        let line = shell::line(&run(&kafka(7777), "k"));
        assert!(line.contains("--publish 127.0.0.1:7777:7777"), "{line}");
        assert!(line.contains("KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://127.0.0.1:7777"), "{line}");
    }
}
