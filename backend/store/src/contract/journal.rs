//! The journal (SEM-11, SEM-13): records in the order in which they happened to Plumbline, durable before anybody is told.

use std::{collections::BTreeMap, ops::RangeInclusive};

use async_trait::async_trait;
use futures::stream::BoxStream;
use plumbline_model::{
    CorrelationId, EntityName, Key, Observation, ObservationId, Partition, ReceivedTime, Record, SourceName,
    SourceTime, TraceId, journal::JournalPosition,
};

use crate::{Page, Paging, StoreError};

/// A stretch of the journal as it was appended, or a part of such a stretch.
#[derive(Clone, PartialEq, Debug)]
pub struct Block {
    /// The position of the first record; the others follow without holes.
    pub first: JournalPosition,
    pub records: Vec<Record>,
}

impl Block {
    /// The position of the last record; a block is never empty.
    pub const fn last(&self) -> JournalPosition {
        JournalPosition(self.first.0 + (self.records.len() as u64).saturating_sub(1))
    }
}

pub type BlockStream<'a> = BoxStream<'a, Result<Block, StoreError>>;

/// The positions that an append gave; `last < first` where there was nothing to append.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Appended {
    pub first: JournalPosition,
    pub last: JournalPosition,
}

/// The identity of a pushed observation, by which its repetition is recognised (SEM-13): a hash of source, ident and part.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Ident(pub u64);

/// By what observations are looked up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Lookup {
    Key {
        entity: EntityName,
        key: Key,
    },
    /// Whatever carries the correlation id: the events of sagas, and states with that cause.
    Correlation(CorrelationId),
    /// Spans and logs of a trace, and whatever names it as its cause.
    Trace(TraceId),
}

/// An observation and where in the journal it stands.
#[derive(Clone, PartialEq, Debug)]
pub struct Sighting {
    pub position: JournalPosition,
    pub observation: Observation,
}

#[async_trait]
pub trait Journal: Send + Sync {
    /// Appends the records and returns when they are durable; all of them or, on error, none. `now` decides the day file.
    async fn append(&self, now: ReceivedTime, records: &[Record]) -> Result<Appended, StoreError>;

    /// Whether what is appended now would be the first of a day file. Retention removes the files before it, so a day has to
    /// say itself what its records were decoded by.
    fn begins_day(&self, now: ReceivedTime) -> bool;

    /// The last position of the journal; 0 while it is empty.
    fn end(&self) -> JournalPosition;

    /// The first position that retention left; `end() + 1` while there is none.
    async fn begin(&self) -> Result<JournalPosition, StoreError>;

    /// The records of the range, oldest first, in blocks that begin and end inside of it. Positions outside of the
    /// journal are left out; a damaged block ends the stream with an error that names it.
    fn read(&self, range: RangeInclusive<JournalPosition>) -> BlockStream<'_>;

    /// For each (source, partition) the greatest place in its log that is in the journal: where reading goes on (SEM-13).
    async fn resume_positions(&self) -> Result<BTreeMap<(SourceName, Partition), u64>, StoreError>;

    /// Identities of pushed observations received at or after `since`, newest last, at most `limit` of the newest.
    async fn recent_idents(&self, since: ReceivedTime, limit: usize) -> Result<Vec<(ReceivedTime, Ident)>, StoreError>;

    /// What was observed under a key, a correlation id or a trace id with a source time in the range, newest in the
    /// journal first. Reads only the blocks that the index names.
    async fn observations(
        &self,
        lookup: &Lookup,
        times: RangeInclusive<SourceTime>,
        paging: &Paging,
    ) -> Result<Page<Sighting>, StoreError>;

    /// One observation by its id (evidence of a finding); `None` where retention took it.
    async fn observation(&self, id: &ObservationId) -> Result<Option<Sighting>, StoreError>;
}
