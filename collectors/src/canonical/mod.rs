//! The canonical form of a value under its declared type: two values are equal in that type exactly if their canonical texts
//! are. What does not convert is an error that says what was expected; nothing is guessed.

mod boolean;
mod bytes;
mod digest;
mod json;
mod number;
mod text;
mod timestamp;

#[cfg(test)]
mod tests;

use serde_json::Value;

pub(crate) use self::{digest::Keeper, number::Numeral, timestamp::instant};
use crate::config::{FieldType, TimeUnit};

/// How a record writes a value, where the value alone does not tell.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Written {
    /// What a number counts since the epoch.
    pub unit: Option<TimeUnit>,
    /// Places of a decimal that is sent as base64.
    pub scale: Option<u8>,
    /// The record is change capture: decimals and bytes may be base64, JSON columns are text.
    pub capture: bool,
}

/// The canonical text of a value that is not null.
///
/// # Errors
/// What was expected, where the value does not have the type.
pub(crate) fn canonical(kind: FieldType, value: &Value, written: Written) -> Result<String, String> {
    match kind {
        FieldType::Text => text::canonical(value),
        FieldType::Number => number::canonical(value),
        FieldType::Decimal(places) => number::decimal(value, places, written),
        FieldType::Timestamp(precision) => timestamp::canonical(value, precision, written.unit),
        FieldType::Boolean => boolean::canonical(value),
        FieldType::Json => Ok(json::canonical(value, written.capture)),
        FieldType::Bytes => bytes::canonical(value),
    }
}

/// What an expectation calls a declared type.
pub(crate) fn describe(kind: FieldType) -> String {
    match kind {
        FieldType::Text => "text".to_owned(),
        FieldType::Number => "a number".to_owned(),
        FieldType::Decimal(places) => format!("a decimal with {places} places"),
        FieldType::Timestamp(_) => "a timestamp".to_owned(),
        FieldType::Boolean => "true or false".to_owned(),
        FieldType::Json => "JSON".to_owned(),
        FieldType::Bytes => "bytes as base64".to_owned(),
    }
}
