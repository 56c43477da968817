//! Lines that hold a Kafka record with its circumstances: as `kcat -J` writes them (`topic, partition, offset, ts, key, payload,
//! headers: [name, value, …]`), or spelled out (`timestamp`, `value`, `headers: {name: value}`). Any other line stays what it is.

use std::collections::BTreeMap;

use bytes::Bytes;
use compact_str::CompactString;
use plumbline_model::SourceTime;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use crate::{Issue, IssueKind, Place, RawRecord};

#[derive(Deserialize)]
struct Line<'a> {
    topic: String,
    /// Asked for so that an ordinary record that happens to have a topic is not taken for one of these.
    #[serde(rename = "partition")]
    _partition: u32,
    #[serde(rename = "offset")]
    _offset: u64,
    #[serde(alias = "ts")]
    timestamp: Option<Value>,
    #[serde(default)]
    key: Option<Value>,
    #[serde(borrow, alias = "payload")]
    value: Option<&'a RawValue>,
    #[serde(default)]
    headers: Option<Headers>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Headers {
    Map(BTreeMap<String, Option<String>>),
    List(Vec<Option<String>>),
}

/// The record inside of a line, or the record as it is.
pub(super) fn unwrap(record: RawRecord) -> Result<RawRecord, Box<Issue>> {
    let Some(payload) = record.payload.clone() else { return Ok(record) };
    let Ok(text) = std::str::from_utf8(&payload) else { return Ok(record) };
    let telling = ["\"topic\"", "\"partition\"", "\"offset\""].into_iter().all(|name| text.contains(name));
    let has_value = text.contains("\"value\"") || text.contains("\"payload\"");
    if !telling || !has_value {
        return Ok(record);
    }
    let Ok(line) = serde_json::from_str::<Line<'_>>(text) else { return Ok(record) };
    let timestamp = line.timestamp.filter(|it| !it.is_null()).map(|it| time(&it).ok_or(it)).transpose();
    let timestamp = timestamp.map_err(|found| {
        let place = Place::Member("$.timestamp".to_owned());
        let reason = format!("found {found}");
        Box::new(Issue::of(&record, IssueKind::Time, place, reason, "milliseconds since the epoch, or RFC 3339"))
    })?;
    Ok(RawRecord {
        topic: CompactString::from(line.topic),
        timestamp,
        key: line.key.filter(|it| !it.is_null()).map(|key| bytes(&key)),
        headers: line.headers.map(pairs).unwrap_or_default(),
        payload: line.value.filter(|value| value.get() != "null").map(content),
        ..record
    })
}

fn time(value: &Value) -> Option<SourceTime> {
    match value {
        Value::Number(number) => number.as_i64().map(SourceTime::from_millis),
        Value::String(text) => SourceTime::parse(text),
        _ => None,
    }
}

/// A text is the bytes that it spells; any other JSON is written out.
fn bytes(value: &Value) -> Bytes {
    match value {
        Value::String(text) => Bytes::from(text.clone()),
        other => Bytes::from(other.to_string()),
    }
}

fn content(value: &RawValue) -> Bytes {
    match serde_json::from_str::<String>(value.get()) {
        Ok(text) => Bytes::from(text),
        Err(_) => Bytes::from(value.get().to_owned()),
    }
}

fn pairs(headers: Headers) -> Vec<(CompactString, Bytes)> {
    let pair =
        |name: String, value: Option<String>| (CompactString::from(name), Bytes::from(value.unwrap_or_default()));
    match headers {
        Headers::Map(map) => map.into_iter().map(|(name, value)| pair(name, value)).collect(),
        Headers::List(list) => {
            let mut items = list.into_iter();
            let mut pairs = Vec::new();
            while let (Some(Some(name)), value) = (items.next(), items.next()) {
                pairs.push(pair(name, value.flatten()));
            }
            pairs
        }
    }
}
