//! Booleans as languages, databases and spreadsheets write them.

use serde_json::Value;

pub(super) fn canonical(value: &Value) -> Result<String, String> {
    let truth = match value {
        Value::Bool(it) => Some(*it),
        Value::Number(number) => match number.as_i64() {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        },
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "on" | "1" => Some(true),
            "false" | "f" | "no" | "n" | "off" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    };
    truth.map(|it| it.to_string()).ok_or_else(|| "true or false (also 1, 0, t, f, yes, no, on, off)".to_owned())
}
