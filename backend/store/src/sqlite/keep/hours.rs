//! Hours of rollups: finished hours are summed once, so that a range of days is read in hours and not in minutes.
//! `hours_until` marks the first hour that is not summed; an amount that comes late moves it back.

use std::collections::BTreeMap;

use plumbline_model::{ReceivedTime, rollup::Amount, time::Minute};
use sqlx::{Connection, Row, SqliteConnection};

use super::super::{Inner, commit::hour_of, file::InFile, insert::Target, marks};
use crate::{Retention, StoreError, rows};

pub(in super::super) const HOUR_MINUTES: i64 = 60;
/// An hour is summed when it ended so many minutes ago: most late amounts have come by then.
const SETTLE_MINUTES: i64 = 10;
/// Hours summed in one transaction: others wait to write meanwhile.
const HOURS_AT_ONCE: i64 = 6;

const HOUR: Target = Target {
    table: "rollup_hour",
    columns: "kind, hour, series, amount",
    conflict: "ON CONFLICT DO UPDATE SET amount = excluded.amount",
};

/// Continues an amount with that of a later time: counts add up, levels (how things stood at the end) are replaced.
pub(in super::super) fn over_time(sum: &mut Amount, later: Amount) {
    match (sum, later) {
        (Amount::Keys(level), Amount::Keys(now)) => *level = now,
        (Amount::Saga(counts), Amount::Saga(now)) => {
            counts.started += now.started;
            counts.completed += now.completed;
            counts.failed += now.failed;
            (counts.open, counts.stuck, counts.unknown) = (now.open, now.stuck, now.unknown);
        }
        (sum, later) => {
            // The kind of an amount follows from its series: it cannot differ within one.
            sum.add(&later);
        }
    }
}

/// Sums the hours that have ended.
pub(super) async fn sum(inner: &Inner, now: ReceivedTime, retention: &Retention) -> Result<(), StoreError> {
    let name = &inner.main.name;
    let end = hour_of(Minute(now.minute().0 - SETTLE_MINUTES));
    // Minutes before this may be gone already: what was summed of them stays.
    let first_whole = hour_of(now.minus(retention.minute_rollups).minute()) + 1;
    loop {
        let mut writer = inner.main.writer().await?;
        let mut tx = writer.begin_with("BEGIN IMMEDIATE").await.in_file(name)?;
        let from = match marks::get(&mut tx, marks::HOURS_UNTIL, name).await? {
            Some(until) => until,
            None => match first_minute(&mut tx, name).await? {
                Some(minute) => hour_of(minute),
                None => return Ok(()),
            },
        };
        let from = from.max(first_whole);
        let to = (from + HOURS_AT_ONCE).min(end);
        if from >= to {
            return Ok(());
        }
        for hour in from..to {
            sum_hour(&mut tx, name, hour).await?;
        }
        marks::set(&mut tx, marks::HOURS_UNTIL, to, name).await?;
        tx.commit().await.in_file(name)?;
    }
}

async fn first_minute(tx: &mut SqliteConnection, file: &str) -> Result<Option<Minute>, StoreError> {
    let row = sqlx::query("SELECT min(minute) FROM rollup_minute").fetch_one(tx).await.in_file(file)?;
    Ok(row.try_get::<Option<i64>, _>(0).in_file(file)?.map(Minute))
}

async fn sum_hour(tx: &mut SqliteConnection, file: &str, hour: i64) -> Result<(), StoreError> {
    let sql = "SELECT kind, series, amount FROM rollup_minute WHERE minute >= ? AND minute < ? ORDER BY minute";
    let (from, to) = (hour * HOUR_MINUTES, (hour + 1) * HOUR_MINUTES);
    let mut sums: BTreeMap<(i64, i64), Amount> = BTreeMap::new();
    for row in sqlx::query(sql).bind(from).bind(to).fetch_all(&mut *tx).await.in_file(file)? {
        let place = (row.try_get(0).in_file(file)?, row.try_get(1).in_file(file)?);
        let amount: Amount = rows::unpack(row.try_get(2).in_file(file)?, file, "a rollup")?;
        match sums.get_mut(&place) {
            Some(sum) => over_time(sum, amount),
            None => {
                sums.insert(place, amount);
            }
        }
    }
    let packed: Vec<_> = sums.into_iter().map(|(place, amount)| (place, rows::pack(&amount))).collect();
    HOUR.insert(tx, &packed, |row, ((kind, series), amount)| {
        row.bind(*kind).bind(hour).bind(*series).bind(amount.clone())
    })
    .await
    .in_file(file)
}
