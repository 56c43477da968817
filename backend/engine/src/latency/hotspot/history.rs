//! Times on paths per minute, and per hour where the baseline lies further back than minutes are remembered: as much of the
//! merged rollups as hotspots are judged by. It must not judge.

use std::collections::{BTreeMap, BTreeSet};

use plumbline_model::{
    Change, Lag, ObservationId, SourceTime, TraceId,
    journal::StateEntry,
    rollup::{Amount, EXEMPLARS, PathTime, Rollup, Series},
    sketch::Sketch,
    time::Minute,
    trace::{PathPlace, TraceSummary},
};
use serde::{Deserialize, Serialize};

use super::LETTER;
use crate::{RestoreError, context, latency::OTHER};

/// Minutes remembered: a window, the minutes before it that it is compared with, and as many more that may be unusable.
pub(crate) const MINUTES: i64 = 60;
/// Operations and edges looked at (LIM-1); about 30 MB with all their minutes. What is beyond it is counted as unwatched.
const MAX_PLACES: usize = 1_000;
const HOUR: i64 = 60;

/// A slow trace that shows the case.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Exemplar {
    pub trace: TraceId,
    pub time: Lag,
    /// The observation of its root, where the trace was told with it.
    pub root: Option<(ObservationId, SourceTime)>,
}

/// The time of one place on paths.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub(crate) struct Stay {
    pub time: Sketch,
    /// Durations of the roots whose paths it is on.
    pub whole: Lag,
    pub exemplars: Vec<Exemplar>,
}

impl Stay {
    pub fn merge(&mut self, more: &Self) {
        self.time.merge(&more.time);
        self.whole = self.whole.saturating_add(more.whole);
        more.exemplars.iter().for_each(|exemplar| self.add_exemplar(exemplar.clone()));
    }

    fn add_exemplar(&mut self, exemplar: Exemplar) {
        if self.exemplars.iter().any(|known| known.trace == exemplar.trace && known.time == exemplar.time) {
            return;
        }
        self.exemplars.push(exemplar);
        self.exemplars.sort_by_key(|it| (std::cmp::Reverse(it.time), it.trace));
        self.exemplars.truncate(EXEMPLARS);
    }
}

/// All places in one stretch of time.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub(crate) struct Slice {
    /// Paths that ended in it.
    pub paths: u64,
    pub places: BTreeMap<PathPlace, Stay>,
}

impl Slice {
    /// Returns false where there are too many places.
    fn add(&mut self, place: &PathPlace, stay: &Stay) -> bool {
        if let Some(known) = self.places.get_mut(place) {
            known.merge(stay);
        } else if self.places.len() < MAX_PLACES {
            self.places.insert(place.clone(), stay.clone());
        } else {
            return false;
        }
        true
    }
}

/// What is remembered of times on paths.
#[derive(Default)]
pub(crate) struct History {
    minutes: BTreeMap<Minute, Slice>,
    hours: BTreeMap<i64, Slice>,
    dirty: BTreeSet<Key>,
    /// Amounts that no hotspot can be found from, because there are too many places or the time is far off.
    unwatched: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Minute(Minute),
    Hour(i64),
}

impl History {
    /// Takes in the times on paths among the changes. `hours`: whether the baseline needs hours. `final_minute`: the last one
    /// that is final, if any is; what lies too far from it is a clock that is off.
    pub fn absorb(&mut self, changes: &[Change], hours: bool, final_minute: Option<Minute>) {
        let traces: BTreeMap<TraceId, &TraceSummary> = changes
            .iter()
            .filter_map(|change| if let Change::Trace(trace) = change { Some((trace.trace, &**trace)) } else { None })
            .collect();
        for change in changes {
            let Change::Rollup(rollup) = change else { continue };
            let Rollup { minute, series, amount: Amount::Path(path) } = &**rollup else { continue };
            if final_minute.is_some_and(|last| (minute.0 - last.0).abs() >= MINUTES) {
                self.unwatched += path.traces;
                continue;
            }
            match place(series) {
                Some(place) => self.add(*minute, &place, &stay(path, &traces), hours),
                None => self.add_paths(*minute, series, path, hours),
            }
        }
    }

    fn add(&mut self, minute: Minute, place: &PathPlace, stay: &Stay, hours: bool) {
        if stay.time.is_empty() || is_other(place) {
            return;
        }
        let mut known = self.minute_mut(minute).add(place, stay);
        if hours {
            // Exemplars of yesterday show nothing of today.
            let bare = Stay { exemplars: Vec::new(), ..stay.clone() };
            known &= self.hour_mut(minute).add(place, &bare);
        }
        self.unwatched += u64::from(!known);
    }

    fn add_paths(&mut self, minute: Minute, series: &Series, path: &PathTime, hours: bool) {
        if matches!(series, Series::Root { .. }) && path.traces > 0 {
            self.minute_mut(minute).paths += path.traces;
            if hours {
                self.hour_mut(minute).paths += path.traces;
            }
        }
    }

    fn minute_mut(&mut self, minute: Minute) -> &mut Slice {
        self.dirty.insert(Key::Minute(minute));
        self.minutes.entry(minute).or_default()
    }

    fn hour_mut(&mut self, minute: Minute) -> &mut Slice {
        let hour = minute.0.div_euclid(HOUR);
        self.dirty.insert(Key::Hour(hour));
        self.hours.entry(hour).or_default()
    }

    pub fn minute(&self, minute: Minute) -> Option<&Slice> {
        self.minutes.get(&minute)
    }

    /// The hour that a minute lies in.
    pub fn hour(&self, minute: Minute) -> Option<&Slice> {
        self.hours.get(&minute.0.div_euclid(HOUR))
    }

    pub const fn unwatched(&self) -> u64 {
        self.unwatched
    }

    /// Forgets minutes that lie too far before `last`, and hours that lie further back than `baseline` reaches.
    pub fn forget(&mut self, last: Minute, baseline: Lag) {
        let least = Minute(last.0 - MINUTES);
        while let Some(entry) = self.minutes.first_entry().filter(|entry| *entry.key() < least) {
            self.dirty.insert(Key::Minute(*entry.key()));
            entry.remove();
        }
        let least = SourceTime(last.start().0).minus(baseline).minute().0.div_euclid(HOUR) - 1;
        while let Some(entry) = self.hours.first_entry().filter(|entry| *entry.key() < least) {
            self.dirty.insert(Key::Hour(*entry.key()));
            entry.remove();
        }
    }

    pub fn take_dirty(&mut self, entries: &mut Vec<StateEntry>) {
        for key in std::mem::take(&mut self.dirty) {
            let (letter, at, slice) = match key {
                Key::Minute(minute) => (MINUTE, minute.0, self.minutes.get(&minute)),
                Key::Hour(hour) => (HOURLY, hour, self.hours.get(&hour)),
            };
            let mut key = vec![letter];
            key.extend_from_slice(&at.to_be_bytes());
            entries.push(context::save(LETTER, &key, slice));
        }
    }

    pub fn load(&mut self, entry: &StateEntry) -> Result<(), RestoreError> {
        let at = entry.key.get(2..).and_then(|at| Some(i64::from_be_bytes(at.try_into().ok()?)));
        let at = at.ok_or_else(|| context::bad(entry, "times on paths are kept under a time of 8 bytes"))?;
        let Some(slice) = context::load::<Slice>(entry)? else { return Ok(()) };
        if entry.key[1] == MINUTE {
            self.minutes.insert(Minute(at), slice);
        } else {
            self.hours.insert(at, slice);
        }
        Ok(())
    }
}

/// The second letters of the keys under which minutes and hours are kept.
pub(crate) const MINUTE: u8 = b'm';
pub(crate) const HOURLY: u8 = b'h';

fn place(series: &Series) -> Option<PathPlace> {
    match series.clone() {
        Series::OperationPath { service, operation } => Some(PathPlace::Operation { service, operation }),
        Series::EdgePath { from, to, edge } => Some(PathPlace::Edge { from, to, edge }),
        _ => None,
    }
}

/// What is many things at once cannot get slower.
fn is_other(place: &PathPlace) -> bool {
    match place {
        PathPlace::Operation { service, operation } => service.as_str() == OTHER || operation.as_str() == OTHER,
        PathPlace::Edge { from, to, .. } => from.as_str() == OTHER || to.as_str() == OTHER,
    }
}

fn stay(path: &PathTime, traces: &BTreeMap<TraceId, &TraceSummary>) -> Stay {
    let exemplar = |&(trace, time): &(TraceId, Lag)| Exemplar {
        trace,
        time,
        root: traces.get(&trace).map(|it| (it.observation.clone(), it.start)),
    };
    Stay { time: path.time.clone(), whole: path.whole, exemplars: path.exemplars.iter().map(exemplar).collect() }
}
