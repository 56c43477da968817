//! A store that dies: at a chosen point it does what was asked, or does not, and in either case never answers again.
//! Whoever used it then stands where a process stands that was killed: what is durable is durable, the rest is gone.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use plumbline_model::{
    CorrelationId, FindingId, Lag, ObservationId, Partition, ReceivedTime, Record, SagaName, SourceName, SourceTime,
    TraceId,
    incident::{Decision, Incident, IncidentId, IncidentState},
    journal::{JournalPosition, StateEntry},
    rollup::Series,
    saga::SagaInstance,
    trace::TraceSummary,
};
use plumbline_store::{prelude::*, *};

use super::random::Random;

/// What the process was about to do, or had just done, when it was killed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Deed {
    Append,
    Commit,
    Save,
}

/// A point in the run at which the process can be killed: at a place in its work, before (`false`) or after a deed.
pub type Point = (Place, Deed, bool);

/// Milliseconds of the world's time, and how many batches were taken in this moment.
pub type Place = (i64, usize);

/// Decides about life and death, over all lives of a process.
#[derive(Clone, Debug)]
pub struct Fate(Arc<Mutex<Plan>>);

#[derive(Debug)]
struct Plan {
    when: When,
    place: Place,
    /// Where it died already: nowhere twice, so that every run ends.
    died: BTreeSet<Point>,
}

#[derive(Debug)]
enum When {
    Never,
    /// At every point, once.
    Everywhere,
    /// With so many percent at each point.
    Sometimes(Random, u64),
    /// At every append, as a fault of the product: the task panics, the process lives.
    Panicking,
}

impl Fate {
    fn new(when: When) -> Self {
        Self(Arc::new(Mutex::new(Plan { when, place: (0, 0), died: BTreeSet::new() })))
    }
    pub fn never() -> Self {
        Self::new(When::Never)
    }
    pub fn everywhere() -> Self {
        Self::new(When::Everywhere)
    }
    pub fn sometimes(seed: u64, percent: u64) -> Self {
        Self::new(When::Sometimes(Random::new(seed), percent))
    }

    pub fn panicking() -> Self {
        Self::new(When::Panicking)
    }

    pub fn deaths(&self) -> BTreeSet<Point> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).died.clone()
    }

    /// Says how far the work has come.
    pub fn at(&self, place: Place) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).place = place;
    }

    fn strikes(&self, deed: Deed, after: bool) -> bool {
        let mut plan = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let point = (plan.place, deed, after);
        let now = !plan.died.contains(&point)
            && match &mut plan.when {
                When::Never => false,
                When::Panicking => {
                    assert_ne!(deed, Deed::Append, "the store panics");
                    false
                }
                When::Everywhere => true,
                When::Sometimes(random, percent) => random.chance(*percent),
            };
        if now {
            plan.died.insert(point);
        }
        now
    }
}

/// The store of one life.
#[derive(Debug)]
pub struct MortalStore {
    store: SqliteStore,
    fate: Fate,
    dead: Mutex<bool>,
}

impl MortalStore {
    pub fn new(store: SqliteStore, fate: Fate) -> Self {
        Self { store, fate, dead: Mutex::new(false) }
    }

    fn live(&self) -> Result<(), StoreError> {
        if *self.dead.lock().unwrap_or_else(PoisonError::into_inner) { Err(killed()) } else { Ok(()) }
    }

    fn risk(&self, deed: Deed, after: bool) -> Result<(), StoreError> {
        self.live()?;
        if self.fate.strikes(deed, after) {
            *self.dead.lock().unwrap_or_else(PoisonError::into_inner) = true;
            return Err(killed());
        }
        Ok(())
    }
}

fn killed() -> StoreError {
    StoreError::Order("the process was killed".to_owned())
}

/// Whether an error is the death of the process and not a fault of the product.
pub fn is_death(error: &StoreError) -> bool {
    matches!(error, StoreError::Order(reason) if reason == "the process was killed")
}

#[async_trait]
impl Journal for MortalStore {
    async fn append(&self, now: ReceivedTime, records: &[Record]) -> Result<Appended, StoreError> {
        self.risk(Deed::Append, false)?;
        let appended = self.store.append(now, records).await?;
        self.risk(Deed::Append, true)?;
        Ok(appended)
    }
    fn end(&self) -> JournalPosition {
        self.store.end()
    }
    async fn begin(&self) -> Result<JournalPosition, StoreError> {
        self.store.begin().await
    }
    fn read(&self, range: RangeInclusive<JournalPosition>) -> BlockStream<'_> {
        self.store.read(range)
    }
    fn begins_day(&self, now: ReceivedTime) -> bool {
        self.store.begins_day(now)
    }
    async fn resume_positions(&self) -> Result<BTreeMap<(SourceName, Partition), u64>, StoreError> {
        self.store.resume_positions().await
    }
    async fn recent_idents(&self, since: ReceivedTime, limit: usize) -> Result<Vec<(ReceivedTime, Ident)>, StoreError> {
        self.store.recent_idents(since, limit).await
    }
    async fn observations(
        &self,
        lookup: &Lookup,
        times: RangeInclusive<SourceTime>,
        paging: &Paging,
    ) -> Result<Page<Sighting>, StoreError> {
        self.store.observations(lookup, times, paging).await
    }
    async fn observation(&self, id: &ObservationId) -> Result<Option<Sighting>, StoreError> {
        self.store.observation(id).await
    }
}

#[async_trait]
impl Commits for MortalStore {
    async fn commit(&self, commit: Commit<'_>) -> Result<Committed, StoreError> {
        self.risk(Deed::Commit, false)?;
        let committed = self.store.commit(commit).await?;
        self.risk(Deed::Commit, true)?;
        Ok(committed)
    }
    fn applied(&self) -> JournalPosition {
        self.store.applied()
    }
}

#[async_trait]
impl Keeper for MortalStore {
    async fn save_state(&self, position: JournalPosition, entries: &[(Space, StateEntry)]) -> Result<(), StoreError> {
        self.risk(Deed::Save, false)?;
        self.store.save_state(position, entries).await?;
        self.risk(Deed::Save, true)
    }
    async fn load_state(&self) -> Result<KeptState, StoreError> {
        self.store.load_state().await
    }
    async fn drop_state(&self) -> Result<(), StoreError> {
        self.store.drop_state().await
    }
    fn state(&self) -> JournalPosition {
        self.store.state()
    }
    async fn load_snapshot(&self, position: JournalPosition) -> Result<Option<KeptState>, StoreError> {
        self.store.load_snapshot(position).await
    }
    async fn oldest_snapshot(&self) -> Result<Option<KeptState>, StoreError> {
        self.store.oldest_snapshot().await
    }
    async fn maintain(&self, now: ReceivedTime, retention: &Retention) -> Result<Pruned, StoreError> {
        self.live()?;
        self.store.maintain(now, retention).await
    }
    /// Even the dead one's files are closed: the operating system does it.
    async fn close(&self) -> Result<(), StoreError> {
        self.store.close().await
    }
}

/// Hands calls on to the store.
macro_rules! hand_on {
    ($($contract:ident { $(fn $name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)+ })+) => { $(
        #[async_trait]
        impl $contract for MortalStore {
            $(async fn $name(&self, $($argument: $type),*) -> Result<$answer, StoreError> {
                self.live()?;
                self.store.$name($($argument),*).await
            })+
        }
    )+ };
}

hand_on! {
    ReadFindings {
        fn findings(filter: &FindingFilter, order: FindingOrder, paging: &Paging) -> Page<FindingRow>;
        fn finding(id: FindingId) -> Option<FindingRow>;
        fn count_findings(filter: &FindingFilter, at_most: u64) -> u64;
        fn open_counts() -> Vec<OpenCount>;
        fn open_ids() -> Vec<FindingId>;
    }
    ReadRollups {
        fn rollups(query: &RollupQuery) -> Vec<RollupPoint>;
        fn series(kind: SeriesKind) -> Vec<Series>;
    }
    ReadSagas {
        fn sagas(filter: &SagaFilter, order: SagaOrder, paging: &Paging) -> Page<SagaInstance>;
        fn saga_runs(saga: &SagaName, instance: &CorrelationId) -> Vec<SagaInstance>;
        fn saga_counts() -> Vec<SagaCount>;
    }
    ReadTraces {
        fn traces(filter: &TraceFilter, order: TraceOrder, paging: &Paging) -> Page<TraceSummary>;
        fn trace(id: TraceId) -> Option<TraceSummary>;
        fn trace_points(filter: &TraceFilter, at_most: u32) -> Vec<(SourceTime, Lag)>;
    }
    ReadIncidents {
        fn incidents(filter: &IncidentFilter, paging: &Paging) -> Page<Incident>;
        fn incident(number: u32) -> Option<Incident>;
        fn incident_by_id(id: IncidentId) -> Option<Incident>;
        fn decisions(incident: IncidentId) -> Vec<Decision>;
        fn incident_counts() -> Vec<(IncidentState, u64)>;
    }
    Outbox {
        fn due_messages(now: ReceivedTime, of_each: u32) -> Vec<DueMessage>;
        fn next_due() -> Option<ReceivedTime>;
        fn record_attempt(message: &str, attempt: &Attempt) -> bool;
        fn send_again(message: &str, now: ReceivedTime) -> bool;
        fn delivery(message: &str) -> Option<Delivery>;
        fn deliveries(incident: IncidentId) -> Vec<Delivery>;
        fn dead_letters(paging: &Paging) -> Page<Delivery>;
        fn receiver_counts() -> Vec<ReceiverCounts>;
    }
    IssueLog {
        fn record_issues(issues: &[Issue]) -> u64;
        fn issues(source: Option<&SourceName>, paging: &Paging) -> Page<IssueRow>;
        fn issue(id: i64) -> Option<IssueRow>;
        fn issue_counts() -> Vec<IssueCounts>;
    }
    Meta {
        fn meta(space: &str, key: &str) -> Option<Vec<u8>>;
        fn set_meta(space: &str, key: &str, value: Option<&[u8]>) -> ();
        fn meta_space(space: &str) -> Vec<(String, Vec<u8>)>;
    }
}
