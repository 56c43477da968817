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

/// What is built.
#[derive(clap::Args, Clone, Copy, Default, Debug)]
pub struct Options {
    /// Build quickly and large: panics and mismatches with the server's page name their place
    #[arg(long)]
    pub debug: bool,
}

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
pub fn child(options: Options) -> Result<Command> {
    let mut command = shell::cargo();
    command.current_dir(workspace::root()?);
    command.args(["run", "--quiet", "--package", "xtask", "--bin", "xtask", "--features", "web", "--", "web"]);
    command.args(options.debug.then_some("--debug"));
    Ok(command)
}

/// Builds the frontend here.
///
/// # Errors
/// When no toolchain can build it, a step of the build fails, or what was built is larger than allowed (it is in place then).
#[cfg(feature = "web")]
pub fn build(options: Options) -> Result<Manifest> {
    let watch = Stopwatch::start();
    let toolchain = choose()?;
    println!("building the dashboard's WebAssembly with {toolchain}");
    let wasm = compile(&toolchain, options)?;
    println!("compiled in {}", watch.seconds());
    let manifest = bundle::bundle(&wasm, &site()?, options)?;
    println!("dashboard built in {}: {}", watch.seconds(), workspace::shown(&site()?));
    if !options.debug {
        manifest.hold_limit()?;
    }
    Ok(manifest)
}

/// Builds the frontend: here where wasm-bindgen is linked in, else in a child that has it.
///
/// # Errors
/// When no toolchain can build it, or a step of the build fails.
#[cfg(feature = "web")]
pub fn build_here_or_in_child(options: Options) -> Result<()> {
    build(options).map(|_| ())
}
/// Builds the frontend: here where wasm-bindgen is linked in, else in a child that has it.
///
/// # Errors
/// When no toolchain can build it, or a step of the build fails.
#[cfg(not(feature = "web"))]
pub fn build_here_or_in_child(options: Options) -> Result<()> {
    shell::run(&mut child(options)?)
}

/// Compiles the crate and gives the path of the raw module. In a target directory of its own: neither its profile nor a
/// second compiler then evicts what the server's build left.
#[cfg_attr(not(feature = "web"), expect(dead_code, reason = "called where wasm-bindgen is linked in"))]
fn compile(toolchain: &Toolchain, options: Options) -> Result<PathBuf> {
    const TARGET: &str = "wasm32-unknown-unknown";
    let (profile, folder) = if options.debug { ("dev", "debug") } else { ("wasm-release", "wasm-release") };
    let target_dir = workspace::target_dir("wasm")?;
    let mut command = shell::cargo();
    command.current_dir(workspace::root()?);
    command.args(["build", "--package", "plumbline-ui", "--lib", "--no-default-features", "--features", "hydrate"]);
    command.args(["--profile", profile, "--target", TARGET, "--target-dir"]).arg(&target_dir);
    toolchain.prepare(&mut command);
    shell::run(&mut command).context("compiling the frontend to WebAssembly")?;
    Ok(target_dir.join(TARGET).join(folder).join("plumbline_ui.wasm"))
}
