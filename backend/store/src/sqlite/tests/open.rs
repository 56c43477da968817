//! Opening a directory: what is refused, and in which words.

use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};

use super::{
    super::{Access, migrate},
    *,
};

fn reading() -> Options {
    Options { access: Access::Read, ..Options::default() }
}

async fn set_version(dir: &TempDir, file: &str, version: u32) {
    let mut connection = SqliteConnectOptions::new().filename(dir.path().join(file)).connect().await.unwrap();
    let sql = sqlx::AssertSqlSafe(format!("PRAGMA user_version = {version}"));
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_newer_directory_is_refused_and_left_alone() {
    for (file, migrations) in [("plumbline.sqlite", migrate::STORE), ("journal-2026-11-21.sqlite", migrate::JOURNAL)] {
        let known = migrations.len();
        let (dir, store) = with_ticks(1).await;
        drop(store);
        set_version(&dir, file, 7).await;
        let before = std::fs::read(dir.path().join(file)).unwrap();
        let error = SqliteStore::open(&dir, Options::default()).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "this data directory was written by a newer Plumbline ({file} has schema 7, this one knows {known}): use that \
                 version, or another directory"
            )
        );
        assert_eq!(std::fs::read(dir.path().join(file)).unwrap(), before);
    }
}

#[tokio::test]
async fn one_writer_at_a_time_and_readers_beside_it() {
    let (dir, store) = with_ticks(3).await;
    let error = SqliteStore::open(&dir, Options::default()).await.unwrap_err();
    assert!(matches!(error, StoreError::Locked { holder: Some(_), .. }), "{error}");
    let beside = SqliteStore::open(&dir, reading()).await.unwrap();
    assert_eq!(beside.end(), JournalPosition(3));
    assert!(matches!(beside.append(at(1), &[tick(1)]).await, Err(StoreError::NotWritable { .. })));
    drop(store);
    open(&dir).await;
}

#[tokio::test]
async fn a_file_where_the_directory_should_be_is_an_error() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("file");
    std::fs::write(&path, "").unwrap();
    let error = SqliteStore::open(&path, Options::default()).await.unwrap_err();
    assert!(matches!(error, StoreError::NotADirectory { .. }), "{error}");
}

#[tokio::test]
async fn who_reads_is_told_that_there_is_nothing_to_read() {
    let dir = TempDir::new().unwrap();
    for missing in [dir.path().to_owned(), dir.path().join("nowhere")] {
        let error = SqliteStore::open(&missing, reading()).await.unwrap_err();
        assert!(matches!(&error, StoreError::NoData { dir, .. } if *dir == missing), "{error}");
    }
}

/// Who reads cannot migrate, and must not take the missing tables for damage.
#[tokio::test]
async fn who_reads_is_told_of_an_older_directory() {
    let (dir, store) = with_ticks(1).await;
    drop(store);
    set_version(&dir, "plumbline.sqlite", 3).await;
    let error = SqliteStore::open(&dir, reading()).await.unwrap_err();
    assert!(matches!(error, StoreError::Older { found: 3, .. }), "{error}");
}

/// A copy of a data directory on something that is only read: SQLite may write nothing beside it. A process that may write
/// everywhere (root in most containers) finds no such directory, so a database is asked for without its shared memory.
#[cfg(unix)]
#[tokio::test]
async fn a_closed_directory_is_read_where_nothing_can_be_written() {
    let (dir, store) = with_ticks(3).await;
    store.close().await.unwrap();
    drop(store);
    for file in ["plumbline.sqlite", "journal-2026-11-21.sqlite"] {
        // A link to itself in the place of the file that SQLite would have to write: it cannot be opened at all.
        let shared = dir.path().join(format!("{file}-shm"));
        std::os::unix::fs::symlink(&shared, &shared).unwrap();
    }
    let store = SqliteStore::open(&dir, reading()).await.unwrap();
    assert_eq!(store.end(), JournalPosition(3));
    drop(store);
    std::fs::write(dir.path().join("plumbline.sqlite-wal"), "what was not taken over").unwrap();
    let error = SqliteStore::open(&dir, reading()).await.unwrap_err();
    assert!(matches!(error, StoreError::NotClosed { .. }), "{error}");
}

#[tokio::test]
async fn missing_journal_files_are_noticed() {
    let (dir, store) = with_ticks(3).await;
    store.commit(upto(3)).await.unwrap();
    drop(store);
    std::fs::remove_file(dir.path().join("journal-2026-11-21.sqlite")).unwrap();
    let error = SqliteStore::open(&dir, Options::default()).await.unwrap_err();
    assert!(error.to_string().contains("applied up to position 3, but the journal ends at 0"), "{error}");
}

#[tokio::test]
async fn a_closed_store_is_whole_in_its_files() {
    let (dir, store) = with_ticks(3).await;
    store.commit(upto(2)).await.unwrap();
    store.close().await.unwrap();
    assert!(store.append(at(1), &[tick(1)]).await.is_err());
    assert!(store.open_ids().await.is_err());
    drop(store);
    for file in ["plumbline.sqlite", "journal-2026-11-21.sqlite"] {
        assert!(!dir.path().join(format!("{file}-wal")).exists(), "{file}");
    }
    let store = open(&dir).await;
    assert_eq!((store.end(), store.applied()), (JournalPosition(3), JournalPosition(2)));
}
