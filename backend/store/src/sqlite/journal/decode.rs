//! From a row of `block` to records, with an error that names file and block where it is damaged.

use plumbline_model::journal::JournalPosition;
use sqlx::{Row, sqlite::SqliteRow};

use super::super::file::InFile;
use crate::{Block, StoreError, block};

/// What `decode` needs, in this order.
pub(super) const COLUMNS: &str = "block.first, block.last, block.format, block.body";

/// A row of `COLUMNS`, taken out of SQLite's hands so that it can be decoded elsewhere.
pub(super) struct Stored {
    pub first: u64,
    last: u64,
    format: i64,
    body: Vec<u8>,
}

impl Stored {
    pub(super) fn from_row(row: &SqliteRow, file: &str) -> Result<Self, StoreError> {
        Ok(Self {
            first: row.try_get::<i64, _>(0).in_file(file)? as u64,
            last: row.try_get::<i64, _>(1).in_file(file)? as u64,
            format: row.try_get(2).in_file(file)?,
            body: row.try_get(3).in_file(file)?,
        })
    }

    pub(super) fn decode(&self, file: &str) -> Result<Block, StoreError> {
        let corrupt = |reason: String| StoreError::Corrupt { file: file.to_owned(), block: Some(self.first), reason };
        let records = usize::try_from((self.last + 1).saturating_sub(self.first)).unwrap_or(0);
        if records == 0 {
            return Err(corrupt(format!("it ends at {}, before it begins", self.last)));
        }
        let records = block::unpack(self.format, records, &self.body).map_err(|error| corrupt(error.to_string()))?;
        Ok(Block { first: JournalPosition(self.first), records })
    }
}
