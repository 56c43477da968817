//! How a file is laid out: told by its name where that says it, else by its first lines.

use std::{io, path::Path};

use super::{BOM, json::Depth};
use crate::config::FileFormat;

pub(super) enum Layout {
    /// One JSON value a line.
    Lines,
    /// An array, or values over several lines.
    Values,
    Csv {
        delimiter: u8,
    },
}

/// `head` is the beginning of the file, long enough for its first lines.
pub(super) fn layout(head: &[u8], file: &Path, format: FileFormat) -> io::Result<Layout> {
    let plain = head.strip_prefix(BOM).unwrap_or(head).trim_ascii_start();
    let json = plain.first().is_none_or(|byte| matches!(byte, b'{' | b'['));
    if format == FileFormat::Csv || named_csv(file) || (format == FileFormat::Json && !json) {
        if !matches!(format, FileFormat::Csv | FileFormat::Json) {
            let message = "it is CSV, but its source does not hold plain rows; expected the format of the source";
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        return Ok(Layout::Csv { delimiter: delimiter(plain) });
    }
    Ok(if plain.first() == Some(&b'[') || goes_over_lines(plain) { Layout::Values } else { Layout::Lines })
}

/// `orders.csv`, `orders.csv.gz`, `orders.tsv.zst`.
fn named_csv(file: &Path) -> bool {
    let name = file.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let plain = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
    plain.ends_with(".csv") || plain.ends_with(".tsv")
}

/// The one that the header has most of.
fn delimiter(head: &[u8]) -> u8 {
    let header = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |delimiter: u8| header.iter().filter(|byte| **byte == delimiter).count();
    [b';', b'\t', b','].into_iter().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
}

/// Whether the first value is spread over lines. A cut first line is not: the next one begins with a value of its own.
fn goes_over_lines(head: &[u8]) -> bool {
    let mut lines = head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let (Some(first), Some(second)) = (lines.next(), lines.next()) else { return false };
    let mut depth = Depth::default();
    first.iter().for_each(|byte| depth.take(*byte));
    depth.is_open() && !matches!(second.first(), Some(b'{' | b'['))
}
