//! Retention: whole days of the journal, never beyond the kept state and never the day that is written; rows of the main
//! file in small transactions, so that nobody waits long for the writer.

use plumbline_model::ReceivedTime;
use sqlx::Connection;

use super::super::{Inner, days, file, file::InFile, journal, marks};
use crate::{Pruned, Retention, StoreError};

/// Rows removed in one transaction: some ten milliseconds.
const ROWS_AT_ONCE: i64 = 2_000;

pub(super) async fn prune(inner: &Inner, now: ReceivedTime, retention: &Retention) -> Result<Pruned, StoreError> {
    let mut pruned = Pruned::default();
    journal::forget_idents(inner, now).await?;
    let oldest = days::date(now.minus(retention.journal));
    let mut list = inner.days.all();
    // The last day is written to; and it alone says where the journal ends and reading goes on.
    list.pop();
    for day in list {
        let needed = day.range().is_some_and(|(_, last)| last > inner.marks.state().0);
        if needed || day.date >= oldest {
            break;
        }
        inner.days.remove(&day).await?;
        file::remove(&super::snapshot::path(inner, &day.date))?;
        pruned.days.push(day.date.clone());
    }
    let rows = now.minus(retention.rows).0;
    let minutes = now.minus(retention.minute_rollups).minute().0;
    let hours = now.minus(retention.hour_rollups).minute().0.div_euclid(60);
    for (sql, before) in [
        ("DELETE FROM trace WHERE row IN (SELECT row FROM trace WHERE start < ?1 LIMIT ?2)", rows),
        ("DELETE FROM saga WHERE row IN (SELECT row FROM saga WHERE last < ?1 AND open = 0 LIMIT ?2)", rows),
        ("DELETE FROM finding WHERE id IN (SELECT id FROM finding WHERE resolved < ?1 LIMIT ?2)", rows),
        (
            "DELETE FROM rollup_minute WHERE (kind, minute, series) IN \
             (SELECT kind, minute, series FROM rollup_minute WHERE minute < ?1 LIMIT ?2)",
            minutes,
        ),
        (
            "DELETE FROM rollup_ten WHERE (kind, ten, series) IN \
             (SELECT kind, ten, series FROM rollup_ten WHERE ten < ?1 LIMIT ?2)",
            minutes.div_euclid(10),
        ),
        (
            "DELETE FROM rollup_hour WHERE (kind, hour, series) IN \
             (SELECT kind, hour, series FROM rollup_hour WHERE hour < ?1 LIMIT ?2)",
            hours,
        ),
        ("DELETE FROM issue WHERE id IN (SELECT id FROM issue WHERE received < ?1 LIMIT ?2)", rows),
    ] {
        pruned.rows += remove(inner, sql, before).await?;
    }
    marks::set(&mut *inner.main.writer().await?, marks::MINUTES_FROM, minutes, &inner.main.name).await?;
    pruned.rows += incidents(inner, rows).await?;
    if pruned.rows > 0 {
        inner.amounts.lock().await.forget();
    }
    Ok(pruned)
}

/// Removes what matches, some rows at a time.
async fn remove(inner: &Inner, sql: &'static str, before: i64) -> Result<u64, StoreError> {
    let name = &inner.main.name;
    let mut total = 0;
    loop {
        let mut writer = inner.main.writer().await?;
        let query = sqlx::query(sql).bind(before).bind(ROWS_AT_ONCE);
        let removed = query.execute(&mut *writer).await.in_file(name)?.rows_affected();
        total += removed;
        if removed < ROWS_AT_ONCE as u64 {
            return Ok(total);
        }
    }
}

/// Removes incidents that ended, with their decisions and deliveries; not while a message still waits.
async fn incidents(inner: &Inner, before: i64) -> Result<u64, StoreError> {
    let name = &inner.main.name;
    let mut writer = inner.main.writer().await?;
    let mut tx = writer.begin_with("BEGIN IMMEDIATE").await.in_file(name)?;
    let gone = "SELECT id FROM incident WHERE resolved < ?1 \
                AND NOT EXISTS (SELECT 1 FROM message WHERE message.incident = incident.id AND message.state = 0)";
    let mut total = 0;
    for head in [
        "DELETE FROM attempt WHERE message IN (SELECT row FROM message WHERE incident IN",
        "DELETE FROM message WHERE (incident IN",
        "DELETE FROM decision WHERE (incident IN",
        "DELETE FROM incident WHERE (id IN",
    ] {
        let sql = sqlx::AssertSqlSafe(format!("{head} ({gone}))"));
        total += sqlx::query(sql).bind(before).execute(&mut *tx).await.in_file(name)?.rows_affected();
    }
    tx.commit().await.in_file(name)?;
    Ok(total)
}
