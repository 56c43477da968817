//! `manifest.json` beside the built frontend: which files a page must load. Written last and by rename, so that a server
//! that reads it while a build runs sees the old set or the new one, never a mixture.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

/// File names inside the folder of the manifest.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// The JavaScript module to import; its `default` export takes `{ module_or_path: wasm }`.
    pub js: String,
    pub wasm: String,
    /// RFC 3339.
    pub built: String,
    /// Digest of the compiled module before wasm-bindgen: equal means that nothing is to be done.
    pub input: String,
    /// Brotli sizes of `js` and `wasm` together, in bytes.
    pub brotli_bytes: u64,
}

/// What wasm and glue may take over the line together.
const LIMIT_BYTES: u64 = 500_000;
const FILE: &str = "manifest.json";

/// The manifest in `dir`, if a complete frontend is there.
pub fn published(dir: &Path) -> Option<Manifest> {
    let text = fs::read_to_string(dir.join(FILE)).ok()?;
    let manifest: Manifest = serde_json::from_str(&text).ok()?;
    let complete = dir.join(&manifest.js).is_file() && dir.join(&manifest.wasm).is_file();
    complete.then_some(manifest)
}

impl Manifest {
    /// Prints what a first visit loads, as a ratio to its limit.
    ///
    /// # Errors
    /// When it is more than that.
    pub fn hold_limit(&self) -> Result<()> {
        let (kb, limit_kb) = (self.brotli_bytes as f64 / 1e3, LIMIT_BYTES as f64 / 1e3);
        println!("wasm and glue: {kb:.0} KB brotli, {:.2} of the limit of {limit_kb} KB", kb / limit_kb);
        ensure!(self.brotli_bytes <= LIMIT_BYTES, "wasm and glue are larger than {limit_kb} KB");
        Ok(())
    }

    /// Puts the manifest in force.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn publish(&self, dir: &Path) -> Result<()> {
        let draft = dir.join("manifest.json.new");
        fs::write(&draft, serde_json::to_vec_pretty(self)?).with_context(|| format!("writing {}", draft.display()))?;
        fs::rename(&draft, dir.join(FILE)).context("putting the manifest in force")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(brotli_bytes: u64) -> Manifest {
        Manifest {
            js: "a.js".into(),
            wasm: "a.wasm".into(),
            built: "2026-01-01T00:00:00.000Z".into(),
            input: "00".into(),
            brotli_bytes,
        }
    }

    #[test]
    fn more_than_the_limit_is_an_error() {
        assert!(manifest(LIMIT_BYTES).hold_limit().is_ok());
        assert!(manifest(LIMIT_BYTES + 1).hold_limit().is_err());
    }

    #[test]
    fn a_manifest_without_its_files_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let manifest = manifest(1);
        manifest.publish(dir.path()).unwrap();
        assert_eq!(published(dir.path()), None);
        fs::write(dir.path().join("a.js"), "").unwrap();
        fs::write(dir.path().join("a.wasm"), "").unwrap();
        assert_eq!(published(dir.path()), Some(manifest));
    }
}
