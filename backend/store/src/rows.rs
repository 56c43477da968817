//! The bytes of a row's body: a format byte and the thing in postcard. The format byte lets a later Plumbline read what
//! an earlier one wrote after the model has changed.

use serde::{Serialize, de::DeserializeOwned};

use crate::StoreError;

const FORMAT: u8 = 1;

pub(crate) fn pack(value: &impl Serialize) -> Vec<u8> {
    // Serialising plain data into memory has no way to fail; a lone format byte would be refused on reading.
    postcard::to_extend(value, vec![FORMAT]).unwrap_or_else(|_| vec![FORMAT])
}

/// Reads what `pack` wrote. `file` and `what` are for the error.
pub(crate) fn unpack<T: DeserializeOwned>(bytes: &[u8], file: &str, what: &str) -> Result<T, StoreError> {
    let corrupt = |reason: String| StoreError::Corrupt { file: file.to_owned(), block: None, reason };
    match bytes.split_first() {
        Some((&FORMAT, body)) => postcard::from_bytes(body).map_err(|error| corrupt(format!("{what}: {error}"))),
        Some((format, _)) => Err(corrupt(format!("{what}: unknown format {format}"))),
        None => Err(corrupt(format!("{what}: empty"))),
    }
}

/// The snake-case word of a unit variant: what columns hold of a closed enum.
pub(crate) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// Reads what `word` wrote.
pub(crate) fn from_word<T: DeserializeOwned>(word: String, file: &str) -> Result<T, StoreError> {
    serde_json::from_value(serde_json::Value::String(word)).map_err(|error| StoreError::Corrupt {
        file: file.to_owned(),
        block: None,
        reason: error.to_string(),
    })
}
