//! Appending: pack, index, one transaction, fsync (`synchronous = FULL`: SQLite fsyncs the write-ahead log at every
//! commit). Whatever the main file says was made from records that are durable here first (STO-1).

use std::collections::BTreeMap;

use plumbline_model::{Partition, ReceivedTime, Record, SourceName, journal::JournalPosition};
use sqlx::{Connection, Row, SqliteConnection};

use super::{
    super::{
        Inner,
        days::{Day, Days},
        file::InFile,
    },
    ordered, unordered,
};
use crate::{
    Appended, StoreError,
    block::{self, Packed},
};

/// What the writer knows of the journal. The files are the truth.
#[derive(Debug, Default)]
pub(in super::super) struct Writing {
    resume: BTreeMap<(SourceName, Partition), u64>,
    /// An append began and was not seen to end (its caller went away): what it did must be read again.
    unsure: bool,
}

impl Writing {
    pub(in super::super) async fn load(days: &Days) -> Result<Self, StoreError> {
        let mut resume = BTreeMap::new();
        for day in days.all().iter().rev() {
            let name = &day.file.name;
            let rows = sqlx::query("SELECT source, partition, position FROM resume");
            for row in rows.fetch_all(&day.file.readers).await.in_file(name)? {
                let source: String = row.try_get(0).in_file(name)?;
                let partition: String = row.try_get(1).in_file(name)?;
                let position: i64 = row.try_get(2).in_file(name)?;
                let known = resume.entry((SourceName::new(source), Partition::new(partition))).or_default();
                *known = unordered(position).max(*known);
            }
            // The first append of a day carries over what the days before it knew.
            if day.range().is_some() {
                break;
            }
        }
        Ok(Self { resume, unsure: false })
    }

    pub(super) fn resume(&self) -> &BTreeMap<(SourceName, Partition), u64> {
        &self.resume
    }
}

pub(super) async fn append(inner: &Inner, now: ReceivedTime, records: &[Record]) -> Result<Appended, StoreError> {
    let blocks = block::pack(records)
        .map_err(|error| StoreError::Database { file: "journal".to_owned(), reason: error.to_string() })?;
    let mut writing = inner.writing.lock().await;
    let day = inner.days.current(now, &inner.options).await?;
    if writing.unsure {
        day.reload().await?;
        *writing = Writing::load(&inner.days).await?;
    }
    let end = inner.days.end().0;
    let appended = Appended { first: JournalPosition(end + 1), last: JournalPosition(end + records.len() as u64) };
    if blocks.is_empty() {
        return Ok(appended);
    }
    let resume = advanced(&writing.resume, &blocks);
    writing.unsure = true;
    let written = write(&day, now, end + 1, &blocks, &writing.resume, &resume).await;
    writing.unsure = written.is_err();
    written?;
    day.grow(appended.first.0, appended.last.0);
    writing.resume.extend(resume);
    Ok(appended)
}

/// The resume positions that the blocks move.
fn advanced(
    known: &BTreeMap<(SourceName, Partition), u64>,
    blocks: &[Packed],
) -> BTreeMap<(SourceName, Partition), u64> {
    let mut moved = BTreeMap::new();
    for reach in blocks.iter().flat_map(|block| &block.reaches) {
        let Some(position) = reach.resume else { continue };
        let place = (reach.source.clone(), reach.partition.clone());
        let before = moved.get(&place).or_else(|| known.get(&place));
        if before.is_none_or(|before| *before < position) {
            moved.insert(place, position);
        }
    }
    moved
}

async fn write(
    day: &Day,
    now: ReceivedTime,
    first: u64,
    blocks: &[Packed],
    known: &BTreeMap<(SourceName, Partition), u64>,
    moved: &BTreeMap<(SourceName, Partition), u64>,
) -> Result<(), StoreError> {
    let name = &day.file.name;
    let mut writer = day.file.writer().await?;
    let mut tx = writer.begin_with("BEGIN IMMEDIATE").await.in_file(name)?;
    for block in blocks {
        write_block(&mut tx, now, first + block.offset as u64, block).await.in_file(name)?;
    }
    if day.range().is_none() {
        write_resume(&mut tx, known).await.in_file(name)?;
    }
    write_resume(&mut tx, moved).await.in_file(name)?;
    tx.commit().await.in_file(name)
}

async fn write_block(
    tx: &mut SqliteConnection,
    now: ReceivedTime,
    first: u64,
    block: &Packed,
) -> Result<(), sqlx::Error> {
    let first = first as i64;
    sqlx::query("INSERT INTO block VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(first)
        .bind(first + block.records as i64 - 1)
        .bind(now.0)
        .bind(block.times.map(|(least, _)| least.0))
        .bind(block.times.map(|(_, greatest)| greatest.0))
        .bind(block.observations as i64)
        .bind(block.raw_bytes as i64)
        .bind(block::FORMAT)
        .bind(&block.body)
        .execute(&mut *tx)
        .await?;
    if !block.routes.is_empty() {
        // One statement for all of them: a row each would cost more than packing the block.
        sqlx::query("INSERT INTO route (hash, block) SELECT value, ? FROM json_each(?)")
            .bind(first)
            .bind(json(&block.routes))
            .execute(&mut *tx)
            .await?;
    }
    for reach in block.reaches.iter().filter(|reach| reach.observed) {
        sqlx::query("INSERT INTO reach (place, high, block, low) VALUES (?, ?, ?, ?)")
            .bind(block::place(&reach.source, &reach.partition))
            .bind(ordered(reach.high))
            .bind(first)
            .bind(ordered(reach.low))
            .execute(&mut *tx)
            .await?;
    }
    if !block.idents.is_empty() {
        let bytes: Vec<u8> = block.idents.iter().flat_map(|ident| ident.0.to_le_bytes()).collect();
        sqlx::query("INSERT INTO ident (block, received, idents) VALUES (?, ?, ?)")
            .bind(first)
            .bind(now.0)
            .bind(bytes)
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

async fn write_resume(
    tx: &mut SqliteConnection,
    positions: &BTreeMap<(SourceName, Partition), u64>,
) -> Result<(), sqlx::Error> {
    for ((source, partition), position) in positions {
        sqlx::query(
            "INSERT INTO resume (source, partition, position) VALUES (?, ?, ?) \
             ON CONFLICT DO UPDATE SET position = excluded.position",
        )
        .bind(source.as_str())
        .bind(partition.as_str())
        .bind(ordered(*position))
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// The numbers as a JSON array.
fn json(numbers: &[i64]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(numbers.len() * 21 + 2);
    text.push('[');
    for (index, number) in numbers.iter().enumerate() {
        // Writing into a string has no way to fail.
        let _ = write!(text, "{}{number}", if index == 0 { "" } else { "," });
    }
    text.push(']');
    text
}
