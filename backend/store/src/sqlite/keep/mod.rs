//! Kept state, its daily snapshots, and what is removed when it has become old.

mod retention;
mod snapshot;
mod state;
mod sums;

use async_trait::async_trait;
use plumbline_model::{
    ReceivedTime,
    journal::{JournalPosition, StateEntry},
};

pub(super) use self::sums::{most, over_time};
use super::{SqliteStore, file::InFile};
use crate::{Keeper, KeptState, Pruned, Retention, Space, StoreError};

#[async_trait]
impl Keeper for SqliteStore {
    async fn save_state(&self, position: JournalPosition, entries: &[(Space, StateEntry)]) -> Result<(), StoreError> {
        state::save(&self.inner, position, entries).await
    }

    async fn load_state(&self) -> Result<KeptState, StoreError> {
        state::load(&self.inner.main).await
    }

    async fn drop_state(&self) -> Result<(), StoreError> {
        state::forget(&self.inner).await
    }

    fn state(&self) -> JournalPosition {
        self.inner.marks.state()
    }

    async fn load_snapshot(&self, position: JournalPosition) -> Result<Option<KeptState>, StoreError> {
        snapshot::load(&self.inner, position).await
    }

    async fn oldest_snapshot(&self) -> Result<Option<KeptState>, StoreError> {
        snapshot::oldest(&self.inner).await
    }

    async fn maintain(&self, now: ReceivedTime, retention: &Retention) -> Result<Pruned, StoreError> {
        snapshot::take(&self.inner).await?;
        sums::sum(&self.inner, now, retention).await?;
        let pruned = retention::prune(&self.inner, now, retention).await?;
        sqlx::query("PRAGMA optimize")
            .execute(&mut *self.inner.main.writer().await?)
            .await
            .in_file(&self.inner.main.name)?;
        Ok(pruned)
    }

    async fn close(&self) -> Result<(), StoreError> {
        for day in self.inner.days.all() {
            day.file.close().await?;
        }
        self.inner.main.close().await
    }
}
