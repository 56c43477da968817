//! `cargo xtask bench`: every bench of the workspace, and one table of what was measured and what is promised. Benches measure
//! processor time, so that the figures hold on a machine that is shared.

mod figures;
mod goals;

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::Value;

use self::{
    figures::{Figure, Measured, number},
    goals::Limit,
};
use crate::{shell, workspace};

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Only figures whose name contains this
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
    let mut measured = Vec::new();
    for (package, target) in targets()? {
        println!("== {package} {target}");
        let mut command = shell::cargo();
        command.current_dir(workspace::root()?);
        // Of the whole workspace, so that all benches share what is compiled.
        command.args(["bench", "--quiet", "--workspace", "--bench", &target, "--", "--noplot"]);
        command.args(options.quick.then_some("--quick")).args(&options.filter);
        measured.extend(run(&mut command)?);
    }
    measured.extend(figures::read(&folder)?.into_iter().filter(|figure| !before.contains(figure)));
    print(&with_ratios(measured));
    Ok(())
}

/// Runs a bench, shows what it prints, and reads the figures in it.
fn run(command: &mut Command) -> Result<Vec<Figure>> {
    let line = shell::line(command);
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("starting `{line}`"))?;
    let mut found = Vec::new();
    for printed in child.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines()) {
        let printed = printed?;
        println!("{printed}");
        found.extend(Figure::parse(&printed));
    }
    let status = child.wait()?;
    ensure!(status.success(), "`{line}` ended with {status}");
    Ok(found)
}

/// Adds how many times a bare loop's time the thing itself takes, where a bench measures both.
fn with_ratios(mut measured: Vec<Figure>) -> Vec<Figure> {
    const BARE: &str = ", bare hash map";
    let time = |name: &str| match measured.iter().find(|figure| figure.name == name)?.measured {
        Measured::Time { mean_seconds, .. } => Some(mean_seconds),
        Measured::Printed { .. } => None,
    };
    let names = measured.iter().filter_map(|figure| figure.name.strip_suffix(BARE));
    let times = names.filter_map(|name| Some((name, time(name)? / time(&format!("{name}{BARE}"))?)));
    let ratios: Vec<_> = times
        .map(|(name, times)| Figure::printed(&format!("{name}, to a bare hash map"), times, "times its time"))
        .collect();
    measured.extend(ratios);
    measured
}

/// What is promised first, in the order of the promises; then the rest.
fn print(measured: &[Figure]) {
    let mut promised: Vec<_> =
        measured.iter().filter_map(|it| Limit::of(it).map(|(at, limit)| (at, it, limit))).collect();
    promised.sort_by_key(|(at, ..)| *at);
    println!("\n{:<58} {:>12} {:>14} {:>7}", "figure", "measured", "limit", "ratio");
    for (_, figure, limit) in &promised {
        let (value, unit) = figure.value(limit.is_rate());
        let ratio = limit.ratio(value);
        let met = if ratio >= 1.0 { "met" } else { "NOT MET" };
        let limit = format!("{} {}", limit.sign(), number(limit.value(), unit));
        println!("{:<58} {:>12} {limit:>14} {ratio:>7.2}  {met}", figure.name, number(value, unit));
    }
    println!();
    for figure in measured.iter().filter(|figure| Limit::of(figure).is_none()) {
        println!("{:<58} {:>12}", figure.name, figure.words());
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_loop_gives_a_ratio() {
        let time = |name: &str, mean_seconds| Figure {
            name: name.to_owned(),
            measured: Measured::Time { mean_seconds, elements: 10.0 },
        };
        let all = with_ratios(vec![time("c/7 keys", 0.3), time("c/7 keys, bare hash map", 0.1), time("x/y", 1.0)]);
        assert_eq!(all.len(), 4);
        assert_eq!(
            (all[3].name.as_str(), all[3].words().as_str()),
            ("c/7 keys, to a bare hash map", "3.00 times its time")
        );
    }
}
