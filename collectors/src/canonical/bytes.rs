//! Bytes: base64 as Debezium and protobuf's JSON write them, or PostgreSQL's hexadecimal.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD},
};
use serde_json::Value;

pub(super) fn canonical(value: &Value) -> Result<String, String> {
    let bytes = value.as_str().and_then(|text| match text.strip_prefix("\\x") {
        Some(digits) => hex::decode(digits).ok(),
        None => STANDARD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text)).ok(),
    });
    bytes.map(|bytes| STANDARD.encode(bytes)).ok_or_else(|| "bytes as base64, or as hexadecimal after \\x".to_owned())
}
