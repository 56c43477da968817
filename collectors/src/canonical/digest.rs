//! From canonical text to what is kept of it: a digest to compare by, and the text as far as `values:` allows.

use compact_str::{CompactString, format_compact};
use plumbline_model::state::{FieldValue, NULL_DIGEST};

use crate::config::ValuesConfig;

/// Bytes of a value's text that are kept at most. The digest stands for the whole; a person needs no more to recognise it.
pub(crate) const MAX_TEXT_BYTES: usize = 256;

/// Makes field values of canonical texts, with this installation's key where values must not be kept.
#[derive(Clone, Debug)]
pub(crate) struct Keeper {
    key: [u8; 32],
}

impl Keeper {
    pub const fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    pub fn keep(&self, values: ValuesConfig, canonical: &str) -> FieldValue {
        let hash = match values {
            ValuesConfig::Store => blake3::hash(canonical.as_bytes()),
            ValuesConfig::Hash | ValuesConfig::Drop => blake3::keyed_hash(&self.key, canonical.as_bytes()),
        };
        let digest = hash.as_bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let digest = if digest == NULL_DIGEST { NULL_DIGEST + 1 } else { digest };
        let text = match values {
            ValuesConfig::Store => shown(canonical),
            ValuesConfig::Hash => format_compact!("#{digest:016x}"),
            ValuesConfig::Drop => CompactString::default(),
        };
        FieldValue::Value { digest, text }
    }
}

fn shown(text: &str) -> CompactString {
    if text.len() <= MAX_TEXT_BYTES {
        return CompactString::new(text);
    }
    let end = (0..=MAX_TEXT_BYTES - 3).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format_compact!("{}…", &text[..end])
}
