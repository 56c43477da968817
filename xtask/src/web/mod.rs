//! `cargo xtask web`: the dashboard's frontend as WebAssembly, into `target/site/pkg/`. The server works without it (pages
//! are rendered by the server and read without scripts); with it they are live.

#[cfg(feature = "web")]
mod bundle;
#[cfg(feature = "web")]
mod compress;
mod manifest;
mod toolchain;

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Context, Result};

pub use manifest::{Manifest, published};
pub use toolchain::{Toolchain, choose};

#[cfg(feature = "web")]
use crate::clock::Stopwatch;
use crate::{shell, workspace};

/// Where the server looks for the built frontend (`backend/server/build.rs`), whatever Cargo's target directory is.
///
/// # Errors
/// When the folder cannot be made.
pub fn site() -> Result<PathBuf> {
    let dir = workspace::root()?.join("target/site/pkg");
    fs::create_dir_all(&dir).with_context(|| format!("making {}", dir.display()))?;
    Ok(dir)
}

/// This command again, with the feature that brings wasm-bindgen.
///
/// # Errors
/// When the workspace is not found.
pub fn child() -> Result<Command> {
    let mut command = shell::cargo();
    command.current_dir(workspace::root()?);
    command.args(["run", "--quiet", "--package", "xtask", "--bin", "xtask", "--features", "web", "--", "web"]);
    Ok(command)
}

/// Builds the frontend here.
///
/// # Errors
/// When no toolchain can build it, or a step of the build fails.
#[cfg(feature = "web")]
pub fn build() -> Result<Manifest> {
    let watch = Stopwatch::start();
    let toolchain = choose()?;
    println!("building the dashboard's WebAssembly with {toolchain}");
    let wasm = compile(&toolchain)?;
    println!("compiled in {}", watch.seconds());
    let manifest = bundle::bundle(&wasm, &site()?)?;
    println!("dashboard built in {}: {}", watch.seconds(), workspace::shown(&site()?));
    Ok(manifest)
}

/// Builds the frontend: here where wasm-bindgen is linked in, else in a child that has it.
///
/// # Errors
/// When no toolchain can build it, or a step of the build fails.
#[cfg(feature = "web")]
pub fn build_here_or_in_child() -> Result<()> {
    build().map(|_| ())
}
/// Builds the frontend: here where wasm-bindgen is linked in, else in a child that has it.
///
/// # Errors
/// When no toolchain can build it, or a step of the build fails.
#[cfg(not(feature = "web"))]
pub fn build_here_or_in_child() -> Result<()> {
    shell::run(&mut child()?)
}

/// Compiles the crate and gives the path of the raw module. In a target directory of its own: neither its profile nor a
/// second compiler then evicts what the server's build left.
#[cfg_attr(not(feature = "web"), expect(dead_code, reason = "called where wasm-bindgen is linked in"))]
fn compile(toolchain: &Toolchain) -> Result<PathBuf> {
    const TARGET: &str = "wasm32-unknown-unknown";
    const PROFILE: &str = "wasm-release";
    let target_dir = workspace::target_dir("wasm")?;
    let mut command = shell::cargo();
    command.current_dir(workspace::root()?);
    command.args(["build", "--package", "plumbline-ui", "--lib", "--no-default-features", "--features", "hydrate"]);
    command.args(["--profile", PROFILE, "--target", TARGET, "--target-dir"]).arg(&target_dir);
    toolchain.prepare(&mut command);
    shell::run(&mut command).context("compiling the frontend to WebAssembly")?;
    Ok(target_dir.join(TARGET).join(PROFILE).join("plumbline_ui.wasm"))
}
