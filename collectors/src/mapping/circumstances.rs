//! What surrounds a document: what expressions call `record`, and the cause that travels in headers.

use plumbline_model::{Cause, SpanId, TraceId};
use serde_json::{Map, Value, json};

use super::Mapper;
use crate::{
    RawRecord,
    expr::Scope,
    format::{Change, Document, key_of},
};

/// `record` of an expression: `{topic, partition, offset, timestamp, key, headers, table, op}`.
pub(super) fn describe(record: &RawRecord, document: &Document) -> Value {
    let headers: Map<String, Value> = record
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), Value::String(String::from_utf8_lossy(value).into_owned())))
        .collect();
    json!({
        "topic": record.topic.as_str(),
        "partition": record.partition.as_str(),
        "offset": record.offset,
        "timestamp": record.timestamp.map(|at| at.to_string()),
        "key": key_of(record),
        "headers": headers,
        "table": document.tables.first().map(compact_str::CompactString::as_str),
        "op": match document.change {
            Change::Create => "create",
            Change::Update => "update",
            Change::Write => "write",
            Change::Delete => "delete",
            Change::Snapshot => "snapshot",
        },
    })
}

impl Mapper<'_> {
    /// Calls `then` with what expressions see of the document.
    pub(super) fn scoped<T>(&mut self, then: impl FnOnce(&mut Self, &Scope<'_>) -> T) -> T {
        let (record, document) = (self.record, self.document);
        let circumstances = move || describe(record, document);
        then(self, &Scope { view: &document.view, record: &circumstances, extra: &[] })
    }

    /// What is known of the cause without an event: the trace context of the record, and who wrote it.
    pub(super) fn cause(&self) -> Cause {
        let told = self.document.view.get("traceparent").and_then(Value::as_str);
        let header = || self.record.header("traceparent").and_then(|value| std::str::from_utf8(value).ok());
        let (trace, span) = told.or_else(header).and_then(traceparent).unzip();
        Cause { trace, span, service: self.document.service.clone(), ..Cause::default() }
    }
}

/// W3C trace context: `00-<32 hex>-<16 hex>-<2 hex>`; later versions may append more.
fn traceparent(text: &str) -> Option<(TraceId, SpanId)> {
    let mut parts = text.trim().split('-');
    let version = parts.next().filter(|it| it.len() == 2 && *it != "ff")?;
    let ids = (TraceId::from_hex(parts.next()?)?, SpanId::from_hex(parts.next()?)?);
    let flags = parts.next().filter(|it| it.len() == 2)?;
    let whole = version != "00" || parts.next().is_none();
    (hex::decode(version).is_ok() && hex::decode(flags).is_ok() && whole).then_some(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_promised_the_members_that_there_are() {
        let record = describe(&RawRecord::default(), &Document::new(Value::Null, Change::Write));
        let members: Vec<_> = record.as_object().unwrap().keys().map(String::as_str).collect();
        let mut promised = crate::expr::RECORD;
        promised.sort_unstable();
        assert_eq!(members, promised);
    }

    #[test]
    fn trace_context_is_read_as_w3c_says() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        for (text, valid) in [
            (format!("00-{trace}-00f067aa0ba902b7-01"), true),
            (format!("cc-{trace}-00f067aa0ba902b7-01-more"), true),
            (format!("00-{trace}-00f067aa0ba902b7-01-more"), false),
            (format!("ff-{trace}-00f067aa0ba902b7-01"), false),
            (format!("00-{trace}-0000000000000000-01"), false),
            (format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)), false),
            (format!("00-{trace}"), false),
            ("€€-€".to_owned(), false),
        ] {
            assert_eq!(traceparent(&text).is_some(), valid, "{text}");
        }
    }
}
