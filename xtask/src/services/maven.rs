//! Java servers from Maven artefacts: the jars of a project file, copied once into a cached folder.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
    time::Duration,
};

use anyhow::{Context, Result};
use xxhash_rust::xxh3::xxh3_64;

use crate::{
    packages::{self, Need},
    shell, workspace,
};

const LIMIT: Duration = Duration::from_secs(900);
const PLUGIN: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";

/// The folder with all the jars that the project file names; fetched the first time.
///
/// # Errors
/// When Java or Maven are missing, or the jars cannot be fetched.
pub fn jars(name: &str, pom: &str) -> Result<PathBuf> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock();
    packages::need(&[Need::new("java", "default-jre-headless"), Need::new("mvn", "maven")])?;
    let dir = workspace::target_dir("services")?.join(format!("{name}-{:08x}", xxh3_64(pom.as_bytes()) as u32));
    if dir.is_dir() {
        return Ok(dir);
    }
    println!("fetching the jars of {name} (Maven)");
    fetch(name, pom, &dir).with_context(|| format!("fetching the jars of {name}"))?;
    Ok(dir)
}

/// Into a draft folder first: an interrupted fetch leaves nothing that looks complete.
fn fetch(name: &str, pom: &str, dir: &Path) -> Result<()> {
    let draft = dir.with_extension("part");
    if draft.exists() {
        fs::remove_dir_all(&draft)?;
    }
    fs::create_dir_all(&draft)?;
    let project = draft.join("pom.xml");
    fs::write(&project, pom)?;
    let mut command = Command::new("mvn");
    command.args(["-q", "-B", PLUGIN, "-DincludeScope=runtime"]);
    command.arg("-f").arg(&project).arg(format!("-DoutputDirectory={}", draft.display()));
    shell::quietly(&mut command, &workspace::target_dir("logs")?.join(format!("maven-{name}.log")), LIMIT)?;
    fs::rename(&draft, dir)?;
    Ok(())
}

/// A Java program over the jars, with its log on standard error.
pub fn java(jars: &Path, max_heap_mb: u32) -> Command {
    let mut command = Command::new("java");
    command.arg(format!("-Xmx{max_heap_mb}m")).args(["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]);
    command.args(["-Dorg.slf4j.simpleLogger.showDateTime=true", "-Dorg.slf4j.simpleLogger.defaultLogLevel=info"]);
    command.arg("-cp").arg(jars.join("*"));
    command
}
