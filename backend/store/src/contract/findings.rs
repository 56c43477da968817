//! Reading findings.

use async_trait::async_trait;
use plumbline_model::{
    CorrelationId, EntityName, Finding, FindingId, Key, OperationName, ReceivedTime, ReplicaName, Rule, SagaName,
    ServiceName, StepName, incident::IncidentId,
};

use crate::{Page, Paging, StoreError};

/// Which findings; what is `None` matches all.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct FindingFilter {
    pub open: Option<bool>,
    pub rule: Option<Rule>,
    /// As `FindingView::reason` says it: `stale`, `missing`, `stuck`, `compensation_owed`, `slower` …
    pub reason: Option<String>,
    pub entity: Option<EntityName>,
    pub replica: Option<ReplicaName>,
    pub key: Option<Key>,
    pub saga: Option<SagaName>,
    pub instance: Option<CorrelationId>,
    pub step: Option<StepName>,
    /// The service of an operation, or the near end of an edge.
    pub service: Option<ServiceName>,
    pub operation: Option<OperationName>,
    pub incident: Option<IncidentId>,
    /// Not resolved before this: open, or resolved at or after it.
    pub open_after: Option<ReceivedTime>,
    /// Opened before this.
    pub opened_before: Option<ReceivedTime>,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum FindingOrder {
    /// By `opened`, newest first.
    #[default]
    Newest,
    /// Open ones first, then by `since`, oldest first (those of unknown beginning lead).
    Longest,
}

/// A finding and the incident it belongs to.
#[derive(Clone, PartialEq, Debug)]
pub struct FindingRow {
    pub finding: Finding,
    /// Id and number.
    pub incident: Option<(IncidentId, u32)>,
}

/// How many findings are open of one kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenCount {
    pub rule: Rule,
    pub reason: String,
    pub entity: Option<EntityName>,
    pub replica: Option<ReplicaName>,
    pub saga: Option<SagaName>,
    pub step: Option<StepName>,
    pub count: u64,
}

#[async_trait]
pub trait ReadFindings: Send + Sync {
    async fn findings(
        &self,
        filter: &FindingFilter,
        order: FindingOrder,
        paging: &Paging,
    ) -> Result<Page<FindingRow>, StoreError>;

    async fn finding(&self, id: FindingId) -> Result<Option<FindingRow>, StoreError>;

    /// How many match; counts at most `at_most` of them, so that the answer is quick.
    async fn count_findings(&self, filter: &FindingFilter, at_most: u64) -> Result<u64, StoreError>;

    /// Open findings by rule, reason and place, in that order.
    async fn open_counts(&self) -> Result<Vec<OpenCount>, StoreError>;

    /// The ids of all open findings, ascending: recovery compares them with the engine's (SEM-12).
    async fn open_ids(&self) -> Result<Vec<FindingId>, StoreError>;
}
