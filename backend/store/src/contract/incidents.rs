//! Reading incidents, and what was decided about telling them. Their findings: `FindingFilter::incident`.

use async_trait::async_trait;
use plumbline_model::{
    Rule,
    incident::{Decision, Incident, IncidentId, IncidentState},
};

use crate::{Page, Paging, StoreError};

/// Which incidents; what is `None` or empty matches all.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct IncidentFilter {
    pub states: Vec<IncidentState>,
    pub rule: Option<Rule>,
    /// Not resolved before this: open, or resolved at or after it.
    pub open_after: Option<plumbline_model::ReceivedTime>,
    pub opened_before: Option<plumbline_model::ReceivedTime>,
}

#[async_trait]
pub trait ReadIncidents: Send + Sync {
    /// By number, newest first.
    async fn incidents(&self, filter: &IncidentFilter, paging: &Paging) -> Result<Page<Incident>, StoreError>;

    async fn incident(&self, number: u32) -> Result<Option<Incident>, StoreError>;

    async fn incident_by_id(&self, id: IncidentId) -> Result<Option<Incident>, StoreError>;

    /// Every decision about an incident, oldest first; the newest 1,000 of a longer list.
    async fn decisions(&self, incident: IncidentId) -> Result<Vec<Decision>, StoreError>;

    /// How many incidents are in each state.
    async fn incident_counts(&self) -> Result<Vec<(IncidentState, u64)>, StoreError>;
}
