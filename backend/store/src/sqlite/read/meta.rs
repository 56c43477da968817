//! Small things under a name.

use async_trait::async_trait;
use sqlx::{Row, sqlite::SqliteRow};

use super::{
    super::{SqliteStore, file::InFile},
    Select,
};
use crate::{Meta, StoreError};

#[async_trait]
impl Meta for SqliteStore {
    async fn meta(&self, space: &str, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let main = &self.inner.main;
        let mut select = Select::new("SELECT value FROM meta");
        let rows = select.and("space =", space.to_owned()).and("key =", key.to_owned()).all(main).await?;
        rows.first().map(|row| row.try_get(0).in_file(&main.name)).transpose()
    }

    async fn set_meta(&self, space: &str, key: &str, value: Option<&[u8]>) -> Result<(), StoreError> {
        let main = &self.inner.main;
        let query = match value {
            Some(value) => sqlx::query(
                "INSERT INTO meta (space, key, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            )
            .bind(space)
            .bind(key)
            .bind(value),
            None => sqlx::query("DELETE FROM meta WHERE space = ? AND key = ?").bind(space).bind(key),
        };
        query.execute(&mut *main.writer().await?).await.in_file(&main.name).map(drop)
    }

    async fn meta_space(&self, space: &str) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let main = &self.inner.main;
        let mut select = Select::new("SELECT key, value FROM meta");
        let rows = select.and("space =", space.to_owned()).push(" ORDER BY key").all(main).await?;
        let pair = |row: &SqliteRow| Ok((row.try_get(0)?, row.try_get(1)?));
        rows.iter().map(|row| pair(row).in_file(&main.name)).collect()
    }
}
