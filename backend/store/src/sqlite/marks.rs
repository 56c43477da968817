//! The two positions of SEM-12 in memory: `applied` and `state`. The file is the truth; these follow its commits.

use std::sync::atomic::{AtomicU64, Ordering};

use plumbline_model::journal::JournalPosition;
use sqlx::{Row, SqliteConnection};

use super::{
    days::Days,
    file::{File, InFile},
};
use crate::StoreError;

pub(super) const APPLIED: &str = "applied";
pub(super) const STATE: &str = "state";
/// Minutes of rollups before this one are gone.
pub(super) const MINUTES_FROM: &str = "minutes_from";
/// What sums of rollups end before, in tens and in hours.
pub(super) const TENS_UNTIL: &str = "tens_until";
pub(super) const HOURS_UNTIL: &str = "hours_until";

#[derive(Debug, Default)]
pub(super) struct Marks {
    applied: AtomicU64,
    state: AtomicU64,
}

impl Marks {
    pub(super) async fn load(main: &File, days: &Days) -> Result<Self, StoreError> {
        let mut reader = main.readers.acquire().await.in_file(&main.name)?;
        let marks = Self::default();
        marks.set_applied(position(get(&mut reader, APPLIED, &main.name).await?));
        marks.set_state(position(get(&mut reader, STATE, &main.name).await?));
        if marks.applied() > days.end() {
            let reason = format!(
                "it was applied up to position {}, but the journal ends at {}: files of the journal are missing",
                marks.applied().0,
                days.end().0
            );
            return Err(StoreError::Corrupt { file: main.name.clone(), block: None, reason });
        }
        Ok(marks)
    }

    pub(super) fn applied(&self) -> JournalPosition {
        JournalPosition(self.applied.load(Ordering::Acquire))
    }
    pub(super) fn state(&self) -> JournalPosition {
        JournalPosition(self.state.load(Ordering::Acquire))
    }
    pub(super) fn set_applied(&self, position: JournalPosition) {
        self.applied.store(position.0, Ordering::Release);
    }
    pub(super) fn set_state(&self, position: JournalPosition) {
        self.state.store(position.0, Ordering::Release);
    }
}

pub(super) fn position(mark: Option<i64>) -> JournalPosition {
    JournalPosition(mark.map_or(0, |value| value as u64))
}

pub(super) async fn get(
    connection: &mut SqliteConnection,
    name: &'static str,
    file: &str,
) -> Result<Option<i64>, StoreError> {
    let row = sqlx::query("SELECT value FROM mark WHERE name = ?")
        .bind(name)
        .fetch_optional(connection)
        .await
        .in_file(file)?;
    row.map(|row| row.try_get(0).in_file(file)).transpose()
}

pub(super) async fn set(
    connection: &mut SqliteConnection,
    name: &'static str,
    value: i64,
    file: &str,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO mark (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value")
        .bind(name)
        .bind(value)
        .execute(connection)
        .await
        .in_file(file)?;
    Ok(())
}
