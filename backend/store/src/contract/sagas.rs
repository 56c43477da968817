//! Reading saga instances.

use async_trait::async_trait;
use plumbline_model::{CorrelationId, EventType, SagaName, SourceTime, saga::SagaInstance};

use crate::{Page, Paging, StoreError};

/// Which instances; what is `None` matches all.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct SagaFilter {
    pub saga: Option<SagaName>,
    pub instance: Option<CorrelationId>,
    /// Words of `SagaState::word`; empty: all.
    pub states: Vec<&'static str>,
    pub open: Option<bool>,
    /// Waits for this event.
    pub waiting_for: Option<EventType>,
    /// With their last event at or after this.
    pub active_after: Option<SourceTime>,
    /// Started before this.
    pub started_before: Option<SourceTime>,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum SagaOrder {
    /// Stuck and owing first, then at risk, unknown, compensating, on course, ended; the longest wait first in each.
    #[default]
    Worst,
    /// By last event, newest first.
    Newest,
}

/// How many instances of a saga are in a state and wait for an event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SagaCount {
    pub saga: SagaName,
    /// `SagaState::word`.
    pub state: String,
    /// `None` where nothing is waited for.
    pub waiting_for: Option<EventType>,
    pub count: u64,
}

#[async_trait]
pub trait ReadSagas: Send + Sync {
    async fn sagas(
        &self,
        filter: &SagaFilter,
        order: SagaOrder,
        paging: &Paging,
    ) -> Result<Page<SagaInstance>, StoreError>;

    /// All runs of one instance, newest first.
    async fn saga_runs(&self, saga: &SagaName, instance: &CorrelationId) -> Result<Vec<SagaInstance>, StoreError>;

    /// Open instances by saga, state and the event they wait for.
    async fn saga_counts(&self) -> Result<Vec<SagaCount>, StoreError>;
}
