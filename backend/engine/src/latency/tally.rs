//! What is added to the rollups between two ticks: amounts per minute and series, told in sorted order, so that neither the
//! cutting of batches nor the order of hashes shows (SEM-11). It must not know how a figure came about.

use std::collections::BTreeMap;

use plumbline_model::{
    Change, Lag, TraceId,
    rollup::{Amount, LogCounts, PathTime, Red, Rollup, Series},
    time::Minute,
    trace::PathPlace,
};
use serde::{Deserialize, Serialize};

use super::names::{NameId, Names};

/// Series and minutes that are gathered at most before they are told without waiting for a tick: about 20 MB.
const MAX_PENDING: usize = 50_000;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) enum Kind {
    Operation,
    Edge,
    OperationPath,
    EdgePath,
    Root,
    Logs,
}

type Key = (Minute, Kind, NameId);

/// Amounts that are not told yet.
#[derive(Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Tally(BTreeMap<Key, Amount>);

impl Tally {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    pub fn is_full(&self) -> bool {
        self.0.len() >= MAX_PENDING
    }

    pub fn red(&mut self, minute: Minute, kind: Kind, name: NameId, duration: Lag, failed: bool) {
        let amount = self.0.entry((minute, kind, name)).or_insert_with(|| Amount::Red(Red::default()));
        if let Amount::Red(red) = amount {
            red.count += 1;
            red.errors += u64::from(failed);
            red.duration.add(duration);
        }
    }

    /// Adds the time of one path. `whole` is the duration of its root.
    pub fn path(&mut self, minute: Minute, kind: Kind, name: NameId, trace: TraceId, time: Lag, whole: Lag) {
        if let Some(path) = self.path_time((minute, kind, name)) {
            path.traces += 1;
            path.time.add(time);
            path.whole = path.whole.saturating_add(whole);
            path.add_exemplar((trace, time));
        }
    }

    pub fn incomplete(&mut self, minute: Minute, name: NameId) {
        if let Some(path) = self.path_time((minute, Kind::Root, name)) {
            path.incomplete += 1;
        }
    }

    pub fn log(&mut self, minute: Minute, service: NameId, severity: u8) {
        let key = (minute, Kind::Logs, service);
        let amount = self.0.entry(key).or_insert_with(|| Amount::Logs(LogCounts::default()));
        if let Amount::Logs(logs) = amount {
            // OpenTelemetry: 13–16 warn, 17–20 error, 21–24 fatal.
            match severity {
                ..13 => logs.info += 1,
                13..17 => logs.warn += 1,
                17.. => logs.error += 1,
            }
        }
    }

    /// Tells everything, by minute and by name.
    pub fn tell(&mut self, names: &Names, out: &mut Vec<Change>) {
        let mut rollups: Vec<Rollup> = std::mem::take(&mut self.0)
            .into_iter()
            .map(|((minute, kind, name), amount)| Rollup { minute, series: series(names, kind, name), amount })
            .collect();
        rollups.sort_by(|left, right| (left.minute, &left.series).cmp(&(right.minute, &right.series)));
        out.extend(rollups.into_iter().map(|rollup| Change::Rollup(Box::new(rollup))));
    }

    fn path_time(&mut self, key: Key) -> Option<&mut PathTime> {
        match self.0.entry(key).or_insert_with(|| Amount::Path(PathTime::default())) {
            Amount::Path(path) => Some(path),
            _ => None,
        }
    }
}

fn series(names: &Names, kind: Kind, name: NameId) -> Series {
    match (kind, names.place(name)) {
        (Kind::Logs, _) => Series::Logs { service: names.service_name(name) },
        (Kind::Root, PathPlace::Operation { service, operation }) => Series::Root { service, operation },
        (Kind::OperationPath | Kind::EdgePath, PathPlace::Operation { service, operation }) => {
            Series::OperationPath { service, operation }
        }
        (Kind::Operation | Kind::Edge, PathPlace::Operation { service, operation }) => {
            Series::Operation { service, operation }
        }
        (Kind::OperationPath | Kind::EdgePath | Kind::Root, PathPlace::Edge { from, to, edge }) => {
            Series::EdgePath { from, to, edge }
        }
        (Kind::Operation | Kind::Edge, PathPlace::Edge { from, to, edge }) => Series::Edge { from, to, edge },
    }
}
