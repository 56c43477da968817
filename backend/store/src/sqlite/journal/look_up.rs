//! Looking up observations: the narrow indexes name the blocks, and only those are decoded. Newest in the journal first.

use std::ops::RangeInclusive;

use plumbline_model::{ObservationId, Record, SourceTime, journal::JournalPosition};
use sqlx::{AssertSqlSafe, sqlite::SqliteRow};

use super::{
    super::{Inner, days::Day, file::InFile},
    decode::{COLUMNS, Stored},
    ordered,
};
use crate::{Block, Cursor, Lookup, Page, Paging, Sighting, StoreError, block};

/// Blocks fetched by one statement: a page is mostly found in a few.
const FETCH: i64 = 8;
/// Blocks looked into for one observation: those of one partition overlap only where senders are late.
const MAX_CANDIDATES: i64 = 256;

pub(super) async fn observations(
    inner: &Inner,
    lookup: &Lookup,
    times: RangeInclusive<SourceTime>,
    paging: &Paging,
) -> Result<Page<Sighting>, StoreError> {
    let limit = paging.bounded() as usize;
    // Behind the cursor lie smaller positions, and in the same record smaller indexes.
    let behind = match &paging.after {
        Some(cursor) => cursor.keys::<2>()?,
        None => [i64::MAX, i64::MAX],
    };
    let mut found = Vec::new();
    for day in inner.days.all().iter().rev() {
        let mut before = behind[0];
        loop {
            let blocks = candidates(day, block::route(lookup), &times, before).await?;
            for block in &blocks {
                for (place, sighting) in sightings(block, |it| lookup.matches(it) && times.contains(&it.at)) {
                    if place >= behind {
                        continue;
                    }
                    if found.len() == limit {
                        let next = found.last().map(|(place, _): &([i64; 2], Sighting)| Cursor::new(*place));
                        return Ok(Page { items: found.into_iter().map(|it| it.1).collect(), next });
                    }
                    found.push((place, sighting));
                }
            }
            match blocks.last() {
                Some(oldest) if blocks.len() == FETCH as usize => before = oldest.first.0 as i64 - 1,
                _ => break,
            }
        }
    }
    Ok(Page { items: found.into_iter().map(|it| it.1).collect(), next: None })
}

/// The newest blocks that begin at or before a position and may have what is looked for.
async fn candidates(
    day: &Day,
    route: i64,
    times: &RangeInclusive<SourceTime>,
    before: i64,
) -> Result<Vec<Block>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM route JOIN block ON block.first = route.block \
         WHERE route.hash = ? AND route.block <= ? AND block.at_max >= ? AND block.at_min <= ? \
         ORDER BY route.block DESC LIMIT {FETCH}"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(route).bind(before).bind(times.start().0).bind(times.end().0);
    decode_all(day, query.fetch_all(&day.file.readers).await.in_file(&day.file.name)?)
}

pub(super) async fn observation(inner: &Inner, id: &ObservationId) -> Result<Option<Sighting>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM reach JOIN block ON block.first = reach.block \
         WHERE reach.place = ? AND reach.high >= ? AND reach.low <= ? ORDER BY reach.high LIMIT {MAX_CANDIDATES}"
    );
    let place = ordered(id.position.order);
    for day in inner.days.all().iter().rev() {
        let query = sqlx::query(AssertSqlSafe(sql.as_str()))
            .bind(block::place(&id.source, &id.partition))
            .bind(place)
            .bind(place);
        for row in query.fetch_all(&day.file.readers).await.in_file(&day.file.name)? {
            let block = Stored::from_row(&row, &day.file.name)?.decode(&day.file.name)?;
            if let Some((_, sighting)) = sightings(&block, |it| it.id == *id).next() {
                return Ok(Some(sighting));
            }
        }
    }
    Ok(None)
}

fn decode_all(day: &Day, rows: Vec<SqliteRow>) -> Result<Vec<Block>, StoreError> {
    rows.iter().map(|row| Stored::from_row(row, &day.file.name)?.decode(&day.file.name)).collect()
}

/// The observations of a block that are wanted, newest first, each with its place: position and index in the record.
fn sightings<'a>(
    block: &'a Block,
    wanted: impl Fn(&plumbline_model::Observation) -> bool + Copy + 'a,
) -> impl Iterator<Item = ([i64; 2], Sighting)> + 'a {
    let numbered = block.records.iter().enumerate().rev();
    numbered.flat_map(move |(offset, record)| {
        let position = JournalPosition(block.first.0 + offset as u64);
        let seen = if let Record::Observations(seen) = record { seen.as_slice() } else { &[] };
        seen.iter()
            .enumerate()
            .rev()
            .filter(move |(_, it)| wanted(it))
            .map(move |(index, it)| ([position.0 as i64, index as i64], Sighting { position, observation: it.clone() }))
    })
}
