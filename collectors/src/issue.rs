//! What was wrong with a record: where it stood, what was found, what was expected, and the bytes, kept aside up to a bound.
//! An issue never costs another record anything, and no record is dropped without one.

use std::fmt;

use compact_str::CompactString;
use plumbline_model::{Partition, ReceivedTime, SourceName};
use serde::{Deserialize, Serialize};

use crate::RawRecord;

/// Bytes of a record that are kept aside at most: enough to recognise it, too little to fill a disk in a flood.
pub const MAX_RAW_BYTES: usize = 4096;
/// Bytes of a reason or an expectation at most; what it quotes may be long.
const MAX_TEXT_BYTES: usize = 512;

/// Something that was wrong with one record, or with one part of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Issue {
    pub source: SourceName,
    pub partition: Partition,
    /// Offset, or line of a recording.
    pub offset: Option<u64>,
    pub topic: CompactString,
    pub received: ReceivedTime,
    pub kind: IssueKind,
    pub place: Place,
    /// What was found, in words.
    pub reason: String,
    /// What would have been right.
    pub expected: String,
    /// The first `MAX_RAW_BYTES` of the record.
    pub raw: Vec<u8>,
    /// Bytes that the record had.
    pub raw_bytes: u64,
}

/// What kind of thing was wrong; issues are counted by it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IssueKind {
    /// The bytes are not what the format says. Nothing of the record is used.
    Malformed,
    /// The envelope lacks something that it must have. Nothing of the record is used.
    Envelope,
    /// No key was found, so the mapping that wanted it is skipped.
    Key,
    /// A field does not have its declared type; it counts as not carried.
    Field,
    /// A version is not a whole number; it counts as unknown.
    Version,
    /// The time is missing, cannot be read, or is not plausible. Nothing of the record is used.
    Time,
    /// An expression could not be evaluated over the record.
    Expression,
    /// An event that a saga declares carries no correlation id.
    Correlation,
    /// An operation that cannot be followed (a truncated table).
    Unsupported,
    /// A span, log record or point was not accepted.
    Rejected,
}

impl IssueKind {
    /// Whether the record may have said something of a key that was not observed: nobody may be accused of what it explains
    /// (ENG-4). A field or a version that cannot be read leaves the record observed and is not carried (SEM-6); spans and
    /// correlations are told in their own ways.
    pub const fn hides(self) -> bool {
        match self {
            Self::Malformed | Self::Envelope | Self::Key | Self::Time | Self::Expression | Self::Unsupported => true,
            Self::Field | Self::Version | Self::Correlation | Self::Rejected => false,
        }
    }

    pub const fn word(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Envelope => "envelope",
            Self::Key => "key",
            Self::Field => "field",
            Self::Version => "version",
            Self::Time => "time",
            Self::Expression => "expression",
            Self::Correlation => "correlation",
            Self::Unsupported => "unsupported",
            Self::Rejected => "rejected",
        }
    }
}

/// Where in the record it was wrong.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    Whole,
    /// Byte of the payload, from 0.
    Byte(u64),
    /// Line and column of the payload or file, from 1.
    Text {
        line: u64,
        column: u64,
    },
    /// A member of the record: a JSONPath, an attribute or a header.
    Member(String),
    /// Where a mapping looked: `order.order-view.total at $.data.total`.
    Mapping(String),
}

impl Place {
    /// A line and column of a record's payload; of a recording, those of the file.
    pub(crate) fn in_text(record: &RawRecord, line: usize, column: usize) -> Self {
        let before = record.line.map_or(0, |line| line.saturating_sub(1));
        Self::Text { line: before + line as u64, column: column as u64 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("the record"),
            Self::Byte(byte) => write!(f, "byte {byte}"),
            Self::Text { line, column } => write!(f, "line {line}, column {column}"),
            Self::Member(text) | Self::Mapping(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for Issue {
    /// `shop-events/shop.orders/3@881204, $.data.total: found "x"; expected a number`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.source.as_str())?;
        if !self.partition.as_str().is_empty() {
            write!(f, "/{}", self.partition)?;
        }
        if let Some(offset) = self.offset {
            write!(f, "@{offset}")?;
        }
        write!(f, ", {}: {}", self.place, self.reason)?;
        if self.expected.is_empty() { Ok(()) } else { write!(f, "; expected {}", self.expected) }
    }
}

impl Issue {
    /// An issue of a record, with its bytes kept aside.
    pub(crate) fn of(record: &RawRecord, kind: IssueKind, place: Place, reason: String, expected: &str) -> Self {
        let bytes = record.payload.as_deref().unwrap_or_default();
        Self {
            source: record.source.clone(),
            partition: record.partition.clone(),
            offset: record.line.or(record.offset),
            topic: record.topic.clone(),
            received: record.received,
            kind,
            place,
            reason: cut(reason),
            expected: cut(expected.to_owned()),
            raw: bytes[..bytes.len().min(MAX_RAW_BYTES)].to_vec(),
            raw_bytes: bytes.len() as u64,
        }
    }
}

/// Cuts a text to what an issue may hold, at a character.
fn cut(mut text: String) -> String {
    if text.len() > MAX_TEXT_BYTES {
        let end = (0..=MAX_TEXT_BYTES - 3).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_issue_keeps_is_bounded() {
        let record = RawRecord { payload: Some(vec![b'x'; 10_000].into()), ..RawRecord::default() };
        let issue = Issue::of(&record, IssueKind::Malformed, Place::Whole, "ü".repeat(1_000), "");
        assert_eq!((issue.raw.len(), issue.raw_bytes), (MAX_RAW_BYTES, 10_000));
        assert!(issue.reason.len() <= MAX_TEXT_BYTES && issue.reason.ends_with("ü…"), "{}", issue.reason.len());
    }

    #[test]
    fn an_issue_reads_as_one_line() {
        let record = RawRecord {
            source: "shop-events".into(),
            partition: "shop.orders/3".into(),
            offset: Some(7),
            ..RawRecord::default()
        };
        let place = Place::Member("$.data.total".into());
        let issue = Issue::of(&record, IssueKind::Field, place, "found \"x\"".into(), "a number");
        assert_eq!(issue.to_string(), "shop-events/shop.orders/3@7, $.data.total: found \"x\"; expected a number");
    }
}
