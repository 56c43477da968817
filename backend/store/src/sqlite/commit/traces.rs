//! Trace summaries of a commit.

use std::collections::BTreeMap;

use plumbline_model::{OperationName, ServiceName, TraceId, trace::TraceSummary};
use sqlx::SqliteConnection;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::super::{
    file::InFile,
    insert::{Statement, Target},
};
use crate::{StoreError, rows};

const TRACE: Target<'_> = Target {
    table: "trace",
    columns: "trace, start, duration, service, operation, failed, incomplete, body",
    conflict: "ON CONFLICT (trace) DO UPDATE SET start = excluded.start, duration = excluded.duration, \
               service = excluded.service, operation = excluded.operation, failed = excluded.failed, \
               incomplete = excluded.incomplete, body = excluded.body",
};

pub(super) type Changed<'a> = BTreeMap<TraceId, &'a TraceSummary>;

pub(super) async fn write(tx: &mut SqliteConnection, file: &str, changed: &Changed<'_>) -> Result<(), StoreError> {
    let rows: Vec<_> = changed.values().map(|it| (*it, rows::pack(it))).collect();
    TRACE.insert(tx, &rows, |statement, (trace, body)| bind(statement, trace).bind(body.clone())).await.in_file(file)
}

fn bind<'q>(statement: Statement<'q>, it: &TraceSummary) -> Statement<'q> {
    statement
        .bind(it.trace.0.to_be_bytes().to_vec())
        .bind(it.start.0)
        .bind(it.duration.0)
        .bind(service(&it.service))
        .bind(operation(&it.service, &it.operation))
        .bind(i64::from(it.errors > 0))
        .bind(i64::from(it.incomplete))
}

/// The number that stands for a service in the columns of `trace`.
pub(in super::super) fn service(service: &ServiceName) -> i64 {
    xxh3_64(service.as_str().as_bytes()) as i64
}

/// The number that stands for an operation of a service in the columns of `trace`.
pub(in super::super) fn operation(service: &ServiceName, operation: &OperationName) -> i64 {
    xxh3_64_with_seed(operation.as_str().as_bytes(), xxh3_64(service.as_str().as_bytes())) as i64
}
