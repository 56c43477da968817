//! Small things under a name: what a collector must remember beside its positions, tokens, and the like.

use async_trait::async_trait;

use crate::StoreError;

#[async_trait]
pub trait Meta: Send + Sync {
    async fn meta(&self, space: &str, key: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Keeps a value; `None` removes it.
    async fn set_meta(&self, space: &str, key: &str, value: Option<&[u8]>) -> Result<(), StoreError>;

    /// Everything in a space, by key.
    async fn meta_space(&self, space: &str) -> Result<Vec<(String, Vec<u8>)>, StoreError>;
}
