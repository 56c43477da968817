//! One SQLite file: how it is opened, its one writer and its readers, and what its errors mean.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    ConnectOptions, Connection, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};

use super::{
    Access, Options,
    migrate::{self, Migration},
};
use crate::StoreError;

/// A page holds a small block's body without overflow, and few enough rows that an update stays cheap.
const PAGE_BYTES: u32 = 8_192;
/// The writer's cache, in KiB: the inner pages of the indexes of a busy day.
const WRITER_CACHE_KIB: u32 = 32_768;
/// Each reader's, in KiB. A page that is not there is copied from the system's cache of the file, which all readers share.
const READER_CACHE_KIB: u32 = 4_096;
/// Statements of different text that a connection keeps prepared.
const STATEMENTS: usize = 256;
/// Rows that a reader holds ready for whoever takes them.
const ROW_BUFFER: usize = 1024;
/// Idle readers of a file are closed after this, so that a directory of many days does not hold them all open.
const IDLE: Duration = Duration::from_secs(60);

/// How far a write has to be on the disk before it is reported done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sync {
    /// In the write-ahead log and fsynced: survives a power failure.
    Full,
    /// In the write-ahead log: survives the end of the process; after a power failure the file is an older, sound one.
    Normal,
    /// For scratch directories.
    Off,
}

#[derive(Debug)]
pub(super) struct File {
    /// The name within the data directory, for errors.
    pub name: String,
    pub path: PathBuf,
    /// `None` where it is only read.
    writer: Mutex<Option<SqliteConnection>>,
    /// How the writer is connected.
    writing: SqliteConnectOptions,
    pub readers: SqlitePool,
}

impl File {
    /// Opens the file for reading, and for writing where the options say so; creates or migrates it then.
    pub(super) async fn open(
        path: &Path,
        options: &Options,
        sync: Sync,
        migrations: &[Migration],
    ) -> Result<Self, StoreError> {
        let name = name_of(path);
        let base = SqliteConnectOptions::new()
            .filename(path)
            .statement_cache_capacity(STATEMENTS)
            .foreign_keys(false)
            .busy_timeout(Duration::from_secs(10));
        let mut writing = base
            .clone()
            .create_if_missing(true)
            .page_size(PAGE_BYTES)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(sync.pragma(options))
            .pragma("cache_size", format!("-{WRITER_CACHE_KIB}"))
            .command_buffer_size(256);
        if let Some(pages) = options.page_limit {
            writing = writing.pragma("max_page_count", pages.to_string());
        }
        let writer = match options.access {
            Access::Read => None,
            Access::Write => {
                let mut connection = writing.connect().await.map_err(|error| failure(&name, error))?;
                migrate::run(&mut connection, &name, migrations).await?;
                Some(connection)
            }
        };
        let reading =
            base.read_only(true).pragma("cache_size", format!("-{READER_CACHE_KIB}")).row_buffer_size(ROW_BUFFER);
        let readers = |reading| {
            SqlitePoolOptions::new()
                .max_connections(options.readers.max(1))
                .idle_timeout(IDLE)
                .connect_lazy_with(reading)
        };
        let mut file = Self {
            name,
            path: path.to_owned(),
            writer: Mutex::new(writer),
            writing,
            readers: readers(reading.clone()),
        };
        if options.access == Access::Read {
            match file.check_schema(migrations).await {
                // Nothing may be written here, not even what readers of a write-ahead log share. A file without such a
                // log was closed, and can be read as one that nobody changes (<https://sqlite.org/wal.html#read_only_databases>).
                Err(StoreError::NotWritable { .. }) => {
                    if !is_empty(&beside(path, "-wal")) {
                        return Err(StoreError::NotClosed { path: path.to_owned() });
                    }
                    file.readers = readers(reading.immutable(true));
                    file.check_schema(migrations).await?;
                }
                checked => checked?,
            }
        }
        Ok(file)
    }

    /// For who cannot migrate: the schema must be the present one.
    async fn check_schema(&self, migrations: &[Migration]) -> Result<(), StoreError> {
        let mut reader = self.readers.acquire().await.in_file(&self.name)?;
        let (found, known) = (migrate::check(&mut reader, &self.name, migrations).await?, migrations.len());
        if found == known {
            return Ok(());
        }
        Err(StoreError::Older { file: self.name.clone(), found: found as i64, known: known as i64 })
    }

    /// The one connection that writes. Waits for whoever has it.
    pub(super) async fn writer(&self) -> Result<MappedMutexGuard<'_, SqliteConnection>, StoreError> {
        let writer = MutexGuard::try_map(self.writer.lock().await, Option::as_mut);
        let mut writer = writer.map_err(|_| StoreError::NotWritable {
            path: self.path.clone(),
            cause: std::io::Error::new(std::io::ErrorKind::ReadOnlyFilesystem, "it was opened for reading"),
        })?;
        self.renew(&mut writer).await.in_file(&self.name)?;
        Ok(writer)
    }

    /// SQLite ends a transaction by itself when the disk is full (<https://sqlite.org/lang_transaction.html>, "Response To Errors
    /// Within A Transaction"). The driver goes on counting it, because its own ROLLBACK then fails, and would begin no other on
    /// this connection: so another connection takes its place.
    async fn renew(&self, writer: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        if writer.is_in_transaction() {
            // The rollback of a transaction that was dropped may still be on its way; a ping comes behind it.
            writer.ping().await?;
        }
        if writer.is_in_transaction() {
            *writer = self.writing.connect().await?;
        }
        Ok(())
    }

    pub(super) async fn close(&self) -> Result<(), StoreError> {
        self.readers.close().await;
        self.stop_writing().await
    }

    /// Moves the write-ahead log into the file and keeps it for reading only.
    pub(super) async fn stop_writing(&self) -> Result<(), StoreError> {
        if let Some(mut writer) = self.writer.lock().await.take() {
            sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut writer).await.in_file(&self.name)?;
            writer.close().await.in_file(&self.name)?;
        }
        Ok(())
    }
}

impl Sync {
    const fn pragma(self, options: &Options) -> SqliteSynchronous {
        match self {
            _ if !options.durable => SqliteSynchronous::Off,
            Self::Full => SqliteSynchronous::Full,
            Self::Normal => SqliteSynchronous::Normal,
            Self::Off => SqliteSynchronous::Off,
        }
    }
}

/// What SQLite keeps beside a database: its path, with a suffix.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut whole = path.as_os_str().to_owned();
    whole.push(suffix);
    whole.into()
}

/// Whether there is nothing in it, or no such file. What cannot be looked at is taken to be something.
fn is_empty(path: &Path) -> bool {
    match path.metadata() {
        Ok(file) => file.len() == 0,
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

/// Removes a database with what SQLite keeps beside it.
pub(super) fn remove(path: &Path) -> Result<(), StoreError> {
    for suffix in ["", "-wal", "-shm"] {
        let whole = beside(path, suffix);
        match std::fs::remove_file(&whole) {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::Io { path: whole, cause });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Makes a file that was written without fsync durable.
pub(super) fn sync(path: &Path) -> Result<(), StoreError> {
    let sync = std::fs::File::open(path).and_then(|file| file.sync_all());
    sync.map_err(|cause| StoreError::Io { path: path.to_owned(), cause })
}

pub(super) fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// Says in which file a statement failed.
pub(super) trait InFile<T> {
    fn in_file(self, file: &str) -> Result<T, StoreError>;
}

impl<T> InFile<T> for Result<T, sqlx::Error> {
    fn in_file(self, file: &str) -> Result<T, StoreError> {
        self.map_err(|error| failure(file, error))
    }
}

/// Result codes of SQLite (<https://sqlite.org/rescode.html>), without their extension.
const READONLY: u32 = 8;
const CORRUPT: u32 = 11;
const FULL: u32 = 13;
const CANTOPEN: u32 = 14;
const NOTADB: u32 = 26;

pub(super) fn failure(file: &str, error: sqlx::Error) -> StoreError {
    let file = file.to_owned();
    let code = error.as_database_error().and_then(|it| it.code()).and_then(|code| code.parse::<u32>().ok());
    match code.map(|code| code & 0xff) {
        Some(FULL) => StoreError::Full { file },
        Some(CORRUPT | NOTADB) => StoreError::Corrupt { file, block: None, reason: error.to_string() },
        Some(READONLY | CANTOPEN) => {
            StoreError::NotWritable { path: file.into(), cause: std::io::Error::other(error.to_string()) }
        }
        _ if matches!(error, sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_)) => {
            StoreError::Corrupt { file, block: None, reason: error.to_string() }
        }
        _ => StoreError::Database { file, reason: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What SQLite does when the disk is full: the transaction is gone, and the driver was not told.
    #[tokio::test]
    async fn a_transaction_that_sqlite_ended_by_itself_is_in_nobodys_way() {
        let dir = tempfile::tempdir().unwrap();
        let file = File::open(&dir.path().join("f.sqlite"), &Options::default(), Sync::Off, &[]).await.unwrap();
        for _ in 0..3 {
            let mut writer = file.writer().await.unwrap();
            let mut tx = writer.begin_with("BEGIN IMMEDIATE").await.unwrap();
            sqlx::raw_sql("CREATE TABLE lost (a)").execute(&mut *tx).await.unwrap();
            sqlx::raw_sql("ROLLBACK").execute(&mut *tx).await.unwrap();
            drop(tx);
        }
        let mut writer = file.writer().await.unwrap();
        let mut tx = writer.begin_with("BEGIN IMMEDIATE").await.unwrap();
        sqlx::raw_sql("CREATE TABLE kept (a)").execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        drop(writer);
        let tables = "SELECT group_concat(name) FROM sqlite_schema";
        let tables: String = sqlx::query_scalar(tables).fetch_one(&file.readers).await.unwrap();
        assert_eq!(tables, "kept");
    }
}
