//! Brings a file to the present schema: numbered steps, embedded, each in one transaction with the file's version
//! (`PRAGMA user_version`). A file of a newer version is refused, never touched. See `migrations/README.md`.

use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};

use super::file::InFile;
use crate::StoreError;

/// One step: its number is its place in the list, from 1.
pub(super) struct Migration {
    pub name: &'static str,
    pub sql: &'static str,
}

macro_rules! migrations {
    ($folder:literal: $($name:literal),+ $(,)?) => {
        &[$(Migration {
            name: $name,
            sql: include_str!(concat!("../../../../migrations/sqlite/", $folder, "/", $name, ".sql")),
        }),+]
    };
}

pub(super) const STORE: &[Migration] = migrations!("store":
        "0001_create_tables", "0002_count_open", "0003_index_failed_traces", "0004_sum_tens", "0005_keep_state_by_row");
pub(super) const JOURNAL: &[Migration] = migrations!("journal": "0001_create_blocks");

/// Refuses a file that is newer than the migrations known here. Returns its version.
pub(super) async fn check(
    connection: &mut SqliteConnection,
    file: &str,
    migrations: &[Migration],
) -> Result<usize, StoreError> {
    let row = sqlx::query("PRAGMA user_version").fetch_one(connection).await.in_file(file)?;
    let found: i64 = row.try_get(0).in_file(file)?;
    let known = migrations.len() as i64;
    match usize::try_from(found) {
        Ok(version) if found <= known => Ok(version),
        _ => Err(StoreError::Newer { file: file.to_owned(), found, known }),
    }
}

/// Runs the steps that the file has not seen.
pub(super) async fn run(
    connection: &mut SqliteConnection,
    file: &str,
    migrations: &[Migration],
) -> Result<(), StoreError> {
    let version = check(connection, file, migrations).await?;
    for (index, migration) in migrations.iter().enumerate().skip(version) {
        let mut step = connection.begin_with("BEGIN IMMEDIATE").await.in_file(file)?;
        sqlx::raw_sql(migration.sql).execute(&mut *step).await.in_file(file)?;
        let mark = format!("PRAGMA user_version = {}", index + 1);
        sqlx::raw_sql(AssertSqlSafe(mark)).execute(&mut *step).await.in_file(file)?;
        step.commit().await.in_file(file)?;
        tracing::debug!(file, migration = migration.name, "schema changed");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_numbered_without_holes() {
        for list in [STORE, JOURNAL] {
            for (index, migration) in list.iter().enumerate() {
                assert!(migration.name.starts_with(&format!("{:04}_", index + 1)), "{}", migration.name);
            }
        }
    }
}
