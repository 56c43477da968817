//! Hotspots: operations and edges that take more of the critical path than they used to. What is seen here spans many traces,
//! so it is a fold over the merged rollups of all engine partitions (ENG-5, SEM-14), with state of its own: four partitions
//! find what one finds. Only final minutes are compared (SEM-19). It must not be stepped inside of a partition.
//!
//! To be folded behind every `Tick` record, with all rollups *and trace summaries* that the partitions told since the tick
//! before (the summaries name the observations that a finding cites as evidence): the decision depends on the minutes that
//! have become final, and so on the ticks, never on how records were cut into batches.

mod confidence;
mod history;
mod judge;
mod stage;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use plumbline_model::{
    Change, FindingId, Lag, SourceTime,
    finding::BaselineKind,
    journal::StateEntry,
    rules::LatencyRule,
    time::{MINUTE_NS, Minute},
    trace::PathPlace,
};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use self::{
    history::{HOURLY, History, MINUTE, MINUTES, Slice, Stay},
    judge::{Baseline, Figures, MIN_SAMPLES},
    stage::{Next, Stage, Window},
};
use super::input_ended;
use crate::{Context, RestoreError, context};

/// The letter of this fold's pieces of state.
const LETTER: u8 = b'h';
/// The second letters of what is known of a place, and of how far was judged.
const PLACE: u8 = b'p';
const LAST: u8 = b'l';
/// Minutes that are taken together to have enough samples. More, and a change is seen later.
const MAX_WINDOW: i64 = 3;
/// Minutes of the preceding window that a window is compared with, and how few of them are enough. Where they hold fewer
/// samples than bound a p95 well, it reaches further back.
const PRECEDING: usize = 15;
const MIN_PRECEDING: usize = 3;
const ENOUGH_SAMPLES: u64 = 400;
/// A baseline that lies further back than this needs hours: the minutes are forgotten by then.
const LONGEST_BY_MINUTES: Lag = Lag((MINUTES - 2 * MAX_WINDOW) * MINUTE_NS);

/// The hotspots of all partitions.
#[derive(Default)]
pub struct Hotspots {
    history: History,
    places: BTreeMap<PathPlace, Known>,
    /// The last minute that was judged.
    last: Option<Minute>,
    dirty: BTreeSet<PathPlace>,
    last_is_dirty: bool,
    /// Whether any place was held against a baseline since this was made; not kept between runs.
    compared: bool,
}

/// What is known of a place beside its times.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
struct Known {
    stage: Option<Stage>,
    /// Minutes, ends included, in which it was a hotspot: no measure for what is usual.
    hot: Vec<(Minute, Minute)>,
}

impl Hotspots {
    /// Takes in what the partitions told since the last call and judges the minutes that have become final.
    pub fn fold(&mut self, cx: &Context<'_>, changes: &[Change]) -> Vec<Change> {
        let rule = &cx.rules.latency;
        let mut out = Vec::new();
        let last = last_final(cx).max(self.last);
        self.history.absorb(changes, rule.baseline > LONGEST_BY_MINUTES, last);
        let Some(last) = last.filter(|last| self.last.is_none_or(|judged| *last > judged)) else { return out };
        // What became final while nothing was told is judged as well, as far as it is remembered.
        let first = self.last.map_or(last.0, |judged| judged.0 + 1).max(last.0 - MINUTES + 1);
        for minute in (first..=last.0).map(Minute) {
            if is_seen(cx, minute) {
                self.judge(cx, minute, &mut out);
            }
        }
        self.last = Some(last);
        self.last_is_dirty = true;
        self.history.forget(last, rule.baseline);
        self.forget(last);
        out
    }

    /// The findings that are open, in the order of their places.
    pub fn open_findings(&self) -> impl Iterator<Item = FindingId> + '_ {
        self.places.values().filter_map(|known| match &known.stage {
            Some(Stage::Open { finding, .. }) => Some(finding.id),
            _ => None,
        })
    }

    /// Whether anything could have been found: some place had enough samples, and a baseline to be held against.
    pub const fn compared(&self) -> bool {
        self.compared
    }

    /// Amounts that no hotspot can be found from (LIM-1): too many places, or minutes far from the present.
    pub const fn unwatched(&self) -> u64 {
        self.history.unwatched()
    }

    fn judge(&mut self, cx: &Context<'_>, minute: Minute, out: &mut Vec<Change>) {
        let present = self.history.minute(minute).into_iter().flat_map(|slice| slice.places.keys());
        let places: BTreeSet<PathPlace> =
            present.chain(self.places.iter().filter(|it| it.1.stage.is_some()).map(|it| it.0)).cloned().collect();
        for place in places {
            let stage = self.places.get_mut(&place).and_then(|known| known.stage.take());
            let window = self.window(cx, &place, minute, stage.as_ref());
            let next = match stage {
                Some(stage) => {
                    let stage = self.measure_anew(cx, &place, minute, stage);
                    stage.go_on(cx, &place, minute, window.as_ref(), out)
                }
                None => match self.suspect(cx, &place, window.as_ref()) {
                    Some(stage) => Next::Stay(stage),
                    None => continue,
                },
            };
            let known = self.places.entry(place.clone()).or_default();
            match next {
                Next::Stay(stage) => known.stage = Some(stage),
                Next::Nothing(hot) => known.hot.extend(hot),
            }
            self.dirty.insert(place);
        }
    }

    /// Judges a place that nothing is held against.
    fn suspect(&mut self, cx: &Context<'_>, place: &PathPlace, window: Option<&Window>) -> Option<Stage> {
        let window = window?;
        let baseline = self.baseline(cx, place, window.first, window.last)?;
        self.compared = true;
        Stage::begin(&cx.rules.latency, window, baseline)
    }

    /// The last minutes of a place, as few as are enough to judge it; `None` if three are not enough.
    fn window(&self, cx: &Context<'_>, place: &PathPlace, last: Minute, stage: Option<&Stage>) -> Option<Window> {
        let from = stage.map_or(Minute(i64::MIN), Stage::looks_from);
        let (mut stay, mut paths) = (Stay::default(), 0);
        for first in (last.0 - MAX_WINDOW + 1..=last.0).rev().map(Minute).filter(|minute| *minute >= from) {
            if let Some(slice) = self.history.minute(first).filter(|_| is_seen(cx, first)) {
                add(&mut stay, &mut paths, slice, place);
            }
            if stay.time.count() >= MIN_SAMPLES {
                let figures = Figures::new(&stay, paths)?;
                return Some(Window { first, last, stay, figures });
            }
        }
        None
    }

    /// What is usual for a place: the same window earlier, or what came before as long as there is not so much history.
    fn baseline(&self, cx: &Context<'_>, place: &PathPlace, first: Minute, last: Minute) -> Option<Baseline> {
        self.same_window_earlier(cx, place, first, last).or_else(|| self.preceding(cx, place, first))
    }

    fn same_window_earlier(
        &self,
        cx: &Context<'_>,
        place: &PathPlace,
        first: Minute,
        last: Minute,
    ) -> Option<Baseline> {
        let ago = cx.rules.latency.baseline;
        let (first, last) = (first.start().minus(ago).minute(), last.start().minus(ago).minute());
        let (mut stay, mut paths) = (Stay::default(), 0);
        if ago > LONGEST_BY_MINUTES {
            add(&mut stay, &mut paths, self.history.hour(first)?, place);
        } else {
            for minute in (first.0..=last.0).map(Minute).filter(|minute| is_seen(cx, *minute)) {
                add(&mut stay, &mut paths, self.history.minute(minute)?, place);
            }
        }
        Baseline::new(BaselineKind::SameWindowEarlier, &stay, paths)
    }

    fn preceding(&self, cx: &Context<'_>, place: &PathPlace, first: Minute) -> Option<Baseline> {
        let hot = self.places.get(place).map_or(&[][..], |known| known.hot.as_slice());
        let is_usual = |minute: Minute| hot.iter().all(|(from, to)| minute < *from || minute > *to);
        let usual = (first.0 - MINUTES..first.0)
            .rev()
            .map(Minute)
            .filter(|minute| is_usual(*minute) && is_seen(cx, *minute))
            .filter_map(|minute| self.history.minute(minute))
            .filter(|slice| slice.places.contains_key(place));
        let (mut stay, mut paths, mut minutes) = (Stay::default(), 0, 0);
        for slice in usual {
            if minutes >= PRECEDING && stay.time.count() >= ENOUGH_SAMPLES {
                break;
            }
            add(&mut stay, &mut paths, slice, place);
            minutes += 1;
        }
        Baseline::new(BaselineKind::Preceding, &stay, paths).filter(|_| minutes >= MIN_PRECEDING)
    }

    /// A hotspot that is as old as the baseline reaches back is compared with itself from then on: the new is the usual.
    fn measure_anew(&self, cx: &Context<'_>, place: &PathPlace, minute: Minute, stage: Stage) -> Stage {
        match stage {
            Stage::Open { finding, since, judged, baseline, calm }
                if minute.start().since(since.end()) >= cx.rules.latency.baseline =>
            {
                let baseline = self.same_window_earlier(cx, place, minute, minute).unwrap_or(baseline);
                Stage::Open { finding, since, judged, baseline, calm }
            }
            stage => stage,
        }
    }

    /// Forgets when places were hot once that is further back than minutes are remembered.
    fn forget(&mut self, last: Minute) {
        let dirty = &mut self.dirty;
        self.places.retain(|place, known| {
            let before = known.hot.len();
            known.hot.retain(|(_, to)| to.0 > last.0 - MINUTES);
            let keep = known.stage.is_some() || !known.hot.is_empty();
            if !keep || known.hot.len() != before {
                dirty.insert(place.clone());
            }
            keep
        });
    }

    /// The pieces of state that changed since the last call, to be kept with the position of the tick behind which it is.
    pub fn take_dirty(&mut self) -> Vec<StateEntry> {
        let mut entries = Vec::new();
        self.history.take_dirty(&mut entries);
        for place in std::mem::take(&mut self.dirty) {
            let known = self.places.get(&place).map(|known| (&place, known));
            entries.push(context::save(LETTER, &key(&place), known.as_ref()));
        }
        if std::mem::take(&mut self.last_is_dirty) {
            entries.push(context::save(LETTER, &[LAST], self.last.as_ref()));
        }
        entries
    }

    /// Rebuilds the fold from every piece that `take_dirty` ever gave and that was not replaced, in any order.
    ///
    /// # Errors
    /// When a piece was written by another version of the engine or is damaged.
    pub fn restore(entries: impl IntoIterator<Item = StateEntry>) -> Result<Self, RestoreError> {
        let mut hotspots = Self::default();
        for entry in entries {
            match entry.key.get(..2) {
                Some(&[LETTER, MINUTE | HOURLY]) => hotspots.history.load(&entry)?,
                Some(&[LETTER, PLACE]) => hotspots.places.extend(context::load::<(PathPlace, Known)>(&entry)?),
                Some(&[LETTER, LAST]) => hotspots.last = context::load(&entry)?,
                _ => return Err(context::bad(&entry, "the fold of hotspots has no such piece")),
            }
        }
        Ok(hotspots)
    }
}

fn key(place: &PathPlace) -> [u8; 9] {
    let hash = xxh3_64(&postcard::to_stdvec(place).unwrap_or_default());
    let mut key = [PLACE; 9];
    key[1..].copy_from_slice(&hash.to_be_bytes());
    key
}

fn add(stay: &mut Stay, paths: &mut u64, slice: &Slice, place: &PathPlace) {
    *paths += slice.paths;
    if let Some(more) = slice.places.get(place) {
        stay.merge(more);
    }
}

/// The last minute that all sources of spans have passed by `settle`, at the end of recorded input the one that it ended in;
/// `None` while one of them says nothing.
fn last_final(cx: &Context<'_>) -> Option<Minute> {
    let rule: &LatencyRule = &cx.rules.latency;
    let frontiers = rule.sources.iter().map(|source| cx.frontiers.frontier(source, None));
    let least: SourceTime = frontiers.min().flatten()?;
    if input_ended(cx) {
        return Some(least.minute());
    }
    Some(Minute(least.minus(rule.settle).minute().0 - 1))
}

/// Whether nothing is known to be missing of a minute.
fn is_seen(cx: &Context<'_>, minute: Minute) -> bool {
    let sources = &cx.rules.latency.sources;
    !sources.iter().any(|source| cx.frontiers.gap_between(source, None, minute.start(), minute.end()))
}
