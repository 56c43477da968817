//! The outbox: what is due, what became of a try, what was told of an incident.

use async_trait::async_trait;
use plumbline_model::{
    Lag, ReceivedTime, ReceiverName,
    incident::{IncidentId, OutboxMessage},
};
use sqlx::{Connection, Row, sqlite::SqliteRow};

use super::{
    super::{SqliteStore, file::InFile},
    Select,
};
use crate::{
    Attempt, Delivery, DeliveryState, DueMessage, Outbox, Page, Paging, ReceiverCounts, StoreError, Tried, rows,
};

/// Values of `message.state` and `attempt.outcome`.
const WAITING: i64 = 0;
const DELIVERED: i64 = 1;
const DEAD: i64 = 2;
/// Attempts shown of a message.
const SHOWN: i64 = 50;

/// Bodies are read of those only that are wanted.
const DUE: &str = "SELECT message.attempts, message.body FROM \
    (SELECT row, row_number() OVER (PARTITION BY receiver ORDER BY due, row) AS place \
     FROM message WHERE state = ? AND due <= ?) AS waiting \
    JOIN message ON message.row = waiting.row WHERE waiting.place <= ? ORDER BY message.due, message.row";
const DELIVERY: &str = "SELECT due, row, state, attempts, body FROM message";

#[async_trait]
impl Outbox for SqliteStore {
    async fn due_messages(&self, now: ReceivedTime, of_each: u32) -> Result<Vec<DueMessage>, StoreError> {
        let main = &self.inner.main;
        let query = sqlx::query(DUE).bind(WAITING).bind(now.0).bind(of_each);
        let rows = query.fetch_all(&main.readers).await.in_file(&main.name)?;
        let due = |row: &SqliteRow| {
            let attempts: i64 = row.try_get(0).in_file(&main.name)?;
            Ok(DueMessage { message: message(row, 1, &main.name)?, attempts: attempts as u32 })
        };
        rows.iter().map(due).collect()
    }

    async fn next_due(&self) -> Result<Option<ReceivedTime>, StoreError> {
        let main = &self.inner.main;
        let row = sqlx::query("SELECT min(due) FROM message WHERE state = 0").fetch_one(&main.readers).await;
        let due: Option<i64> = row.in_file(&main.name)?.try_get(0).in_file(&main.name)?;
        Ok(due.map(ReceivedTime))
    }

    async fn record_attempt(&self, message: &str, attempt: &Attempt) -> Result<bool, StoreError> {
        let name = &self.inner.main.name;
        let (state, due, retry) = match attempt.outcome {
            Tried::Delivered => (DELIVERED, attempt.at.0, None),
            Tried::Dead => (DEAD, attempt.at.0, None),
            Tried::RetryAt(at) => (WAITING, at.0, Some(at.0)),
        };
        let mut writer = self.inner.main.writer().await?;
        let mut tx = writer.begin_with("BEGIN IMMEDIATE").await.in_file(name)?;
        let updated = sqlx::query(
            "UPDATE message SET state = ?, due = ?, attempts = attempts + 1 WHERE id = ? AND state = 0 \
             RETURNING row, attempts",
        )
        .bind(state)
        .bind(due)
        .bind(message)
        .fetch_optional(&mut *tx)
        .await
        .in_file(name)?;
        let Some(updated) = updated else { return Ok(false) };
        sqlx::query(
            "INSERT INTO attempt (message, number, at, took, status, note, outcome, retry) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(updated.try_get::<i64, _>(0).in_file(name)?)
        .bind(updated.try_get::<i64, _>(1).in_file(name)?)
        .bind(attempt.at.0)
        .bind(attempt.took.0)
        .bind(attempt.status.map(i64::from))
        .bind(attempt.note.as_str())
        .bind(state)
        .bind(retry)
        .execute(&mut *tx)
        .await
        .in_file(name)?;
        tx.commit().await.in_file(name)?;
        Ok(true)
    }

    async fn send_again(&self, message: &str, now: ReceivedTime) -> Result<bool, StoreError> {
        let main = &self.inner.main;
        let query = sqlx::query("UPDATE message SET state = 0, due = ? WHERE id = ?").bind(now.0).bind(message);
        let done = query.execute(&mut *main.writer().await?).await.in_file(&main.name)?;
        Ok(done.rows_affected() > 0)
    }

    async fn delivery(&self, message: &str) -> Result<Option<Delivery>, StoreError> {
        let rows = Select::new(DELIVERY).and("id =", message.to_owned()).all(&self.inner.main).await?;
        match rows.first() {
            Some(row) => self.with_attempts(row).await.map(Some),
            None => Ok(None),
        }
    }

    async fn deliveries(&self, incident: IncidentId) -> Result<Vec<Delivery>, StoreError> {
        let mut select = Select::new(DELIVERY);
        select.and("incident =", incident.0 as i64).push(" ORDER BY row LIMIT 1000");
        let mut deliveries = Vec::new();
        for row in select.all(&self.inner.main).await? {
            deliveries.push(self.with_attempts(&row).await?);
        }
        Ok(deliveries)
    }

    async fn dead_letters(&self, paging: &Paging) -> Result<Page<Delivery>, StoreError> {
        let main = &self.inner.main;
        let mut select = Select::new(DELIVERY);
        select.and("state =", DEAD);
        let ids = select.page(main, paging, ["due", "row"], '<', |row| Ok(message(row, 4, &main.name)?.id)).await?;
        let mut items = Vec::with_capacity(ids.items.len());
        for id in ids.items {
            items.extend(self.delivery(&id).await?);
        }
        Ok(Page { items, next: ids.next })
    }

    async fn receiver_counts(&self) -> Result<Vec<ReceiverCounts>, StoreError> {
        let main = &self.inner.main;
        let sql = "SELECT receiver, sum(state = 1), sum(state = 0), sum(state = 2) FROM message \
                   GROUP BY receiver ORDER BY receiver";
        let counts = |row: &SqliteRow| {
            Ok(ReceiverCounts {
                receiver: ReceiverName::new(row.try_get::<&str, _>(0)?),
                delivered: row.try_get::<i64, _>(1)? as u64,
                waiting: row.try_get::<i64, _>(2)? as u64,
                dead: row.try_get::<i64, _>(3)? as u64,
            })
        };
        let rows = sqlx::query(sql).fetch_all(&main.readers).await.in_file(&main.name)?;
        rows.iter().map(|row| counts(row).in_file(&main.name)).collect()
    }
}

impl SqliteStore {
    /// A row of `DELIVERY` with its attempts.
    async fn with_attempts(&self, row: &SqliteRow) -> Result<Delivery, StoreError> {
        let main = &self.inner.main;
        let name = &main.name;
        let at = ReceivedTime(row.try_get(0).in_file(name)?);
        let number: i64 = row.try_get(1).in_file(name)?;
        let state = match row.try_get(2).in_file(name)? {
            WAITING => DeliveryState::Waiting { due: at },
            DELIVERED => DeliveryState::Delivered { at },
            _ => DeliveryState::Dead { at },
        };
        let attempts_total = row.try_get::<i64, _>(3).in_file(name)? as u32;
        let mut select = Select::new("SELECT at, took, status, note, outcome, retry FROM attempt");
        select.and("message =", number).push(" ORDER BY number DESC LIMIT ").0.push_bind(SHOWN);
        let rows = select.all(main).await?;
        let attempts: Result<Vec<_>, _> = rows.iter().rev().map(|row| attempt(row).in_file(name)).collect();
        Ok(Delivery { message: message(row, 4, name)?, state, attempts: attempts?, attempts_total })
    }
}

fn message(row: &SqliteRow, body: usize, file: &str) -> Result<OutboxMessage, StoreError> {
    rows::unpack(row.try_get(body).in_file(file)?, file, "a message")
}

fn attempt(row: &SqliteRow) -> Result<Attempt, sqlx::Error> {
    let retry: Option<i64> = row.try_get(5)?;
    Ok(Attempt {
        at: ReceivedTime(row.try_get(0)?),
        took: Lag(row.try_get(1)?),
        status: row.try_get::<Option<i64>, _>(2)?.and_then(|status| u16::try_from(status).ok()),
        note: row.try_get(3)?,
        outcome: match (row.try_get(4)?, retry) {
            (DELIVERED, _) => Tried::Delivered,
            (_, Some(at)) => Tried::RetryAt(ReceivedTime(at)),
            _ => Tried::Dead,
        },
    })
}
