//! A side: what one replica was last seen to hold of a key, and where in the authority's history that stands. A replica
//! that holds what the authority wrote refers to that write instead of repeating it.

use std::collections::VecDeque;

use plumbline_model::SourceTime;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::{
    ahead::Ahead,
    finding::Open,
    missed::Missed,
    plan::MAIN,
    probe::Probe,
    row::{Mask, Row, fields},
    sight::Sight,
};

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
    /// The newest write of the main authority that it is certain to have shown, while it shows no such one.
    pub top: Option<u32>,
    /// When it left that position.
    pub left_at: Option<SourceTime>,
    /// The same for the authorities of single fields.
    pub elsewhere: Vec<Stand>,
    pub open: Option<Open>,
    pub probe: Option<Probe>,
    /// Newer sights that cannot be understood before the authority has been seen further.
    pub ahead: VecDeque<Ahead>,
    /// Writes that it missed and that are forgotten.
    pub missed: Vec<Missed>,
    /// Some of those that wait were forgotten: what it showed up to this time is not known.
    pub unknown_to: Option<SourceTime>,
}

/// Where a replica stands in the history of an authority that decides single fields.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Stand {
    history: u8,
    top: Option<u32>,
    left_at: Option<SourceTime>,
}

/// Content that no single write explains.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Own {
    pub row: Row,
    /// By field: since when it has this value, or the first of several that the authority never wrote. `MIN`: since before
    /// it was watched.
    pub appeared: SmallVec<[SourceTime; 3]>,
    /// The fields in which it went from one such value to the next.
    pub wandering: Mask,
    /// The fields of which it was decided, while the history reached back far enough, that the authority never wrote what
    /// they hold: what is forgotten afterwards cannot undo that.
    pub proven: Mask,
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

    /// The newest write of a history that it is certain to have shown at any time.
    pub fn top(&self, history: usize) -> Option<u32> {
        match history {
            MAIN => self.rare.as_ref().and_then(|rare| rare.top).or_else(|| self.shows()),
            _ => self.stand(history)?.top,
        }
    }

    /// When it left that position, if it did.
    pub fn left_at(&self, history: usize) -> Option<SourceTime> {
        match history {
            MAIN => self.rare.as_ref().and_then(|rare| rare.left_at),
            _ => self.stand(history)?.left_at,
        }
    }

    fn stand(&self, history: usize) -> Option<&Stand> {
        self.rare.as_ref()?.elsewhere.iter().find(|stand| stand.history as usize == history)
    }

    pub fn own(&self) -> Option<&Own> {
        self.rare.as_ref().and_then(|rare| rare.own.as_ref())
    }

    pub fn open(&self) -> Option<&Open> {
        self.rare.as_ref().and_then(|rare| rare.open.as_ref())
    }

    /// A write came in that may explain what these fields held before: only what they hold now is still unexplained.
    pub fn settle_down(&mut self, explained: Mask) {
        let now = self.changed_at;
        let Some(own) = self.rare.as_mut().and_then(|rare| rare.own.as_mut()) else { return };
        for field in fields(own.wandering & explained) {
            own.appeared[field] = now;
        }
        own.wandering &= !explained;
    }

    /// The fields that are proven to hold what the authority never wrote.
    pub fn proven(&self) -> Mask {
        self.own().map_or(0, |own| own.proven)
    }

    /// Of what was proven, only these fields still are. Returns whether that is less.
    pub fn keep_proven(&mut self, fields: Mask) -> bool {
        let Some(own) = self.rare.as_mut().and_then(|rare| rare.own.as_mut()) else { return false };
        let before = own.proven;
        own.proven &= fields;
        own.proven != before
    }

    /// It was decided that the authority never wrote what these fields hold.
    pub fn prove(&mut self, fields: Mask) {
        if let Some(own) = self.rare.as_mut().and_then(|rare| rare.own.as_mut()) {
            own.proven |= fields;
        }
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

    /// It does not hold the key any more and need not; what it had shown stays known.
    pub fn expire(&mut self) {
        if let Some(rare) = &mut self.rare {
            (rare.own, rare.left_at) = (None, None);
            rare.elsewhere.iter_mut().for_each(|stand| stand.left_at = None);
        }
    }

    /// A write of a history was put in before others: what refers to those follows.
    pub fn renumber(&mut self, history: usize, from: u32) {
        let moved = |seq: u32| if seq >= from { seq + 1 } else { seq };
        let shows = self.shows().filter(|_| history == MAIN);
        self.shows = shows.map_or(self.shows, moved);
        let Some(rare) = &mut self.rare else { return };
        match history {
            MAIN => rare.top = rare.top.map(moved),
            _ => {
                let stands = rare.elsewhere.iter_mut().filter(|stand| stand.history as usize == history);
                stands.for_each(|stand| stand.top = stand.top.map(moved));
            }
        }
        rare.missed.iter_mut().for_each(|missed| missed.renumber(history, from));
        if let Some(open) = &mut rare.open
            && let Some((accused, seq)) = &mut open.accused
            && *accused as usize == history
        {
            *seq = moved(*seq);
        }
    }
}

impl Rare {
    /// Notes where the replica stands in a history.
    pub fn stands(&mut self, history: usize, top: Option<u32>, left_at: Option<SourceTime>) {
        if history == MAIN {
            (self.top, self.left_at) = (top, left_at);
            return;
        }
        let stand = Stand { history: history as u8, top, left_at };
        let known = self.elsewhere.iter().position(|known| known.history as usize == history);
        match known {
            _ if top.is_none() && left_at.is_none() => drop(known.map(|known| self.elsewhere.remove(known))),
            Some(known) => self.elsewhere[known] = stand,
            None => self.elsewhere.push(stand),
        }
    }
}
