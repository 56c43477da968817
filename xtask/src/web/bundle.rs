//! From the compiled module to what a browser loads: bindings, names with a content hash, compressed versions. `wasm-opt` is
//! not among the steps: what it makes is smaller on disk and larger over the line (what it inlines no longer repeats), and
//! the versions that distributions carry break modules with more than one table.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, ensure};
use wasm_bindgen_cli_support::Bindgen;
use xxhash_rust::xxh3::xxh3_128;

use super::{Manifest, Options, compress, published};
use crate::{
    clock::{self, Stopwatch},
    workspace,
};

const STEM: &str = "plumbline_ui";
/// Makes the site in `site` from the compiled module; does nothing if it is made from that module already.
pub fn bundle(module: &Path, site: &Path, options: Options) -> Result<Manifest> {
    let bytes = fs::read(module).with_context(|| format!("reading {}", module.display()))?;
    let input = hash(&bytes);
    if let Some(manifest) = published(site).filter(|it| it.input == input) {
        println!("unchanged: {} and {}", manifest.js, manifest.wasm);
        return Ok(manifest);
    }
    let out = workspace::target_dir("wasm/bindgen")?;
    fs::remove_dir_all(&out).context("clearing the bindings")?;
    let watch = Stopwatch::start();
    bind(bytes, &out, options)?;
    ensure!(
        !out.join("snippets").exists(),
        "a crate brings a JavaScript module along; the server serves one file alone"
    );
    println!("bindings in {}", watch.seconds());
    let wasm = out.join(format!("{STEM}_bg.wasm"));
    let manifest = publish(&out, &wasm, &input, (site, options))?;
    remove_stale(site, &manifest)?;
    Ok(manifest)
}

fn bind(module: Vec<u8>, out: &Path, options: Options) -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen
        .input_bytes(STEM, module)
        .typescript(false)
        .remove_producers_section(true)
        .remove_name_section(!options.debug);
    bindgen.web(true).map_err(|error| anyhow!("wasm-bindgen: {error:#}"))?;
    bindgen.omit_default_module_path(true);
    bindgen.generate(out).map_err(|error| anyhow!("wasm-bindgen: {error:#}"))
}

fn publish(out: &Path, wasm: &Path, input: &str, (site, options): (&Path, Options)) -> Result<Manifest> {
    fs::create_dir_all(site)?;
    let wasm_bytes = fs::read(wasm)?;
    let js_bytes = fs::read(out.join(format!("{STEM}.js")))?;
    let wasm_name = format!("{STEM}-{}.wasm", &hash(&wasm_bytes)[..16]);
    let js_name = format!("{STEM}-{}.js", &hash(&js_bytes)[..16]);
    let write = if options.debug { compress::write_plain } else { compress::write };
    let wasm_size = write(&site.join(&wasm_name), &wasm_bytes)?;
    let js_size = write(&site.join(&js_name), &js_bytes)?;
    println!("  wasm  {wasm_size}");
    println!("  js    {js_size}");
    let manifest = Manifest {
        js: js_name,
        wasm: wasm_name,
        built: clock::rfc3339(clock::unix_micros()),
        input: input.to_owned(),
        brotli_bytes: wasm_size.brotli + js_size.brotli,
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
