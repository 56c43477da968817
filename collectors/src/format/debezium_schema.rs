//! Where Kafka Connect's schemas travel with the record, they say what a column's number or base64 means: values of such
//! columns are written out, so that mapping needs no hint and must not look for one: what was written out is no base64 any
//! more, even where it could be read as such. What the schema does not name stays as it is.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use compact_str::CompactString;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use smallvec::SmallVec;

use super::is_unavailable;
use crate::canonical::Numeral;

/// Types the `before` and `after` rows of an envelope by the envelope's schema. Returns the columns of `after` whose text is
/// the value itself: those that were written out, and those that were text before.
pub(super) fn type_rows(schema: &Value, envelope: &mut Map<String, Value>) -> SmallVec<[CompactString; 4]> {
    let mut plain = SmallVec::new();
    for row in ["before", "after"] {
        if let (Some(Value::Object(columns)), Some(of_row)) = (envelope.get_mut(row), field(schema, row)) {
            for column in of_row.get("fields").and_then(Value::as_array).into_iter().flatten() {
                let name = column.get("field").and_then(Value::as_str).unwrap_or_default();
                let Some(value) = columns.get_mut(name) else { continue };
                let written_out = typed(column, value).map(|typed| *value = typed).is_some();
                let text = column.get("type").and_then(Value::as_str) == Some("string");
                if row == "after" && (written_out || text) {
                    plain.push(CompactString::new(name));
                }
            }
        }
    }
    plain
}

fn field<'a>(schema: &'a Value, name: &str) -> Option<&'a Value> {
    let fields = schema.get("fields")?.as_array()?;
    fields.iter().find(|field| field.get("field").and_then(Value::as_str) == Some(name))
}

/// The value written out; `None` where the schema names no type that needs it, or the value does not fit the type.
fn typed(column: &Value, value: &Value) -> Option<Value> {
    if value.is_null() || is_unavailable(value) {
        return None;
    }
    let count = |unit_ns: i128| value.as_i64().map(|count| i128::from(count) * unit_ns);
    let text = match column.get("name")?.as_str()? {
        "org.apache.kafka.connect.data.Decimal" => {
            let scale = column.get("parameters")?.get("scale")?.as_str()?.parse::<i64>().ok()?;
            let unscaled = STANDARD.decode(value.as_str()?).ok()?;
            Numeral::from_unscaled(&unscaled, scale.clamp(-1000, 1000))?.to_string()
        }
        "io.debezium.time.Date" | "org.apache.kafka.connect.data.Date" => {
            instant(count(86_400_000_000_000)?)?.split_once('T')?.0.to_owned()
        }
        "io.debezium.time.Timestamp" | "org.apache.kafka.connect.data.Timestamp" => instant(count(1_000_000)?)?,
        "io.debezium.time.MicroTimestamp" => instant(count(1_000)?)?,
        "io.debezium.time.NanoTimestamp" => instant(count(1)?)?,
        "io.debezium.time.Time" | "org.apache.kafka.connect.data.Time" => time_of_day(count(1_000_000)?)?,
        "io.debezium.time.MicroTime" => time_of_day(count(1_000)?)?,
        "io.debezium.time.NanoTime" => time_of_day(count(1)?)?,
        _ => return None,
    };
    Some(Value::String(text))
}

fn instant(ns: i128) -> Option<String> {
    Timestamp::from_nanosecond(ns).ok().map(|it| it.to_string())
}

fn time_of_day(ns: i128) -> Option<String> {
    let since_midnight = SignedDuration::from_nanos(i64::try_from(ns).ok()?);
    jiff::civil::Time::midnight().checked_add(since_midnight).ok().map(|it| it.to_string())
}
