//! A record as a client or a reader hands it over: bytes and circumstances, nothing understood yet. Everything that decoding
//! needs travels with it, so that decoding stays pure (SEM-11).

use bytes::Bytes;
use compact_str::CompactString;
use plumbline_model::{Partition, ReceivedTime, SourceName, SourceTime};

/// One record of a source.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct RawRecord {
    pub source: SourceName,
    /// The partition as its holder names it (`shop.orders/3`), the file of a recording, or empty.
    pub partition: Partition,
    /// Offset in a log, or number in a recording (from 1). `None` for a pushed record: its position is made of its own id and time.
    pub offset: Option<u64>,
    /// When it was received; of a recording, when it was read.
    pub received: ReceivedTime,
    /// It comes from a recording: what it gives counts as received when it happened (SEM-4).
    pub recorded: bool,
    /// The line of a recording on which it begins (from 1), for people: several records may begin on one.
    pub line: Option<u64>,
    /// The broker's timestamp.
    pub timestamp: Option<SourceTime>,
    /// Kafka topic; empty elsewhere.
    pub topic: CompactString,
    pub key: Option<Bytes>,
    /// In their order; names as they were sent.
    pub headers: Vec<(CompactString, Bytes)>,
    /// `None` is a tombstone.
    pub payload: Option<Bytes>,
}

impl RawRecord {
    /// The first header of that name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&Bytes> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Memory that the record holds, roughly.
    pub fn weight_bytes(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        size_of::<Self>()
            + headers
            + self.key.as_ref().map_or(0, Bytes::len)
            + self.payload.as_ref().map_or(0, Bytes::len)
    }
}
