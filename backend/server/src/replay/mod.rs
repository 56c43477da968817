//! `plumbline replay`: what would these rules have found? Steps a fresh engine over the journal, which has the observations
//! already decoded (SEM-11): the judge half of a configuration may change, its decode half may not.

mod decode_half;
mod run;

#[cfg(test)]
mod tests;

use plumbline_model::{ReceivedTime, SourceTime, api::Report};
use plumbline_store::{Store, StoreError};
use thiserror::Error;

use crate::config::Config;

pub use self::decode_half::{Difference, differences};

/// What is asked for beside the rules.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// Limits the report; the journal is stepped from its beginning, because what came before decides what is held.
    pub from: Option<SourceTime>,
    /// Where stepping ends.
    pub to: Option<SourceTime>,
    /// When the replay is made.
    pub now: ReceivedTime,
}

/// Why a replay did not come to its end.
#[derive(Debug, Error)]
pub enum ReplayError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the journal is empty")]
    Empty,
    #[error("nothing was journaled between {from} and {to}")]
    Range { from: SourceTime, to: SourceTime },
    #[error("the configuration of the journal ({}) cannot be read by this version:\n{problems}", from(.since))]
    OldConfig { since: ReceivedTime, problems: String },
    #[error("the journal was decoded by another configuration ({}):\n{}", from(.since), lines(.differences))]
    Decode { since: ReceivedTime, differences: Vec<Difference> },
}

/// A journal's first configuration stands before its first tick.
fn from(since: &ReceivedTime) -> String {
    if since.0 <= 0 { "from its beginning".to_owned() } else { format!("from {since}") }
}

fn lines(differences: &[Difference]) -> String {
    differences.iter().map(|it| format!("  {it}")).collect::<Vec<_>>().join("\n")
}

/// Replays the journal under the rules of `config`; `told` is called with the records stepped, out of so many.
///
/// # Errors
/// When the journal cannot be read, or was decoded otherwise.
pub async fn replay(
    journal: &dyn Store,
    config: &Config,
    options: Options,
    told: impl FnMut(u64, u64),
) -> Result<Report, ReplayError> {
    run::run(journal, config, options, told).await
}
