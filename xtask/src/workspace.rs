//! Where things of the workspace are. Paths are found at run time, from the folder in which a command was called, so that
//! nothing of the machine that built it stays in a binary.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

/// The root of the workspace: the nearest folder at or above this one whose Cargo.toml declares it.
///
/// # Errors
/// When there is none.
pub fn root() -> Result<PathBuf> {
    let start = match env::var_os("CARGO_MANIFEST_DIR") {
        Some(dir) => PathBuf::from(dir),
        None => env::current_dir().context("the current folder")?,
    };
    for dir in start.ancestors() {
        let declared = fs::read_to_string(dir.join("Cargo.toml")).is_ok_and(|text| text.contains("[workspace]"));
        if declared {
            return Ok(dir.to_owned());
        }
    }
    bail!("{} is not inside Plumbline's workspace", start.display())
}

/// Cargo's target directory: everything that the commands make or fetch stays below it.
///
/// # Errors
/// When the workspace is not found.
pub fn target() -> Result<PathBuf> {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => Ok(env::current_dir()?.join(dir)),
        None => Ok(root()?.join("target")),
    }
}

/// A folder below the target directory, made if it is not there.
///
/// # Errors
/// When it cannot be made.
pub fn target_dir(name: &str) -> Result<PathBuf> {
    let dir = target()?.join(name);
    fs::create_dir_all(&dir).with_context(|| format!("making {}", dir.display()))?;
    Ok(dir)
}

/// A path as people want to read it: relative to the workspace where it is inside.
pub fn shown(path: &Path) -> String {
    let relative = root().ok().and_then(|root| path.strip_prefix(root).map(Path::to_owned).ok());
    relative.as_deref().unwrap_or(path).display().to_string()
}
