//! Marks of snapshots (SEM-8). A mark of the end may be read before rows of other partitions: whoever sweeps keys that were
//! not seen waits until the source's joint frontier has passed it.

use plumbline_model::{
    EntityName, ReplicaName, SourceName, SourceTime,
    journal::{Snapshot, SnapshotPhase},
};

use super::{Decoder, Mapper, SourceDecoder, replica::ReplicaMapping};
use crate::format::Mark;

impl Mapper<'_> {
    /// What a marked row says of the snapshot of its replica, and the last row of all of every other one.
    pub(super) fn mark(&mut self, replica: &ReplicaMapping, mark: Mark, at: SourceTime) {
        match mark {
            Mark::Single => self.out.single_rows = true,
            Mark::First => self.snapshot(replica, at, SnapshotPhase::Began),
            Mark::Last => self.snapshot(replica, at, SnapshotPhase::Ended),
            Mark::LastOfAll => {
                // Tables without a row are marked by nothing but this.
                let mapping = self.mapping;
                mapping.replicas.iter().for_each(|it| self.snapshot(it, at, SnapshotPhase::Ended));
            }
        }
    }

    fn snapshot(&mut self, replica: &ReplicaMapping, at: SourceTime, phase: SnapshotPhase) {
        if !replica.snapshots {
            return;
        }
        let snapshot = Snapshot { entity: replica.entity.clone(), replica: replica.replica.clone(), at, phase };
        if !self.out.snapshots.contains(&snapshot) {
            self.out.snapshots.push(snapshot);
        }
    }
}

/// A replica that is told by a topic of a log from its first record on is known to have been empty before it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FromStart {
    pub entity: EntityName,
    pub replica: ReplicaName,
    /// The topics that tell of it; empty: all of the source.
    pub topics: Vec<String>,
}

impl Decoder {
    /// The replicas of a source whose baseline is the empty state before the first record of their topics.
    pub fn from_start(&self, source: &SourceName) -> Vec<FromStart> {
        let Some(SourceDecoder::Mapped(mapping)) = self.sources.get(source) else { return Vec::new() };
        let direct = mapping.replicas.iter().filter(|replica| replica.from_start);
        direct
            .map(|replica| FromStart {
                entity: replica.entity.clone(),
                replica: replica.replica.clone(),
                topics: replica.matcher.topics.iter().map(ToString::to_string).collect(),
            })
            .collect()
    }
}
