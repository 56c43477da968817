//! From bytes to documents: what a format's envelope says, before any mapping is applied. Total: whatever the bytes are, the
//! result is documents, issues, or records that are known to say nothing.

mod cloudevents;
mod debezium;
mod debezium_schema;
mod json;
#[cfg(feature = "kafka")]
mod relay;

use compact_str::CompactString;
use plumbline_model::{ServiceName, SourceTime};
use serde_json::Value;
use smallvec::SmallVec;

use crate::{Issue, IssueKind, Place, RawRecord};

#[cfg(feature = "kafka")]
pub(crate) use self::relay::{RelayRow, relay_row};
pub(crate) use self::{cloudevents::ATTRIBUTES, debezium::is_unavailable};

/// What the records of a source hold. OTLP is not among them: it needs no mapping and has a way of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    Json,
    CloudEvents,
    Debezium,
}

/// A record with its envelope understood.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Document {
    /// What JSONPath calls `$` and CEL calls `value`.
    pub view: Value,
    pub change: Change,
    /// When it happened, as the envelope says.
    pub at: Option<SourceTime>,
    /// The sender's own id, hashed: the position of a pushed record.
    pub ident: Option<u64>,
    /// Who wrote it, as the envelope says.
    pub service: Option<ServiceName>,
    /// Change capture: the names by which the table may be matched.
    pub tables: SmallVec<[CompactString; 2]>,
    pub mark: Option<Mark>,
    /// Change capture: the columns whose text is known to be the value itself and no encoding of it.
    pub plain: SmallVec<[CompactString; 4]>,
    /// It has no payload: nothing but its key is known.
    pub tombstone: bool,
    /// Which element of a batch it is.
    pub index: Option<usize>,
}

impl Document {
    pub(crate) fn new(view: Value, change: Change) -> Self {
        Self {
            view,
            change,
            at: None,
            ident: None,
            service: None,
            tables: SmallVec::new(),
            mark: None,
            plain: SmallVec::new(),
            tombstone: false,
            index: None,
        }
    }

    /// Whether the value is a column of the document whose text is the value itself.
    pub(crate) fn is_plain(&self, value: &Value) -> bool {
        self.plain.iter().any(|column| self.view.get(column.as_str()).is_some_and(|known| std::ptr::eq(known, value)))
    }
}

/// What the envelope says of the state that the document shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Change {
    Create,
    Update,
    /// It does not say whether the key existed before.
    Write,
    Delete,
    /// A row of a snapshot (SEM-8).
    Snapshot,
}

/// Where in a snapshot a row stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mark {
    /// The first row of its table.
    First,
    /// The last row of its table.
    Last,
    /// The last row of all tables.
    LastOfAll,
    /// A row of an incremental snapshot, which is read in pieces while changes go on.
    Single,
}

/// What a record holds.
#[derive(Default, Debug)]
pub(crate) struct Parsed {
    /// None for a record that is known to say nothing (a heartbeat, a transaction mark, the tombstone behind a delete).
    pub documents: SmallVec<[Document; 1]>,
    pub issues: Vec<Issue>,
}

impl Parsed {
    fn one(document: Document) -> Self {
        Self { documents: SmallVec::from_elem(document, 1), issues: Vec::new() }
    }
    fn issue(issue: Issue) -> Self {
        Self { documents: SmallVec::new(), issues: vec![issue] }
    }
}

/// Takes the envelope off a record.
pub(crate) fn parse(format: Format, record: &RawRecord) -> Parsed {
    match format {
        Format::CloudEvents => cloudevents::parse(record),
        Format::Debezium => debezium::parse(record),
        Format::Json => json::parse(record),
    }
}

impl Format {
    /// Where the time of a document stands that its envelope tells.
    pub(crate) const fn time_place(self) -> &'static str {
        match self {
            Self::CloudEvents => "$.time",
            Self::Debezium => "$.source.ts_ms",
            Self::Json => "$",
        }
    }
}

/// Reads a payload as JSON, or says at which line and column it is not.
fn read_json(record: &RawRecord, payload: &[u8]) -> Result<Value, Box<Issue>> {
    serde_json::from_slice(payload).map_err(|error| {
        if payload.trim_ascii().is_empty() {
            return Box::new(Issue::of(record, IssueKind::Malformed, Place::Whole, "it is empty".to_owned(), "JSON"));
        }
        let place = Place::in_text(record, error.line(), error.column());
        let said = error.to_string();
        let reason = said.rsplit_once(" at line ").map_or(said.as_str(), |(reason, _)| reason);
        Box::new(Issue::of(record, IssueKind::Malformed, place, format!("it cannot be read: {reason}"), "JSON"))
    })
}

/// The key of a Kafka record as JSON where it is that, else as text; `None` where it is neither or absent.
pub(crate) fn key_of(record: &RawRecord) -> Option<Value> {
    let text = std::str::from_utf8(record.key.as_deref()?).ok()?;
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(mut wrapped)) if wrapped.len() == 2 && wrapped.contains_key("schema") => {
            // Kafka Connect's JsonConverter with schemas enabled.
            Some(wrapped.remove("payload").unwrap_or(Value::Object(wrapped)))
        }
        Ok(key) => Some(key),
        Err(_) => Some(Value::String(text.to_owned())),
    }
}

/// A record without payload: the key is gone (a compacted topic).
fn tombstone(record: &RawRecord) -> Parsed {
    match key_of(record) {
        Some(key) => {
            let mut document = Document::new(key, Change::Delete);
            document.tombstone = true;
            Parsed::one(document)
        }
        None => {
            let reason = "a record without payload has no readable key".to_owned();
            Parsed::issue(Issue::of(record, IssueKind::Key, Place::Whole, reason, "a key as text or JSON"))
        }
    }
}
