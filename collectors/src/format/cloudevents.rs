//! CloudEvents 1.0 (JSON format, HTTP and Kafka protocol bindings): structured, binary and batched. Whatever the mode, the
//! document is the structured form, so that `$.type` and `$.data.x` mean the same everywhere.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use plumbline_model::{ServiceName, SourceTime};
use serde_json::{Map, Value};
use xxhash_rust::xxh3::Xxh3;

use super::{Change, Document, Parsed, read_json, tombstone};
use crate::{Issue, IssueKind, Place, RawRecord};

/// The HTTP binding's prefix of headers, and the Kafka binding's.
const PREFIXES: [&str; 2] = ["ce-", "ce_"];
/// What the content types of all event formats begin with.
const EVENT_FORMATS: &str = "application/cloudevents";
const BATCH: &str = "application/cloudevents-batch";

/// The attributes of CloudEvents 1.0 with `data`, and the extensions that its project documents. Others are allowed.
pub(crate) const ATTRIBUTES: [&str; 36] = [
    "id",
    "source",
    "specversion",
    "type",
    "subject",
    "time",
    "datacontenttype",
    "dataschema",
    "data",
    "data_base64",
    "correlationid",
    "causationid",
    "traceparent",
    "tracestate",
    "partitionkey",
    "sequence",
    "sequencetype",
    "sampledrate",
    "severitytext",
    "severitynumber",
    "dataref",
    "recordedtime",
    "expirytime",
    "authtype",
    "authid",
    "authclaims",
    "dataclassification",
    "dataregulation",
    "datacategory",
    "deprecated",
    "deprecationfrom",
    "deprecationsunset",
    "deprecationmigration",
    "bamid",
    "opcuaidentity",
    "opcuacontext",
];

/// The content type decides the mode: structured senders may repeat the attributes as headers (HTTP binding, section 3.2.3).
pub(super) fn parse(record: &RawRecord) -> Parsed {
    let prefix = || PREFIXES.into_iter().find(|prefix| record.header(&format!("{prefix}specversion")).is_some());
    if !is_event_format(content_type(record))
        && let Some(prefix) = prefix()
    {
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
        Err(issue) => Parsed::issue(match Some(content_type(record)).filter(|kind| !is_json(kind)) {
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
        let text = if prefix == "ce-" { percent_decoded(&unquoted(value)) } else { value.to_vec() };
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
    let content_type = content_type(record);
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

/// As it was sent; empty where nothing was said.
fn content_type(record: &RawRecord) -> &str {
    record.header("content-type").and_then(|it| std::str::from_utf8(it).ok()).unwrap_or_default()
}

/// Whether the body is an event, or a batch of them: `application/cloudevents…` in any case.
fn is_event_format(content_type: &str) -> bool {
    let kind = content_type.trim_start().get(..EVENT_FORMATS.len());
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case(EVENT_FORMATS))
}

fn is_batch(record: &RawRecord) -> bool {
    let kind = content_type(record).trim_start().get(..BATCH.len());
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case(BATCH))
}

/// The content type, where it is an event format other than JSON (`application/cloudevents+xml`, `…+avro`).
fn other_event_format(record: &RawRecord) -> Option<&str> {
    let kind = content_type(record);
    (is_event_format(kind) && !is_json(kind)).then_some(kind)
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

/// Senders by older versions of the HTTP binding quote what has spaces or quotes (section 3.1.3.2); a backslash makes the next
/// character plain (RFC 7230, section 3.2.6). What is not wholly quoted stays as it is.
fn unquoted(value: &[u8]) -> Cow<'_, [u8]> {
    let Some(inner) = value.trim_ascii().strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")) else {
        return Cow::Borrowed(value);
    };
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner.iter();
    while let Some(byte) = rest.next() {
        out.push(if *byte == b'\\' { *rest.next().unwrap_or(byte) } else { *byte });
    }
    Cow::Owned(out)
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
