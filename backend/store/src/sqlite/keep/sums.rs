//! Sums of rollups: finished tens of minutes, and hours of those, are summed once. A mark says where the sums of a tier end;
//! an amount that comes late moves it back (`commit/rollups.rs`).

use std::collections::BTreeMap;

use plumbline_model::{
    ReceivedTime,
    rollup::{Amount, SagaCounts},
};
use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};

use super::super::{
    Inner,
    file::InFile,
    insert::Target,
    marks,
    tiers::{MINUTE, SUMMED, Summed},
};
use crate::{Retention, SeriesKind, StoreError, rows};

/// A width is summed when it ended so many minutes ago: most late amounts have come by then.
const SETTLE_MINUTES: i64 = 10;
/// From here on the numbers of kinds are those of the most of levels.
const MOST_NUMBERS: i64 = 100;
/// Minutes summed in one transaction: others wait to write meanwhile.
const MINUTES_AT_ONCE: i64 = 360;

/// Continues an amount with that of a later time: counts add up, levels (how things stood at the end) are replaced.
pub(in super::super) fn over_time(sum: &mut Amount, later: Amount) {
    match (sum, later) {
        (Amount::Keys(level), Amount::Keys(now)) => *level = now,
        (Amount::Saga(counts), Amount::Saga(now)) => {
            counts.started += now.started;
            counts.completed += now.completed;
            counts.failed += now.failed;
            counts.zombie += now.zombie;
            (counts.open, counts.stuck, counts.unknown) = (now.open, now.stuck, now.unknown);
        }
        (sum, later) => {
            // The kind of an amount follows from its series: it cannot differ within one.
            sum.add(&later);
        }
    }
}

/// Continues an amount with one of a later time where levels are the most that there was; counts add up.
pub(in super::super) fn most(sum: &mut Amount, later: Amount) {
    match (sum, later) {
        (Amount::Keys(most), Amount::Keys(now)) => {
            most.converged = most.converged.max(now.converged);
            most.lagging = most.lagging.max(now.lagging);
            most.diverged = most.diverged.max(now.diverged);
            most.unknown = most.unknown.max(now.unknown);
        }
        (Amount::Saga(most), Amount::Saga(now)) => {
            let levels = (most.open.max(now.open), most.stuck.max(now.stuck), most.unknown.max(now.unknown));
            (most.open, most.stuck, most.unknown) = (0, 0, 0);
            let counts = SagaCounts { open: 0, stuck: 0, unknown: 0, ..now };
            let mut sum = Amount::Saga(*most);
            sum.add(&Amount::Saga(counts));
            if let Amount::Saga(counts) = sum {
                *most = counts;
            }
            (most.open, most.stuck, most.unknown) = levels;
        }
        (sum, later) => {
            sum.add(&later);
        }
    }
}

/// Only the levels of an amount: its counts are in the sum beside it.
fn levels(amount: &Amount) -> Amount {
    match amount {
        Amount::Saga(counts) => Amount::Saga(SagaCounts {
            open: counts.open,
            stuck: counts.stuck,
            unknown: counts.unknown,
            ..SagaCounts::default()
        }),
        other => other.clone(),
    }
}

/// The number of the most of a kind's levels, if it has levels.
fn most_of(kind: i64) -> Option<i64> {
    [SeriesKind::Keys, SeriesKind::Saga].into_iter().find(|it| it.number() == kind)?.most_number()
}

/// Sums what has ended, tier by tier.
pub(super) async fn sum(inner: &Inner, now: ReceivedTime, retention: &Retention) -> Result<(), StoreError> {
    // Minutes before this may be gone already: what was summed of them stays.
    let oldest = now.minus(retention.minute_rollups).minute().0;
    let ended = now.minute().0 - SETTLE_MINUTES;
    for summed in SUMMED {
        sum_tier(inner, summed, oldest, ended).await?;
    }
    Ok(())
}

async fn sum_tier(inner: &Inner, summed: Summed, oldest: i64, ended: i64) -> Result<(), StoreError> {
    let name = &inner.main.name;
    let tier = summed.tier;
    loop {
        let mut writer = inner.main.writer().await?;
        let mut tx = writer.begin_with("BEGIN IMMEDIATE").await.in_file(name)?;
        let from = match marks::get(&mut tx, summed.until, name).await? {
            Some(until) => until,
            None => match first_minute(&mut tx, name).await? {
                Some(minute) => tier.of(minute),
                None => return Ok(()),
            },
        };
        let from = from.max(tier.at_or_after(oldest));
        let to = (from + MINUTES_AT_ONCE / tier.minutes).min(tier.of(ended));
        if from >= to {
            return Ok(());
        }
        for width in from..to {
            sum_width(&mut tx, name, summed, width).await?;
        }
        marks::set(&mut tx, summed.until, to, name).await?;
        tx.commit().await.in_file(name)?;
    }
}

async fn first_minute(tx: &mut SqliteConnection, file: &str) -> Result<Option<i64>, StoreError> {
    let sql = AssertSqlSafe(format!("SELECT min({}) FROM {}", MINUTE.column, MINUTE.table));
    sqlx::query(sql).fetch_one(tx).await.in_file(file)?.try_get(0).in_file(file)
}

async fn sum_width(tx: &mut SqliteConnection, file: &str, summed: Summed, width: i64) -> Result<(), StoreError> {
    let (tier, below) = (summed.tier, summed.from);
    let sql = AssertSqlSafe(format!(
        "SELECT kind, series, amount FROM {table} WHERE {column} >= ? AND {column} < ? ORDER BY {column}",
        table = below.table,
        column = below.column
    ));
    let each = tier.minutes / below.minutes;
    let mut sums: BTreeMap<(i64, i64), Amount> = BTreeMap::new();
    for row in sqlx::query(sql).bind(width * each).bind((width + 1) * each).fetch_all(&mut *tx).await.in_file(file)? {
        let place = (row.try_get(0).in_file(file)?, row.try_get(1).in_file(file)?);
        let amount: Amount = rows::unpack(row.try_get(2).in_file(file)?, file, "a rollup")?;
        let (kind, series) = place;
        // Minutes, and sums of before the most was kept, have only the last level: the most is at least that.
        let most_kind = if kind >= MOST_NUMBERS { Some(kind) } else { most_of(kind) };
        if let Some(kind) = most_kind {
            let level = levels(&amount);
            match sums.get_mut(&(kind, series)) {
                Some(sum) => most(sum, level),
                None => {
                    sums.insert((kind, series), level);
                }
            }
        }
        if kind < MOST_NUMBERS {
            match sums.get_mut(&place) {
                Some(sum) => over_time(sum, amount),
                None => {
                    sums.insert(place, amount);
                }
            }
        }
    }
    let packed: Vec<_> = sums.into_iter().map(|(place, amount)| (place, rows::pack(&amount))).collect();
    let columns = format!("kind, {}, series, amount", tier.column);
    let target =
        Target { table: tier.table, columns: &columns, conflict: "ON CONFLICT DO UPDATE SET amount = excluded.amount" };
    target
        .insert(tx, &packed, |row, ((kind, series), amount)| {
            row.bind(*kind).bind(width).bind(*series).bind(amount.clone())
        })
        .await
        .in_file(file)
}
