//! Attribute values as the text that people search and read.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use compact_str::{CompactString, ToCompactString};
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use serde_json::Value as Json;

/// The text of a value, shortened to `max_bytes`; whether it was cut.
pub(super) fn text(value: Option<AnyValue>, max_bytes: usize) -> (CompactString, bool) {
    match value.and_then(|it| it.value) {
        None => (CompactString::default(), false),
        Some(Value::StringValue(text)) => cut(CompactString::from(text), max_bytes),
        Some(Value::BoolValue(it)) => (it.to_compact_string(), false),
        Some(Value::IntValue(it)) => (it.to_compact_string(), false),
        Some(Value::DoubleValue(it)) => (it.to_compact_string(), false),
        Some(Value::BytesValue(bytes)) => {
            // Three bytes give four letters: more than these could not be kept anyway.
            let kept = &bytes[..bytes.len().min(max_bytes)];
            cut(CompactString::from(STANDARD.encode(kept)), max_bytes)
        }
        Some(deep @ (Value::ArrayValue(_) | Value::KvlistValue(_) | Value::StringValueStrindex(_))) => {
            cut(CompactString::from(json(&deep).to_string()), max_bytes)
        }
    }
}

/// Shortens a text at a character.
pub(super) fn cut(mut text: CompactString, max_bytes: usize) -> (CompactString, bool) {
    if text.len() <= max_bytes {
        return (text, false);
    }
    let end = (0..=max_bytes.saturating_sub(3)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.truncate(end);
    text.push('…');
    (text, true)
}

/// Lists and maps as JSON. As deep as the wire format's parser allows (100), and no deeper.
fn json(value: &Value) -> Json {
    let of = |value: &AnyValue| value.value.as_ref().map_or(Json::Null, json);
    match value {
        Value::StringValue(text) => Json::from(text.as_str()),
        Value::BoolValue(it) => Json::from(*it),
        Value::IntValue(it) => Json::from(*it),
        Value::DoubleValue(it) => Json::from(*it),
        Value::BytesValue(bytes) => Json::from(STANDARD.encode(bytes)),
        Value::ArrayValue(list) => Json::Array(list.values.iter().map(of).collect()),
        Value::KvlistValue(list) => {
            let member = |it: &KeyValue| (it.key.clone(), it.value.as_ref().map_or(Json::Null, of));
            Json::Object(list.values.iter().map(member).collect())
        }
        // Indexes into a dictionary belong to profiles, which bring one; there is none here.
        Value::StringValueStrindex(_) => Json::Null,
    }
}
