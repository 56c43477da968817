//! What was measured: by criterion, from the files that it leaves behind, and by benches that print their figures.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use serde_json::Value;

#[derive(Clone, PartialEq, Debug)]
pub struct Figure {
    /// Group and function: `append/fsynced`.
    pub name: String,
    pub measured: Measured,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Measured {
    /// By criterion: seconds of one iteration, and the things done in it; 1 where the bench does not say.
    Time { mean_seconds: f64, elements: f64 },
    /// As a bench printed it, with its unit.
    Printed { value: f64, unit: String },
}

impl Figure {
    pub fn printed(name: &str, value: f64, unit: &str) -> Self {
        Self { name: name.to_owned(), measured: Measured::Printed { value, unit: unit.to_owned() } }
    }

    /// Reads `figure: NAME = VALUE UNIT`, as benches print it.
    pub fn parse(line: &str) -> Option<Self> {
        let (name, rest) = line.strip_prefix("figure: ")?.rsplit_once(" = ")?;
        let (value, unit) = rest.split_once(' ')?;
        Some(Self::printed(name, value.parse().ok()?, unit))
    }

    /// The value and its unit: of a time, things a second where a rate is asked for.
    pub fn value(&self, as_rate: bool) -> (f64, &str) {
        match &self.measured {
            Measured::Printed { value, unit } => (*value, unit),
            Measured::Time { mean_seconds, elements } if as_rate => (elements / mean_seconds, "/s"),
            Measured::Time { mean_seconds, .. } => (*mean_seconds, "s"),
        }
    }

    /// Time of one iteration and things a second, for figures of which nothing is promised.
    pub fn words(&self) -> String {
        match &self.measured {
            Measured::Printed { value, unit } => number(*value, unit),
            Measured::Time { mean_seconds, elements: 1.0 } => number(*mean_seconds, "s"),
            Measured::Time { mean_seconds, elements } => {
                format!("{}, {}", number(*mean_seconds, "s"), number(elements / mean_seconds, "/s"))
            }
        }
    }
}

/// Three digits or so, in the unit that people would say.
pub fn number(value: f64, unit: &str) -> String {
    let scaled = match (value.abs(), unit) {
        (..1e-6, "s") => return format!("{:.0} ns", value * 1e9),
        (..1e-3, "s") => return format!("{:.2} µs", value * 1e6),
        (..1.0, "s") => return format!("{:.2} ms", value * 1e3),
        (1e6.., _) => format!("{:.2} M", value / 1e6),
        (1e3.., _) => format!("{:.1} k", value / 1e3),
        _ if value.fract() == 0.0 => format!("{value}"),
        _ => format!("{value:.2}"),
    };
    format!("{scaled}{}{unit}", if unit.starts_with('/') || unit.is_empty() { "" } else { " " })
}

/// All of criterion's figures below its folder.
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
    Ok(Figure { name, measured: Measured::Time { mean_seconds: nanoseconds / 1e9, elements } })
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
        assert_eq!(figures[0].words(), "8.19 ms, 1.00 M/s");
        assert_eq!(figures[0].value(true), (1_000_000.0, "/s"));
    }

    #[test]
    fn and_from_what_benches_print() {
        let figure = Figure::parse("figure: memory/key × replica, 2 remembered writes = 137.062 B").unwrap();
        assert_eq!(
            (figure.name.as_str(), figure.words().as_str()),
            ("memory/key × replica, 2 remembered writes", "137.06 B")
        );
        assert_eq!(Figure::parse("figure: ingest/requests refused = 0.000 ").unwrap().words(), "0");
        assert_eq!(Figure::parse("append/fsynced  time: [8 ms]"), None);
    }
}
