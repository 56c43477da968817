//! A PostgreSQL with logical decoding, run by a user who is not root (it refuses to be).

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, bail};

use super::{
    Way, container, guardian,
    server::{Lifetime, Server, data_dir, free_port, log_file},
};
use crate::{
    packages::{self, Need},
    shell,
};

const START_LIMIT: Duration = Duration::from_secs(60);
pub const USER: &str = "plumbline";
pub const PASSWORD: &str = "plumbline";
pub const DATABASE: &str = "plumbline";

#[derive(Debug)]
pub struct Postgres {
    pub host: String,
    pub port: u16,
    pub database: String,
    /// `postgres://user:password@host:port/database` of a superuser.
    pub url: String,
    server: Option<Server>,
}

impl Postgres {
    fn new(host: &str, port: u16, database: &str, server: Option<Server>) -> Self {
        let url = format!("postgres://{USER}:{PASSWORD}@{host}:{port}/{database}");
        Self { host: host.to_owned(), port, database: database.to_owned(), url, server }
    }

    /// One that somebody else runs, with the user, password and database that this one would have; `address` is `host:port`.
    ///
    /// # Errors
    /// When the address has no port.
    pub fn at(address: &str) -> Result<Self> {
        let (host, port) = address.rsplit_once(':').with_context(|| format!("{address:?} is not host:port"))?;
        Ok(Self::new(host, port.parse().with_context(|| format!("{port:?} is not a port"))?, DATABASE, None))
    }

    /// # Errors
    /// When it cannot be installed, or does not start.
    pub fn start(way: Way, name: &str, lifetime: Lifetime) -> Result<Self> {
        let port = free_port()?;
        if way == Way::Container {
            container::start(&container::postgres(port), name, lifetime, "listening on IPv4", START_LIMIT)?;
            return Ok(Self::new("127.0.0.1", port, DATABASE, None));
        }
        let programs = programs()?;
        let user = user()?;
        let dir = home(name, user, lifetime)?;
        let data = dir.join("data");
        initialise(&programs, user, &dir, &data)?;
        let mut command = as_user(user, &programs.join("postgres"));
        command.arg("-D").arg(&data).args(["-p", &port.to_string(), "-k"]).arg(&dir);
        for setting in ["listen_addresses=127.0.0.1", "wal_level=logical", "max_wal_senders=16", "fsync=off"] {
            command.args(["-c", setting]);
        }
        let mut server = Server::start(name, &mut command, log_file(name)?, lifetime)?;
        server.wait_until(START_LIMIT, |server| server.logged("ready to accept connections"))?;
        let mut create = Command::new(programs.join("createdb"));
        create.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-U", USER, DATABASE]).env("PGPASSWORD", PASSWORD);
        shell::output(&mut create).context("creating the database")?;
        Ok(Self::new("127.0.0.1", port, DATABASE, Some(server)))
    }

    pub fn pid(&self) -> Option<u32> {
        self.server.as_ref().map(|server| server.pid)
    }

    /// A new database in the same server, for one test alone.
    ///
    /// # Errors
    /// When it exists already, or cannot be made.
    pub fn create_database(&self, name: &str) -> Result<Self> {
        self.execute(&format!("create database {name}"))?;
        Ok(Self::new(&self.host, self.port, name, None))
    }

    /// Runs statements by `psql`, each in a transaction of its own, and gives what they returned, a row a line.
    ///
    /// # Errors
    /// When `psql` is missing, or a statement fails.
    pub fn execute(&self, statements: &str) -> Result<String> {
        let mut command = Command::new(programs()?.join("psql"));
        command.args([&self.url, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statements]);
        shell::output(&mut command)
    }
}

/// The folder with the newest server's programs.
fn programs() -> Result<PathBuf> {
    if let Some(dir) = installed() {
        return Ok(dir);
    }
    packages::need(&[Need::new("initdb", "postgresql")])
        .or_else(|error| if installed().is_some() { Ok(()) } else { Err(error) })?;
    installed().context("the PostgreSQL server is installed and its programs are nowhere to be found")
}

fn installed() -> Option<PathBuf> {
    // Debian keeps the server's programs out of the path, a folder a version.
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok())
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, dir)| dir.join("initdb").is_file())
        .collect();
    versions.sort();
    let newest = versions.pop().map(|(_, dir)| dir);
    newest.or_else(|| shell::which("initdb").and_then(|path| path.parent().map(Path::to_owned)))
}

/// The user to run as: `None` where we are not root.
fn user() -> Result<Option<&'static str>> {
    if !packages::is_root() {
        return Ok(None);
    }
    for user in ["postgres", "nobody"] {
        if shell::output(Command::new("id").arg(user)).is_ok() {
            return Ok(Some(user));
        }
    }
    bail!("PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody`")
}

fn as_user(user: Option<&str>, program: &Path) -> Command {
    match user {
        None => Command::new(program),
        Some(user) => {
            let mut command = Command::new("runuser");
            command.args(["-u", user, "--"]).arg(program).current_dir("/");
            command
        }
    }
}

/// A folder that the user owns and can reach: below the target directory, or the system's temporary one where a folder
/// on the way to it is closed to others.
fn home(name: &str, user: Option<&str>, lifetime: Lifetime) -> Result<PathBuf> {
    let mut dir = data_dir(name, lifetime)?;
    let Some(user) = user else { return Ok(dir) };
    let reaches = |dir: &Path| shell::output(as_user(Some(user), Path::new("test")).arg("-x").arg(dir)).is_ok();
    if !reaches(&dir) {
        dir = env::temp_dir().join(format!("plumbline-{name}-{}", std::process::id()));
        fs::create_dir_all(&dir)?;
        if lifetime == Lifetime::Process {
            guardian::ward_dir(&dir)?;
        }
    }
    shell::output(Command::new("chown").arg(user).arg(&dir))?;
    Ok(dir)
}

fn initialise(programs: &Path, user: Option<&str>, dir: &Path, data: &Path) -> Result<()> {
    let password = dir.join("password");
    fs::write(&password, PASSWORD)?;
    let mut command = as_user(user, &programs.join("initdb"));
    command.arg("-D").arg(data).args([
        "-U",
        USER,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
    ]);
    command.arg(format!("--pwfile={}", password.display()));
    shell::output(&mut command).context("initialising PostgreSQL's data").map(|_| ())
}
