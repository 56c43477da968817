//! Rollups: adding, summing over time, hours.

use plumbline_model::{
    rollup::{Amount, Keys, Red, Rollup, SagaCounts, Series},
    time::{Lag, Minute},
};

use super::*;
use crate::{Retention, RollupQuery, SeriesKind};

const START: i64 = 29_000_040; // a whole hour

fn red(minute: i64, service: &str, count: u64) -> Rollup {
    let mut amount = Red { count, ..Red::default() };
    amount.duration.add(Lag::from_millis(count as i64));
    Rollup {
        minute: Minute(START + minute),
        series: Series::Operation { service: service.into(), operation: "GET /".into() },
        amount: Amount::Red(amount),
    }
}

async fn add(store: &SqliteStore, position: u64, rollups: &[Rollup]) {
    store.commit(Commit { rollups, ..upto(position) }).await.unwrap();
}

/// Service, minute from the start, count.
async fn counts(store: &SqliteStore, from: i64, to: i64, step: Option<u32>) -> Vec<(String, i64, u64)> {
    let query = RollupQuery {
        step_minutes: step,
        ..RollupQuery::sums(SeriesKind::Operation, Minute(START + from), Minute(START + to))
    };
    let points = store.rollups(&query).await.unwrap();
    points
        .into_iter()
        .map(|it| match (it.series, it.amount) {
            (Series::Operation { service, .. }, Amount::Red(red)) => {
                assert_eq!(red.count > 0, red.duration.count() > 0, "sketches are merged along");
                (service.to_string(), it.start.0 - START, red.count)
            }
            other => panic!("{other:?} among operations"),
        })
        .collect()
}

fn expect(points: &[(&str, i64, u64)]) -> Vec<(String, i64, u64)> {
    points.iter().map(|(service, minute, count)| ((*service).to_owned(), *minute, *count)).collect()
}

#[tokio::test]
async fn amounts_add_up_across_commits_and_restarts() {
    let (dir, store) = with_ticks(9).await;
    add(&store, 1, &[red(0, "a", 1), red(0, "a", 2), red(1, "b", 10)]).await;
    add(&store, 2, &[red(0, "a", 4)]).await;
    drop(store);
    let store = open(&dir).await;
    add(&store, 3, &[red(0, "a", 8), red(2, "a", 100)]).await;
    assert_eq!(counts(&store, 0, 3, Some(1)).await, expect(&[("a", 0, 15), ("a", 2, 100), ("b", 1, 10)]));
    assert_eq!(counts(&store, 0, 3, None).await, expect(&[("a", 0, 115), ("b", 0, 10)]));
    assert_eq!(counts(&store, 1, 3, Some(2)).await, expect(&[("a", 1, 100), ("b", 1, 10)]));
    let only =
        RollupQuery::steps(SeriesKind::Operation, Minute(START), Minute(START + 3), 1).only(red(0, "b", 0).series);
    assert_eq!(store.rollups(&only).await.unwrap().len(), 1);
    assert_eq!(store.series(SeriesKind::Operation).await.unwrap().len(), 2);
    assert_eq!(store.series(SeriesKind::Edge).await.unwrap(), []);
}

#[tokio::test]
async fn a_failed_commit_adds_nothing() {
    let (_dir, store) = with_ticks(9).await;
    add(&store, 1, &[red(0, "a", 1)]).await;
    let other = Rollup { amount: Amount::Keys(Keys::default()), ..red(0, "a", 1) };
    let wrong = [red(0, "a", 50), other];
    let error = store.commit(Commit { rollups: &wrong, ..upto(2) }).await.unwrap_err();
    assert!(matches!(error, StoreError::Order(_)), "{error}");
    add(&store, 2, &[red(0, "a", 2)]).await;
    assert_eq!(counts(&store, 0, 1, None).await, expect(&[("a", 0, 3)]));
}

#[tokio::test]
async fn sums_say_what_their_minutes_say() {
    let (_dir, store) = with_ticks(9).await;
    let rollups: Vec<_> = (0..300).map(|minute| red(minute, if minute % 3 == 0 { "a" } else { "b" }, 1)).collect();
    add(&store, 1, &rollups).await;
    let ranges = [
        (0, 300, None),
        (17, 290, None),
        (0, 300, Some(60)),
        (60, 300, Some(120)),
        (17, 290, Some(60)),
        (10, 300, Some(10)),
        (20, 257, Some(20)),
        (5, 300, Some(10)),
    ];
    let mut before = Vec::new();
    for (from, to, step) in ranges {
        before.push(counts(&store, from, to, step).await);
    }
    let now = ReceivedTime((START + 260) * 60_000_000_000);
    store.maintain(now, &Retention::default()).await.unwrap();
    let rows = async |sql: &'static str| sqlx::query(sql).fetch_all(&store.inner.main.readers).await.unwrap().len();
    assert_eq!(rows("SELECT * FROM rollup_hour").await, 8, "4 hours of 2 series");
    assert_eq!(rows("SELECT * FROM rollup_ten").await, 50, "25 tens of minutes of 2 series");
    for ((from, to, step), before) in ranges.into_iter().zip(&before) {
        assert_eq!(counts(&store, from, to, step).await, *before, "{from}..{to} by {step:?}");
    }
    // A late amount reopens its sums, and is summed by the next round.
    add(&store, 2, &[red(70, "a", 1_000)]).await;
    assert_eq!(counts(&store, 60, 180, None).await, expect(&[("a", 60, 1_040), ("b", 60, 80)]));
    store.maintain(now, &Retention::default()).await.unwrap();
    assert_eq!(counts(&store, 60, 180, None).await, expect(&[("a", 60, 1_040), ("b", 60, 80)]));
    assert_eq!(counts(&store, 70, 80, None).await, expect(&[("a", 70, 1_003), ("b", 70, 7)]));
}

#[tokio::test]
async fn sums_of_minutes_that_are_gone_stay_when_something_comes_later_still() {
    let (_dir, store) = with_ticks(9).await;
    let rollups: Vec<_> = (0..180).map(|minute| red(minute, "a", 1)).collect();
    add(&store, 1, &rollups).await;
    let at = |minute: i64| ReceivedTime((START + minute) * 60_000_000_000);
    store.maintain(at(200), &Retention::default()).await.unwrap();
    // Minutes before the 120th are removed; their hours stay.
    let short = Retention { minute_rollups: Lag::from_secs(80 * 60), ..Retention::default() };
    store.maintain(at(200), &short).await.unwrap();
    assert_eq!(counts(&store, 0, 180, None).await, expect(&[("a", 0, 180)]));
    add(&store, 2, &[red(30, "a", 1_000), red(130, "a", 1_000)]).await;
    let (before, after) = (counts(&store, 0, 120, None).await, counts(&store, 120, 180, None).await);
    assert_eq!((before, after), (expect(&[("a", 0, 120)]), expect(&[("a", 120, 1_060)])));
    store.maintain(at(200), &short).await.unwrap();
    assert_eq!(counts(&store, 0, 180, None).await, expect(&[("a", 0, 1_180)]));
}

#[tokio::test]
async fn levels_are_the_last_ones_and_counts_are_sums() {
    let (_dir, store) = with_ticks(9).await;
    let keys = |minute: i64, converged| Rollup {
        minute: Minute(START + minute),
        series: Series::Keys { entity: "order".into(), replica: "view".into() },
        amount: Amount::Keys(Keys { converged, ..Keys::default() }),
    };
    let sagas = |minute: i64, completed, open| Rollup {
        minute: Minute(START + minute),
        series: Series::Saga { saga: "checkout".into() },
        amount: Amount::Saga(SagaCounts { completed, open, ..SagaCounts::default() }),
    };
    // Two engine partitions tell the same minute.
    add(&store, 1, &[keys(0, 5), keys(0, 6), keys(1, 7), keys(1, 1), sagas(0, 3, 9), sagas(1, 4, 2)]).await;
    let sum = async |kind| {
        let points = store.rollups(&RollupQuery::sums(kind, Minute(START), Minute(START + 9))).await.unwrap();
        points.into_iter().map(|it| it.amount).collect::<Vec<_>>()
    };
    assert_eq!(sum(SeriesKind::Keys).await, [Amount::Keys(Keys { converged: 8, ..Keys::default() })]);
    let counts = SagaCounts { completed: 7, open: 2, ..SagaCounts::default() };
    assert_eq!(sum(SeriesKind::Saga).await, [Amount::Saga(counts)]);
}

#[tokio::test]
async fn a_burst_is_in_the_most_of_its_step_also_when_it_is_summed() {
    let (_dir, store) = with_ticks(9).await;
    let keys = |minute: i64, diverged| Rollup {
        minute: Minute(START + minute),
        series: Series::Keys { entity: "order".into(), replica: "view".into() },
        amount: Amount::Keys(Keys { diverged, converged: 100 - diverged, ..Keys::default() }),
    };
    let sagas = |minute: i64, stuck| Rollup {
        minute: Minute(START + minute),
        series: Series::Saga { saga: "checkout".into() },
        amount: Amount::Saga(SagaCounts { completed: 1, stuck, ..SagaCounts::default() }),
    };
    // Wrong for two minutes of three hours.
    let burst = |minute| if (67..69).contains(&minute) { 40 } else { 1 };
    let rollups: Vec<_> = (0..180).flat_map(|at| [keys(at, burst(at)), sagas(at, burst(at))]).collect();
    add(&store, 1, &rollups).await;
    let diverged = async |step, most: bool| {
        let query = RollupQuery::steps(SeriesKind::Keys, Minute(START), Minute(START + 180), step);
        let points = store.rollups(&if most { query.most() } else { query }).await.unwrap();
        let of = |amount| if let Amount::Keys(keys) = amount { (keys.diverged, keys.converged) } else { (0, 0) };
        points.into_iter().map(|it| of(it.amount)).collect::<Vec<_>>()
    };
    let stuck = async || {
        let query = RollupQuery::steps(SeriesKind::Saga, Minute(START), Minute(START + 180), 60).most();
        let of = |amount| if let Amount::Saga(counts) = amount { (counts.stuck, counts.completed) } else { (0, 0) };
        store.rollups(&query).await.unwrap().into_iter().map(|it| of(it.amount)).collect::<Vec<_>>()
    };
    let now = ReceivedTime((START + 200) * 60_000_000_000);
    for summed in [false, true] {
        if summed {
            store.maintain(now, &Retention::default()).await.unwrap();
        }
        assert_eq!(diverged(60, false).await, [(1, 99), (1, 99), (1, 99)], "how it stood, summed: {summed}");
        assert_eq!(diverged(60, true).await, [(1, 99), (40, 99), (1, 99)], "the most, summed: {summed}");
        assert_eq!(diverged(20, true).await.iter().map(|it| it.0).collect::<Vec<_>>(), [1, 1, 1, 40, 1, 1, 1, 1, 1]);
        assert_eq!(stuck().await, [(1, 60), (40, 60), (1, 60)], "and counts are sums, summed: {summed}");
    }
    let one = RollupQuery::steps(SeriesKind::Keys, Minute(START), Minute(START + 180), 60).only(keys(0, 0).series);
    assert_eq!(store.rollups(&one).await.unwrap().len(), 3, "and the most is in no other answer");
}
