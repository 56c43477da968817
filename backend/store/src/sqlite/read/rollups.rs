//! Rollups over a range: as much as can be from sums of hours and tens of minutes, the rest minute by minute.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use plumbline_model::{
    rollup::{Amount, Series},
    time::Minute,
};
use sqlx::Row;

use super::{
    super::{
        SqliteStore,
        commit::series_id,
        file::InFile,
        keep::{most, over_time},
        marks,
        tiers::{Piece, SUMMED, Tier, pieces},
    },
    Select,
};
use crate::{Levels, ReadRollups, RollupPoint, RollupQuery, SeriesKind, StoreError, rows};

/// Points by (series, start).
type Points = BTreeMap<(i64, i64), Amount>;

#[async_trait]
impl ReadRollups for SqliteStore {
    async fn rollups(&self, query: &RollupQuery) -> Result<Vec<RollupPoint>, StoreError> {
        let mut points = Points::new();
        for piece in pieces(query.from.0, query.to.0, &self.summed(query).await?) {
            self.add(query, piece, &mut points).await?;
        }
        self.named(query, points).await
    }

    async fn series(&self, kind: SeriesKind) -> Result<Vec<Series>, StoreError> {
        Ok(self.names(kind).await?.into_values().collect::<std::collections::BTreeSet<_>>().into_iter().collect())
    }
}

impl SqliteStore {
    /// The tiers whose sums may stand in a point of the query, each with the minute that they end before.
    async fn summed(&self, query: &RollupQuery) -> Result<Vec<(Tier, i64)>, StoreError> {
        let fits = |tier: Tier| match query.step_minutes.map(i64::from) {
            None => true,
            Some(step) => step % tier.minutes == 0 && query.from.0 % tier.minutes == 0,
        };
        let main = &self.inner.main;
        let mut reader = main.readers.acquire().await.in_file(&main.name)?;
        let mut tiers = Vec::new();
        for summed in SUMMED.into_iter().filter(|summed| fits(summed.tier)) {
            if let Some(until) = marks::get(&mut reader, summed.until, &main.name).await? {
                tiers.push((summed.tier, until * summed.tier.minutes));
            }
        }
        Ok(tiers)
    }

    /// Adds the rows of a piece, in the order of time.
    async fn add(&self, query: &RollupQuery, piece: Piece, points: &mut Points) -> Result<(), StoreError> {
        let Tier { minutes, table, column } = piece.tier;
        let (from, to) = (piece.from / minutes, piece.to / minutes);
        let main = &self.inner.main;
        let mut select = Select::new(&format!("SELECT series, {column}, amount FROM {table}"));
        if let Some(series) = &query.series {
            select.and("series =", series_id(series).0);
        }
        let number = query.kind.number();
        match query.kind.most_number().filter(|_| query.levels == Levels::Most) {
            // Beside the sums, which have the counts and the last levels.
            Some(most) => select.push(&format!(" AND kind IN ({number}, {most})")),
            None => select.and("kind =", number),
        };
        select.and(&format!("{column} >="), from).and(&format!("{column} <"), to).push(&format!(" ORDER BY {column}"));
        let width = query.step_minutes.map_or(i64::MAX, i64::from).max(1);
        for row in select.all(main).await? {
            let series: i64 = row.try_get(0).in_file(&main.name)?;
            let at = row.try_get::<i64, _>(1).in_file(&main.name)? * minutes;
            let start = query.from.0 + (at - query.from.0) / width * width;
            let amount = rows::unpack(row.try_get(2).in_file(&main.name)?, &main.name, "a rollup")?;
            match points.get_mut(&(series, start)) {
                Some(sum) if query.levels == Levels::Most => most(sum, amount),
                Some(sum) => over_time(sum, amount),
                None => {
                    points.insert((series, start), amount);
                }
            }
        }
        Ok(())
    }

    /// Puts the series in place of their numbers, and sorts by them.
    async fn named(&self, query: &RollupQuery, points: Points) -> Result<Vec<RollupPoint>, StoreError> {
        let names = match &query.series {
            Some(series) => HashMap::from([(series_id(series).0, series.clone())]),
            None if points.is_empty() => HashMap::new(),
            None => self.names(query.kind).await?,
        };
        let mut found: Vec<_> = points
            .into_iter()
            .filter_map(|((series, start), amount)| {
                // A series is written in the transaction of its first amount.
                let series = names.get(&series)?.clone();
                Some(RollupPoint { start: Minute(start), series, amount })
            })
            .collect();
        found.sort_by(|one, other| (&one.series, one.start).cmp(&(&other.series, other.start)));
        Ok(found)
    }

    async fn names(&self, kind: SeriesKind) -> Result<HashMap<i64, Series>, StoreError> {
        let main = &self.inner.main;
        let mut names = HashMap::new();
        for row in Select::new("SELECT id, body FROM series").and("kind =", kind.number()).all(main).await? {
            let body = row.try_get(1).in_file(&main.name)?;
            names.insert(row.try_get(0).in_file(&main.name)?, rows::unpack(body, &main.name, "a series")?);
        }
        Ok(names)
    }
}
