//! Verdicts, reasons and whys: closed enums, so that adding one makes the compiler name every place that must know it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{name::SourceName, time::SourceTime};

/// What Plumbline holds of one key in one replica.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Converged,
    /// Different from the authority and still within its time.
    Lagging {
        due: SourceTime,
    },
    Diverged {
        reason: Reason,
    },
    /// Could not be decided. Never shown or counted as good.
    Unknown {
        why: Why,
    },
}

/// Why a replica is called divergent. `Stale` holds an older value, `Missing` lacks the key, `Orphan` still has a key that
/// the authority deleted or never had, `Conflicting` has an equal version and other content, `Phantom` a value that the
/// authority never wrote, `Regressed` went back and stayed, `Misplaced` sits in the wrong shard, `LostUpdate` was overwritten unread.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    Stale,
    Missing,
    Orphan,
    Conflicting,
    Phantom,
    Regressed,
    Misplaced,
    LostUpdate,
}

impl Reason {
    pub const ALL: [Self; 8] = [
        Self::Stale,
        Self::Missing,
        Self::Orphan,
        Self::Conflicting,
        Self::Phantom,
        Self::Regressed,
        Self::Misplaced,
        Self::LostUpdate,
    ];
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stale => "stale",
            Self::Missing => "missing",
            Self::Orphan => "orphan",
            Self::Conflicting => "conflicting",
            Self::Phantom => "phantom",
            Self::Regressed => "regressed",
            Self::Misplaced => "misplaced",
            Self::LostUpdate => "lost update",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Why something could not be decided.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The frontier of a source that could still disprove it has not passed (ENG-4).
    Blind {
        source: SourceName,
    },
    /// Records of a source were missed and cannot be read again.
    Gap {
        source: SourceName,
    },
    /// A relay's end proves nothing without a heartbeat row (SEM-2).
    RelaySilent {
        source: SourceName,
    },
    /// The clock error is larger than the time promised (SEM-1).
    Clock,
    /// No complete baseline of both sides (SEM-8).
    NoBaseline,
    /// The authority's history was cut before the value could be found in it (SEM-5).
    HistoryIncomplete,
    /// The field was never carried (SEM-6).
    NotCarried,
    /// A recording ended before it was due (SEM-4).
    InputEnded,
    NotProbed,
    ProbeFailed,
    NotSampled,
    /// The mapping changed and the key was not seen since (SEM-11).
    Reconfigured,
    /// No correlation could be found for an event (SEM-15).
    Unresolved,
    /// The start of a saga lies before the journal (SEM-16).
    BeganBeforeWatching,
    /// Too little data to learn from.
    Undetermined,
    /// The run was forgotten (SEM-17).
    Forgotten,
}

impl Why {
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Blind { .. } => "blind",
            Self::Gap { .. } => "gap",
            Self::RelaySilent { .. } => "relay silent",
            Self::Clock => "clock",
            Self::NoBaseline => "no baseline",
            Self::HistoryIncomplete => "history incomplete",
            Self::NotCarried => "not carried",
            Self::InputEnded => "input ended",
            Self::NotProbed => "not probed",
            Self::ProbeFailed => "probe failed",
            Self::NotSampled => "not sampled",
            Self::Reconfigured => "reconfigured",
            Self::Unresolved => "unresolved",
            Self::BeganBeforeWatching => "began before watching",
            Self::Undetermined => "undetermined",
            Self::Forgotten => "forgotten",
        }
    }
    /// The source that stands in the way, where it is one.
    pub const fn source(&self) -> Option<&SourceName> {
        match self {
            Self::Blind { source } | Self::Gap { source } | Self::RelaySilent { source } => Some(source),
            _ => None,
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.source() {
            Some(source) => write!(f, "{} ({source})", self.word()),
            None => f.write_str(self.word()),
        }
    }
}
