//! JSON with its keys sorted, its numbers in one form and no space: equal documents have equal texts.

use serde_json::Value;

use super::Numeral;

/// `capture`: the value is a JSON column as change capture sends it, that is, as text. Elsewhere text is read as JSON only
/// where it can be nothing else (an object or an array).
pub(super) fn canonical(value: &Value, capture: bool) -> String {
    let mut out = String::new();
    match value {
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(inner) if capture || inner.is_object() || inner.is_array() => write(&inner, &mut out),
            _ => write(value, &mut out),
        },
        _ => write(value, &mut out),
    }
    out
}

/// As deep as the parser allows (128), and no deeper.
fn write(value: &Value, out: &mut String) {
    match value {
        Value::Number(number) => match Numeral::parse(&number.to_string()) {
            Some(numeral) => out.push_str(&numeral.to_string()),
            None => out.push_str(&number.to_string()),
        },
        Value::Null | Value::Bool(_) | Value::String(_) => out.push_str(&value.to_string()),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_unstable_by(|left, right| left.0.cmp(right.0));
            out.push('{');
            for (index, (name, member)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&Value::String(name.clone()).to_string());
                out.push(':');
                write(member, out);
            }
            out.push('}');
        }
    }
}
