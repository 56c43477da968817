//! What the reader chose on a lineage's page: clock, folding, the cursor and the second one. All of it is in the URL.

use plumbline_model::{
    SourceTime,
    api::LineagePage,
    lineage::{EventMark, Lineage, ReplicaLineage, StateChange},
};

use crate::{charts::lanes::Folded, place::Place};

/// The view of a lineage that the URL asks for.
#[derive(Clone, Debug)]
pub struct Choice {
    /// By the time at which Plumbline received things, not by the time at which they happened.
    pub received: bool,
    pub fold: bool,
    pub axis: Folded,
    pub at: SourceTime,
    pub at2: Option<SourceTime>,
    /// The cursor was set by the reader.
    pub set: bool,
}

impl Choice {
    pub fn of(page: &LineagePage, place: &Place) -> Self {
        let received = place.get("clock") == Some("received");
        let fold = place.get("fold") != Some("off");
        let range = page.head.range;
        let mut times: Vec<SourceTime> =
            changes(&page.lineage).map(|change| time(received, change.at, change.received.0)).collect();
        times.extend(page.lineage.events.iter().map(|event| time(received, event.at, event.received.0)));
        if !received {
            times.extend(page.lineage.replicas.iter().flat_map(|replica| &replica.bands).map(|band| band.from));
        }
        Self {
            received,
            fold,
            axis: Folded::around(range.from, range.to, &times, fold),
            at: page.state.at,
            at2: page.second.as_ref().map(|second| second.at),
            set: place.get("at").is_some(),
        }
    }

    pub fn x_of(&self, change: &StateChange) -> f64 {
        self.axis.x(time(self.received, change.at, change.received.0))
    }

    pub fn x_of_event(&self, event: &EventMark) -> f64 {
        self.axis.x(time(self.received, event.at, event.received.0))
    }

    /// Whether a change lies within what is drawn.
    pub fn shows(&self, change: &StateChange) -> bool {
        let at = time(self.received, change.at, change.received.0);
        self.axis.stretches.first().is_some_and(|first| at >= first.from)
            && self.axis.stretches.last().is_some_and(|last| at <= last.to)
    }
}

/// Received times are drawn on the same axis as source times; they are told apart by the switch, never mixed.
fn time(received: bool, source: SourceTime, received_ns: i64) -> SourceTime {
    if received { SourceTime(received_ns) } else { source }
}

/// All changes in all places.
pub fn changes(lineage: &Lineage) -> impl Iterator<Item = &StateChange> {
    lineage.replicas.iter().flat_map(|replica| &replica.changes)
}

pub fn authority(lineage: &Lineage) -> Option<&ReplicaLineage> {
    lineage.replicas.iter().find(|replica| replica.authority)
}

/// The write of the authority that holds at a time.
pub fn write_at(lineage: &Lineage, at: SourceTime) -> Option<&StateChange> {
    authority(lineage)?.change_at(at)
}

/// The times of the changes right before and right after a time, in any place.
pub fn beside(lineage: &Lineage, at: SourceTime) -> (Option<SourceTime>, Option<SourceTime>) {
    let times = || changes(lineage).map(|change| change.at);
    (times().filter(|time| *time < at).max(), times().filter(|time| *time > at).min())
}

/// What a mark is called: its version, else its number in the order of its replica's changes.
pub fn label(change: &StateChange, index: usize) -> String {
    match (change.present, change.version) {
        (false, _) => "×".to_owned(),
        (true, Some(version)) => version.to_string(),
        (true, None) => (index + 1).to_string(),
    }
}
