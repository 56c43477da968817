//! The embedded store: SQLite files in one directory, nothing else to install.
//!
//! * `plumbline.sqlite`: what was told and what is kept. One writer, many readers (WAL).
//! * `journal-2026-11-21.sqlite`: one day of the journal. Retention removes whole files.
//! * `state-2026-11-21.sqlite`: the kept state at the begin of that day, to replay it from (SEM-12).
//! * `plumbline.lock`: held by the one process that writes.
//!
//! SQLite does not commit two files together. STO-1 does not need it: the journal is first, and whatever is behind it
//! is made from it again.

mod commit;
mod days;
mod file;
mod insert;
mod journal;
mod keep;
mod lock;
mod marks;
mod migrate;
mod read;
#[cfg(test)]
mod tests;
mod tiers;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use self::{commit::Amounts, days::Days, file::File, journal::Writing, lock::DirectoryLock, marks::Marks};
use crate::StoreError;

/// Who else may be at work in the directory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// The one process that writes.
    Write,
    /// Beside another process: for `report` and `replay` over a directory in use. Writes are refused.
    Read,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    pub access: Access,
    /// False for scratch directories only: nothing is fsynced.
    pub durable: bool,
    /// Readers of a file at the same time.
    pub readers: u32,
    /// A quota on each file, in pages of 8 KiB; beyond it writes fail with `Full`.
    pub page_limit: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Self { access: Access::Write, durable: true, readers: 4, page_limit: None }
    }
}

/// The embedded store. Cheap to clone; all clones are one store.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    dir: PathBuf,
    options: Options,
    main: File,
    days: Days,
    writing: tokio::sync::Mutex<Writing>,
    amounts: tokio::sync::Mutex<Amounts>,
    marks: Marks,
    _lock: Option<DirectoryLock>,
}

/// Everything but the journal.
const MAIN: &str = "plumbline.sqlite";

impl SqliteStore {
    /// Opens the data directory, creating or migrating what is needed.
    ///
    /// # Errors
    /// `Newer`, `Older`, `Locked`, `NotADirectory`, `NoData`, `NotClosed`, `NotWritable`, `Full`, `Corrupt`: each says what to do. Nothing
    /// was changed then.
    pub async fn open(dir: impl AsRef<Path>, options: Options) -> Result<Self, StoreError> {
        let dir = dir.as_ref().to_owned();
        if dir.is_file() {
            return Err(StoreError::NotADirectory { path: dir });
        }
        let lock = match options.access {
            Access::Read if !dir.join(MAIN).exists() => return Err(StoreError::NoData { dir, file: MAIN }),
            Access::Read => None,
            Access::Write => {
                std::fs::create_dir_all(&dir).map_err(|cause| StoreError::NotWritable { path: dir.clone(), cause })?;
                Some(DirectoryLock::take(&dir)?)
            }
        };
        // A journal of a newer version must be refused before anything is migrated.
        days::check_versions(&dir).await?;
        let main = File::open(&dir.join(MAIN), &options, file::Sync::Normal, migrate::STORE).await?;
        let days = Days::open(&dir, &options).await?;
        let writing = Writing::load(&days).await?;
        let marks = Marks::load(&main, &days).await?;
        let inner = Inner {
            dir,
            options,
            main,
            days,
            writing: tokio::sync::Mutex::new(writing),
            amounts: tokio::sync::Mutex::default(),
            marks,
            _lock: lock,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    pub fn dir(&self) -> &Path {
        &self.inner.dir
    }
}
