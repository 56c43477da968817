//! From the compiled module to what a browser loads: bindings, `wasm-opt`, names with a content hash, compressed versions.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, anyhow, ensure};
use wasm_bindgen_cli_support::Bindgen;
use xxhash_rust::xxh3::xxh3_128;

use super::{Manifest, compress, published};
use crate::{
    clock::{self, Stopwatch},
    packages::{self, Need},
    shell, workspace,
};

const STEM: &str = "plumbline_ui";
/// What the wasm and its glue may take over the line together.
const BROTLI_LIMIT_BYTES: u64 = 500_000;
const OPT_LIMIT: Duration = Duration::from_secs(600);

/// Makes the site in `site` from the compiled module; does nothing if it is made from that module already.
pub fn bundle(module: &Path, site: &Path) -> Result<Manifest> {
    let bytes = fs::read(module).with_context(|| format!("reading {}", module.display()))?;
    let input = hash(&bytes);
    if let Some(manifest) = published(site).filter(|it| it.input == input) {
        println!("unchanged: {} and {}", manifest.js, manifest.wasm);
        return Ok(manifest);
    }
    let out = workspace::target_dir("wasm/bindgen")?;
    fs::remove_dir_all(&out).context("clearing the bindings")?;
    let watch = Stopwatch::start();
    bind(bytes, &out)?;
    ensure!(
        !out.join("snippets").exists(),
        "a crate brings a JavaScript module along; the server serves one file alone"
    );
    println!("bindings in {}", watch.seconds());
    let wasm = out.join(format!("{STEM}_bg.wasm"));
    optimise(&wasm);
    let manifest = publish(&out, &wasm, &input, site)?;
    remove_stale(site, &manifest)?;
    Ok(manifest)
}

fn bind(module: Vec<u8>, out: &Path) -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen.input_bytes(STEM, module).typescript(false).remove_producers_section(true).remove_name_section(true);
    bindgen.web(true).map_err(|error| anyhow!("wasm-bindgen: {error:#}"))?;
    bindgen.omit_default_module_path(true);
    bindgen.generate(out).map_err(|error| anyhow!("wasm-bindgen: {error:#}"))
}

/// Makes the module smaller where binaryen is to be had; without it the site is larger and works.
fn optimise(wasm: &Path) {
    if let Err(error) = packages::need(&[Need::new("wasm-opt", "binaryen")]) {
        println!("not optimised: {error}");
        return;
    }
    let watch = Stopwatch::start();
    let smaller = wasm.with_extension("opt.wasm");
    let mut command = Command::new("wasm-opt");
    command.args(["-Oz", "--all-features"]).arg(wasm).arg("-o").arg(&smaller);
    let log = wasm.with_extension("opt.log");
    match shell::quietly(&mut command, &log, OPT_LIMIT).and_then(|()| Ok(fs::rename(&smaller, wasm)?)) {
        Ok(()) => println!("wasm-opt in {}", watch.seconds()),
        Err(error) => println!("not optimised: {error:#}"),
    }
}

fn publish(out: &Path, wasm: &Path, input: &str, site: &Path) -> Result<Manifest> {
    fs::create_dir_all(site)?;
    let wasm_bytes = fs::read(wasm)?;
    let js_bytes = fs::read(out.join(format!("{STEM}.js")))?;
    let wasm_name = format!("{STEM}-{}.wasm", &hash(&wasm_bytes)[..16]);
    let js_name = format!("{STEM}-{}.js", &hash(&js_bytes)[..16]);
    let wasm_size = compress::write(&site.join(&wasm_name), &wasm_bytes)?;
    let js_size = compress::write(&site.join(&js_name), &js_bytes)?;
    println!("  wasm  {wasm_size}");
    println!("  js    {js_size}");
    let brotli_bytes = wasm_size.brotli + js_size.brotli;
    let ratio = brotli_bytes as f64 / BROTLI_LIMIT_BYTES as f64;
    println!(
        "  together {:.0} KB brotli: {ratio:.2} of the limit of {} KB",
        brotli_bytes as f64 / 1e3,
        BROTLI_LIMIT_BYTES / 1000
    );
    let manifest = Manifest {
        js: js_name,
        wasm: wasm_name,
        built: clock::rfc3339(clock::unix_micros()),
        input: input.to_owned(),
        brotli_bytes,
    };
    manifest.publish(site)?;
    Ok(manifest)
}

/// Removes what an earlier build left, once the manifest names it no longer.
fn remove_stale(site: &Path, manifest: &Manifest) -> Result<()> {
    for entry in fs::read_dir(site)? {
        let path: PathBuf = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let current = name.starts_with(&manifest.js) || name.starts_with(&manifest.wasm);
        if name.starts_with(STEM) && !current {
            fs::remove_file(&path).with_context(|| format!("removing {}", path.display()))?;
        }
    }
    Ok(())
}

fn hash(bytes: &[u8]) -> String {
    format!("{:032x}", xxh3_128(bytes))
}
