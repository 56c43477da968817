//! Issues: kept before the journal goes on behind them, and therefore fsynced; the oldest of a source make room.

use async_trait::async_trait;
use plumbline_model::{Partition, ReceivedTime, SourceName};
use sqlx::{Connection, Row, SqliteConnection, sqlite::SqliteRow};
use xxhash_rust::xxh3::Xxh3Default;

use super::{
    super::{SqliteStore, file::InFile},
    Select,
};
use crate::{Issue, IssueCounts, IssueLog, IssueRow, MAX_ISSUE_BYTES, Page, Paging, StoreError};

/// Issues kept of a source: with their bytes 8 MiB at the most, and more than anybody reads.
const KEPT_PER_SOURCE: i64 = 500;

const COLUMNS: &str = "SELECT id, source, partition, position, received, reason, place, bytes, bytes_total FROM issue";

#[async_trait]
impl IssueLog for SqliteStore {
    async fn record_issues(&self, issues: &[Issue]) -> Result<u64, StoreError> {
        if issues.is_empty() {
            return Ok(0);
        }
        let name = &self.inner.main.name;
        let mut writer = self.inner.main.writer().await?;
        // The main file is not fsynced at every commit, because the journal can make it again. An issue is nowhere else.
        let durable = self.inner.options.durable;
        if durable {
            sqlx::raw_sql("PRAGMA synchronous = FULL").execute(&mut *writer).await.in_file(name)?;
        }
        let recorded = record(&mut writer, issues).await.in_file(name);
        if durable {
            sqlx::raw_sql("PRAGMA synchronous = NORMAL").execute(&mut *writer).await.in_file(name)?;
        }
        recorded
    }

    async fn issues(&self, source: Option<&SourceName>, paging: &Paging) -> Result<Page<IssueRow>, StoreError> {
        let main = &self.inner.main;
        let mut select = Select::new(COLUMNS);
        select.and_some("source =", source.map(ToString::to_string));
        select.page(main, paging, ["id"], '<', |row| read(row).in_file(&main.name)).await
    }

    async fn issue(&self, id: i64) -> Result<Option<IssueRow>, StoreError> {
        let main = &self.inner.main;
        let rows = Select::new(COLUMNS).and("id =", id).all(main).await?;
        rows.first().map(|row| read(row).in_file(&main.name)).transpose()
    }

    async fn issue_counts(&self) -> Result<Vec<IssueCounts>, StoreError> {
        let main = &self.inner.main;
        let count = |row: &SqliteRow| {
            Ok(IssueCounts {
                source: SourceName::new(row.try_get::<&str, _>(0)?),
                total: row.try_get::<i64, _>(1)? as u64,
                kept: row.try_get::<i64, _>(2)? as u64,
            })
        };
        let sql = "SELECT source, total, (SELECT count(*) FROM issue WHERE issue.source = issue_count.source) \
                   FROM issue_count ORDER BY source";
        let rows = sqlx::query(sql).fetch_all(&main.readers).await.in_file(&main.name)?;
        rows.iter().map(|row| count(row).in_file(&main.name)).collect()
    }
}

async fn record(writer: &mut SqliteConnection, issues: &[Issue]) -> Result<u64, sqlx::Error> {
    let mut tx = writer.begin_with("BEGIN IMMEDIATE").await?;
    let mut new = 0;
    for issue in issues {
        let kept = &issue.bytes[..issue.bytes.len().min(MAX_ISSUE_BYTES)];
        let inserted = sqlx::query(
            "INSERT INTO issue (ident, source, partition, position, received, reason, place, bytes, bytes_total) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (ident) DO NOTHING",
        )
        .bind(ident(issue))
        .bind(issue.source.as_str())
        .bind(issue.partition.as_str())
        .bind(issue.position.as_str())
        .bind(issue.received.0)
        .bind(issue.reason.as_str())
        .bind(issue.place.as_str())
        .bind(kept)
        .bind(issue.bytes_total.max(issue.bytes.len() as u64) as i64)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if inserted > 0 {
            new += inserted;
            count(&mut tx, issue).await?;
        }
    }
    tx.commit().await?;
    Ok(new)
}

async fn count(tx: &mut SqliteConnection, issue: &Issue) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO issue_count VALUES (?, 1) ON CONFLICT DO UPDATE SET total = total + 1")
        .bind(issue.source.as_str())
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "DELETE FROM issue WHERE source = ?1 AND id <= \
         (SELECT id FROM issue WHERE source = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
    )
    .bind(issue.source.as_str())
    .bind(KEPT_PER_SOURCE)
    .execute(&mut *tx)
    .await
    .map(drop)
}

/// The same record refused for the same reason is the same issue, however often it is delivered.
fn ident(issue: &Issue) -> i64 {
    let mut hash = Xxh3Default::new();
    let parts = [issue.source.as_str(), issue.partition.as_str(), &issue.position, &issue.reason, &issue.place];
    for part in parts.map(str::as_bytes).into_iter().chain([issue.bytes.as_slice()]) {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.digest() as i64
}

fn read(row: &SqliteRow) -> Result<IssueRow, sqlx::Error> {
    let issue = Issue {
        source: SourceName::new(row.try_get::<&str, _>(1)?),
        partition: Partition::new(row.try_get::<&str, _>(2)?),
        position: row.try_get(3)?,
        received: ReceivedTime(row.try_get(4)?),
        reason: row.try_get(5)?,
        place: row.try_get(6)?,
        bytes: row.try_get(7)?,
        bytes_total: row.try_get::<i64, _>(8)? as u64,
    };
    Ok(IssueRow { id: row.try_get(0)?, issue })
}
