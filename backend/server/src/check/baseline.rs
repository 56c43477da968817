//! What a recording tells of the keys that a replica held before it (SEM-8). A recording is the whole history, so a replica
//! began empty, unless the configuration says otherwise or the recording begins with a snapshot of it. Rows of a snapshot that
//! stand anywhere else say nothing of other keys, unless the recording marks it.

use std::collections::BTreeSet;

use plumbline_model::{
    EntityName, Record, ReplicaName, SourceName, SourceTime,
    journal::{Snapshot, SnapshotPhase},
    rules::{Baseline, Rules},
};

use super::{
    Input,
    scan::{First, Scan, Sights},
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
            let snapshot = Beginning::of(scans, &key).is_snapshot();
            replica.baseline = if snapshot { Baseline::Snapshot } else { Baseline::Empty };
        }
    }
    rules
}

fn is_recorded(source: &SourceName, inputs: &[Input]) -> bool {
    inputs.iter().any(|input| input.tape.source == *source)
}

/// How the states of a replica begin in all files that have any.
struct Beginning(Vec<(usize, Sights)>);

impl Beginning {
    fn of(scans: &[Scan], key: &(EntityName, ReplicaName)) -> Self {
        let sights = scans.iter().enumerate().filter_map(|(file, scan)| Some((file, *scan.sights.get(key)?)));
        Self(sights.collect())
    }

    fn first(&self) -> Option<(SourceTime, First)> {
        self.0.iter().filter_map(|(_, sights)| sights.first).min()
    }

    fn end(&self) -> Option<SourceTime> {
        self.0.iter().filter_map(|(_, sights)| sights.ends).min()
    }

    /// Whether it is a snapshot, whole or not. One that comes later finds a replica of which all is known.
    fn is_snapshot(&self) -> bool {
        match self.first() {
            Some((_, First::Row | First::Single)) => true,
            Some((at, _)) => self.end().is_some_and(|end| end <= at),
            None => self.end().is_some(),
        }
    }

    /// The first and the last row of a snapshot that marks no end, with their files. It is whole as far as anybody can tell:
    /// each file begins with rows of it, or with a key that was created behind them.
    fn unmarked(&self) -> Option<[(SourceTime, usize, usize); 2]> {
        let fits = |sights: &Sights| matches!(sights.first, None | Some((_, First::Row | First::Create)));
        let begins = matches!(self.first(), Some((_, First::Row)));
        if !begins || self.end().is_some() || !self.0.iter().all(|(_, sights)| fits(sights)) {
            return None;
        }
        let rows = || self.0.iter().filter_map(|(file, sights)| Some((*file, sights.rows?)));
        let first = rows().map(|(file, rows)| (rows.first.0, file, rows.first.1)).min()?;
        let last = rows().map(|(file, rows)| (rows.last.0, file, rows.last.1)).max()?;
        Some([first, last])
    }
}

/// Marks of snapshots whose end the recording does not mark itself: one in front of the first row, one behind the last.
pub struct Marks(Vec<(usize, usize, Snapshot)>);

impl Marks {
    pub fn new(scans: &[Scan]) -> Self {
        let replicas: BTreeSet<_> = scans.iter().flat_map(|scan| scan.sights.keys()).collect();
        let mut marks = Vec::new();
        for key in replicas {
            let Some(ends) = Beginning::of(scans, key).unmarked() else { continue };
            for ((at, file, index), phase) in ends.into_iter().zip([SnapshotPhase::Began, SnapshotPhase::Ended]) {
                let (entity, replica) = key.clone();
                marks.push((file, index, Snapshot { entity, replica, at, phase }));
            }
        }
        Self(marks)
    }

    pub fn before(&self, file: usize, index: usize) -> Vec<Record> {
        self.at(SnapshotPhase::Began, (file, index))
    }

    pub fn after(&self, file: usize, index: usize) -> Vec<Record> {
        self.at(SnapshotPhase::Ended, (file, index))
    }

    fn at(&self, phase: SnapshotPhase, place: (usize, usize)) -> Vec<Record> {
        let here = self.0.iter().filter(|(file, index, mark)| (*file, *index) == place && mark.phase == phase);
        here.map(|(_, _, mark)| Record::Snapshot(mark.clone())).collect()
    }
}
