//! The commit: all or nothing, once; findings, sagas, traces, incidents as lists show them.

use plumbline_model::{
    Change, CorrelationId, Lag, OperationName, Resolution, ServiceName, StepName, TraceId,
    finding::Resolved,
    incident::{Decision, Incident, IncidentChange, IncidentId, IncidentKey, IncidentState, NotifyReason},
    saga::{SagaInstance, SagaState},
    trace::TraceSummary,
};

use super::*;
use crate::{
    Committed, Cursor, FindingFilter, FindingOrder, IncidentFilter, Page, Paging, SagaFilter, SagaOrder, TraceFilter,
    TraceOrder,
};

async fn told(store: &SqliteStore, position: u64, changes: &[Change]) {
    let committed = store.commit(Commit { changes, ..upto(position) }).await.unwrap();
    assert_eq!(committed, Committed::Done);
}

fn opened(id: u64, key: &str, seconds: i64) -> Change {
    Change::Opened(Box::new(diverged(id, key, seconds)))
}

fn resolved(id: u64, seconds: i64) -> Change {
    let resolution = Resolution { at: None, found: at(seconds), how: Resolved::Late, evidence: None };
    Change::Resolved { id: FindingId(id), resolution }
}

#[tokio::test]
async fn a_commit_is_done_once_and_never_ahead_of_the_journal() {
    let (_dir, store) = with_ticks(3).await;
    told(&store, 2, &[opened(1, "a", 0)]).await;
    let again = store.commit(Commit { changes: &[opened(2, "b", 0)], ..upto(2) }).await.unwrap();
    assert_eq!(again, Committed::Already);
    assert_eq!(store.finding(FindingId(2)).await.unwrap(), None);
    assert_eq!(store.applied(), JournalPosition(2));
    let ahead = store.commit(upto(4)).await.unwrap_err();
    assert!(matches!(ahead, StoreError::Order(_)), "{ahead}");
}

#[tokio::test]
async fn a_commit_that_finds_no_room_is_as_if_it_had_not_been_tried() {
    let dir = TempDir::new().unwrap();
    let options = Options { durable: false, page_limit: Some(80), ..Options::default() };
    let store = SqliteStore::open(&dir, options).await.unwrap();
    store.append(at(0), &(0..100).map(tick).collect::<Vec<_>>()).await.unwrap();
    let batch = |n: u64| (0..100).map(|id| opened(n * 100 + id, "some key", 0)).collect::<Vec<_>>();
    let failed = async {
        for n in 1..100 {
            if let Err(error) = store.commit(Commit { changes: &batch(n), ..upto(n) }).await {
                assert!(error.is_full(), "{error}");
                return n;
            }
        }
        panic!("the limit must be met some time");
    }
    .await;
    assert_eq!(store.applied(), JournalPosition(failed - 1));
    drop(store);
    let store = open(&dir).await;
    assert_eq!(store.applied(), JournalPosition(failed - 1));
    assert_eq!(store.open_ids().await.unwrap().len() as u64, (failed - 1) * 100);
    told(&store, failed, &batch(failed)).await;
}

#[tokio::test]
async fn a_finding_is_opened_revised_and_resolved_in_place() {
    let (_dir, store) = with_ticks(9).await;
    told(&store, 1, &[opened(1, "a", 0), opened(2, "b", 1), opened(3, "c", 2), resolved(3, 3)]).await;
    let revised = Finding { severity: Severity::Info, ..diverged(1, "a", 0) };
    told(&store, 2, &[Change::Revised(Box::new(revised.clone())), resolved(2, 5)]).await;
    assert_eq!(store.finding(FindingId(1)).await.unwrap().unwrap().finding, revised);
    assert_eq!(store.open_ids().await.unwrap(), [FindingId(1)]);
    let counts = store.open_counts().await.unwrap();
    assert_eq!((counts.len(), counts[0].count, counts[0].reason.as_str()), (1, 1, "stale"));
    let healed = store.finding(FindingId(2)).await.unwrap().unwrap().finding;
    assert_eq!(healed.resolution.unwrap().found, at(5));
}

/// Reads all pages and returns what `of` makes of the items.
async fn pages<T, U, F>(limit: u32, of: impl Fn(&T) -> U, page: impl Fn(Paging) -> F) -> Vec<U>
where
    F: Future<Output = Result<Page<T>, StoreError>>,
{
    let (mut found, mut paging) = (Vec::new(), Paging::first(limit));
    loop {
        let page = page(paging.clone()).await.unwrap();
        assert!(page.items.len() <= limit as usize);
        found.extend(page.items.iter().map(&of));
        match page.next {
            // As it comes back from a URL.
            Some(next) => paging.after = Some(Cursor::parse(&next.to_string()).unwrap()),
            None => return found,
        }
    }
}

#[tokio::test]
async fn findings_are_filtered_and_paged() {
    let (_dir, store) = with_ticks(9).await;
    let changes: Vec<_> = (1..=9).map(|n| opened(n, if n % 2 == 0 { "even" } else { "odd" }, n as i64 % 4)).collect();
    told(&store, 1, &changes).await;
    told(&store, 2, &[resolved(4, 60), resolved(8, 90)]).await;
    let list = async |filter: FindingFilter, order| {
        pages(
            2,
            |row: &crate::FindingRow| row.finding.id.0,
            |paging| {
                let (store, filter) = (&store, &filter);
                async move { store.findings(filter, order, &paging).await }
            },
        )
        .await
    };
    let all = FindingFilter::default;
    assert_eq!(list(all(), FindingOrder::Newest).await, [7, 3, 6, 2, 9, 5, 1, 8, 4], "opened, then id, descending");
    assert_eq!(list(all(), FindingOrder::Longest).await, [1, 5, 9, 2, 6, 3, 7, 4, 8], "open first, oldest first");
    let even = || FindingFilter { entity: Some("order".into()), key: Some("even".into()), ..all() };
    assert_eq!(list(even(), FindingOrder::Newest).await, [6, 2, 8, 4]);
    assert_eq!(list(FindingFilter { open: Some(false), ..all() }, FindingOrder::Newest).await, [8, 4]);
    let since = FindingFilter { open_after: Some(at(70)), ..even() };
    assert_eq!(list(since.clone(), FindingOrder::Newest).await, [6, 2, 8], "open in the range");
    assert_eq!(store.count_findings(&since, 100).await.unwrap(), 3);
    assert_eq!(store.count_findings(&all(), 5).await.unwrap(), 5, "counts no further than asked");
    let wrong = FindingFilter { reason: Some("missing".into()), ..all() };
    assert_eq!(list(wrong, FindingOrder::Newest).await, [0; 0]);
    let foreign = Paging::after(2, Some(Cursor::parse("1.2.3.4").unwrap()));
    let refused = store.findings(&all(), FindingOrder::Newest, &foreign).await.unwrap_err();
    assert!(matches!(refused, StoreError::Cursor(_)), "{refused}");
}

fn run(instance: &str, run: u32, state: SagaState, waited_since: i64) -> SagaInstance {
    let time = SourceTime(at(waited_since).0);
    SagaInstance {
        saga: "checkout".into(),
        instance: CorrelationId::new(instance),
        run,
        state,
        started: Some(time),
        last: time,
        last_event: "order.placed".into(),
        waiting_for: vec!["payment.captured".into()],
        owner: None,
        waiting_since: Some(time),
        due: None,
        owed: Vec::new(),
        events: Vec::new(),
        omitted_events: 0,
        updated: at(0),
    }
}

#[tokio::test]
async fn sagas_are_listed_worst_first() {
    let (_dir, store) = with_ticks(9).await;
    let stuck = || SagaState::Stuck { step: StepName::new("payment.captured") };
    let saga = |it| Change::Saga(Box::new(it));
    let first = [
        saga(run("a", 1, SagaState::Running, 0)),
        saga(run("b", 1, stuck(), 20)),
        saga(run("c", 1, SagaState::Completed, 30)),
        saga(run("d", 1, SagaState::Completed, 40)),
        saga(run("e", 1, stuck(), 10)),
        saga(run("e", 2, SagaState::Running, 5)),
    ];
    told(&store, 1, &first).await;
    told(&store, 2, &[saga(run("a", 1, SagaState::AtRisk, 0))]).await;
    let list = async |filter: SagaFilter, order| {
        pages(
            2,
            |it: &SagaInstance| format!("{}{}", it.instance, it.run),
            |paging| {
                let (store, filter) = (&store, &filter);
                async move { store.sagas(filter, order, &paging).await }
            },
        )
        .await
    };
    let all = SagaFilter::default;
    assert_eq!(list(all(), SagaOrder::Worst).await, ["e1", "b1", "a1", "e2", "d1", "c1"]);
    assert_eq!(list(all(), SagaOrder::Newest).await, ["d1", "c1", "b1", "e1", "e2", "a1"]);
    assert_eq!(
        list(SagaFilter { states: vec!["stuck", "at risk"], ..all() }, SagaOrder::Worst).await,
        ["e1", "b1", "a1"]
    );
    let open = SagaFilter { open: Some(true), waiting_for: Some("payment.captured".into()), ..all() };
    assert_eq!(list(open, SagaOrder::Worst).await, ["e1", "b1", "a1", "e2"]);
    let runs = store.saga_runs(&"checkout".into(), &"e".into()).await.unwrap();
    assert_eq!(runs.iter().map(|it| it.run).collect::<Vec<_>>(), [2, 1]);
    let counts = store.saga_counts().await.unwrap();
    let counts: Vec<_> = counts.iter().map(|it| (it.state.as_str(), it.count)).collect();
    assert_eq!(counts, [("at risk", 1), ("on course", 1), ("stuck", 2)]);
}

fn trace(id: u128, start: i64, duration_ms: i64, errors: u32) -> Change {
    Change::Trace(Box::new(TraceSummary {
        trace: TraceId(id),
        observation: crate::block::tests::seen(id as u64, "k").id,
        service: ServiceName::new(if id.is_multiple_of(2) { "even" } else { "odd" }),
        operation: OperationName::new("GET /"),
        start: SourceTime(at(start).0),
        duration: Lag::from_millis(duration_ms),
        spans: 3,
        services: 1,
        errors,
        incomplete: false,
        late_spans: 0,
        longest: None,
    }))
}

#[tokio::test]
async fn traces_are_listed_by_time_and_by_duration() {
    let (_dir, store) = with_ticks(9).await;
    told(&store, 1, &[trace(1, 0, 5, 0), trace(2, 1, 9, 1), trace(3, 2, 7, 0), trace(4, 3, 1, 1)]).await;
    told(&store, 2, &[trace(4, 3, 8, 0)]).await;
    let list = async |filter: TraceFilter, order| {
        pages(
            1,
            |it: &TraceSummary| it.trace.0,
            |paging| {
                let (store, filter) = (&store, &filter);
                async move { store.traces(filter, order, &paging).await }
            },
        )
        .await
    };
    let times = |from, to| TraceFilter::between(SourceTime(at(from).0)..=SourceTime(at(to).0));
    assert_eq!(list(times(0, 9), TraceOrder::Newest).await, [4, 3, 2, 1]);
    assert_eq!(list(times(0, 9), TraceOrder::Slowest).await, [2, 4, 3, 1]);
    assert_eq!(list(TraceFilter { failed: Some(true), ..times(0, 9) }, TraceOrder::Newest).await, [2], "4 was revised");
    let odd = TraceFilter { service: Some("odd".into()), ..times(1, 9) };
    assert_eq!(list(odd.clone(), TraceOrder::Slowest).await, [3]);
    let other = TraceFilter { operation: Some("POST /".into()), ..odd };
    assert_eq!(list(other, TraceOrder::Slowest).await, [0; 0]);
    let slow = TraceFilter { min_duration: Some(Lag::from_millis(8)), ..times(0, 9) };
    assert_eq!(store.trace_points(&slow, 10).await.unwrap().len(), 2);
    assert_eq!(store.trace(TraceId(4)).await.unwrap().unwrap().duration, Lag::from_millis(8));
}

fn incident(number: u32, state: IncidentState) -> Incident {
    Incident {
        id: IncidentId(u64::MAX - u64::from(number)),
        number,
        cause: IncidentKey {
            rule: Rule::Convergence,
            place: "order/view".into(),
            reason: "stale".into(),
            partition: "".into(),
        },
        severity: Severity::High,
        state,
        since: None,
        opened: at(number.into()),
        resolved: (state == IncidentState::Resolved).then(|| at(100)),
        acknowledged: None,
        open_findings: 1,
        all_findings: 1,
        findings: Vec::new(),
        notes: Vec::new(),
        updated: at(0),
    }
}

#[tokio::test]
async fn incidents_have_their_findings_and_decisions() {
    let (_dir, store) = with_ticks(9).await;
    let (one, two) = (incident(1, IncidentState::Open), incident(2, IncidentState::Resolved));
    let decided = Decision { incident: one.id, at: at(1), receiver: None, reason: NotifyReason::NoReceiver };
    let incidents = [
        IncidentChange::Incident(Box::new(incident(1, IncidentState::Gathering))),
        IncidentChange::Joined { incident: one.id, finding: FindingId(2) },
        IncidentChange::Incident(Box::new(one.clone())),
        IncidentChange::Incident(Box::new(two.clone())),
        IncidentChange::Decided(decided.clone()),
    ];
    let changes = [opened(1, "a", 0), opened(2, "b", 0)];
    store.commit(Commit { changes: &changes, incidents: &incidents, ..upto(1) }).await.unwrap();
    let all = IncidentFilter::default();
    assert_eq!(store.incidents(&all, &Paging::first(9)).await.unwrap().items, [two, one.clone()]);
    let open = IncidentFilter { states: vec![IncidentState::Open, IncidentState::Acknowledged], ..all };
    assert_eq!(store.incidents(&open, &Paging::first(9)).await.unwrap().items, std::slice::from_ref(&one));
    assert_eq!(store.incident(1).await.unwrap(), Some(one.clone()));
    assert_eq!(store.incident_by_id(one.id).await.unwrap(), Some(one.clone()));
    assert_eq!(store.decisions(one.id).await.unwrap(), [decided]);
    assert_eq!(store.incident_counts().await.unwrap(), [(IncidentState::Open, 1), (IncidentState::Resolved, 1)]);
    let of = FindingFilter { incident: Some(one.id), ..FindingFilter::default() };
    let found = store.findings(&of, FindingOrder::Newest, &Paging::first(9)).await.unwrap().items;
    assert_eq!(found.iter().map(|row| (row.finding.id.0, row.incident)).collect::<Vec<_>>(), [(2, Some((one.id, 1)))]);
    // A revision keeps the membership.
    told(&store, 2, &[Change::Revised(Box::new(diverged(2, "b", 0)))]).await;
    assert_eq!(store.finding(FindingId(2)).await.unwrap().unwrap().incident, Some((one.id, 1)));
}

/// Triggers keep the counts; they must say what counting the rows would say, whatever happens to the rows.
#[tokio::test]
async fn counts_of_open_ones_follow_the_rows() {
    let (_dir, store) = with_ticks(200).await;
    let states = [SagaState::Running, SagaState::AtRisk, SagaState::Stuck { step: "s".into() }, SagaState::Completed];
    for n in 1..200_u64 {
        let mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
        let id = mixed % 20;
        let mut finding = diverged(id, "a", n as i64);
        if let Detail::Divergence { reason, .. } = &mut finding.detail {
            *reason = Reason::ALL[(mixed >> 8) as usize % 3];
        }
        let finding = match mixed % 3 {
            0 => resolved(id, n as i64),
            1 => Change::Opened(Box::new(finding)),
            _ => Change::Revised(Box::new(finding)),
        };
        let mut instance = run(&format!("i{}", mixed % 10), 1, states[(mixed >> 4) as usize % 4].clone(), 0);
        instance.waiting_for.truncate((mixed >> 6) as usize % 2);
        told(&store, n, &[finding, Change::Saga(Box::new(instance))]).await;
    }
    let rows = async |sql: &'static str| {
        let rows = sqlx::query_as::<_, (String, String, i64)>(sql).fetch_all(&store.inner.main.readers).await.unwrap();
        rows.into_iter().map(|(one, two, count)| format!("{one} {two} {count}")).collect::<Vec<_>>()
    };
    let counted = rows("SELECT rule, reason, count FROM open_finding WHERE count > 0 ORDER BY 1, 2").await;
    let there = rows("SELECT rule, reason, count(*) FROM finding WHERE closed = 0 GROUP BY 1, 2 ORDER BY 1, 2").await;
    assert!(there.len() > 1, "{there:?}");
    assert_eq!(counted, there);
    let counted = rows("SELECT state, waiting_for, count FROM open_saga WHERE count > 0 ORDER BY 1, 2").await;
    let sql = "SELECT state, ifnull(waiting_for, ''), count(*) FROM saga WHERE open = 1 GROUP BY 1, 2 ORDER BY 1, 2";
    let there = rows(sql).await;
    assert!(there.len() > 2, "{there:?}");
    assert_eq!(counted, there);
}
