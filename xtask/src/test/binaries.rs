//! The compiled test programs of the workspace. They are compiled in one go and run here one by one: cargo would compile
//! parts again for each selection of packages, and says nothing while a long one runs.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::{
    count::{self, Count},
    skips,
};
use crate::{clock::Stopwatch, shell, workspace};

/// A program that runs longer hangs.
const LIMIT: Duration = Duration::from_secs(1800);
const SPANNING: &str = "plumbline-tests";

#[derive(Clone, Debug)]
pub struct Binary {
    package: String,
    target: String,
    folder: PathBuf,
    program: PathBuf,
}

/// Compiles every test of the workspace.
///
/// # Errors
/// When something does not compile; the compiler's words are on the terminal.
pub fn compile() -> Result<Vec<Binary>> {
    let mut command = shell::cargo();
    command.current_dir(workspace::root()?).stdin(Stdio::null()).stderr(Stdio::inherit());
    command.args(["test", "--workspace", "--no-run", "--message-format=json-render-diagnostics"]);
    let out = command.output().context("starting cargo")?;
    if !out.status.success() {
        bail!("the tests do not compile");
    }
    let mut binaries: Vec<Binary> = String::from_utf8_lossy(&out.stdout)
        .lines()
        .filter_map(|line| read(&serde_json::from_str(line).ok()?))
        .collect();
    binaries.sort_by(|left, right| (&left.package, &left.target).cmp(&(&right.package, &right.target)));
    Ok(binaries)
}

/// A test program in cargo's message; `None` for every other message.
fn read(message: &Value) -> Option<Binary> {
    let is_test = message["reason"] == "compiler-artifact" && message["profile"]["test"] == true;
    let program = message["executable"].as_str().filter(|_| is_test)?;
    let manifest = Path::new(message["manifest_path"].as_str()?);
    let text = fs::read_to_string(manifest).ok()?;
    let package = text.lines().find_map(|line| line.strip_prefix("name = "))?.trim_matches('"').to_owned();
    let target = format!("{} {}", message["target"]["kind"][0].as_str()?, message["target"]["name"].as_str()?);
    Some(Binary { package, target, folder: manifest.parent()?.to_owned(), program: program.into() })
}

impl Binary {
    /// Whether its tests need more than one crate, servers or a browser.
    pub fn spans_crates(&self) -> bool {
        self.package == SPANNING
    }

    /// Runs its tests and prints a line; of a failure all that was printed.
    ///
    /// # Errors
    /// When the program cannot be run, ends without a count, or hangs.
    pub fn run(&self, filter: Option<&str>, require: &str) -> Result<Count> {
        let watch = Stopwatch::start();
        skips::clear()?;
        let log = workspace::target_dir("logs")?.join(format!("{} {}.log", self.package, self.target));
        let mut command = Command::new(&self.program);
        command.current_dir(&self.folder).args(filter).env("CARGO_MANIFEST_DIR", &self.folder);
        command.env("PLUMBLINE_REQUIRE", require);
        let ended = shell::quietly(&mut command, &log, LIMIT);
        let printed = fs::read_to_string(&log)?;
        let mut count = count::parse(&printed);
        if count == Count::default() && ended.is_ok() {
            return Ok(count);
        }
        count.skip(skips::print()?);
        println!("  {} ({}): {} ({})", self.package, self.target, count.plain_line(), watch.seconds());
        match ended {
            Ok(()) => Ok(count),
            Err(_) if count.failed > 0 => {
                println!("{}", failures(&printed));
                Ok(count)
            }
            Err(error) => Err(error),
        }
    }
}

/// What the harness printed from its first word on failures on.
fn failures(printed: &str) -> &str {
    printed.find("\nfailures:\n").map_or(printed, |start| &printed[start..])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_test_programs_are_taken_from_cargos_messages() {
        let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let mut message = json!({
            "reason": "compiler-artifact", "manifest_path": manifest, "executable": "/t/x-1",
            "target": { "kind": ["lib"], "name": "xtask" }, "profile": { "test": true },
        });
        let binary = read(&message).unwrap();
        assert_eq!((binary.package.as_str(), binary.target.as_str()), ("xtask", "lib xtask"));
        message["profile"]["test"] = json!(false);
        assert!(read(&message).is_none());
    }
}
