//! Reads for pages and API: lists filtered and sorted by columns, whole things from their bodies.

mod findings;
mod incidents;
mod issues;
mod meta;
mod outbox;
mod rollups;
mod sagas;
mod traces;

use sqlx::{QueryBuilder, Row, Sqlite, sqlite::SqliteRow};

use super::file::{File, InFile};
use crate::{Cursor, Page, Paging, StoreError};

/// A query that grows condition by condition.
struct Select(QueryBuilder<Sqlite>);

impl Select {
    /// `sql` ends where conditions can follow; it has none yet.
    fn new(sql: &str) -> Self {
        let mut query = QueryBuilder::new(sql);
        query.push(" WHERE TRUE");
        Self(query)
    }

    /// `AND {condition} ?`
    fn and<'q, T>(&mut self, condition: &str, value: T) -> &mut Self
    where
        T: sqlx::Encode<'q, Sqlite> + sqlx::Type<Sqlite> + Send + 'q,
    {
        self.0.push(" AND ").push(condition).push(" ").push_bind(value);
        self
    }

    fn and_some<'q, T>(&mut self, condition: &str, value: Option<T>) -> &mut Self
    where
        T: sqlx::Encode<'q, Sqlite> + sqlx::Type<Sqlite> + Send + 'q,
    {
        if let Some(value) = value {
            self.and(condition, value);
        }
        self
    }

    /// `AND {column} IN (…)`; nothing where the list is empty.
    fn and_in(&mut self, column: &str, values: impl IntoIterator<Item = String>) -> &mut Self {
        let mut values = values.into_iter().peekable();
        if values.peek().is_some() {
            self.0.push(" AND ").push(column).push(" IN (");
            let mut list = self.0.separated(", ");
            values.for_each(|value| {
                list.push_bind(value);
            });
            self.0.push(")");
        }
        self
    }

    fn push(&mut self, sql: &str) -> &mut Self {
        self.0.push(sql);
        self
    }

    async fn all(&mut self, file: &File) -> Result<Vec<SqliteRow>, StoreError> {
        self.0.build().fetch_all(&file.readers).await.in_file(&file.name)
    }

    /// The page behind the cursor. `keys` are the columns that the list is sorted by; `sign` is `<` where it descends and
    /// `>` where it ascends. The first columns of a row are the keys.
    async fn page<const N: usize, T>(
        &mut self,
        file: &File,
        paging: &Paging,
        keys: [&str; N],
        sign: char,
        read: impl Fn(&SqliteRow) -> Result<T, StoreError>,
    ) -> Result<Page<T>, StoreError> {
        let limit = paging.bounded();
        if let Some(cursor) = &paging.after {
            let behind: [i64; N] = cursor.keys()?;
            self.0.push(format!(" AND ({}) {sign} (", keys.join(", ")));
            let mut list = self.0.separated(", ");
            behind.into_iter().for_each(|key| {
                list.push_bind(key);
            });
            self.0.push(")");
        }
        let direction = if sign == '<' { " DESC" } else { " ASC" };
        let order = keys.map(|key| format!("{key}{direction}")).join(", ");
        self.0.push(format!(" ORDER BY {order} LIMIT ")).push_bind(i64::from(limit) + 1);
        let rows = self.all(file).await?;
        let items: Vec<T> = rows.iter().take(limit as usize).map(read).collect::<Result<_, _>>()?;
        let next = match rows.get(items.len().saturating_sub(1)) {
            Some(last) if rows.len() > items.len() => {
                let mut place = [0_i64; N];
                for (index, key) in place.iter_mut().enumerate() {
                    *key = last.try_get(index).in_file(&file.name)?;
                }
                Some(Cursor::new(place))
            }
            _ => None,
        };
        Ok(Page { items, next })
    }
}
