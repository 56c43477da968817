//! What a relay's record proves of time (SEM-2): the commit time of a change, read without decoding the rest. A heartbeat
//! topic's record carries its connector's wall clock and proves nothing.

use compact_str::CompactString;
use plumbline_model::SourceTime;
use serde::Deserialize;

use super::Format;
use crate::RawRecord;

/// A change that a relay brought.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct RelayRow {
    /// The connector; empty where it does not say its name.
    pub relay: CompactString,
    /// When the change was committed.
    pub at: SourceTime,
}

/// The change in a record; `None` where it is none, or of a snapshot, or says no time.
pub(crate) fn relay_row(format: Format, record: &RawRecord) -> Option<RelayRow> {
    match format {
        Format::Debezium => debezium(record),
        Format::CloudEvents => cloud_event(record),
        // Only the broker's timestamp is known, which is when the relay wrote, not when the change was committed.
        Format::Json => None,
    }
}

#[derive(Deserialize)]
struct Envelope {
    payload: Option<Change>,
    source: Option<Source>,
}

#[derive(Deserialize)]
struct Change {
    source: Option<Source>,
}

#[derive(Deserialize)]
struct Source {
    #[serde(default)]
    name: CompactString,
    ts_ns: Option<i64>,
    ts_us: Option<i64>,
    ts_ms: Option<i64>,
    snapshot: Option<serde_json::Value>,
}

fn debezium(record: &RawRecord) -> Option<RelayRow> {
    let envelope: Envelope = serde_json::from_slice(record.payload.as_deref()?).ok()?;
    let source = envelope.source.or_else(|| envelope.payload?.source)?;
    let streamed = source.snapshot.is_none_or(|it| it.is_null() || it == "false" || it == false);
    let finest = [(source.ts_ns, 1), (source.ts_us, 1_000), (source.ts_ms, 1_000_000)];
    let at = finest.into_iter().find_map(|(count, scale)| Some(count.filter(|it| *it > 0)?.saturating_mul(scale)))?;
    streamed.then_some(RelayRow { relay: source.name, at: SourceTime(at) })
}

fn cloud_event(record: &RawRecord) -> Option<RelayRow> {
    #[derive(Deserialize)]
    struct Event {
        time: CompactString,
    }
    let header = record.header("ce_time").and_then(|value| std::str::from_utf8(value).ok()).map(CompactString::new);
    let body = || serde_json::from_slice::<Event>(record.payload.as_deref()?).ok().map(|event| event.time);
    let at = SourceTime::parse(&header.or_else(body)?)?;
    Some(RelayRow { relay: CompactString::default(), at })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(format: Format, payload: &str) -> Option<(String, i64)> {
        let record = RawRecord { payload: Some(payload.to_owned().into()), ..RawRecord::default() };
        relay_row(format, &record).map(|row| (row.relay.to_string(), row.at.0))
    }

    #[test]
    fn only_committed_changes_prove_a_time() {
        let debezium = |payload| row(Format::Debezium, payload);
        let db = |at| Some(("db".to_owned(), at));
        assert_eq!(debezium(r#"{"op":"u","after":{"a":[1]},"source":{"name":"db","ts_ms":7}}"#), db(7_000_000));
        assert_eq!(
            debezium(r#"{"schema":{},"payload":{"source":{"name":"db","ts_ms":7,"ts_us":7001,"snapshot":"false"}}}"#),
            db(7_001_000)
        );
        assert_eq!(debezium(r#"{"source":{"name":"db","ts_ms":7,"snapshot":"last"}}"#), None, "a row of a snapshot");
        assert_eq!(debezium(r#"{"ts_ms":7}"#), None, "the connector's own clock");
        assert_eq!(debezium(r#"{"source":{"name":"db","ts_ms":0}}"#), None);
        assert_eq!(debezium("nonsense"), None);
        assert_eq!(
            row(Format::CloudEvents, r#"{"time":"1970-01-01T00:00:01Z","data":{}}"#),
            Some((String::new(), 1_000_000_000))
        );
        assert_eq!(row(Format::Json, r#"{"time":"1970-01-01T00:00:01Z"}"#), None);
    }
}
