//! `plumbline check`: the same engine over recorded files, in event time, ending with the report (SEM-4). No server, no network,
//! no store. Files are read twice (what can be read only once is kept aside first, `spool`): once to know how far each one can be trusted at each line (`scan`), once to step them in the
//! order of their source times (`merge`, `run`).

mod baseline;
mod coverage;
mod ends;
mod input;
mod merge;
mod run;
mod scan;
mod spool;
mod tape;
mod unread;

use plumbline_collectors::recording::ReadError;
use plumbline_model::{
    ReceivedTime, SourceTime,
    api::{Range, Report},
};
use thiserror::Error;

use crate::config::Config;

pub use self::{
    coverage::coverage,
    input::{Input, InputError, inputs},
};

/// What is asked for beside the files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// The common end of the recordings; the greatest source time in any of them where it is not given.
    pub until: Option<SourceTime>,
    /// Limits the report, not what is read.
    pub from: Option<SourceTime>,
    pub to: Option<SourceTime>,
    /// When the check is made.
    pub now: ReceivedTime,
}

/// How far a check has come, for a progress bar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// Records read the first time.
    Scanned(u64),
    /// All of them: the second reading begins.
    Begin { records: u64 },
    /// Records stepped.
    Stepped(u64),
}

/// A check that came to its end.
#[derive(Clone, PartialEq, Debug)]
pub struct Checked {
    pub report: Report,
    /// Records that could not be read, or not wholly.
    pub issues: u64,
}

/// Why a check did not come to its end.
#[derive(Debug, Error)]
pub enum CheckError {
    #[error("{}", words(.0))]
    Read(ReadError),
    #[error("none of the files has a record with a time, so there is nothing to check")]
    Empty,
    #[error("all records are later than --until {until}: the first is of {first}")]
    Later { until: SourceTime, first: SourceTime },
    #[error("there is nothing between {from} and {to}, where the report would begin and end")]
    Range { from: SourceTime, to: SourceTime },
    #[error("{0} changed while it was read; check a file that nobody writes to")]
    Changed(String),
}

impl From<ReadError> for CheckError {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

fn words(error: &ReadError) -> String {
    let file = error.file.display();
    match error.line {
        0 => format!("{file} cannot be read: {}", error.reason),
        line => format!("{file} cannot be read on after line {line}: {}", error.reason),
    }
}

/// Checks the files.
///
/// # Errors
/// When a file cannot be read to its end, or there is nothing in them.
pub fn check(
    config: &Config,
    inputs: &[Input],
    options: Options,
    mut progress: impl FnMut(Progress),
) -> Result<Checked, CheckError> {
    let inputs = &spool::keep(inputs)?;
    let scans = scan::scan(config, inputs, options.until, &mut |records| progress(Progress::Scanned(records)))?;
    let later = || match (options.until, scans.iter().filter_map(|scan| scan.later).min()) {
        (Some(until), Some(first)) => CheckError::Later { until, first },
        _ => CheckError::Empty,
    };
    let least = scans.iter().filter_map(|scan| scan.least).min().ok_or_else(later)?;
    let greatest = scans.iter().filter_map(|scan| scan.greatest).max().ok_or(CheckError::Empty)?;
    let end = options.until.unwrap_or(greatest);
    let range =
        Range { from: options.from.unwrap_or(least), to: options.to.unwrap_or(end.plus(plumbline_model::Lag(1))) };
    if range.from >= range.to {
        return Err(CheckError::Range { from: range.from, to: options.to.unwrap_or(end) });
    }
    progress(Progress::Begin { records: scans.iter().map(|scan| scan.records).sum() });
    let limits = options.from.is_some() || options.to.is_some();
    let recording = run::Recording { config, inputs, scans: &scans, begin: least, end };
    let outcome = run::run(&recording, limits.then_some(range), &mut |records| progress(Progress::Stepped(records)))?;
    let issues = scans.iter().map(|scan| scan.issues).sum();
    Ok(Checked { report: outcome.report(config, &recording, range, options.now), issues })
}
