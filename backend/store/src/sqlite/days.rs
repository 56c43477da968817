//! The day files of the journal: which there are, which positions each has, and how a new one begins.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use plumbline_model::{ReceivedTime, journal::JournalPosition};
use sqlx::Row;

use super::{
    Access, Options,
    file::{self, File, InFile},
    migrate,
};
use crate::StoreError;

const PREFIX: &str = "journal-";
const SUFFIX: &str = ".sqlite";

/// One day of the journal.
#[derive(Debug)]
pub(super) struct Day {
    /// `2026-11-21`, of the received time, UTC. Sorts as text.
    pub date: String,
    pub file: File,
    /// First and last position; `None` while it is empty.
    range: RwLock<Option<(u64, u64)>>,
}

impl Day {
    pub(super) fn range(&self) -> Option<(u64, u64)> {
        *self.range.read().unwrap_or_else(PoisonError::into_inner)
    }
    /// To be called when an append is durable.
    pub(super) fn grow(&self, first: u64, last: u64) {
        let mut range = self.range.write().unwrap_or_else(PoisonError::into_inner);
        *range = Some((range.map_or(first, |known| known.0), last));
    }
    pub(super) fn overlaps(&self, from: u64, to: u64) -> bool {
        self.range().is_some_and(|(first, last)| first <= to && last >= from)
    }

    async fn open(path: &Path, date: String, options: &Options) -> Result<Self, StoreError> {
        let file = File::open(path, options, file::Sync::Full, migrate::JOURNAL).await?;
        let day = Self { date, file, range: RwLock::new(None) };
        day.reload().await?;
        Ok(day)
    }

    /// Reads again which positions the file has.
    pub(super) async fn reload(&self) -> Result<(), StoreError> {
        let name = &self.file.name;
        let row = sqlx::query(
            "SELECT (SELECT first FROM block ORDER BY first LIMIT 1), \
                    (SELECT last FROM block ORDER BY first DESC LIMIT 1)",
        )
        .fetch_one(&self.file.readers)
        .await
        .in_file(name)?;
        let first: Option<i64> = row.try_get(0).in_file(name)?;
        let last: Option<i64> = row.try_get(1).in_file(name)?;
        let range = first.zip(last).map(|(first, last)| (first as u64, last as u64));
        *self.range.write().unwrap_or_else(PoisonError::into_inner) = range;
        Ok(())
    }
}

/// All days, oldest first. Only the last one is written to.
#[derive(Debug)]
pub(super) struct Days {
    dir: PathBuf,
    list: RwLock<Vec<Arc<Day>>>,
}

impl Days {
    pub(super) async fn open(dir: &Path, options: &Options) -> Result<Self, StoreError> {
        let found = files(dir)?;
        let newest = found.len().saturating_sub(1);
        let mut list = Vec::with_capacity(found.len());
        for (index, (date, path)) in found.into_iter().enumerate() {
            let day = Day::open(&path, date, options).await?;
            if index < newest {
                day.file.stop_writing().await?;
            }
            list.push(Arc::new(day));
        }
        Ok(Self { dir: dir.to_owned(), list: RwLock::new(list) })
    }

    pub(super) fn all(&self) -> Vec<Arc<Day>> {
        self.list.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The last position of the journal; 0 while it is empty.
    pub(super) fn end(&self) -> JournalPosition {
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        JournalPosition(list.iter().rev().find_map(|day| day.range()).map_or(0, |(_, last)| last))
    }

    /// The day that a record received now belongs to: a new one if it is later than the last. A clock that went back
    /// does not reopen an older day.
    pub(super) async fn current(&self, now: ReceivedTime, options: &Options) -> Result<Arc<Day>, StoreError> {
        let date = date(now);
        let last = self.all().pop();
        if let Some(day) = last.as_ref().filter(|day| day.date >= date) {
            return Ok(Arc::clone(day));
        }
        let path = self.dir.join(format!("{PREFIX}{date}{SUFFIX}"));
        let day = Arc::new(Day::open(&path, date, options).await?);
        sync_directory(&self.dir, options)?;
        self.list.write().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&day));
        if let Some(before) = last {
            before.file.stop_writing().await?;
        }
        Ok(day)
    }

    /// Whether what is received now is the first of its day.
    pub(super) fn begins(&self, now: ReceivedTime) -> bool {
        self.all().pop().is_none_or(|day| day.date < date(now) || day.range().is_none())
    }

    /// Removes a day's files for good.
    pub(super) async fn remove(&self, day: &Arc<Day>) -> Result<(), StoreError> {
        self.list.write().unwrap_or_else(PoisonError::into_inner).retain(|other| other.date != day.date);
        day.file.stop_writing().await?;
        day.file.readers.close().await;
        file::remove(&day.file.path)
    }
}

/// The day of a time, UTC.
pub(super) fn date(now: ReceivedTime) -> String {
    let mut text = now.to_string();
    text.truncate("2026-11-21".len());
    text
}

/// Refuses a directory in which a day was written by a newer version, before anything is changed.
pub(super) async fn check_versions(dir: &Path) -> Result<(), StoreError> {
    for (_, path) in files(dir)? {
        let options = Options { access: Access::Read, readers: 1, ..Options::default() };
        match File::open(&path, &options, file::Sync::Full, migrate::JOURNAL).await {
            Ok(day) => day.readers.close().await,
            // Of an older version, or begun and not finished: who writes brings it up to date.
            Err(StoreError::Older { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The day files of a directory, oldest first.
fn files(dir: &Path) -> Result<Vec<(String, PathBuf)>, StoreError> {
    let io = |cause| StoreError::Io { path: dir.to_owned(), cause };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(io)? {
        let path = entry.map_err(io)?.path();
        let name = file::name_of(&path);
        if let Some(date) = name.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(SUFFIX)) {
            found.push((date.to_owned(), path));
        }
    }
    found.sort();
    Ok(found)
}

/// Makes the name of a new file as durable as its content.
fn sync_directory(dir: &Path, options: &Options) -> Result<(), StoreError> {
    if !options.durable || !cfg!(unix) {
        return Ok(());
    }
    let sync = std::fs::File::open(dir).and_then(|dir| dir.sync_all());
    sync.map_err(|cause| StoreError::Io { path: dir.to_owned(), cause })
}
