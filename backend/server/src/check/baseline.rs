//! What a recording tells of the keys that a replica held before it (SEM-8). A recording is the whole history, so a replica
//! began empty, unless the configuration says otherwise or the recording begins with a snapshot of it.

use plumbline_model::{
    Record, SourceName,
    journal::{Snapshot, SnapshotPhase},
    rules::{Baseline, Rules},
};

use super::{
    Input,
    scan::{Scan, SnapshotRows},
};
use crate::config::Config;

/// The rules with the baselines that hold for these recordings.
pub fn rules(config: &Config, inputs: &[Input], scans: &[Scan]) -> Rules {
    let mut rules = config.rules.clone();
    for entity in &mut rules.entities {
        let declared = config.file.entities.get(entity.name.as_str());
        for replica in &mut entity.replicas {
            let said = declared.and_then(|it| it.replicas.get(replica.name.as_str())).and_then(|it| it.baseline);
            if said.is_some() || !is_recorded(&replica.source, inputs) {
                continue;
            }
            let key = (entity.name.clone(), replica.name.clone());
            let has_rows = scans.iter().any(|scan| scan.snapshots.contains_key(&key));
            replica.baseline = if has_rows { Baseline::Snapshot } else { Baseline::Empty };
        }
    }
    rules
}

fn is_recorded(source: &SourceName, inputs: &[Input]) -> bool {
    inputs.iter().any(|input| input.tape.source == *source)
}

/// Marks of snapshots whose end the recording does not mark itself: they are around their rows.
pub struct Marks(Vec<(usize, SnapshotRows, Snapshot)>);

impl Marks {
    pub fn new(scans: &[Scan]) -> Self {
        let mut marks = Vec::new();
        for (file, scan) in scans.iter().enumerate() {
            for ((entity, replica), rows) in scan.snapshots.iter().filter(|(_, rows)| !rows.ends) {
                let (entity, replica) = (entity.clone(), replica.clone());
                let mark = Snapshot { entity, replica, at: rows.last_at, phase: SnapshotPhase::Began };
                marks.push((file, *rows, mark));
            }
        }
        Self(marks)
    }

    pub fn before(&self, file: usize, index: usize) -> Vec<Record> {
        self.at(SnapshotPhase::Began, |of, rows| of == file && rows.first == index)
    }

    pub fn after(&self, file: usize, index: usize) -> Vec<Record> {
        self.at(SnapshotPhase::Ended, |of, rows| of == file && rows.last == index)
    }

    fn at(&self, phase: SnapshotPhase, here: impl Fn(usize, &SnapshotRows) -> bool) -> Vec<Record> {
        let here = self.0.iter().filter(|(file, rows, _)| here(*file, rows));
        here.map(|(_, _, mark)| Record::Snapshot(Snapshot { phase, ..mark.clone() })).collect()
    }
}
