//! The journal in SQLite: `append`, `read`, and the look-ups through the narrow indexes.

mod append;
mod decode;
mod idents;
mod look_up;
mod read;

use std::{collections::BTreeMap, ops::RangeInclusive};

use async_trait::async_trait;
use plumbline_model::{
    ObservationId, Partition, ReceivedTime, Record, SourceName, SourceTime, journal::JournalPosition,
};

pub(super) use self::{append::Writing, idents::forget as forget_idents};
use super::SqliteStore;
use crate::{Appended, BlockStream, Ident, Journal, Lookup, Page, Paging, Sighting, StoreError};

#[async_trait]
impl Journal for SqliteStore {
    async fn append(&self, now: ReceivedTime, records: &[Record]) -> Result<Appended, StoreError> {
        append::append(&self.inner, now, records).await
    }

    fn begins_day(&self, now: ReceivedTime) -> bool {
        self.inner.days.begins(now)
    }

    fn end(&self) -> JournalPosition {
        self.inner.days.end()
    }

    async fn begin(&self) -> Result<JournalPosition, StoreError> {
        let first = self.inner.days.all().iter().find_map(|day| day.range());
        Ok(JournalPosition(first.map_or(self.end().0 + 1, |(first, _)| first)))
    }

    fn read(&self, range: RangeInclusive<JournalPosition>) -> BlockStream<'_> {
        read::read(&self.inner, range)
    }

    async fn resume_positions(&self) -> Result<BTreeMap<(SourceName, Partition), u64>, StoreError> {
        Ok(self.inner.writing.lock().await.resume().clone())
    }

    async fn recent_idents(&self, since: ReceivedTime, limit: usize) -> Result<Vec<(ReceivedTime, Ident)>, StoreError> {
        idents::recent(&self.inner, since, limit).await
    }

    async fn observations(
        &self,
        lookup: &Lookup,
        times: RangeInclusive<SourceTime>,
        paging: &Paging,
    ) -> Result<Page<Sighting>, StoreError> {
        look_up::observations(&self.inner, lookup, times, paging).await
    }

    async fn observation(&self, id: &ObservationId) -> Result<Option<Sighting>, StoreError> {
        look_up::observation(&self.inner, id).await
    }
}

/// Maps unsigned positions to signed integers of the same order: SQLite has no others.
fn ordered(position: u64) -> i64 {
    (position ^ (1 << 63)) as i64
}

fn unordered(column: i64) -> u64 {
    column as u64 ^ (1 << 63)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_keep_their_order() {
        let places = [0, 1, 1 << 40, u64::MAX >> 1, (u64::MAX >> 1) + 1, u64::MAX];
        assert!(places.windows(2).all(|pair| ordered(pair[0]) < ordered(pair[1])));
        assert!(places.iter().all(|place| unordered(ordered(*place)) == *place));
    }
}
