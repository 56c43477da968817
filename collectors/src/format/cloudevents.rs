//! CloudEvents 1.0 (JSON format, HTTP and Kafka protocol bindings): structured, binary and batched. Whatever the mode, the
//! document is the structured form, so that `$.type` and `$.data.x` mean the same everywhere.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use plumbline_model::{ServiceName, SourceTime};
use serde_json::{Map, Value};
use xxhash_rust::xxh3::Xxh3;

use super::{Change, Document, Parsed, read_json, tombstone};
use crate::{Issue, IssueKind, Place, RawRecord};

/// The HTTP binding's prefix of headers, and the Kafka binding's.
const PREFIXES: [&str; 2] = ["ce-", "ce_"];

pub(super) fn parse(record: &RawRecord) -> Parsed {
    if let Some(prefix) = PREFIXES.into_iter().find(|prefix| record.header(&format!("{prefix}specversion")).is_some()) {
        return binary(record, prefix);
    }
    let Some(payload) = record.payload.as_deref() else { return tombstone(record) };
    if let Some(other) = other_event_format(record) {
        let place = Place::Member("content-type".to_owned());
        let expected = "application/cloudevents+json, application/cloudevents-batch+json, or `ce-` headers";
        return Parsed::issue(Issue::of(record, IssueKind::Envelope, place, format!("found `{other}`"), expected));
    }
    match read_json(record, payload) {
        Ok(Value::Array(events)) => batch(record, events),
        Ok(_) if is_batch(record) => {
            let reason = "the content type says a batch, and the JSON is not an array".to_owned();
            let expected = "an array of CloudEvents; a single one is application/cloudevents+json";
            Parsed::issue(Issue::of(record, IssueKind::Envelope, Place::Whole, reason, expected))
        }
        Ok(event) => single(record, event, ""),
        Err(issue) => Parsed::issue(match content_type(record).filter(|kind| !is_json(kind)) {
            // What says that it is something else, and is, was sent to the wrong place or with the wrong tool.
            Some(kind) => {
                let reason = format!("the content type is `{kind}`, and {}", issue.reason);
                Issue { reason, expected: "a CloudEvent as application/cloudevents+json".to_owned(), ..*issue }
            }
            None => *issue,
        }),
    }
}

fn single(record: &RawRecord, event: Value, path: &str) -> Parsed {
    match document(record, event, path) {
        Ok(document) => Parsed::one(document),
        Err(issue) => Parsed::issue(*issue),
    }
}

fn batch(record: &RawRecord, events: Vec<Value>) -> Parsed {
    let mut parsed = Parsed::default();
    for (index, event) in events.into_iter().enumerate() {
        let mut one = single(record, event, &format!("$[{index}]"));
        one.documents.iter_mut().for_each(|document| document.index = Some(index));
        parsed.documents.extend(one.documents);
        parsed.issues.extend(one.issues);
    }
    parsed
}

/// Attributes in headers, data in the body.
fn binary(record: &RawRecord, prefix: &str) -> Parsed {
    let mut event = Map::new();
    for (name, value) in &record.headers {
        let Some(attribute) = name.get(..3).filter(|it| it.eq_ignore_ascii_case(prefix)).and(name.get(3..)) else {
            continue;
        };
        let text = if prefix == "ce-" { percent_decoded(value) } else { value.to_vec() };
        match String::from_utf8(text) {
            Ok(text) => {
                event.insert(attribute.to_ascii_lowercase(), Value::String(text));
            }
            Err(_) => {
                let place = Place::Member(format!("header {name}"));
                let reason = "the attribute is not UTF-8".to_owned();
                return Parsed::issue(Issue::of(record, IssueKind::Envelope, place, reason, "UTF-8 text"));
            }
        }
    }
    let content_type = content_type(record).unwrap_or_default();
    if let Some(payload) = record.payload.as_deref().filter(|payload| !payload.is_empty()) {
        let data = if is_json(content_type) {
            match read_json(record, payload) {
                Ok(data) => ("data", data),
                Err(issue) => return Parsed::issue(*issue),
            }
        } else {
            match std::str::from_utf8(payload) {
                Ok(text) => ("data", Value::String(text.to_owned())),
                Err(_) => ("data_base64", Value::String(STANDARD.encode(payload))),
            }
        };
        event.insert(data.0.to_owned(), data.1);
    }
    if !content_type.is_empty() {
        event.insert("datacontenttype".to_owned(), Value::String(content_type.to_owned()));
    }
    single(record, Value::Object(event), "")
}

/// Checks the attributes that every event must have (CloudEvents 1.0, "Required attributes").
fn document(record: &RawRecord, mut event: Value, path: &str) -> Result<Document, Box<Issue>> {
    let at =
        |member: &str| Place::Member(if path.is_empty() { format!("$.{member}") } else { format!("{path}.{member}") });
    let wrong = |place, reason: String, expected: &str| {
        Box::new(Issue::of(record, IssueKind::Envelope, place, reason, expected))
    };
    let Some(members) = event.as_object_mut() else {
        let place = if path.is_empty() { Place::Whole } else { Place::Member(path.to_owned()) };
        return Err(wrong(place, "the JSON is not an object".to_owned(), "a CloudEvent"));
    };
    let attribute = |name: &str| match members.get(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text.as_str()),
        None | Some(Value::Null) => Err(wrong(
            at(name),
            format!("the attribute `{name}` is missing"),
            "a CloudEvent 1.0 with specversion, id, source and type",
        )),
        Some(_) => Err(wrong(at(name), format!("the attribute `{name}` is not text or is empty"), "non-empty text")),
    };
    let version = attribute("specversion")?;
    if version != "1.0" {
        return Err(wrong(at("specversion"), format!("the specversion is `{version}`"), "`1.0`"));
    }
    let (source, id) = (attribute("source")?, attribute("id")?);
    attribute("type")?;
    let mut hash = Xxh3::new();
    hash.update(source.as_bytes());
    hash.update(&[0]);
    hash.update(id.as_bytes());
    let (ident, service) = (hash.digest(), service_of(source));
    let bad_time = |reason: String| {
        let expected = "an RFC 3339 time between 1678 and 2262";
        Box::new(Issue::of(record, IssueKind::Time, at("time"), reason, expected))
    };
    let time = match members.get("time") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => {
            Some(SourceTime::parse(text).ok_or_else(|| bad_time(format!("`{text}` cannot be read")))?)
        }
        Some(_) => return Err(bad_time("the time is not text".to_owned())),
    };
    if let Some(data) = encoded_json(members) {
        members.insert("data".to_owned(), data);
    }
    let mut document = Document::new(event, Change::Write);
    document.at = time;
    document.ident = Some(ident);
    document.service = service;
    Ok(document)
}

/// `data_base64` that holds JSON, so that paths into `$.data` find it.
fn encoded_json(members: &Map<String, Value>) -> Option<Value> {
    let json = members.get("datacontenttype").and_then(Value::as_str).is_none_or(is_json);
    let encoded =
        members.get("data_base64").and_then(Value::as_str).filter(|_| json && !members.contains_key("data"))?;
    serde_json::from_slice(&STANDARD.decode(encoded).ok()?).ok()
}

/// The content type, where it is an event format other than JSON (`application/cloudevents+xml`, `…+avro`).
fn other_event_format(record: &RawRecord) -> Option<&str> {
    content_type(record).filter(|kind| kind.starts_with("application/cloudevents") && !is_json(kind))
}

fn content_type(record: &RawRecord) -> Option<&str> {
    std::str::from_utf8(record.header("content-type")?).ok()
}

fn is_batch(record: &RawRecord) -> bool {
    content_type(record).is_some_and(|kind| kind.trim_start().starts_with("application/cloudevents-batch"))
}

/// `application/json`, `text/json`, anything `+json`, or nothing said.
fn is_json(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind.is_empty() || kind.ends_with("/json") || kind.ends_with("+json")
}

/// The last segment of the event's source: `/shop/payment`, `https://shop.example/payment` and `urn:shop:payment` are `payment`.
fn service_of(source: &str) -> Option<ServiceName> {
    source
        .trim_end_matches(['/', ':', '#'])
        .rsplit(['/', ':', '#'])
        .next()
        .filter(|it| !it.is_empty())
        .map(ServiceName::new)
}

/// The HTTP binding percent-encodes what is not printable ASCII (section 3.1.3.2); what is no valid escape stays as it is.
fn percent_decoded(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((first, tail)) = rest.split_first() {
        let escaped = (*first == b'%').then(|| tail.get(..2)).flatten().and_then(|digits| hex::decode(digits).ok());
        match escaped {
            Some(byte) => {
                out.extend(byte);
                rest = &tail[2..];
            }
            None => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    out
}
