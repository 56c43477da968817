//! Points the embedding of the dashboard at the folder that `cargo xtask web` fills, and makes sure that there is one, so
//! that the server builds before, and without, the wasm.

use std::{env, fs, path::PathBuf};

fn main() {
    let manifest = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap_or_default());
    let site = manifest.join("../../target/site/pkg");
    if let Err(error) = fs::create_dir_all(&site) {
        println!("cargo::warning=the dashboard's folder cannot be made: {error}");
    }
    println!("cargo::rustc-env=PLUMBLINE_SITE={}", site.display());
    // Only a release build embeds the files; a debug build would be built anew after each build of the wasm for nothing.
    if env::var("PROFILE").as_deref() == Ok("release") {
        println!("cargo::rerun-if-changed={}", site.display());
    } else {
        println!("cargo::rerun-if-changed=build.rs");
    }
}
