//! Docker Compose, to check a project's file: the plugin of the docker client, or the program of that name. Needs no engine.

use std::{path::Path, process::Command};

use anyhow::Result;

use crate::{
    packages::{self, Need},
    shell,
};

#[derive(Clone, Debug)]
pub struct Compose {
    plugin: bool,
}

impl Compose {
    /// # Errors
    /// When neither is there, nor can be installed.
    pub fn find() -> Result<Self> {
        let plugin = shell::which("docker").is_some()
            && shell::output(Command::new("docker").args(["compose", "version"])).is_ok();
        if !plugin {
            packages::need(&[Need::new("docker-compose", "docker-compose")])?;
        }
        Ok(Self { plugin })
    }

    /// The project as Compose reads it, variables filled in.
    ///
    /// # Errors
    /// When Compose finds something wrong with it.
    pub fn config(&self, file: &Path) -> Result<String> {
        let mut command = Command::new(if self.plugin { "docker" } else { "docker-compose" });
        if self.plugin {
            command.arg("compose");
        }
        shell::output(command.arg("--file").arg(file).arg("config"))
    }
}
