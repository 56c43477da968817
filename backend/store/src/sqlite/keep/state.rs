//! Saving and loading the keyed state. A piece is a row, so that one key can be replaced (and, later, loaded) alone.

use std::time::Duration;

use futures::{FutureExt as _, TryStreamExt as _, try_join};
use plumbline_model::journal::{JournalPosition, StateEntry};
use sqlx::{Connection, Row, SqliteConnection};

use super::super::{
    Inner,
    file::{File, InFile},
    insert::Target,
    marks,
};
use crate::{KeptState, Space, StoreError};

/// While this passes, rows gather; as many as a connection holds back come in about this time.
const HANDFUL: Duration = Duration::from_millis(1);

const STATE: Target<'_> = Target {
    table: "state",
    columns: "space, key, value",
    conflict: "ON CONFLICT DO UPDATE SET value = excluded.value",
};

pub(super) async fn save(
    inner: &Inner,
    position: JournalPosition,
    entries: &[(Space, StateEntry)],
) -> Result<(), StoreError> {
    let name = &inner.main.name;
    let mut writer = inner.main.writer().await?;
    let mut tx = writer.begin_with("BEGIN IMMEDIATE").await.in_file(name)?;
    let applied = marks::position(marks::get(&mut tx, marks::APPLIED, name).await?);
    let state = marks::position(marks::get(&mut tx, marks::STATE, name).await?);
    if position < state || position > applied {
        return Err(StoreError::Order(format!(
            "state of position {}, but {} is kept already and {} was applied",
            position.0, state.0, applied.0
        )));
    }
    // Sorted, because rows that lie together are written together; of several pieces of one key the last one counts.
    let mut sorted: Vec<_> = entries.iter().map(|(space, entry)| (*space, &entry.key, &entry.value)).collect();
    sorted.sort_by_key(|(space, key, _)| (*space, *key));
    let (mut kept, mut gone) = (Vec::with_capacity(sorted.len()), Vec::new());
    for same in sorted.chunk_by(|one, next| (one.0, one.1) == (next.0, next.1)) {
        match same.last() {
            Some(&(space, key, Some(value))) => kept.push((space, key, value)),
            Some(&(space, key, None)) => gone.push((space, key)),
            None => {}
        }
    }
    STATE
        .insert(&mut tx, &kept, |row, (space, key, value)| {
            row.bind(i64::from(space.0)).bind((*key).clone()).bind((*value).clone())
        })
        .await
        .in_file(name)?;
    for (space, key) in gone {
        let remove = sqlx::query("DELETE FROM state WHERE space = ? AND key = ?");
        remove.bind(i64::from(space.0)).bind(key).execute(&mut *tx).await.in_file(name)?;
    }
    marks::set(&mut tx, marks::STATE, position.0 as i64, name).await?;
    tx.commit().await.in_file(name)?;
    inner.marks.set_state(position);
    Ok(())
}

pub(super) async fn forget(inner: &Inner) -> Result<(), StoreError> {
    let name = &inner.main.name;
    let mut writer = inner.main.writer().await?;
    let mut tx = writer.begin_with("BEGIN IMMEDIATE").await.in_file(name)?;
    sqlx::query("DELETE FROM state").execute(&mut *tx).await.in_file(name)?;
    marks::set(&mut tx, marks::STATE, 0, name).await?;
    tx.commit().await.in_file(name)?;
    inner.marks.set_state(JournalPosition(0));
    Ok(())
}

/// Reads all pieces, in two halves at the same time: a connection hands over a row at a time.
///
/// It must not run beside `save`: at start nothing else does.
pub(super) async fn load(file: &File) -> Result<KeptState, StoreError> {
    let name = &file.name;
    let mut reader = file.readers.acquire().await.in_file(name)?;
    let position = marks::position(marks::get(&mut reader, marks::STATE, name).await?);
    let middle = middle(&mut reader, name).await?;
    drop(reader);
    let (mut entries, mut upper) = try_join!(half(file, middle, true), half(file, middle, false))?;
    entries.append(&mut upper);
    Ok(KeptState { position, entries })
}

/// A row that lies about in the middle of them.
async fn middle(reader: &mut SqliteConnection, file: &str) -> Result<i64, StoreError> {
    let sql = "SELECT (SELECT coalesce(min(row), 0) FROM state) / 2 + (SELECT coalesce(max(row), 0) FROM state) / 2";
    sqlx::query(sql).fetch_one(reader).await.in_file(file)?.try_get(0).in_file(file)
}

async fn half(file: &File, middle: i64, lower: bool) -> Result<Vec<(Space, StateEntry)>, StoreError> {
    let name = &file.name;
    let sql = if lower {
        "SELECT space, key, value FROM state WHERE row < ? ORDER BY row"
    } else {
        "SELECT space, key, value FROM state WHERE row >= ? ORDER BY row"
    };
    let mut rows = sqlx::query(sql).bind(middle).fetch(&file.readers);
    let mut entries = Vec::new();
    loop {
        let next = match rows.try_next().now_or_never() {
            Some(next) => next,
            // Whoever waits for each row is woken for each row, which costs more than reading it.
            None => {
                tokio::time::sleep(HANDFUL).await;
                rows.try_next().await
            }
        };
        let Some(row) = next.in_file(name)? else { break };
        let space: i64 = row.try_get(0).in_file(name)?;
        let entry = StateEntry { key: row.try_get(1).in_file(name)?, value: Some(row.try_get(2).in_file(name)?) };
        entries.push((Space(space as u32), entry));
    }
    Ok(entries)
}
