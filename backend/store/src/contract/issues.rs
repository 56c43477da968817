//! Issues: records that could not be read, or not wholly, with their raw bytes kept aside. Bounded per source and counted.

use async_trait::async_trait;
use plumbline_model::{Partition, ReceivedTime, SourceName};

use crate::{Page, Paging, StoreError};

/// Bytes kept of a raw record.
pub const MAX_ISSUE_BYTES: usize = 16 * 1024;

/// A record that was not understood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Issue {
    pub source: SourceName,
    pub partition: Partition,
    /// Where in the partition, as its holder writes it; empty for a push without an id.
    pub position: String,
    pub received: ReceivedTime,
    /// What is wrong, with what was expected.
    pub reason: String,
    /// Field, line or byte, where it can be told; else empty.
    pub place: String,
    /// The raw record; cut to `MAX_ISSUE_BYTES` when it is stored.
    pub bytes: Vec<u8>,
    /// How many bytes the record had, where `bytes` was cut before.
    pub bytes_total: u64,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IssueRow {
    pub id: i64,
    pub issue: Issue,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IssueCounts {
    pub source: SourceName,
    /// All that ever came.
    pub total: u64,
    /// Kept to be looked at: the newest ones.
    pub kept: u64,
}

#[async_trait]
pub trait IssueLog: Send + Sync {
    /// Keeps the issues, durably; one that is there already (same source, partition, position, reason and bytes) is not
    /// counted again, so that a redelivery after a crash doubles nothing. Returns how many were new.
    async fn record_issues(&self, issues: &[Issue]) -> Result<u64, StoreError>;

    /// Newest first, of one source or of all.
    async fn issues(&self, source: Option<&SourceName>, paging: &Paging) -> Result<Page<IssueRow>, StoreError>;

    async fn issue(&self, id: i64) -> Result<Option<IssueRow>, StoreError>;

    async fn issue_counts(&self) -> Result<Vec<IssueCounts>, StoreError>;
}
