//! The store: journal, kept state, findings, rollups, incidents and outbox behind one contract (`Store`).
//! The only crate that speaks SQL. It must not decide a verdict, read a clock or know a collector: times are arguments,
//! and everything but the journal, the issues and the log of deliveries can be made again from the journal (STO-1).
//!
//! Use it as `Arc<dyn Store>` with `use plumbline_store::prelude::*`.

mod block;
mod contract;
mod error;
mod rows;
mod sqlite;

pub use crate::{
    contract::*,
    error::StoreError,
    sqlite::{Access, Options, SqliteStore},
};

/// The traits, to be imported where a `dyn Store` is used.
pub mod prelude {
    pub use crate::{
        Commits, IssueLog, Journal, Keeper, Meta, Outbox, ReadFindings, ReadIncidents, ReadRollups, ReadSagas,
        ReadTraces, Store, StoreError,
    };
}
