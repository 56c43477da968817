//! One server process: started with its own folder and log, waited for until it answers, ended with the run.

use std::{
    fs,
    net::TcpListener,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};

use super::guardian;
use crate::{clock::Stopwatch, shell, workspace};

/// Whether a server ends with the process that started it (tests) or stays (`cargo xtask services up`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lifetime {
    Process,
    Detached,
}

/// A running server. Dropping it ends it, unless it is detached.
#[derive(Debug)]
pub struct Server {
    pub name: String,
    pub pid: u32,
    pub log: PathBuf,
    child: Child,
    lifetime: Lifetime,
}

impl Server {
    /// Starts the program; standard output and error go to `log`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(name: &str, command: &mut Command, log: PathBuf, lifetime: Lifetime) -> Result<Self> {
        let file = fs::File::options().create(true).append(true).open(&log);
        let file = file.with_context(|| format!("writing {}", log.display()))?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).process_group(0);
        let child = command.spawn().with_context(|| format!("starting {name}: `{}`", shell::line(command)))?;
        let pid = child.id();
        if lifetime == Lifetime::Process {
            guardian::ward_group(pid)?;
        }
        Ok(Self { name: name.to_owned(), pid, log, child, lifetime })
    }

    /// Waits until `ready` holds.
    ///
    /// # Errors
    /// When the server ends before that, or is not ready within `limit`; with the end of its log.
    pub fn wait_until(&mut self, limit: Duration, ready: impl Fn(&Self) -> bool) -> Result<()> {
        let watch = Stopwatch::start();
        while !ready(self) {
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended with {status}; its log ends:\n{}", self.name, self.log_tail());
            }
            if watch.elapsed() > limit {
                bail!("{} is not ready after {} s; its log ends:\n{}", self.name, limit.as_secs(), self.log_tail());
            }
            thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Option<String> {
        match self.child.try_wait() {
            Ok(None) => None,
            Ok(Some(status)) => Some(status.to_string()),
            Err(error) => Some(error.to_string()),
        }
    }

    pub fn logged(&self, words: &str) -> bool {
        fs::read_to_string(&self.log).is_ok_and(|log| log.contains(words))
    }

    fn log_tail(&self) -> String {
        shell::tail(&fs::read_to_string(&self.log).unwrap_or_default(), 20)
    }

    /// Ends it, gently first.
    pub fn stop(&mut self) {
        let watch = Stopwatch::start();
        signal(self.pid, "TERM");
        while watch.elapsed() < Duration::from_secs(10) {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        self.kill();
    }

    /// Ends it at once, as a crash would.
    pub fn kill(&mut self) {
        signal(self.pid, "KILL");
        if let Err(error) = self.child.wait() {
            println!("{}: {error}", self.name);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.lifetime == Lifetime::Process {
            self.stop();
        }
    }
}

/// Sends a signal (`TERM`, `KILL`) to a process group; one that is gone already needs none.
pub fn signal(pid: u32, signal: &str) {
    kill(&format!("-s {signal} -- -{pid}"));
}

/// Whether a process of that id runs.
pub fn is_running(pid: u32) -> bool {
    kill(&format!("-s 0 {pid}"))
}

/// The shell's own `kill`: the program of that name is not installed everywhere.
fn kill(args: &str) -> bool {
    Command::new("sh").args(["-c", &format!("kill {args}")]).stderr(Stdio::null()).status().is_ok_and(|it| it.success())
}

/// A port of this machine that was free just now. This process gets none twice, and it lies below the range that systems
/// take the ports of outgoing connections from, so that none of those takes it before its server does.
///
/// # Errors
/// When none can be bound.
pub fn free_port() -> Result<u16> {
    const FIRST: u32 = 16_384;
    const COUNT: u32 = 16_384;
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    // Processes that run at the same time begin in different places.
    let begin = std::process::id().wrapping_mul(61);
    for _ in 0..COUNT {
        let place = begin.wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed)) % COUNT;
        let port = u16::try_from(FIRST + place)?;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no port from {FIRST} on is free")
}

/// A fresh folder for a server's data: below this process's run folder, which goes when the process ends, or, for servers
/// that stay, below `target/services/up`.
///
/// # Errors
/// When it cannot be made.
pub fn data_dir(name: &str, lifetime: Lifetime) -> Result<PathBuf> {
    let base = workspace::target_dir("services")?;
    let dir = match lifetime {
        Lifetime::Detached => base.join("up").join(name),
        Lifetime::Process => {
            let run = base.join(format!("run-{}", std::process::id()));
            guardian::ward_dir(&run)?;
            run.join(name)
        }
    };
    clear(&dir)?;
    Ok(dir)
}

fn clear(dir: &Path) -> Result<()> {
    if dir.exists() {
        fs::remove_dir_all(dir).with_context(|| format!("clearing {}", dir.display()))?;
    }
    fs::create_dir_all(dir).with_context(|| format!("making {}", dir.display()))
}

/// Logs outlive the run, for reading after a failure.
///
/// # Errors
/// When the folder cannot be made.
pub fn log_file(name: &str) -> Result<PathBuf> {
    let file = workspace::target_dir("services/logs")?.join(format!("{name}-{}.log", std::process::id()));
    if file.exists() {
        fs::remove_file(&file)?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_ends_early_is_told_with_its_log() {
        let dir = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo no space on moon; exit 4"]);
        let log = dir.path().join("log");
        let mut server = Server::start("moon", &mut command, log, Lifetime::Process).unwrap();
        let error = server.wait_until(Duration::from_secs(10), |_| false).unwrap_err().to_string();
        assert!(error.contains("moon ended") && error.contains("no space on moon"), "{error}");
    }
}
