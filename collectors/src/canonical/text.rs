//! Text, compared character by character.

use serde_json::Value;

pub(super) fn canonical(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(it) => Ok(it.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err("text, a number, true or false".to_owned()),
    }
}
