//! Reading trace summaries. The spans of a trace are in the journal (`Journal::observations`).

use std::ops::RangeInclusive;

use async_trait::async_trait;
use plumbline_model::{Lag, OperationName, ServiceName, SourceTime, TraceId, trace::TraceSummary};

use crate::{Page, Paging, StoreError};

/// Which traces; what is `None` matches all.
#[derive(Clone, PartialEq, Debug)]
pub struct TraceFilter {
    /// By the start of the trace.
    pub times: RangeInclusive<SourceTime>,
    pub min_duration: Option<Lag>,
    pub max_duration: Option<Lag>,
    /// Of the root.
    pub service: Option<ServiceName>,
    pub operation: Option<OperationName>,
    /// Only those with a failed span, or only those without.
    pub failed: Option<bool>,
    pub incomplete: Option<bool>,
}

impl TraceFilter {
    pub const fn between(times: RangeInclusive<SourceTime>) -> Self {
        Self {
            times,
            min_duration: None,
            max_duration: None,
            service: None,
            operation: None,
            failed: None,
            incomplete: None,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum TraceOrder {
    #[default]
    Newest,
    Slowest,
}

#[async_trait]
pub trait ReadTraces: Send + Sync {
    async fn traces(
        &self,
        filter: &TraceFilter,
        order: TraceOrder,
        paging: &Paging,
    ) -> Result<Page<TraceSummary>, StoreError>;

    async fn trace(&self, id: TraceId) -> Result<Option<TraceSummary>, StoreError>;

    /// Start and duration of at most `at_most` traces of the range, the newest: the points of a heat map.
    async fn trace_points(&self, filter: &TraceFilter, at_most: u32) -> Result<Vec<(SourceTime, Lag)>, StoreError>;
}
