//! What a run told, whole, to be compared with what another one told: by identity, not by number.

use std::collections::BTreeMap;

use plumbline_model::{
    Finding, FindingId, SourceTime, TraceId,
    incident::{Decision, Incident, IncidentId, OutboxMessage},
    rollup::{Amount, Series},
    saga::SagaInstance,
    time::Minute,
    trace::TraceSummary,
};
use plumbline_store::{
    FindingFilter, FindingOrder, IncidentFilter, Page, Paging, RollupQuery, SagaFilter, SagaOrder, SeriesKind,
    TraceFilter, TraceOrder, prelude::*,
};

/// Everything that people can see of a run. Records of sources are left out: a repetition that was dropped is counted there.
#[derive(PartialEq, Debug, Default)]
pub struct Outcome {
    pub findings: BTreeMap<FindingId, (Finding, Option<IncidentId>)>,
    pub rollups: BTreeMap<(Series, Minute), Amount>,
    pub sagas: Vec<SagaInstance>,
    pub traces: BTreeMap<TraceId, TraceSummary>,
    pub incidents: BTreeMap<IncidentId, Incident>,
    pub decisions: Vec<Decision>,
    pub messages: BTreeMap<String, OutboxMessage>,
}

const KINDS: [SeriesKind; 10] = [
    SeriesKind::Cells,
    SeriesKind::Keys,
    SeriesKind::Operation,
    SeriesKind::Edge,
    SeriesKind::OperationPath,
    SeriesKind::EdgePath,
    SeriesKind::Root,
    SeriesKind::Step,
    SeriesKind::Saga,
    SeriesKind::Logs,
];

impl Outcome {
    pub async fn read(store: &dyn Store) -> Result<Self, StoreError> {
        let mut outcome = Self::default();
        let all = &FindingFilter::default();
        for row in every(|paging| async move { store.findings(all, FindingOrder::Newest, &paging).await }).await? {
            outcome.findings.insert(row.finding.id, (row.finding, row.incident.map(|(id, _)| id)));
        }
        for kind in KINDS {
            let query = RollupQuery::steps(kind, Minute(0), Minute(i64::from(u32::MAX)), 1);
            for point in store.rollups(&query).await? {
                outcome.rollups.insert((point.series, point.start), point.amount);
            }
        }
        let all = &SagaFilter::default();
        outcome.sagas = every(|paging| async move { store.sagas(all, SagaOrder::Worst, &paging).await }).await?;
        outcome
            .sagas
            .sort_by(|one, other| (&one.saga, &one.instance, one.run).cmp(&(&other.saga, &other.instance, other.run)));
        let all = &TraceFilter::between(SourceTime::MIN..=SourceTime::MAX);
        for trace in every(|paging| async move { store.traces(all, TraceOrder::Newest, &paging).await }).await? {
            outcome.traces.insert(trace.trace, trace);
        }
        let all = &IncidentFilter::default();
        for incident in every(|paging| async move { store.incidents(all, &paging).await }).await? {
            outcome.decisions.extend(store.decisions(incident.id).await?);
            for delivery in store.deliveries(incident.id).await? {
                outcome.messages.insert(delivery.message.id.to_string(), delivery.message);
            }
            outcome.incidents.insert(incident.id, incident);
        }
        Ok(outcome)
    }

    /// Fails with the first thing that differs, and in which way.
    pub fn assert_same(&self, other: &Self, what: &str) {
        for (id, finding) in &self.findings {
            assert_eq!(Some(finding), other.findings.get(id), "{what}: finding {id}");
        }
        for (place, amount) in &self.rollups {
            assert_eq!(Some(amount), other.rollups.get(place), "{what}: rollup {place:?}");
        }
        for (one, two) in self.sagas.iter().zip(&other.sagas) {
            assert_eq!(one, two, "{what}: saga instance");
        }
        for (id, message) in &self.messages {
            assert_eq!(Some(message), other.messages.get(id), "{what}: message {id}");
        }
        assert!(self == other, "{what}: the other run told more, or traces, incidents or decisions differ");
    }
}

async fn every<T, F>(page: impl Fn(Paging) -> F) -> Result<Vec<T>, StoreError>
where
    F: Future<Output = Result<Page<T>, StoreError>>,
{
    let (mut items, mut paging) = (Vec::new(), Paging::first(500));
    loop {
        let found = page(paging).await?;
        items.extend(found.items);
        match found.next {
            Some(next) => paging = Paging::after(500, Some(next)),
            None => return Ok(items),
        }
    }
}
