//! What the server itself knows of each source: counts, rates, the assumed frontiers of push sources, and how far each
//! partition was seen. It tells pages; the engine decides from the journal alone.

use std::collections::{BTreeMap, VecDeque};

use plumbline_model::{
    Partition, ReceivedTime, SourceName,
    journal::{Gap, Progress},
    rollup::SourceCounts,
    time::MINUTE_NS,
};

/// Gaps remembered per source for the Collectors page; the journal has all of them.
const GAPS: usize = 32;
/// Minutes of counts kept for the sparkline.
const MINUTES: usize = 60;

/// All configured sources, in declared order of their names.
#[derive(Clone, Default, Debug)]
pub struct SourceStates {
    pub sources: BTreeMap<SourceName, SourceState>,
    pub now: ReceivedTime,
}

/// One source: its counts as far back as they are kept, the rest as seen since the program started.
#[derive(Clone, Default, Debug)]
pub struct SourceState {
    pub total: SourceCounts,
    /// Counts by minute of reception, newest last.
    pub minutes: VecDeque<(i64, SourceCounts)>,
    pub partitions: BTreeMap<Partition, Progress>,
    pub gaps: VecDeque<Gap>,
    pub last: Option<ReceivedTime>,
    /// Records that came before the program started, as far as they are kept; `total` has them too.
    pub before: u64,
    /// When a batch was refused for lack of room, and how often.
    pub refused: u64,
}

impl SourceStates {
    pub fn of(&mut self, source: &SourceName) -> &mut SourceState {
        if !self.sources.contains_key(source) {
            self.sources.insert(source.clone(), SourceState::default());
        }
        // The entry was made above.
        self.sources.entry(source.clone()).or_default()
    }

    /// What came of a source before the program started.
    pub fn kept(&mut self, source: &SourceName, counts: SourceCounts) {
        let state = self.of(source);
        state.before = counts.records;
        state.total = counts;
    }

    pub fn count(&mut self, source: &SourceName, counts: &SourceCounts, now: ReceivedTime) {
        let minute = now.0.div_euclid(MINUTE_NS);
        let state = self.of(source);
        state.total.add(counts);
        state.last = Some(now);
        match state.minutes.back_mut() {
            Some((last, sum)) if *last == minute => sum.add(counts),
            _ => {
                state.minutes.push_back((minute, *counts));
                if state.minutes.len() > MINUTES {
                    state.minutes.pop_front();
                }
            }
        }
    }

    pub fn progress(&mut self, progress: &Progress) {
        self.of(&progress.source).partitions.insert(progress.partition.clone(), progress.clone());
    }

    pub fn gap(&mut self, gap: &Gap) {
        let state = self.of(&gap.source);
        match state.gaps.iter_mut().find(|known| known.from == gap.from && known.partition == gap.partition) {
            Some(known) => *known = gap.clone(),
            None => {
                state.gaps.push_back(gap.clone());
                if state.gaps.len() > GAPS {
                    state.gaps.pop_front();
                }
            }
        }
    }
}

impl SourceState {
    /// Records per second over the last whole minutes (up to five) and the present one.
    pub fn rate_per_second(&self, now: ReceivedTime) -> f64 {
        let minute = now.0.div_euclid(MINUTE_NS);
        let recent = self.minutes.iter().filter(|(at, _)| minute - at <= 5);
        let (first, records) =
            recent.fold((minute, 0), |(first, sum), (at, counts)| (first.min(*at), sum + counts.records));
        let seconds = (now.0 - first * MINUTE_NS) as f64 / 1e9;
        records as f64 / seconds.max(1.0)
    }

    /// The least frontier over the partitions; `None` while one of them is not known.
    pub fn frontier(&self) -> Option<plumbline_model::SourceTime> {
        let known = self.partitions.len() as u32;
        let expected = self.partitions.values().map(|progress| progress.partitions).max()?;
        if known < expected {
            return None;
        }
        self.partitions.values().map(|progress| progress.frontier).min().flatten()
    }
}
