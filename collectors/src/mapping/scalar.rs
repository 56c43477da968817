//! Keys and ids: text forms of single values, bounded in length; and quoting of values in issues, where that is allowed.

use compact_str::CompactString;
use serde_json::Value;

use super::Mapper;
use crate::{canonical::Numeral, expr::Failure};

/// Bytes of a key or an id at most: they are kept in state and indexes for each thing that is watched (LIM-1).
pub(super) const MAX_ID_BYTES: usize = 512;
/// Bytes of a value that an issue quotes.
const MAX_QUOTE_BYTES: usize = 80;

/// The text of a value that can be a key or an id.
///
/// # Errors
/// What was expected.
pub(super) fn id_text(value: &Value) -> Result<CompactString, String> {
    let text = match value {
        Value::String(text) => CompactString::new(text),
        Value::Number(number) => {
            let plain = number.to_string();
            // 7 and 7.0 are one key: languages without integers write either.
            Numeral::parse(&plain).map_or_else(|| plain.into(), |numeral| CompactString::from(numeral.to_string()))
        }
        Value::Bool(it) => CompactString::from(it.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => return Err("text or a number".to_owned()),
    };
    match text.len() {
        0 => Err("text that is not empty".to_owned()),
        1..=MAX_ID_BYTES => Ok(text),
        _ => Err(format!("at most {MAX_ID_BYTES} bytes")),
    }
}

impl Mapper<'_> {
    /// A value for an issue: cut if it is long, and only its kind where values must not be kept.
    pub(super) fn quote(&self, value: &Value) -> String {
        if !self.mapping.quotes {
            let kind = match value {
                Value::Null => "null",
                Value::Bool(_) => "true or false",
                Value::Number(_) => "a number",
                Value::String(_) => "a text",
                Value::Array(_) => "a list",
                Value::Object(_) => "an object",
            };
            return kind.to_owned();
        }
        let text = value.to_string();
        if text.len() <= MAX_QUOTE_BYTES {
            return text;
        }
        let end = (0..=MAX_QUOTE_BYTES).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        format!("{}…", &text[..end])
    }

    /// Why an expression failed; the interpreter quotes values, so where those must not be kept only that it failed.
    pub(super) fn quote_failure(&self, failure: Failure) -> String {
        let Failure { selector, reason } = failure;
        if self.mapping.quotes { format!("`{selector}`: {reason}") } else { format!("`{selector}` failed") }
    }
}
