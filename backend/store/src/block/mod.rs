//! Blocks of the journal: how records are cut, packed and indexed, whatever database keeps them.
//! One row per block, never one per observation: that is what makes appending cheap (DESIGN §9).

mod codec;
mod index;

use plumbline_model::{Record, SourceTime};

pub(crate) use self::{
    codec::{CodecError, FORMAT, unpack},
    index::{Reach, place, route},
};
use crate::Ident;

/// Observations in a block at most. More: a look-up decodes more than it needs (512 spans take about 0.7 ms).
/// Fewer: worse compression, more index rows.
pub(crate) const MAX_OBSERVATIONS: usize = 512;
/// Bytes in a block before compression at most, unless a single record is larger.
pub(crate) const MAX_RAW_BYTES: usize = 1024 * 1024;

/// A block ready to be written: its body and everything that the narrow indexes say of it.
#[derive(Debug)]
pub(crate) struct Packed {
    /// Index of the first record among those that were packed, and how many there are.
    pub offset: usize,
    pub records: usize,
    pub observations: usize,
    pub raw_bytes: usize,
    pub body: Vec<u8>,
    /// Least and greatest source time of its observations; `None` where it has none.
    pub times: Option<(SourceTime, SourceTime)>,
    /// Hashes of what its observations can be looked up by, sorted, each one once.
    pub routes: Vec<i64>,
    /// Which places of which partitions it has.
    pub reaches: Vec<Reach>,
    pub idents: Vec<Ident>,
}

/// Cuts records into blocks of bounded size. A record is never cut.
pub(crate) fn pack(records: &[Record]) -> Result<Vec<Packed>, CodecError> {
    let mut blocks = Vec::new();
    let mut packer = codec::Packer::new()?;
    let mut offset = 0;
    while offset < records.len() {
        let packed = packer.block(records, offset)?;
        offset += packed.records;
        blocks.push(packed);
    }
    Ok(blocks)
}

#[cfg(test)]
pub(crate) mod tests {
    use plumbline_model::{
        EntityName, Key, Observation, ObservationId, Partition, Position, ReceivedTime, Route, SourceName, Tick,
        observation::{Cause, EventFact, Fact},
    };

    use super::*;

    /// An event observation at a log position, one second a position.
    pub(crate) fn seen(offset: u64, key: &str) -> Observation {
        Observation {
            id: ObservationId {
                source: SourceName::new("s"),
                partition: Partition::new("p/0"),
                position: Position::offset(offset),
                part: 0,
            },
            at: SourceTime::from_secs(offset as i64),
            received: ReceivedTime::from_secs(offset as i64 + 1),
            route: Route::Key { entity: EntityName::new("order"), key: Key::new(key) },
            cause: Cause::default(),
            fact: Fact::Event(Box::new(EventFact { event_type: "order.placed".into(), subject: key.into() })),
        }
    }

    #[test]
    fn blocks_hold_every_record_once_and_stay_bounded() {
        let mut records: Vec<Record> = (0..50)
            .map(|n| Record::Observations((n * 100..(n + 1) * 100).map(|at| seen(at, &format!("k{at}"))).collect()))
            .collect();
        records.push(Record::Tick(Tick { now: ReceivedTime::from_secs(1) }));
        let blocks = pack(&records).unwrap();
        let mut found = Vec::new();
        for block in &blocks {
            assert_eq!(block.offset, found.len());
            assert!(block.observations <= MAX_OBSERVATIONS, "{} in a block", block.observations);
            found.extend(unpack(FORMAT, block.records, &block.body).unwrap());
        }
        assert_eq!(found, records);
        assert_eq!(blocks.len(), 10, "5 records of 100 observations in a block");
    }

    #[test]
    fn the_index_names_what_is_inside() {
        let records = [Record::Observations(vec![seen(7, "a"), seen(9, "b"), seen(9, "b")])];
        let block = pack(&records).unwrap().remove(0);
        assert_eq!(block.times, Some((SourceTime::from_secs(7), SourceTime::from_secs(9))));
        assert_eq!(block.routes.len(), 2, "each key once");
        assert_eq!((block.reaches[0].low, block.reaches[0].high, block.reaches[0].resume), (7, 9, Some(9)));
        assert_eq!(block.idents, [], "offsets need no identities: the greatest of them is enough (SEM-13)");
    }
}
