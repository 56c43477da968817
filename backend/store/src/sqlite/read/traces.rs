//! Lists of trace summaries, one of them, the points of a heat map.

use async_trait::async_trait;
use plumbline_model::{Lag, SourceTime, TraceId, trace::TraceSummary};
use sqlx::{Row, sqlite::SqliteRow};

use super::{
    super::{
        SqliteStore,
        commit::{operation, service},
        file::InFile,
    },
    Select,
};
use crate::{Page, Paging, ReadTraces, StoreError, TraceFilter, TraceOrder, rows};

/// Rows of a range beyond which the slowest are looked for along the durations instead of along the times: there a page
/// of them is found after `limit × all ÷ range` rows, which by then is fewer.
const MANY_ROWS: i64 = 20_000;

#[async_trait]
impl ReadTraces for SqliteStore {
    async fn traces(
        &self,
        filter: &TraceFilter,
        order: TraceOrder,
        paging: &Paging,
    ) -> Result<Page<TraceSummary>, StoreError> {
        let main = &self.inner.main;
        match order {
            TraceOrder::Newest => {
                let mut select = Select::new("SELECT start, row, body FROM trace");
                narrow(&mut select, filter);
                select.page(main, paging, ["start", "row"], '<', |row| read(row, 2, &main.name)).await
            }
            TraceOrder::Slowest => {
                let index = if filter.service.is_none() && filter.operation.is_none() && self.many(filter).await? {
                    "trace INDEXED BY trace_by_duration"
                } else {
                    "trace"
                };
                let mut select = Select::new(&format!("SELECT duration, row, body FROM {index}"));
                narrow(&mut select, filter);
                select.page(main, paging, ["duration", "row"], '<', |row| read(row, 2, &main.name)).await
            }
        }
    }

    async fn trace(&self, id: TraceId) -> Result<Option<TraceSummary>, StoreError> {
        let main = &self.inner.main;
        let rows = Select::new("SELECT body FROM trace").and("trace =", id.0.to_be_bytes().to_vec()).all(main).await?;
        rows.first().map(|row| read(row, 0, &main.name)).transpose()
    }

    async fn trace_points(&self, filter: &TraceFilter, at_most: u32) -> Result<Vec<(SourceTime, Lag)>, StoreError> {
        let main = &self.inner.main;
        let mut select = Select::new("SELECT start, duration FROM trace");
        narrow(&mut select, filter);
        select.push(" ORDER BY start DESC LIMIT ").0.push_bind(i64::from(at_most));
        let point = |row: &SqliteRow| Ok((SourceTime(row.try_get(0)?), Lag(row.try_get(1)?)));
        select.all(main).await?.iter().map(|row| point(row).in_file(&main.name)).collect()
    }
}

impl SqliteStore {
    /// Whether the range has many traces.
    async fn many(&self, filter: &TraceFilter) -> Result<bool, StoreError> {
        let main = &self.inner.main;
        let sql = "SELECT count(*) FROM (SELECT 1 FROM trace WHERE start >= ? AND start <= ? LIMIT ?)";
        let query = sqlx::query(sql).bind(filter.times.start().0).bind(filter.times.end().0).bind(MANY_ROWS);
        let row = query.fetch_one(&main.readers).await.in_file(&main.name)?;
        Ok(row.try_get::<i64, _>(0).in_file(&main.name)? == MANY_ROWS)
    }
}

fn narrow(select: &mut Select, filter: &TraceFilter) {
    select
        .and("start >=", filter.times.start().0)
        .and("start <=", filter.times.end().0)
        .and_some("duration >=", filter.min_duration.map(|it| it.0))
        .and_some("duration <=", filter.max_duration.map(|it| it.0))
        .and_some("incomplete =", filter.incomplete.map(i64::from));
    match (&filter.service, &filter.operation) {
        (Some(of), Some(name)) => select.and("operation =", operation(of, name)),
        (Some(name), None) => select.and("service =", service(name)),
        _ => select,
    };
    match filter.failed {
        // Literally, so that the partial index is used.
        Some(true) => select.push(" AND failed = 1"),
        Some(false) => select.push(" AND failed = 0"),
        None => select,
    };
}

fn read(row: &SqliteRow, body: usize, file: &str) -> Result<TraceSummary, StoreError> {
    rows::unpack(row.try_get(body).in_file(file)?, file, "a trace")
}
