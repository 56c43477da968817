//! From librdkafka's message to a record: bytes are copied, nothing is understood.

use bytes::Bytes;
use compact_str::{CompactString, format_compact};
use plumbline_model::{Partition, ReceivedTime, SourceName, SourceTime};
use rdkafka::message::{BorrowedMessage, Headers, Message};

use crate::RawRecord;

/// The name of a partition: `shop.orders/3`. A log that was created anew under the same name is another partition of the
/// source, because offsets of the two say nothing of one another: `shop.orders/3~2`.
pub(super) fn partition_name(topic: &str, partition: i32, incarnation: u32) -> Partition {
    Partition(match incarnation {
        0 | 1 => format_compact!("{topic}/{partition}"),
        _ => format_compact!("{topic}/{partition}~{incarnation}"),
    })
}

/// Reads what `partition_name` writes.
pub(super) fn parse_partition(name: &Partition) -> Option<(&str, i32, u32)> {
    let (topic, rest) = name.as_str().rsplit_once('/')?;
    let (partition, incarnation) = match rest.split_once('~') {
        Some((partition, incarnation)) => (partition, incarnation.parse().ok()?),
        None => (rest, 1),
    };
    Some((topic, partition.parse().ok()?, incarnation))
}

pub(super) fn record(
    message: &BorrowedMessage<'_>,
    source: &SourceName,
    partition: Partition,
    received: ReceivedTime,
) -> RawRecord {
    let headers = message.headers().map(|headers| {
        let owned = headers
            .iter()
            .map(|header| (CompactString::new(header.key), Bytes::copy_from_slice(header.value.unwrap_or_default())));
        owned.collect()
    });
    RawRecord {
        source: source.clone(),
        partition,
        offset: u64::try_from(message.offset()).ok(),
        received,
        recorded: false,
        line: None,
        timestamp: message.timestamp().to_millis().map(SourceTime::from_millis),
        topic: CompactString::new(message.topic()),
        key: message.key().map(Bytes::copy_from_slice),
        headers: headers.unwrap_or_default(),
        payload: message.payload().map(Bytes::copy_from_slice),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_partitions_are_read_back() {
        for (topic, partition, incarnation, name) in
            [("shop.orders", 3, 1, "shop.orders/3"), ("a", 0, 2, "a/0~2"), ("a-b_c", 12, 10, "a-b_c/12~10")]
        {
            let made = partition_name(topic, partition, incarnation);
            assert_eq!(made.as_str(), name);
            assert_eq!(parse_partition(&made), Some((topic, partition, incarnation)));
        }
        for odd in ["", "a", "a/", "a/x", "a/1~", "recording.jsonl"] {
            assert_eq!(parse_partition(&odd.into()), None, "{odd}");
        }
    }
}
