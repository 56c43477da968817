//! Kept state, snapshots of days, retention.

use plumbline_model::{Change, Lag, journal::StateEntry};

use super::*;
use crate::{KeptState, Pruned, Retention, Space};

const DAY: i64 = 86_400;

fn piece(space: u32, key: &str, value: Option<&str>) -> (Space, StateEntry) {
    (Space(space), StateEntry { key: key.into(), value: value.map(Into::into) })
}

#[tokio::test]
async fn state_is_replaced_piece_by_piece_with_its_position() {
    let (dir, store) = with_ticks(9).await;
    assert_eq!(store.load_state().await.unwrap(), KeptState::default());
    store.commit(upto(5)).await.unwrap();
    let first = [piece(0, "a", Some("1")), piece(0, "b", Some("2")), piece(1, "a", Some("3"))];
    store.save_state(JournalPosition(3), &first).await.unwrap();
    let second =
        [piece(0, "a", None), piece(0, "c", Some("")), piece(Space::FOLDS.0, "x", Some("4")), piece(1, "a", Some("5"))];
    // What could not be saved before may come along with what replaced it.
    let second = [vec![piece(0, "a", Some("6")), piece(0, "c", None)], second.to_vec()].concat();
    store.save_state(JournalPosition(5), &second).await.unwrap();
    for position in [4, 6] {
        let error = store.save_state(JournalPosition(position), &[piece(0, "z", Some("9"))]).await.unwrap_err();
        assert!(matches!(error, StoreError::Order(_)), "{position}: {error}");
    }
    drop(store);
    let store = open(&dir).await;
    assert_eq!(store.state(), JournalPosition(5));
    let expected = vec![
        piece(0, "b", Some("2")),
        piece(0, "c", Some("")),
        piece(1, "a", Some("5")),
        piece(Space::FOLDS.0, "x", Some("4")),
    ];
    let mut kept = store.load_state().await.unwrap();
    kept.entries.sort_by(|one, other| (one.0, &one.1.key).cmp(&(other.0, &other.1.key)));
    assert_eq!(kept, KeptState { position: JournalPosition(5), entries: expected });
    store.drop_state().await.unwrap();
    assert_eq!(store.load_state().await.unwrap(), KeptState::default());
}

/// Appends three records a day, applies them, and keeps a state that names its position.
async fn days(store: &SqliteStore, days: std::ops::Range<i64>) {
    for day in days {
        for _ in 0..3 {
            let position = store.append(at(day * DAY), &[tick(day * DAY)]).await.unwrap().last;
            store.commit(upto(position.0)).await.unwrap();
            store.save_state(position, &[piece(0, "at", Some(&position.0.to_string()))]).await.unwrap();
            store.maintain(at(day * DAY), &Retention::default()).await.unwrap();
        }
    }
}

#[tokio::test]
async fn each_day_begins_with_a_snapshot_to_replay_from() {
    let (_dir, store) = store().await;
    days(&store, 0..3).await;
    let snapshot =
        async |position| store.load_snapshot(JournalPosition(position)).await.unwrap().map(|it| it.position.0);
    assert_eq!(snapshot(0).await, None);
    let found = [1, 3, 4, 6, 7, 9].map(snapshot);
    assert_eq!(futures::future::join_all(found).await, [Some(1), Some(1), Some(4), Some(4), Some(7), Some(7)]);
    let kept = store.load_snapshot(JournalPosition(5)).await.unwrap().unwrap();
    assert_eq!(kept.entries, [piece(0, "at", Some("4"))]);
}

#[tokio::test]
async fn retention_removes_whole_days_but_nothing_that_is_needed() {
    let (dir, store) = store().await;
    days(&store, 0..2).await;
    // Two more days are appended and applied, but the state stays behind.
    for day in 2..5 {
        let end = store.append(at(day * DAY), &[tick(day * DAY), tick(day * DAY)]).await.unwrap().last;
        store.commit(upto(end.0)).await.unwrap();
    }
    let short = Retention { journal: Lag::from_secs(DAY), ..Retention::default() };
    let pruned = store.maintain(at(30 * DAY), &short).await.unwrap();
    assert_eq!(pruned.days, ["2026-11-21", "2026-11-22"]);
    assert_eq!(store.begin().await.unwrap(), JournalPosition(7), "where the state ends");
    assert!(store.load_snapshot(JournalPosition(6)).await.unwrap().is_none());
    store.save_state(store.applied(), &[]).await.unwrap();
    let pruned = store.maintain(at(30 * DAY), &short).await.unwrap();
    assert_eq!(pruned.days, ["2026-11-23", "2026-11-24"], "the last day stays: it says where the journal ends");
    drop(store);
    let left: Vec<_> =
        std::fs::read_dir(&dir).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(
        left.iter().filter(|name| name.starts_with("journal-") && name.ends_with(".sqlite")).count(),
        1,
        "{left:?}"
    );
    let store = open(&dir).await;
    assert_eq!(store.end(), JournalPosition(12));
}

#[tokio::test]
async fn old_rows_go_and_open_ones_stay() {
    let (_dir, store) = with_ticks(9).await;
    let resolved = |mut finding: Finding| {
        finding.resolution = Some(plumbline_model::Resolution {
            at: None,
            found: finding.opened,
            how: plumbline_model::finding::Resolved::Late,
            evidence: None,
        });
        Change::Opened(Box::new(finding))
    };
    let changes = [
        Change::Opened(Box::new(diverged(1, "a", 0))),
        resolved(diverged(2, "b", 0)),
        resolved(diverged(3, "c", 40 * DAY)),
    ];
    store.commit(Commit { changes: &changes, ..upto(1) }).await.unwrap();
    assert_eq!(store.open_counts().await.unwrap()[0].count, 1);
    let pruned = store.maintain(at(41 * DAY), &Retention::default()).await.unwrap();
    assert_eq!(pruned, Pruned { days: Vec::new(), rows: 1 });
    for (id, kept) in [(1, true), (2, false), (3, true)] {
        assert_eq!(store.finding(FindingId(id)).await.unwrap().is_some(), kept, "{id}");
    }
}
