//! A file beside its brotli and gzip versions, made once at build time at the highest levels.

use std::{fmt, fs, io::Write, path::Path};

use anyhow::{Context, Result};
use flate2::{Compression, write::GzEncoder};

/// Sizes in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    pub plain: u64,
    pub gzip: u64,
    pub brotli: u64,
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kb = |bytes: u64| bytes as f64 / 1e3;
        write!(f, "{:7.1} KB, gzip {:6.1} KB, brotli {:6.1} KB", kb(self.plain), kb(self.gzip), kb(self.brotli))
    }
}

/// Writes `bytes` to `path`, and compressed to `path.gz` and `path.br`.
pub fn write(path: &Path, bytes: &[u8]) -> Result<Sizes> {
    let gzip = gzip(bytes)?;
    let brotli = brotli(bytes)?;
    let beside = |ending: &str| format!("{}.{ending}", path.display());
    fs::write(path, bytes).with_context(|| format!("writing {}", path.display()))?;
    fs::write(beside("gz"), &gzip)?;
    fs::write(beside("br"), &brotli)?;
    Ok(Sizes { plain: bytes.len() as u64, gzip: gzip.len() as u64, brotli: brotli.len() as u64 })
}

/// Writes `bytes` to `path` alone: compressing a debug build takes longer than making it.
pub fn write_plain(path: &Path, bytes: &[u8]) -> Result<Sizes> {
    fs::write(path, bytes).with_context(|| format!("writing {}", path.display()))?;
    let plain = bytes.len() as u64;
    Ok(Sizes { plain, gzip: plain, brotli: plain })
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let params = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut packed, &params)?;
    Ok(packed)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn both_versions_unpack_to_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.js");
        let text = "let a = 1;".repeat(200);
        let sizes = write(&path, text.as_bytes()).unwrap();
        assert!(sizes.gzip < sizes.plain && sizes.brotli < sizes.plain);
        let mut unpacked = String::new();
        let file = fs::File::open(dir.path().join("a.js.gz")).unwrap();
        flate2::read::GzDecoder::new(file).read_to_string(&mut unpacked).unwrap();
        assert_eq!(unpacked, text);
        let mut unpacked = Vec::new();
        brotli::BrotliDecompress(&mut fs::File::open(dir.path().join("a.js.br")).unwrap(), &mut unpacked).unwrap();
        assert_eq!(unpacked, text.as_bytes());
    }
}
