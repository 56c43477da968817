//! Lists of saga instances, the runs of one, counts.

use async_trait::async_trait;
use plumbline_model::{CorrelationId, SagaName, saga::SagaInstance};
use sqlx::{Row, sqlite::SqliteRow};

use super::{
    super::{
        SqliteStore,
        commit::{ENDED, badness},
        file::InFile,
    },
    Select,
};
use crate::{Page, Paging, ReadSagas, SagaCount, SagaFilter, SagaOrder, StoreError, rows};

#[async_trait]
impl ReadSagas for SqliteStore {
    async fn sagas(
        &self,
        filter: &SagaFilter,
        order: SagaOrder,
        paging: &Paging,
    ) -> Result<Page<SagaInstance>, StoreError> {
        let main = &self.inner.main;
        match order {
            SagaOrder::Worst => {
                let mut select = Select::new("SELECT badness, wait, row, body FROM saga");
                narrow(&mut select, filter);
                select.page(main, paging, ["badness", "wait", "row"], '>', |row| read(row, 3, &main.name)).await
            }
            SagaOrder::Newest => {
                let mut select = Select::new("SELECT last, row, body FROM saga");
                narrow(&mut select, filter);
                select.page(main, paging, ["last", "row"], '<', |row| read(row, 2, &main.name)).await
            }
        }
    }

    async fn saga_runs(&self, saga: &SagaName, instance: &CorrelationId) -> Result<Vec<SagaInstance>, StoreError> {
        let main = &self.inner.main;
        let mut select = Select::new("SELECT body FROM saga");
        select.and("saga =", saga.to_string()).and("instance =", instance.to_string()).push(" ORDER BY run DESC");
        select.all(main).await?.iter().map(|row| read(row, 0, &main.name)).collect()
    }

    async fn saga_counts(&self) -> Result<Vec<SagaCount>, StoreError> {
        let main = &self.inner.main;
        let name = &main.name;
        let sql = "SELECT saga, state, waiting_for, count FROM open_saga WHERE count > 0 \
                   ORDER BY saga, state, waiting_for";
        let rows = sqlx::query(sql).fetch_all(&main.readers).await.in_file(name)?;
        rows.iter().map(|row| count(row).in_file(name)).collect()
    }
}

fn narrow(select: &mut Select, filter: &SagaFilter) {
    select
        .and_some("saga =", filter.saga.as_ref().map(ToString::to_string))
        .and_some("instance =", filter.instance.as_ref().map(ToString::to_string))
        .and_some("waiting_for =", filter.waiting_for.as_ref().map(ToString::to_string))
        .and_some("last >=", filter.active_after.map(|it| it.0))
        .and_some("started <", filter.started_before.map(|it| it.0))
        .and_in("state", filter.states.iter().map(|state| (*state).to_owned()));
    // By badness instead of by `open`: the index begins with it, and few that are open lie before many that have ended.
    match filter.open {
        Some(true) => select.and("badness <", ENDED),
        Some(false) => select.and("badness =", ENDED),
        None => select,
    };
    let wanted = filter.states.iter().map(|state| badness(state));
    if let Some((least, most)) = wanted.clone().min().zip(wanted.max()) {
        select.and("badness >=", least).and("badness <=", most);
    }
}

fn read(row: &SqliteRow, body: usize, file: &str) -> Result<SagaInstance, StoreError> {
    rows::unpack(row.try_get(body).in_file(file)?, file, "a saga instance")
}

fn count(row: &SqliteRow) -> Result<SagaCount, sqlx::Error> {
    Ok(SagaCount {
        saga: SagaName::new(row.try_get::<&str, _>(0)?),
        state: row.try_get(1)?,
        waiting_for: Some(row.try_get::<&str, _>(2)?).filter(|it| !it.is_empty()).map(Into::into),
        count: row.try_get::<i64, _>(3)? as u64,
    })
}
