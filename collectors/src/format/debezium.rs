//! Debezium's change event envelope, with Kafka Connect's schema wrapper or without. The document is the row: `after`, or for
//! a delete `before`, or the key where a delete carries nothing else.

use compact_str::{CompactString, format_compact};
use plumbline_model::{ServiceName, SourceTime};
use serde_json::{Map, Value};
use smallvec::SmallVec;

use super::{Change, Document, Mark, Parsed, debezium_schema, key_of, read_json};
use crate::{Issue, IssueKind, Place, RawRecord};

/// What stands for a value that the log did not carry (unchanged TOAST), as text and as the base64 of that text.
const UNAVAILABLE: [&str; 2] = ["__debezium_unavailable_value", "X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ=="];

/// Whether the value is the placeholder, alone or as the one item of a list.
pub(crate) fn is_unavailable(value: &Value) -> bool {
    match value {
        Value::String(text) => UNAVAILABLE.contains(&text.as_str()),
        Value::Array(items) => {
            matches!(items.as_slice(), [Value::String(text)] if UNAVAILABLE.contains(&text.as_str()))
        }
        _ => false,
    }
}

pub(super) fn parse(record: &RawRecord) -> Parsed {
    // The tombstone behind a delete: the delete itself said it.
    let Some(payload) = record.payload.as_deref() else { return Parsed::default() };
    let value = match read_json(record, payload) {
        Ok(value) => value,
        Err(issue) => return Parsed::issue(*issue),
    };
    let (envelope, plain) = match value {
        Value::Object(mut members) if members.contains_key("payload") && !members.contains_key("op") => {
            let schema = members.remove("schema").unwrap_or_default();
            match members.remove("payload") {
                Some(Value::Object(mut envelope)) => {
                    let plain = debezium_schema::type_rows(&schema, &mut envelope);
                    (envelope, plain)
                }
                Some(Value::Null) => return Parsed::default(),
                _ => return wrong(record, "$.payload", "the payload is not an object"),
            }
        }
        Value::Object(envelope) => (envelope, SmallVec::new()),
        Value::Null => return Parsed::default(),
        _ => return wrong(record, "$", "the JSON is not an object"),
    };
    if says_nothing(&envelope) {
        return Parsed::default();
    }
    let mut parsed = change(record, envelope);
    parsed.documents.iter_mut().for_each(|document| document.plain.clone_from(&plain));
    parsed
}

fn wrong(record: &RawRecord, member: &str, reason: &str) -> Parsed {
    let expected = "Debezium's envelope with `op`, `source`, `before` and `after`";
    Parsed::issue(Issue::of(record, IssueKind::Envelope, Place::Member(member.to_owned()), reason.to_owned(), expected))
}

/// Heartbeats, transaction marks and schema changes: known, and of no state.
fn says_nothing(envelope: &Map<String, Value>) -> bool {
    let has = |name: &str| envelope.contains_key(name);
    let heartbeat = has("ts_ms") && envelope.keys().all(|name| name.starts_with("ts_"));
    let transaction = has("status") && has("id") && has("event_count") && has("data_collections") && !has("op");
    let schema_change = (has("ddl") || has("tableChanges")) && !has("op");
    heartbeat || transaction || schema_change
}

fn change(record: &RawRecord, mut envelope: Map<String, Value>) -> Parsed {
    let Some(operation) = envelope.get("op").and_then(Value::as_str) else {
        return wrong(record, "$.op", "there is no operation");
    };
    let kind = match operation {
        "c" => Change::Create,
        "u" => Change::Update,
        "d" => Change::Delete,
        "r" => Change::Snapshot,
        // A logical decoding message: of no table.
        "m" => return Parsed::default(),
        "t" => {
            let reason = "the table was truncated: which keys it held is not told".to_owned();
            let place = Place::Member("$.op".to_owned());
            return Parsed::issue(Issue::of(record, IssueKind::Unsupported, place, reason, "c, u, d or r"));
        }
        other => {
            let reason = format!("the operation is `{other}`");
            return wrong(record, "$.op", &reason);
        }
    };
    let source = match envelope.remove("source") {
        Some(Value::Object(source)) => source,
        _ => return wrong(record, "$.source", "there is no source"),
    };
    let mark = source.get("snapshot").and_then(mark);
    let kind = if mark.is_some() && kind == Change::Create { Change::Snapshot } else { kind };
    let row = match kind {
        Change::Delete => envelope.remove("before").filter(Value::is_object).or_else(|| key_of(record)),
        _ => envelope.remove("after"),
    };
    let Some(row @ Value::Object(_)) = row else {
        return match kind {
            Change::Delete => wrong(record, "$.before", "a delete carries neither the row nor a key"),
            _ => wrong(record, "$.after", "there is no row"),
        };
    };
    let mut document = Document::new(row, kind);
    document.at = time(&source);
    document.service = text(&source, "name").map(ServiceName::new);
    document.tables = tables(&source);
    document.mark = mark.flatten();
    Parsed::one(document)
}

fn text<'a>(source: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    source.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The commit time, as finely as the connector tells it; 0 is what connectors write where they do not know.
fn time(source: &Map<String, Value>) -> Option<SourceTime> {
    [("ts_ns", 1), ("ts_us", 1_000), ("ts_ms", 1_000_000)].into_iter().find_map(|(name, scale)| {
        let count = source.get(name)?.as_i64().filter(|count| *count != 0)?;
        Some(SourceTime(count.saturating_mul(scale)))
    })
}

/// `schema.table` and `db.schema.table`, or `db.table` where there are no schemas.
fn tables(source: &Map<String, Value>) -> SmallVec<[CompactString; 2]> {
    let Some(table) = text(source, "table").or_else(|| text(source, "collection")) else { return SmallVec::new() };
    match (text(source, "db"), text(source, "schema")) {
        (Some(db), Some(schema)) => {
            SmallVec::from_iter([format_compact!("{schema}.{table}"), format_compact!("{db}.{schema}.{table}")])
        }
        (None, Some(scope)) | (Some(scope), None) => SmallVec::from_iter([format_compact!("{scope}.{table}")]),
        (None, None) => SmallVec::from_iter([CompactString::new(table)]),
    }
}

/// `None`: not of a snapshot. `Some(None)`: a row in its middle.
fn mark(snapshot: &Value) -> Option<Option<Mark>> {
    match snapshot.as_str() {
        Some("first" | "first_in_data_collection") => Some(Some(Mark::First)),
        Some("last_in_data_collection") => Some(Some(Mark::Last)),
        Some("last") => Some(Some(Mark::LastOfAll)),
        Some("incremental") => Some(Some(Mark::Single)),
        Some("true") => Some(None),
        None if *snapshot == Value::Bool(true) => Some(None),
        _ => None,
    }
}
