//! Rollups of a commit: amounts are added to what their series has in that minute. The amounts of the newest minutes are
//! kept in memory, so that adding needs no reading.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use plumbline_model::rollup::{Amount, Rollup, Series};
use sqlx::{Row, SqliteConnection};
use xxhash_rust::xxh3::xxh3_64;

use super::super::{file::InFile, insert::Target, marks, tiers::SUMMED};
use crate::{SeriesKind, StoreError, rows};

/// Amounts kept in memory: some minutes of a few thousand series, 1 KiB each at the most.
const MAX_KNOWN: usize = 16_384;

const MINUTE: Target<'_> = Target {
    table: "rollup_minute",
    columns: "kind, minute, series, amount",
    conflict: "ON CONFLICT DO UPDATE SET amount = excluded.amount",
};
const SERIES: Target<'_> = Target { table: "series", columns: "id, kind, body", conflict: "ON CONFLICT DO NOTHING" };

/// Minute and series: the kind follows from the series.
type Place = (i64, i64);

/// What the writer remembers of the rollups. The file is the truth.
#[derive(Debug, Default)]
pub(in super::super) struct Amounts {
    known: BTreeMap<Place, (SeriesKind, Amount)>,
    series: HashSet<i64>,
    /// A write began and was not seen to be committed: what is remembered may be more than what is there.
    unsure: bool,
}

impl Amounts {
    pub(super) async fn write<'a>(
        &mut self,
        tx: &mut SqliteConnection,
        file: &str,
        rollups: impl Iterator<Item = &'a Rollup>,
    ) -> Result<(), StoreError> {
        if self.unsure {
            *self = Self::default();
        }
        self.unsure = true;
        let mut touched = BTreeSet::new();
        let mut new_series = Vec::new();
        for rollup in rollups {
            let kind = SeriesKind::of(&rollup.series);
            let (series, body) = series_id(&rollup.series);
            let place = (rollup.minute.0, series);
            if self.series.insert(series) {
                new_series.push((series, kind.number(), body));
            }
            if !self.known.contains_key(&place)
                && let Some(amount) = read(tx, file, kind, place).await?
            {
                self.known.insert(place, (kind, amount));
            }
            match self.known.get_mut(&place) {
                None => {
                    self.known.insert(place, (kind, rollup.amount.clone()));
                }
                Some((_, amount)) => {
                    if !amount.add(&rollup.amount) {
                        let reason = format!("an amount of another kind was told for {:?}", rollup.series);
                        return Err(StoreError::Order(reason));
                    }
                }
            }
            touched.insert(place);
        }
        SERIES
            .insert(tx, &new_series, |row, (id, kind, body)| row.bind(*id).bind(*kind).bind(body.clone()))
            .await
            .in_file(file)?;
        reopen(tx, file, &touched).await?;
        let rows: Vec<_> = touched
            .into_iter()
            .filter_map(|place| self.known.get(&place).map(|(kind, amount)| (kind.number(), place, rows::pack(amount))))
            .collect();
        MINUTE
            .insert(tx, &rows, |row, (kind, (minute, series), amount)| {
                row.bind(*kind).bind(*minute).bind(*series).bind(amount.clone())
            })
            .await
            .in_file(file)
    }

    /// To be called when the transaction was committed.
    pub(super) fn committed(&mut self) {
        self.unsure = false;
        while self.known.len() > MAX_KNOWN {
            self.known.pop_first();
        }
    }

    /// Forgets everything: rows were removed.
    pub(in super::super) fn forget(&mut self) {
        *self = Self::default();
    }
}

/// The number of a series, and its body.
pub(in super::super) fn series_id(series: &Series) -> (i64, Vec<u8>) {
    let body = rows::pack(series);
    (xxh3_64(&body) as i64, body)
}

async fn read(
    tx: &mut SqliteConnection,
    file: &str,
    kind: SeriesKind,
    (minute, series): Place,
) -> Result<Option<Amount>, StoreError> {
    let sql = "SELECT amount FROM rollup_minute WHERE kind = ? AND minute = ? AND series = ?";
    let query = sqlx::query(sql).bind(kind.number()).bind(minute).bind(series);
    let Some(row) = query.fetch_optional(tx).await.in_file(file)? else { return Ok(None) };
    rows::unpack(row.try_get(0).in_file(file)?, file, "a rollup").map(Some)
}

/// An amount for a time that is summed already: its sum and those behind it are made again.
async fn reopen(tx: &mut SqliteConnection, file: &str, touched: &BTreeSet<Place>) -> Result<(), StoreError> {
    let Some(&(minute, _)) = touched.first() else { return Ok(()) };
    // What lies before the minutes that are kept cannot be summed again: its sums stay.
    let kept = marks::get(tx, marks::MINUTES_FROM, file).await?.unwrap_or(i64::MIN / 2);
    for summed in SUMMED {
        let first = summed.tier.of(minute).max(summed.tier.at_or_after(kept));
        if marks::get(tx, summed.until, file).await?.is_some_and(|until| first < until) {
            marks::set(tx, summed.until, first, file).await?;
        }
    }
    Ok(())
}
