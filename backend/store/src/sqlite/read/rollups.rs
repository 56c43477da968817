//! Rollups over a range: whole hours from their sums, the rest minute by minute.

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
        keep::{HOUR_MINUTES, over_time},
        marks,
    },
    Select,
};
use crate::{ReadRollups, RollupPoint, RollupQuery, SeriesKind, StoreError, rows};

/// Points by (series, start).
type Points = BTreeMap<(i64, i64), Amount>;

#[async_trait]
impl ReadRollups for SqliteStore {
    async fn rollups(&self, query: &RollupQuery) -> Result<Vec<RollupPoint>, StoreError> {
        let (from, to) = (query.from.0, query.to.0);
        let mut points = Points::new();
        let (hours_from, hours_to) = self.whole_hours(query).await?;
        if hours_from < hours_to {
            self.minutes(query, from, hours_from * HOUR_MINUTES, &mut points).await?;
            self.hours(query, hours_from, hours_to, &mut points).await?;
            self.minutes(query, hours_to * HOUR_MINUTES, to, &mut points).await?;
        } else {
            self.minutes(query, from, to, &mut points).await?;
        }
        self.named(query, points).await
    }

    async fn series(&self, kind: SeriesKind) -> Result<Vec<Series>, StoreError> {
        Ok(self.names(kind).await?.into_values().collect::<std::collections::BTreeSet<_>>().into_iter().collect())
    }
}

impl SqliteStore {
    /// The hours that lie wholly inside of the range and are summed; none where the points are narrower than an hour.
    async fn whole_hours(&self, query: &RollupQuery) -> Result<(i64, i64), StoreError> {
        let (from, to) = (query.from.0, query.to.0);
        let aligned = match query.step_minutes.map(i64::from) {
            None => true,
            Some(step) => step % HOUR_MINUTES == 0 && from % HOUR_MINUTES == 0,
        };
        if !aligned || to - from < 2 * HOUR_MINUTES {
            return Ok((0, 0));
        }
        let main = &self.inner.main;
        let mut reader = main.readers.acquire().await.in_file(&main.name)?;
        let until = marks::get(&mut reader, marks::HOURS_UNTIL, &main.name).await?.unwrap_or(i64::MIN);
        let first = from.div_euclid(HOUR_MINUTES) + i64::from(from.rem_euclid(HOUR_MINUTES) != 0);
        Ok((first, to.div_euclid(HOUR_MINUTES).min(until)))
    }

    async fn minutes(&self, query: &RollupQuery, from: i64, to: i64, points: &mut Points) -> Result<(), StoreError> {
        if from < to {
            self.add(query, ("rollup_minute", "minute", 1), (from, to), points).await?;
        }
        Ok(())
    }

    async fn hours(&self, query: &RollupQuery, from: i64, to: i64, points: &mut Points) -> Result<(), StoreError> {
        self.add(query, ("rollup_hour", "hour", HOUR_MINUTES), (from, to), points).await
    }

    /// Adds the rows of a table, in the order of time.
    async fn add(
        &self,
        query: &RollupQuery,
        (table, column, minutes): (&str, &str, i64),
        (from, to): (i64, i64),
        points: &mut Points,
    ) -> Result<(), StoreError> {
        let main = &self.inner.main;
        let mut select = Select::new(&format!("SELECT series, {column}, amount FROM {table}"));
        match &query.series {
            Some(series) => select.and("series =", series_id(series).0),
            None => select.and("kind =", query.kind.number()),
        };
        select.and(&format!("{column} >="), from).and(&format!("{column} <"), to).push(&format!(" ORDER BY {column}"));
        let width = query.step_minutes.map_or(i64::MAX, i64::from).max(1);
        for row in select.all(main).await? {
            let series: i64 = row.try_get(0).in_file(&main.name)?;
            let at = row.try_get::<i64, _>(1).in_file(&main.name)? * minutes;
            let start = query.from.0 + (at - query.from.0) / width * width;
            let amount = rows::unpack(row.try_get(2).in_file(&main.name)?, &main.name, "a rollup")?;
            match points.get_mut(&(series, start)) {
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
