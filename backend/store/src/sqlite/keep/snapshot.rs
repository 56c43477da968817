//! The state at the begin of each day of the journal (SEM-12): a replay starts from the newest one before it. A file of
//! its own beside the day's, so that neither appending nor committing waits while a large state is copied.

use std::path::PathBuf;

use plumbline_model::journal::JournalPosition;
use sqlx::Connection;

use super::{
    super::{
        Access, Inner, Options,
        file::{self, File, InFile},
        marks, migrate,
    },
    state,
};
use crate::{KeptState, StoreError};

/// The snapshot of a day.
pub(super) fn path(inner: &Inner, date: &str) -> PathBuf {
    inner.dir.join(format!("state-{date}.sqlite"))
}

/// Takes the snapshot of the newest day if it has none. It must not be older than the day's first record, so that it
/// can be replayed from after the day before was removed.
pub(super) async fn take(inner: &Inner) -> Result<(), StoreError> {
    let Some(day) = inner.days.all().pop() else { return Ok(()) };
    let Some((first, _)) = day.range() else { return Ok(()) };
    let done = path(inner, &day.date);
    if inner.marks.state().0 + 1 < first || done.exists() {
        return Ok(());
    }
    let unfinished = done.with_extension("unfinished");
    file::remove(&unfinished)?;
    let options = Options { durable: false, page_limit: None, ..inner.options };
    let copy = File::open(&unfinished, &options, file::Sync::Off, migrate::STORE).await?;
    let name = &copy.name;
    let mut writer = copy.writer().await?;
    sqlx::query("ATTACH ? AS origin")
        .bind(inner.main.path.to_string_lossy().into_owned())
        .execute(&mut *writer)
        .await
        .in_file(name)?;
    // A reading transaction sees marks and state of one moment, and hinders nobody who writes.
    let mut tx = writer.begin().await.in_file(name)?;
    for sql in
        ["INSERT INTO mark SELECT * FROM origin.mark", "INSERT INTO state SELECT * FROM origin.state ORDER BY row"]
    {
        sqlx::query(sql).execute(&mut *tx).await.in_file(name)?;
    }
    tx.commit().await.in_file(name)?;
    drop(writer);
    copy.stop_writing().await?;
    copy.readers.close().await;
    file::sync(&unfinished)?;
    std::fs::rename(&unfinished, &done).map_err(|cause| StoreError::Io { path: done, cause })
}

/// The newest one at or before a position.
pub(super) async fn load(inner: &Inner, position: JournalPosition) -> Result<Option<KeptState>, StoreError> {
    for day in inner.days.all().iter().rev() {
        if let Some(kept) = read(inner, &day.date, position).await? {
            return Ok(Some(kept));
        }
    }
    Ok(None)
}

pub(super) async fn oldest(inner: &Inner) -> Result<Option<KeptState>, StoreError> {
    for day in inner.days.all() {
        if let Some(kept) = read(inner, &day.date, JournalPosition(u64::MAX)).await? {
            return Ok(Some(kept));
        }
    }
    Ok(None)
}

/// A day's snapshot, if it has one that is at or before a position.
async fn read(inner: &Inner, date: &str, most: JournalPosition) -> Result<Option<KeptState>, StoreError> {
    let path = path(inner, date);
    if !path.exists() {
        return Ok(None);
    }
    let options = Options { access: Access::Read, ..inner.options };
    let file = File::open(&path, &options, file::Sync::Off, migrate::STORE).await?;
    let mut reader = file.readers.acquire().await.in_file(&file.name)?;
    // Snapshots are not migrated: one of an older version is as good as none.
    let current = migrate::check(&mut reader, &file.name, migrate::STORE).await? == migrate::STORE.len();
    let taken = match current {
        true => marks::get(&mut reader, marks::STATE, &file.name).await?,
        false => None,
    };
    drop(reader);
    let wanted = taken.is_some_and(|taken| marks::position(Some(taken)) <= most);
    let kept = if wanted { Some(state::load(&file).await?) } else { None };
    file.readers.close().await;
    Ok(kept)
}
