//! What criterion measured, from the files that it leaves behind.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use serde_json::Value;

#[derive(Clone, PartialEq, Debug)]
pub struct Figure {
    /// Group and function: `append/fsynced`.
    pub name: String,
    pub mean_seconds: f64,
    /// Things done in one iteration; 1 where the bench does not say.
    pub elements: f64,
}

impl Figure {
    pub fn per_second(&self) -> f64 {
        self.elements / self.mean_seconds
    }

    /// Time of one iteration.
    pub fn each(&self) -> String {
        match self.mean_seconds {
            seconds if seconds >= 1.0 => format!("{seconds:.2} s"),
            seconds if seconds >= 1e-3 => format!("{:.2} ms", seconds * 1e3),
            seconds if seconds >= 1e-6 => format!("{:.2} µs", seconds * 1e6),
            seconds => format!("{:.0} ns", seconds * 1e9),
        }
    }

    pub fn a_second(&self) -> String {
        match self.per_second() {
            rate if rate >= 1e6 => format!("{:.2} M", rate / 1e6),
            rate if rate >= 1e3 => format!("{:.1} k", rate / 1e3),
            rate => format!("{rate:.1}"),
        }
    }
}

/// All figures below criterion's folder.
pub fn read(folder: &Path) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    if folder.is_dir() {
        walk(folder, &mut figures)?;
    }
    figures.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(figures)
}

fn walk(folder: &Path, figures: &mut Vec<Figure>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if !path.is_dir() {
            continue;
        }
        // `base` and `change` hold what was before.
        if path.ends_with("new") {
            figures.push(read_one(&path).with_context(|| format!("reading {}", path.display()))?);
        } else {
            walk(&path, figures)?;
        }
    }
    Ok(())
}

fn read_one(folder: &Path) -> Result<Figure> {
    let json = |name: &str| -> Result<Value> { Ok(serde_json::from_str(&fs::read_to_string(folder.join(name))?)?) };
    let (benchmark, estimates) = (json("benchmark.json")?, json("estimates.json")?);
    let name = benchmark["full_id"].as_str().context("full_id")?.to_owned();
    let nanoseconds = estimates["mean"]["point_estimate"].as_f64().context("mean")?;
    let throughput = &benchmark["throughput"];
    let elements = throughput["Elements"].as_f64().or_else(|| throughput["Bytes"].as_f64()).unwrap_or(1.0);
    Ok(Figure { name, mean_seconds: nanoseconds / 1e9, elements })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_from_criterions_files() {
        let dir = tempfile::tempdir().unwrap();
        let new = dir.path().join("append/fsynced/new");
        fs::create_dir_all(&new).unwrap();
        fs::create_dir_all(dir.path().join("append/fsynced/base")).unwrap();
        fs::write(new.join("benchmark.json"), r#"{"full_id":"append/fsynced","throughput":{"Elements":8192}}"#)
            .unwrap();
        fs::write(new.join("estimates.json"), r#"{"mean":{"point_estimate":8192000.0}}"#).unwrap();
        let figures = read(dir.path()).unwrap();
        assert_eq!(figures.len(), 1);
        assert_eq!((figures[0].each().as_str(), figures[0].a_second().as_str()), ("8.19 ms", "1.00 M"));
    }
}
