//! Any JSON: the payload is the document.

use super::{Change, Document, Parsed, read_json, tombstone};
use crate::RawRecord;

pub(super) fn parse(record: &RawRecord) -> Parsed {
    let Some(payload) = record.payload.as_deref() else { return tombstone(record) };
    match read_json(record, payload) {
        Ok(view) => Parsed::one(Document::new(view, Change::Write)),
        Err(issue) => Parsed::issue(*issue),
    }
}
