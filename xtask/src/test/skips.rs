//! The tests that skipped themselves because a server was not to be had, as they wrote it down (`tests/src/services`).

use std::{fs, path::PathBuf};

use anyhow::Result;

use crate::workspace;

fn file() -> Result<PathBuf> {
    Ok(workspace::target_dir("services")?.join("skipped.log"))
}

/// Forgets what an earlier run wrote.
pub fn clear() -> Result<()> {
    let file = file()?;
    if file.exists() {
        fs::remove_file(file)?;
    }
    Ok(())
}

/// Prints each skipped test once, with its reason, and counts them.
pub fn print() -> Result<u64> {
    let file = file()?;
    let text = if file.exists() { fs::read_to_string(file)? } else { String::new() };
    let mut seen = std::collections::BTreeSet::new();
    for line in text.lines() {
        let (test, reason) = line.split_once('\t').unwrap_or((line, ""));
        if seen.insert(test) {
            println!("  skipped {test}: {reason}");
        }
    }
    Ok(seen.len() as u64)
}
