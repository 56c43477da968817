//! A sight: where and when one state was seen, without what it was. Sights of one partition are ordered by position; between
//! partitions, whose positions cannot be compared, by source time (SEM-7).

use std::cmp::Ordering;

use plumbline_model::{
    Observation, Position, SourceTime,
    state::{StateFact, StateKind, Version},
};
use serde::{Deserialize, Serialize};

use super::places::{PlaceId, Places};

/// Kept for every remembered write and every replica of every key: small on purpose.
#[derive(Clone, Copy, PartialEq, Default, Debug, Serialize, Deserialize)]
pub(super) struct Sight {
    pub position: Position,
    pub at: SourceTime,
    version: Version,
    pub place: PlaceId,
    pub part: u16,
    marks: u8,
}

const PRESENT: u8 = 1;
const VERSIONED: u8 = 1 << 1;
/// A row of a snapshot: it was so by then, nobody saw since when.
const BASELINE: u8 = 1 << 2;
/// The first write of an incarnation, known as such.
const CREATES: u8 = 1 << 3;
/// A write to a key that existed before, known as such.
const CONTINUES: u8 = 1 << 4;
/// Concluded from the end of a snapshot, not observed.
const CONCLUDED: u8 = 1 << 5;
/// A row of a snapshot that nobody has announced: the key had a past before it.
const UNANNOUNCED: u8 = 1 << 6;

impl Sight {
    pub fn new(observation: &Observation, fact: &StateFact, place: PlaceId, announced: bool) -> Self {
        let mut marks = match fact.kind {
            StateKind::Create => PRESENT | CREATES,
            StateKind::Update => PRESENT | CONTINUES,
            StateKind::Write | StateKind::Probe { .. } => PRESENT,
            StateKind::Delete => CONTINUES,
            StateKind::Snapshot => PRESENT | BASELINE,
        };
        if fact.content == plumbline_model::state::Content::Absent {
            marks &= !PRESENT;
        }
        if fact.version.is_some() {
            marks |= VERSIONED;
        }
        if !announced && marks & BASELINE != 0 {
            marks |= UNANNOUNCED;
        }
        Self {
            position: observation.id.position,
            at: observation.at,
            version: fact.version.unwrap_or_default(),
            place,
            part: observation.id.part,
            marks,
        }
    }

    /// The key is known to be gone since before `at`, because a snapshot that ended then did not have it (SEM-8).
    pub fn gone(before: &Self, at: SourceTime) -> Self {
        Self { at, version: 0, marks: BASELINE | CONCLUDED, ..*before }
    }

    pub const fn present(&self) -> bool {
        self.marks & PRESENT != 0
    }
    pub const fn baseline(&self) -> bool {
        self.marks & BASELINE != 0
    }
    pub const fn creates(&self) -> bool {
        self.marks & CREATES != 0
    }
    /// Whether the key is known to have had a past before this sight.
    pub const fn continues(&self) -> bool {
        self.marks & (CONTINUES | UNANNOUNCED) != 0
    }
    pub const fn unannounced(&self) -> bool {
        self.marks & UNANNOUNCED != 0
    }
    /// The snapshot that brought it was announced after all, in another partition.
    pub const fn announce(&mut self) {
        self.marks &= !UNANNOUNCED;
    }
    pub const fn concluded(&self) -> bool {
        self.marks & CONCLUDED != 0
    }
    pub fn version(&self) -> Option<Version> {
        (self.marks & VERSIONED != 0).then_some(self.version)
    }

    /// Whether both are the same observation.
    pub fn same(&self, other: &Self, places: &Places) -> bool {
        self.position == other.position
            && self.part == other.part
            && places.lane(self.place) == places.lane(other.place)
            && self.concluded() == other.concluded()
    }

    /// Which of two sights of one replica is the newer one; ties are for the one that arrived later.
    pub fn order(&self, other: &Self, places: &Places) -> Ordering {
        if places.lane(self.place) != places.lane(other.place) {
            return self.at.cmp(&other.at);
        }
        let by_version = match (self.version(), other.version()) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => Ordering::Equal,
        };
        self.position.order.cmp(&other.position.order).then(by_version).then(
            if self.position.ident == other.position.ident { self.part.cmp(&other.part) } else { Ordering::Equal },
        )
    }
}
