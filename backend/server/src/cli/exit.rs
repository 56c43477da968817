//! Exit codes (SEM-4): the same for every command that ends with a report.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Exit {
    /// 0: nothing that `--fail-on` names.
    Clean,
    /// 1: something that `--fail-on` names was found.
    Found,
    /// 2: bad input or configuration, or the server could not be reached.
    BadInput,
    /// 3: less was checked than `--min-coverage` asks for.
    NotCovered,
}

impl Exit {
    pub const fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Found => 1,
            Self::BadInput => 2,
            Self::NotCovered => 3,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Shown under the help of commands that gate.
pub const HELP: &str = "\
Exit codes:
  0  clean: nothing that --fail-on names was found
  1  something that --fail-on names was found
  2  bad input or configuration
  3  less was checked than --min-coverage asks for; without it: a configured
     replica or saga was not checked at all; with --fail-on hotspot: there was
     nothing to compare durations with

Where several hold, 2 goes before 1, and 1 before 3.";
