//! Programs that the commands need and that come with the operating system. On Debian, as root, what is missing is
//! installed; elsewhere the error says what to install and how.

use std::{process::Command, sync::Mutex, time::Duration};

use anyhow::{Result, bail};

use crate::{shell, workspace};

/// Installing packages over a slow line, with an index that must be fetched first.
const INSTALL_LIMIT: Duration = Duration::from_secs(900);

/// A program and the Debian package that brings it.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    /// A program, or an absolute path where the package brings no program.
    pub program: &'static str,
    pub package: &'static str,
}

impl Need {
    pub const fn new(program: &'static str, package: &'static str) -> Self {
        Self { program, package }
    }

    pub fn is_met(&self) -> bool {
        if self.program.starts_with('/') {
            std::path::Path::new(self.program).exists()
        } else {
            shell::which(self.program).is_some()
        }
    }
}

/// Sees to it that every program is there.
///
/// # Errors
/// Names the missing programs and the packages that bring them, and says why they were not installed.
pub fn need(needs: &[Need]) -> Result<()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock();
    let missing: Vec<&Need> = needs.iter().filter(|need| !need.is_met()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let programs: Vec<&str> = missing.iter().map(|need| need.program).collect();
    let packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    let wanted = format!("missing: {} (Debian packages: {})", programs.join(", "), packages.join(" "));
    if std::env::var_os("PLUMBLINE_NO_INSTALL").is_some() {
        bail!("{wanted}; PLUMBLINE_NO_INSTALL forbids to install them");
    }
    if shell::which("apt-get").is_none() {
        bail!("{wanted}; install them with your system's package manager");
    }
    if !is_root() {
        bail!("{wanted}; run `sudo apt-get install {}`", packages.join(" "));
    }
    println!("installing {} (apt-get)", packages.join(" "));
    install(&packages)?;
    match needs.iter().find(|need| !need.is_met()) {
        Some(need) => bail!("{} was installed and did not bring {}", need.package, need.program),
        None => Ok(()),
    }
}

fn install(packages: &[&str]) -> Result<()> {
    let log = workspace::target_dir("logs")?.join("apt-get.log");
    shell::quietly(apt().args(["update", "-q"]), &log, INSTALL_LIMIT)?;
    let mut command = apt();
    command.args(["install", "-y", "-q", "--no-install-recommends"]).args(packages);
    shell::quietly(&mut command, &log, INSTALL_LIMIT)
}

fn apt() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1");
    command
}

pub fn is_root() -> bool {
    shell::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_not_asked_for() {
        need(&[Need::new("sh", "dash"), Need::new("/bin/sh", "dash")]).unwrap();
    }
}
