//! What decoding a record gives. Together with the record's position it is a complete account: what is in neither
//! `observations` nor `issues` was not mapped, and is counted (COL-1).

use plumbline_model::{
    Observation, Record,
    journal::{Snapshot, SnapshotPhase},
};

use crate::Issue;

/// What one record (or one request) gave.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Decoded {
    pub observations: Vec<Observation>,
    /// Documents that it was: the events of a batch, or itself; one that could not be read is one. 0 for OTLP, whose requests
    /// count their own.
    pub documents: u64,
    /// Marks of a snapshot that the record begins or ends. Those that begin it belong before the observations, those that
    /// end it behind them; `append_to` does so.
    pub snapshots: Vec<Snapshot>,
    /// A row of an incremental snapshot: of other keys it says nothing.
    pub single_rows: bool,
    pub issues: Vec<Issue>,
    /// Records, or events of a batch, that no mapping took.
    pub unmapped: u32,
    /// Attributes that were not kept, or not whole, because there were too many or they were too long (LIM-1).
    pub cut_attributes: u64,
}

impl Decoded {
    pub(crate) fn issue(issue: Issue) -> Self {
        Self { issues: vec![issue], ..Self::default() }
    }

    /// Takes in what another record gave, behind this.
    pub fn merge(&mut self, other: Self) {
        self.observations.extend(other.observations);
        self.documents += other.documents;
        self.snapshots.extend(other.snapshots);
        self.single_rows |= other.single_rows;
        self.issues.extend(other.issues);
        self.unmapped += other.unmapped;
        self.cut_attributes += other.cut_attributes;
    }

    /// Appends the records for the journal, in the order in which they must be stepped. Observations join those at the end.
    pub fn append_to(self, records: &mut Vec<Record>) {
        let (ends, begins): (Vec<_>, Vec<_>) =
            self.snapshots.into_iter().partition(|mark| mark.phase == SnapshotPhase::Ended);
        records.extend(begins.into_iter().map(Record::Snapshot));
        if !self.observations.is_empty() {
            match records.last_mut() {
                Some(Record::Observations(last)) => last.extend(self.observations),
                _ => records.push(Record::Observations(self.observations)),
            }
        }
        records.extend(ends.into_iter().map(Record::Snapshot));
    }
}
