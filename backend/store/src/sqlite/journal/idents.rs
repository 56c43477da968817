//! Identities of pushed observations, kept beside the blocks for as long as repetitions are recognised (SEM-13).

use futures::TryStreamExt;
use plumbline_model::{Lag, ReceivedTime};
use sqlx::Row;

use super::super::{Inner, days, file::InFile};
use crate::{Ident, StoreError};

/// Repetitions are recognised for 15 minutes; a little longer is kept, because it is removed only now and then.
const KEPT: Lag = Lag::from_secs(20 * 60);

/// The newest identities, oldest first.
pub(super) async fn recent(
    inner: &Inner,
    since: ReceivedTime,
    limit: usize,
) -> Result<Vec<(ReceivedTime, Ident)>, StoreError> {
    let mut found = Vec::new();
    let oldest = days::date(since);
    for day in inner.days.all().iter().rev().take_while(|day| day.date >= oldest) {
        let name = &day.file.name;
        let sql = "SELECT received, idents FROM ident WHERE received >= ? ORDER BY block DESC";
        let mut rows = sqlx::query(sql).bind(since.0).fetch(&day.file.readers);
        while let Some(row) = rows.try_next().await.in_file(name)? {
            let received = ReceivedTime(row.try_get(0).in_file(name)?);
            let bytes: &[u8] = row.try_get(1).in_file(name)?;
            let idents = bytes.as_chunks::<8>().0.iter().rev().map(|raw| (received, Ident(u64::from_le_bytes(*raw))));
            found.extend(idents.take(limit - found.len()));
            if found.len() == limit {
                break;
            }
        }
        if found.len() == limit {
            break;
        }
    }
    found.reverse();
    Ok(found)
}

/// Removes what is older; of older days all at once.
pub(in super::super) async fn forget(inner: &Inner, now: ReceivedTime) -> Result<(), StoreError> {
    let Some(day) = inner.days.all().pop() else { return Ok(()) };
    sqlx::query("DELETE FROM ident WHERE received < ?")
        .bind(now.minus(KEPT).0)
        .execute(&mut *day.file.writer().await?)
        .await
        .in_file(&day.file.name)?;
    Ok(())
}
