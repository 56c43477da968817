//! Inserting many rows with few statements: a statement costs a message to SQLite's thread and back, a row almost nothing.

use std::fmt::Write as _;

use sqlx::{AssertSqlSafe, Sqlite, SqliteConnection, query::Query, sqlite::SqliteArguments};

/// Rows in a statement. A few sizes only, so that each stays prepared; SQLite takes 32,766 parameters at most.
const SIZES: [usize; 3] = [128, 16, 1];

pub(super) type Statement<'q> = Query<'q, Sqlite, SqliteArguments>;

/// Where rows go: `INSERT INTO {table} ({columns}) VALUES … {conflict}`.
pub(super) struct Target<'a> {
    pub table: &'a str,
    pub columns: &'a str,
    /// What to do with a row that is there already.
    pub conflict: &'a str,
}

impl Target<'_> {
    /// Inserts the rows in order; `bind` binds the columns of one.
    pub(super) async fn insert<T>(
        &self,
        connection: &mut SqliteConnection,
        rows: &[T],
        bind: impl for<'q> Fn(Statement<'q>, &T) -> Statement<'q>,
    ) -> Result<(), sqlx::Error> {
        let mut rest = rows;
        for size in SIZES {
            let sql = if rest.len() < size { continue } else { self.sql(size) };
            while rest.len() >= size {
                let (now, later) = rest.split_at(size);
                let statement = sqlx::query(AssertSqlSafe(sql.clone()));
                now.iter().fold(statement, &bind).execute(&mut *connection).await?;
                rest = later;
            }
        }
        Ok(())
    }

    fn sql(&self, rows: usize) -> String {
        let columns = self.columns.split(',').count();
        let row = format!("({})", vec!["?"; columns].join(", "));
        let mut sql = format!("INSERT INTO {} ({}) VALUES {row}", self.table, self.columns);
        for _ in 1..rows {
            // Writing into a string has no way to fail.
            let _ = write!(sql, ", {row}");
        }
        let _ = write!(sql, " {}", self.conflict);
        sql
    }
}
