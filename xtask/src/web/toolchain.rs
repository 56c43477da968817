//! Which compiler builds WebAssembly here: the present toolchain with its target, installed or fetched by rustup, or
//! Debian's rustc with the standard library built from source. `PLUMBLINE_WASM_TOOLCHAIN` forces one of them.

use std::{fmt, path::Path, process::Command, time::Duration};

use anyhow::{Result, bail};

use crate::{
    packages::{self, Need},
    shell, workspace,
};

const TARGET: &str = "wasm32-unknown-unknown";
/// Long enough for 30 MB over an ordinary line; a machine that cannot reach Rust's servers hangs no longer than this.
const RUSTUP_LIMIT: Duration = Duration::from_secs(40);
const DEBIAN: [Need; 4] = [
    Need::new("/usr/bin/rustc", "rustc-web"),
    Need::new("/usr/lib/rustlib/src/rust/library/Cargo.toml", "rust-web-src"),
    Need::new("/usr/bin/cargo", "cargo-web"),
    Need::new("wasm-ld", "lld"),
];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Toolchain {
    /// The cargo that runs this, which has the target.
    Installed,
    /// Debian's rustc with its sources; the standard library is built along.
    Debian,
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Installed => write!(f, "the installed toolchain"),
            Self::Debian => write!(f, "Debian's rustc and a standard library from source"),
        }
    }
}

impl Toolchain {
    /// Points a `cargo build` at this toolchain.
    pub fn prepare(self, command: &mut Command) {
        if self == Self::Debian {
            command.args(["-Z", "build-std=std,panic_abort"]);
            command.env("RUSTC", "/usr/bin/rustc").env("RUSTC_BOOTSTRAP", "1");
            command.env_remove("RUSTUP_TOOLCHAIN");
            command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld");
        }
    }
}

/// Finds or makes a toolchain that builds WebAssembly.
///
/// # Errors
/// Says every way that was tried, and what to install.
pub fn choose() -> Result<Toolchain> {
    let forced = std::env::var("PLUMBLINE_WASM_TOOLCHAIN").unwrap_or_default();
    match forced.as_str() {
        "" | "installed" | "debian" => {}
        other => bail!("PLUMBLINE_WASM_TOOLCHAIN is {other:?}; expected `installed` or `debian`"),
    }
    let mut tried = Vec::new();
    if forced != "debian" {
        if has_target() {
            return Ok(Toolchain::Installed);
        }
        match add_target() {
            Ok(()) if has_target() => return Ok(Toolchain::Installed),
            Ok(()) => tried.push("rustup added the target to another toolchain than the one in use".to_owned()),
            Err(error) => tried.push(format!("`rustup target add {TARGET}`: {error}")),
        }
    }
    if forced != "installed" {
        match packages::need(&DEBIAN) {
            Ok(()) => return Ok(Toolchain::Debian),
            Err(error) => tried.push(format!("Debian's rustc: {error}")),
        }
    }
    bail!(
        "nothing here can build WebAssembly, so pages stay as the server renders them (readable, not live).\n  {}\n\
         To get it: `rustup target add {TARGET}`, or on Debian `apt-get install rustc-web rust-web-src cargo-web lld`.",
        tried.join("\n  ")
    )
}

fn has_target() -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    shell::output(Command::new(rustc).args(["--print", "target-libdir", "--target", TARGET]))
        .is_ok_and(|dir| Path::new(dir.trim()).is_dir())
}

fn add_target() -> Result<()> {
    if shell::which("rustup").is_none() {
        bail!("rustup is not installed");
    }
    println!("fetching the target {TARGET} (rustup)");
    let log = workspace::target_dir("logs")?.join("rustup.log");
    shell::quietly(Command::new("rustup").args(["target", "add", TARGET]), &log, RUSTUP_LIMIT)
}
