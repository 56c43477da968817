//! What can go wrong with a store, told so that a person knows what to do. Every failed write leaves things as they were.
//! The cause is part of the words and no `source` of its own, so that a chain of errors does not say it twice.

use std::{io, path::PathBuf};

use thiserror::Error;

#[derive(Debug, Error)]
pub enum StoreError {
    #[error(
        "this data directory was written by a newer Plumbline ({file} has schema {found}, this one knows {known}): use that version, or another directory"
    )]
    Newer { file: String, found: i64, known: i64 },
    #[error("the data directory {dir} is in use by another Plumbline{}", by(.holder))]
    Locked { dir: PathBuf, holder: Option<u32> },
    #[error(
        "this data directory was written by an older Plumbline ({file} has schema {found}, this one knows {known}): `plumbline serve` brings it up to date, reading alone does not"
    )]
    Older { file: String, found: i64, known: i64 },
    #[error("{path} is a file, and the data directory has to be a directory")]
    NotADirectory { path: PathBuf },
    #[error("{dir} holds no data of Plumbline's: there is no {file} in it")]
    NoData { dir: PathBuf, file: &'static str },
    #[error(
        "{path} was not closed by whoever wrote it, and is read only where SQLite can write beside it: copy the directory to such a place"
    )]
    NotClosed { path: PathBuf },
    #[error("cannot write to {path}: {cause}")]
    NotWritable { path: PathBuf, cause: io::Error },
    /// The disk, or the quota of the store, is full. Nothing of the write was done; it may be tried again.
    #[error("the disk is full: {file} could not grow; free some space or shorten the retention, nothing was lost")]
    Full { file: String },
    #[error("{file} is damaged{}: {reason}", at(.block))]
    Corrupt { file: String, block: Option<u64>, reason: String },
    /// A commit or a kept state does not follow what is there: the caller's mistake, and never a reason to go on.
    #[error("out of order: {0}")]
    Order(String),
    #[error("{0:?} is not a cursor of this list")]
    Cursor(String),
    #[error("cannot read or write {path}: {cause}")]
    Io { path: PathBuf, cause: io::Error },
    #[error("the database {file} failed: {reason}")]
    Database { file: String, reason: String },
}

impl StoreError {
    /// Whether the same call may well succeed later without anybody's doing anything but making room.
    pub const fn is_full(&self) -> bool {
        matches!(self, Self::Full { .. })
    }
}

fn by(holder: &Option<u32>) -> String {
    holder.map_or_else(String::new, |process| format!(" (process {process})"))
}

fn at(block: &Option<u64>) -> String {
    block.map_or_else(String::new, |first| format!(" in the block at position {first}"))
}
