//! Reading the journal in order. Blocks are fetched and decoded ahead of the reader, on another core, so that recovery
//! steps while the next blocks are unpacked.

use std::{ops::RangeInclusive, sync::Arc};

use futures::{StreamExt, stream};
use plumbline_model::journal::JournalPosition;
use sqlx::{AssertSqlSafe, Row};
use tokio::sync::mpsc;

use super::{
    super::{Inner, days::Day, file::InFile},
    decode::{COLUMNS, Stored},
};
use crate::{Block, BlockStream, StoreError};

/// Blocks fetched by one statement.
const FETCH: i64 = 16;
/// Decoded blocks that wait for the reader; with the one in hand a few thousand observations.
const AHEAD: usize = 8;

pub(super) fn read(inner: &Arc<Inner>, range: RangeInclusive<JournalPosition>) -> BlockStream<'static> {
    let (from, to) = (range.start().0, range.end().0.min(inner.days.end().0));
    let days: Vec<_> = inner.days.all().into_iter().filter(|day| day.overlaps(from, to)).collect();
    let (sender, receiver) = mpsc::channel(AHEAD);
    tokio::spawn(async move {
        for day in days {
            if let Err(error) = send_day(&day, from, to, &sender).await {
                // Nobody listens any more, or the reader is told why it ends here.
                let _ = sender.send(Err(error)).await;
                return;
            }
        }
    });
    stream::unfold(receiver, |mut receiver| async move { receiver.recv().await.map(|block| (block, receiver)) }).boxed()
}

async fn send_day(
    day: &Day,
    from: u64,
    to: u64,
    sender: &mpsc::Sender<Result<Block, StoreError>>,
) -> Result<(), StoreError> {
    let name = &day.file.name;
    let sql = format!(
        "SELECT {COLUMNS} FROM block WHERE last >= ? AND first >= ? AND first <= ? ORDER BY first LIMIT {FETCH}"
    );
    let mut behind = first_block(day, from).await?;
    while let Some(first) = behind.take() {
        let rows = sqlx::query(AssertSqlSafe(sql.as_str())).bind(from as i64).bind(first as i64).bind(to as i64);
        for row in rows.fetch_all(&day.file.readers).await.in_file(name)? {
            let block = Stored::from_row(&row, name)?.decode(name)?;
            behind = Some(block.last().0 + 1);
            if sender.send(Ok(trim(block, from, to))).await.is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Where the block begins that has the position, or the first one behind it.
async fn first_block(day: &Day, from: u64) -> Result<Option<u64>, StoreError> {
    let name = &day.file.name;
    let row = sqlx::query(
        "SELECT coalesce((SELECT max(first) FROM block WHERE first <= ?1), (SELECT min(first) FROM block))",
    )
    .bind(from as i64)
    .fetch_one(&day.file.readers)
    .await
    .in_file(name)?;
    Ok(row.try_get::<Option<i64>, _>(0).in_file(name)?.map(|first| first as u64))
}

/// Leaves out what lies before `from` and behind `to`.
fn trim(mut block: Block, from: u64, to: u64) -> Block {
    let keep = (to + 1).saturating_sub(block.first.0);
    block.records.truncate(usize::try_from(keep).unwrap_or(usize::MAX));
    let skip = usize::try_from(from.saturating_sub(block.first.0)).unwrap_or(usize::MAX).min(block.records.len());
    block.records.drain(..skip);
    Block { first: JournalPosition(block.first.0 + skip as u64), records: block.records }
}
