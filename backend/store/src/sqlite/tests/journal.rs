//! Append, read, look up; days, damage, a full disk.

use futures::TryStreamExt;
use plumbline_model::{
    CorrelationId, ObservationId, Partition, Position, Route, SagaName, SourceName, TraceId,
    journal::{Progress, Proof},
};
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};

use super::*;
use crate::{Block, Ident, Lookup, Paging, block::tests::seen};

async fn read_all(store: &SqliteStore, from: u64, to: u64) -> Result<Vec<Record>, StoreError> {
    let blocks: Vec<Block> = store.read(JournalPosition(from)..=JournalPosition(to)).try_collect().await?;
    let mut next = None;
    for block in &blocks {
        assert!(next.is_none_or(|next| next == block.first), "a hole before {:?}", block.first);
        next = Some(JournalPosition(block.last().0 + 1));
    }
    Ok(blocks.into_iter().flat_map(|block| block.records).collect())
}

const DAY: i64 = 86_400;

#[tokio::test]
async fn what_is_appended_is_read_whatever_way_it_was_cut() {
    let records: Vec<Record> = (0..300)
        .map(|n| if n % 7 == 0 { tick(n) } else { observed([seen(n as u64, "k"), seen(n as u64, "l")]) })
        .collect();
    let mut told = Vec::new();
    for size in [1, 7, 300] {
        let (dir, store) = store().await;
        for (index, batch) in records.chunks(size).enumerate() {
            let appended = store.append(at(index as i64 * DAY / 10), batch).await.unwrap();
            assert_eq!(appended.last.0 - appended.first.0 + 1, batch.len() as u64);
        }
        assert_eq!(store.end(), JournalPosition(300));
        assert_eq!(read_all(&store, 1, 300).await.unwrap(), records);
        assert_eq!(read_all(&store, 120, 130).await.unwrap(), records[119..130]);
        assert_eq!(read_all(&store, 301, 400).await.unwrap(), []);
        let lookup = Lookup::Key { entity: "order".into(), key: "k".into() };
        let times = SourceTime::MIN..=SourceTime::MAX;
        let found = store.observations(&lookup, times, &Paging::first(1_000)).await.unwrap();
        told.push((found.items, store.resume_positions().await.unwrap()));
        drop(store);
        assert_eq!(open(&dir).await.end(), JournalPosition(300), "and after a restart");
    }
    assert!(told.windows(2).all(|pair| pair[0] == pair[1]), "re-cutting changes nothing");
}

#[tokio::test]
async fn lookups_page_newest_first_and_read_only_what_is_named() {
    let (_dir, store) = store().await;
    let correlated = |n: u64| Observation {
        route: Route::Saga { saga: SagaName::new("checkout"), id: CorrelationId::new("c-1") },
        ..seen(n, "x")
    };
    for day in 0..3_u64 {
        let batch = (0..40).map(|n| {
            let offset = day * 100 + n;
            if n % 10 == 3 { observed([correlated(offset)]) } else { observed([seen(offset, &format!("k{}", n % 4))]) }
        });
        store.append(at(day as i64 * DAY), &batch.collect::<Vec<_>>()).await.unwrap();
    }
    let lookup = Lookup::Correlation("c-1".into());
    let times = SourceTime::from_secs(3)..=SourceTime::from_secs(223);
    let mut paging = Paging::first(5);
    let mut offsets = Vec::new();
    loop {
        let page = store.observations(&lookup, times.clone(), &paging).await.unwrap();
        offsets.extend(page.items.iter().map(|it| it.observation.id.position.order));
        match page.next {
            Some(next) => paging.after = Some(next),
            None => break,
        }
    }
    assert_eq!(offsets, [223, 213, 203, 133, 123, 113, 103, 33, 23, 13, 3]);
    let nothing = store.observations(&Lookup::Trace(TraceId(9)), times, &Paging::first(5)).await.unwrap();
    assert_eq!(nothing, crate::Page::empty());
}

#[tokio::test]
async fn evidence_is_found_by_its_id() {
    let (_dir, store) = store().await;
    for day in 0..3_u64 {
        let batch: Vec<_> = (0..30).map(|n| observed([seen(day * 100 + n, "k")])).collect();
        store.append(at(day as i64 * DAY), &batch).await.unwrap();
    }
    let wanted = seen(117, "k");
    let found = store.observation(&wanted.id).await.unwrap().unwrap();
    assert_eq!((found.observation, found.position), (wanted.clone(), JournalPosition(48)));
    let elsewhere = ObservationId { partition: Partition::new("p/1"), ..wanted.id };
    assert_eq!(store.observation(&elsewhere).await.unwrap(), None);
}

#[tokio::test]
async fn resume_positions_survive_days_and_restarts() {
    let (dir, store) = store().await;
    store.append(at(0), &[observed([seen(41, "k")])]).await.unwrap();
    let progress = |partition: &str, position| {
        Record::Progress(Progress {
            source: "s".into(),
            partition: partition.into(),
            position: Some(position),
            frontier: None,
            proof: Proof::LogEnd,
            partitions: 2,
        })
    };
    store.append(at(DAY), &[progress("p/1", 7)]).await.unwrap();
    store.append(at(2 * DAY), &[progress("p/1", 6), tick(1)]).await.unwrap();
    let expected =
        [((SourceName::new("s"), Partition::new("p/0")), 41), ((SourceName::new("s"), Partition::new("p/1")), 7)];
    assert_eq!(store.resume_positions().await.unwrap(), expected.clone().into());
    drop(store);
    let store = open(&dir).await;
    assert_eq!(store.resume_positions().await.unwrap(), expected.into(), "read from the newest file alone");
}

#[tokio::test]
async fn identities_of_pushes_are_remembered_across_restarts() {
    let (dir, store) = store().await;
    let pushed = |ident: u64| {
        let mut observation = seen(ident, "k");
        observation.id.position = Position::pushed(5_000_000_000, ident);
        observation
    };
    store.append(at(0), &[observed([pushed(1), pushed(2)])]).await.unwrap();
    store.append(at(600), &[observed([pushed(3), seen(1, "k")])]).await.unwrap();
    drop(store);
    let store = open(&dir).await;
    let ident = |n| Ident::of(&pushed(n).id).unwrap();
    let recent = |since, limit| store.recent_idents(at(since), limit);
    let all = [(at(0), ident(1)), (at(0), ident(2)), (at(600), ident(3))];
    assert_eq!(recent(0, 10).await.unwrap(), all);
    assert_eq!(recent(1, 10).await.unwrap(), all[2..]);
    assert_eq!(recent(0, 2).await.unwrap(), all[1..], "the newest, where there are too many");
}

#[tokio::test]
async fn a_damaged_block_is_named() {
    let (dir, store) = store().await;
    for n in 0..3 {
        let batch: Vec<_> = (0..20).map(|at| observed([seen(n * 20 + at, "k")])).collect();
        store.append(at(0), &batch).await.unwrap();
    }
    drop(store);
    let file = dir.path().join("journal-2026-11-21.sqlite");
    let mut connection = SqliteConnectOptions::new().filename(file).connect().await.unwrap();
    let damage = "UPDATE block SET body = substr(body, 1, 40) || x'ffff' || substr(body, 43) WHERE first = 21";
    sqlx::raw_sql(damage).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let store = open(&dir).await;
    assert_eq!(read_all(&store, 1, 20).await.unwrap().len(), 20, "the others can be read");
    let error = read_all(&store, 1, 60).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { block: Some(21), .. }), "{error}");
    assert!(
        error.to_string().starts_with("journal-2026-11-21.sqlite is damaged in the block at position 21"),
        "{error}"
    );
}

#[tokio::test]
async fn a_full_disk_leaves_everything_as_it_was() {
    let dir = TempDir::new().unwrap();
    let options = Options { durable: false, page_limit: Some(80), ..Options::default() };
    let store = SqliteStore::open(&dir, options).await.unwrap();
    let batch = |from: u64| (from..from + 500).map(|n| observed([seen(n, &format!("key {n}"))])).collect::<Vec<_>>();
    let mut written = 0;
    let error = loop {
        match store.append(at(0), &batch(written)).await {
            Ok(_) => written += 500,
            Err(error) => break error,
        }
        assert!(written < 100_000, "the limit must be met some time");
    };
    assert!(error.is_full(), "{error}");
    let resume = store.resume_positions().await.unwrap();
    assert_eq!(resume.into_values().collect::<Vec<_>>(), [written - 1], "nothing of the failed batch");
    drop(store);
    let store = open(&dir).await;
    assert_eq!(store.end(), JournalPosition(written));
    store.append(at(1), &batch(written)).await.unwrap();
    assert_eq!(read_all(&store, 1, u64::MAX - 1).await.unwrap().len() as u64, written + 500);
}

#[tokio::test]
async fn an_append_that_nobody_waited_for_is_whole_or_not_there() {
    let (_dir, store) = store().await;
    let mut taken = 0;
    for polls in 0..40 {
        let batch = [observed([seen(polls, "k")]), tick(1)];
        let mut append = store.append(at(0), &batch);
        for _ in 0..polls {
            if futures::poll!(append.as_mut()).is_ready() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_micros(200)).await;
        }
        drop(append);
        // Whoever comes next finds the journal consistent and goes on behind it.
        let appended = store.append(at(0), &[tick(2)]).await.unwrap();
        assert!(appended.first.0 == taken + 1 || appended.first.0 == taken + 3, "{appended:?} behind {taken}");
        taken = appended.last.0;
    }
    assert_eq!(read_all(&store, 1, taken).await.unwrap().len() as u64, taken);
}
