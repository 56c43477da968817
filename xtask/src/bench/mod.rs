//! `cargo xtask bench`: every criterion bench of the workspace, and its figures as ratios to the goals that are named.

mod figures;
mod goals;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::Value;

use crate::{shell, workspace};

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Only benches whose name contains this
    filter: Option<String>,
    /// Fewer samples: seconds instead of minutes, and wider errors
    #[arg(long)]
    quick: bool,
}

/// Runs the benches and prints the figures.
///
/// # Errors
/// When one does not compile or fails, or its figures cannot be read.
pub fn bench(options: &Options) -> Result<()> {
    let folder = workspace::target()?.join("criterion");
    let before = figures::read(&folder)?;
    for (package, target) in targets()? {
        println!("== {package} {target}");
        let mut command = shell::cargo();
        command.current_dir(workspace::root()?).args([
            "bench",
            "--quiet",
            "--package",
            &package,
            "--bench",
            &target,
            "--",
        ]);
        command.arg("--noplot").args(options.quick.then_some("--quick")).args(&options.filter);
        shell::run(&mut command)?;
    }
    println!("\n{:<52} {:>12} {:>16}   of the goal", "bench", "each", "a second");
    for figure in figures::read(&folder)?.iter().filter(|figure| !before.contains(figure)) {
        println!("{:<52} {:>12} {:>16}   {}", figure.name, figure.each(), figure.a_second(), goals::ratio(figure));
    }
    Ok(())
}

/// The workspace's bench targets, as cargo tells them.
fn targets() -> Result<Vec<(String, String)>> {
    let mut command = shell::cargo();
    command.current_dir(workspace::root()?).args(["metadata", "--no-deps", "--format-version", "1"]);
    let metadata: Value = serde_json::from_str(&shell::output(&mut command)?).context("cargo's metadata")?;
    let mut found = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let targets = package["targets"].as_array().into_iter().flatten();
        for target in targets.filter(|target| target["kind"][0] == "bench") {
            let name = |of: &Value| of["name"].as_str().unwrap_or_default().to_owned();
            found.push((name(package), name(target)));
        }
    }
    Ok(found)
}
