//! A side: what one replica was last seen to hold of a key, and where in the authority's history that stands. A replica
//! that holds what the authority wrote refers to that write instead of repeating it.

use std::collections::VecDeque;

use plumbline_model::SourceTime;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::{ahead::Ahead, finding::Open, plan::MAIN, probe::Probe, row::Row, sight::Sight};

/// Kept for every replica of every key: small on purpose. What only troubled ones have is apart.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Side {
    /// The newest sight; `None` in `seen` if there is none yet.
    pub sight: Sight,
    pub seen: bool,
    /// Its first sight told of a past that was not seen: an update, a delete, or a row of a snapshot that was not announced.
    pub has_past: bool,
    /// It was such a row, and the mark of the snapshot may still come from another partition.
    pub unannounced: bool,
    pub class: Class,
    /// The write that it shows by all its compared fields: the earliest that is not before `top`. `None` in `NONE`.
    shows: u32,
    /// When what it holds last changed, not before its own frontier when that was seen.
    pub changed_at: SourceTime,
    pub rare: Option<Box<Rare>>,
}

/// No write.
const NONE: u32 = u32::MAX;

/// What a side has only while something is the matter with it.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Rare {
    /// What it holds, where that is no single write of the authority.
    pub own: Option<Own>,
    /// The newest write that it is certain to have shown, while it shows no such one.
    pub top: Option<u32>,
    /// When it left that position.
    pub left_at: Option<SourceTime>,
    pub open: Option<Open>,
    pub probe: Option<Probe>,
    /// Newer sights that cannot be understood before the authority has been seen further.
    pub ahead: VecDeque<Ahead>,
    /// Some of them were forgotten: what it showed up to this time is not known.
    pub unknown_to: Option<SourceTime>,
}

/// Content that no single write explains.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Own {
    pub row: Row,
    /// By field: since when it has this value. `MIN`: since before it was watched.
    pub appeared: SmallVec<[SourceTime; 3]>,
}

/// The verdict as it was counted last.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub(super) enum Class {
    #[default]
    New,
    Converged,
    Lagging,
    Diverged,
    Unknown,
}

impl Default for Side {
    fn default() -> Self {
        Self {
            sight: Sight::default(),
            seen: false,
            has_past: false,
            unannounced: false,
            class: Class::New,
            shows: NONE,
            changed_at: SourceTime::MIN,
            rare: None,
        }
    }
}

impl Side {
    pub fn shows(&self) -> Option<u32> {
        (self.shows != NONE).then_some(self.shows)
    }

    pub fn set_shows(&mut self, seq: Option<u32>) {
        self.shows = seq.unwrap_or(NONE);
    }

    /// The newest write that it is certain to have shown at any time.
    pub fn top(&self) -> Option<u32> {
        self.rare.as_ref().and_then(|rare| rare.top).or_else(|| self.shows())
    }

    pub fn left_at(&self) -> Option<SourceTime> {
        self.rare.as_ref().and_then(|rare| rare.left_at)
    }

    pub fn own(&self) -> Option<&Own> {
        self.rare.as_ref().and_then(|rare| rare.own.as_ref())
    }

    pub fn open(&self) -> Option<&Open> {
        self.rare.as_ref().and_then(|rare| rare.open.as_ref())
    }

    pub fn probe(&self) -> Option<&Probe> {
        self.rare.as_ref().and_then(|rare| rare.probe.as_ref())
    }

    /// The first sight that waits, late ones included.
    pub fn waiting(&self) -> Option<&Ahead> {
        self.rare.as_ref().and_then(|rare| rare.ahead.front())
    }

    /// The first sight that waits and is newer than what the replica is known to hold.
    pub fn ahead(&self) -> Option<&Ahead> {
        self.rare.as_ref().and_then(|rare| rare.ahead.iter().find(|waiting| !waiting.late))
    }

    /// The newest sight of all, taken in or not.
    pub fn newest(&self) -> Option<&Sight> {
        let last = self.rare.as_ref().and_then(|rare| rare.ahead.back());
        let waits = last.filter(|last| !last.late).map(|last| &last.latest);
        waits.or_else(|| self.seen.then_some(&self.sight))
    }

    /// Up to when what it showed is not known, because too much waited.
    pub fn unknown_to(&self) -> SourceTime {
        self.rare.as_ref().and_then(|rare| rare.unknown_to).unwrap_or(SourceTime::MIN)
    }

    pub fn present(&self) -> bool {
        self.seen && self.sight.present()
    }

    pub fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// Gives back the memory of what is not the matter any more.
    pub fn tidy(&mut self) {
        if self.rare.as_deref() == Some(&Rare::default()) {
            self.rare = None;
        }
    }

    /// A write of a history was put in before others: what refers to those follows.
    pub fn renumber(&mut self, history: usize, from: u32) {
        let moved = |seq: u32| if seq >= from { seq + 1 } else { seq };
        let shows = self.shows().filter(|_| history == MAIN);
        self.shows = shows.map_or(self.shows, moved);
        let Some(rare) = &mut self.rare else { return };
        if history == MAIN {
            rare.top = rare.top.map(moved);
        }
        if let Some(open) = &mut rare.open
            && let Some((accused, seq)) = &mut open.accused
            && *accused as usize == history
        {
            *seq = moved(*seq);
        }
    }
}
