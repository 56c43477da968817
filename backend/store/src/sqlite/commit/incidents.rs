//! The second fold's part of a commit (SEM-14): incidents, which findings belong to them, decisions, messages.

use plumbline_model::incident::{Incident, IncidentChange, OutboxMessage};
use sqlx::SqliteConnection;

use super::super::file::InFile;
use crate::{StoreError, rows};

pub(super) async fn write(tx: &mut SqliteConnection, file: &str, changes: &[IncidentChange]) -> Result<(), StoreError> {
    for change in changes {
        let done = match change {
            IncidentChange::Incident(incident) => upsert(tx, incident).await,
            IncidentChange::Joined { incident, finding } => {
                let join = sqlx::query("UPDATE finding SET incident = ? WHERE id = ?");
                join.bind(incident.0 as i64).bind(finding.0 as i64).execute(&mut *tx).await.map(drop)
            }
            IncidentChange::Decided(decision) => {
                let decide = sqlx::query("INSERT INTO decision (incident, body) VALUES (?, ?)");
                decide.bind(decision.incident.0 as i64).bind(rows::pack(decision)).execute(&mut *tx).await.map(drop)
            }
            IncidentChange::Outbox(message) => put(tx, message).await,
        };
        done.in_file(file)?;
    }
    Ok(())
}

async fn upsert(tx: &mut SqliteConnection, incident: &Incident) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO incident (id, number, state, rule, opened, resolved, body) VALUES (?, ?, ?, ?, ?, ?, ?) \
         ON CONFLICT (id) DO UPDATE SET number = excluded.number, state = excluded.state, rule = excluded.rule, \
         opened = excluded.opened, resolved = excluded.resolved, body = excluded.body",
    )
    .bind(incident.id.0 as i64)
    .bind(i64::from(incident.number))
    .bind(rows::word(&incident.state))
    .bind(rows::word(&incident.cause.rule))
    .bind(incident.opened.0)
    .bind(incident.resolved.map(|at| at.0))
    .bind(rows::pack(incident))
    .execute(tx)
    .await
    .map(drop)
}

/// A message that was put before stays as it is, with what became of it.
async fn put(tx: &mut SqliteConnection, message: &OutboxMessage) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO message (id, receiver, incident, state, due, attempts, body) VALUES (?, ?, ?, 0, ?, 0, ?) \
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(message.id.as_str())
    .bind(message.receiver.as_str())
    .bind(message.incident.0 as i64)
    .bind(message.created.0)
    .bind(rows::pack(message))
    .execute(tx)
    .await
    .map(drop)
}
