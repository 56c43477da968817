//! Frontiers: up to when each partition of each source has been seen completely, and who vouches for it (SEM-2, SEM-3).
//! Every verdict that accuses asks here first (ENG-4). Frontiers are told by `Progress` records and never guessed.

use std::collections::{BTreeMap, BTreeSet};

use plumbline_model::{
    Lag, Partition, SourceName, SourceTime, Why,
    finding::FrontierEvidence,
    journal::{Gap, Progress, Proof, StateEntry},
    rules::Rules,
};
use serde::{Deserialize, Serialize};

use crate::{RestoreError, context};

/// Gaps remembered per source: beyond it the two nearest are joined, which says unknown too often and never too rarely.
const MAX_GAPS: usize = 64;
const LETTER: u8 = b'f';

/// The frontiers of all sources.
#[derive(Clone, Default)]
pub struct Frontiers {
    sources: BTreeMap<SourceName, SourceFrontier>,
    clock_errors: BTreeMap<SourceName, Lag>,
    dirty: BTreeSet<SourceName>,
}

/// The frontier of one source, partition by partition.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct SourceFrontier {
    pub partitions: BTreeMap<Partition, PartitionFrontier>,
    /// How many partitions the source is known to have.
    pub count: u32,
    /// Counts the changes of `count`: where a key was seen under an older one proves nothing (SEM-2).
    pub epoch: u32,
    pub gaps: Vec<GapSpan>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PartitionFrontier {
    pub frontier: Option<SourceTime>,
    pub position: Option<u64>,
    pub proof: Proof,
}

/// A stretch of source time of which records were missed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct GapSpan {
    pub partition: Option<Partition>,
    pub from: SourceTime,
    /// `None` while it lasts.
    pub to: Option<SourceTime>,
}

impl SourceFrontier {
    /// The least frontier over all partitions; `None` while one of them is not known.
    pub fn joint(&self) -> Option<SourceTime> {
        if self.partitions.is_empty() || (self.partitions.len() as u32) < self.count {
            return None;
        }
        self.partitions.values().map(|partition| partition.frontier).min().flatten()
    }

    fn of(&self, partition: Option<(&Partition, u32)>) -> Option<SourceTime> {
        match partition {
            Some((name, epoch)) if epoch == self.epoch => self.partitions.get(name).and_then(|known| known.frontier),
            _ => self.joint(),
        }
    }

    fn assumed(&self) -> bool {
        self.partitions.values().any(|it| matches!(it.proof, Proof::Assumed { .. } | Proof::Held { .. }))
    }

    fn silent_relay(&self) -> bool {
        self.partitions.values().any(|it| it.proof == Proof::RelaySilent)
    }
}

/// Joins the two gaps of one partition between which the least time lies; where no partition has two, two of different ones,
/// which is then a gap of all. One that still lasts is joined with none, because it would no longer be found when it ends.
fn join_nearest(gaps: &mut Vec<GapSpan>) {
    gaps.sort_by(|left, right| (&left.partition, left.from, left.to).cmp(&(&right.partition, right.from, right.to)));
    let between = |pair: &[GapSpan]| Some(pair[1].from.0.saturating_sub(pair[1].to.and(pair[0].to)?.0));
    let nearest = |gaps: &[GapSpan], together: fn(&[GapSpan]) -> bool| {
        let pairs = gaps.windows(2).enumerate().filter(|(_, pair)| together(pair));
        pairs.filter_map(|(left, pair)| Some((between(pair)?, left))).min().map(|(_, left)| left)
    };
    let nearest = nearest(gaps, |pair| pair[0].partition == pair[1].partition).or_else(|| {
        gaps.sort_by_key(|it| it.from);
        nearest(gaps, |_| true)
    });
    let Some(left) = nearest else { return };
    let right = gaps.remove(left + 1);
    let left = &mut gaps[left];
    if left.partition != right.partition {
        left.partition = None;
    }
    left.to = left.to.zip(right.to).map(|(left, right)| left.max(right));
}

impl Frontiers {
    pub fn progress(&mut self, progress: &Progress) {
        let source = self.sources.entry(progress.source.clone()).or_default();
        if source.count != progress.partitions {
            source.epoch += u32::from(source.count != 0);
            source.count = progress.partitions;
        }
        let partition = source.partitions.entry(progress.partition.clone()).or_insert(PartitionFrontier {
            frontier: None,
            position: None,
            proof: progress.proof.clone(),
        });
        // A frontier never goes back: what was vouched for stays vouched for.
        partition.frontier = partition.frontier.max(progress.frontier);
        partition.position = partition.position.max(progress.position);
        partition.proof = progress.proof.clone();
        self.dirty.insert(progress.source.clone());
    }

    pub fn gap(&mut self, gap: &Gap) {
        let source = self.sources.entry(gap.source.clone()).or_default();
        let open = source.gaps.iter_mut().find(|known| known.partition == gap.partition && known.from == gap.from);
        match open {
            Some(known) => known.to = gap.to,
            None => source.gaps.push(GapSpan { partition: gap.partition.clone(), from: gap.from, to: gap.to }),
        }
        if source.gaps.len() > MAX_GAPS {
            join_nearest(&mut source.gaps);
        }
        self.dirty.insert(gap.source.clone());
    }

    pub fn configure(&mut self, rules: &Rules) {
        self.clock_errors = rules.sources.iter().map(|source| (source.name.clone(), source.clock_error)).collect();
    }

    pub fn source(&self, name: &SourceName) -> Option<&SourceFrontier> {
        self.sources.get(name)
    }

    pub fn sources(&self) -> impl Iterator<Item = (&SourceName, &SourceFrontier)> {
        self.sources.iter()
    }

    /// Whether a recording of the source has come to its end: nothing will ever be seen beyond its frontier (SEM-4).
    pub fn ended(&self, name: &SourceName) -> bool {
        self.sources.get(name).is_some_and(|source| {
            let mut partitions = source.partitions.values().peekable();
            partitions.peek().is_some() && partitions.all(|it| it.proof == Proof::InputEnd)
        })
    }

    /// The furthest that anybody vouches for anything.
    pub fn furthest(&self) -> Option<SourceTime> {
        let partitions = self.sources.values().flat_map(|source| source.partitions.values());
        partitions.filter_map(|partition| partition.frontier).max()
    }

    /// The present epoch of a source's partitions, to be remembered beside the partition in which a key was seen.
    pub fn epoch(&self, source: &SourceName) -> u32 {
        self.sources.get(source).map_or(0, |it| it.epoch)
    }

    /// How far the source's clock may be off (SEM-1).
    pub fn clock_error(&self, source: &SourceName) -> Lag {
        self.clock_errors.get(source).copied().unwrap_or(Lag::from_millis(500))
    }

    /// How far the source has been seen; of one partition, where the key was seen in it under the present count (SEM-2).
    pub fn frontier(&self, source: &SourceName, partition: Option<(&Partition, u32)>) -> Option<SourceTime> {
        self.sources.get(source)?.of(partition)
    }

    /// Whether everything that the source could still bring up to `deadline` has been seen.
    ///
    /// # Errors
    /// The why of the `Unknown` that a verdict must be instead.
    pub fn passed(
        &self,
        source: &SourceName,
        partition: Option<(&Partition, u32)>,
        deadline: SourceTime,
    ) -> Result<(), Why> {
        let known = self.sources.get(source);
        match known.and_then(|it| it.of(partition)) {
            Some(frontier) if frontier >= deadline => Ok(()),
            _ if known.is_some_and(SourceFrontier::silent_relay) => Err(Why::RelaySilent { source: source.clone() }),
            _ => Err(Why::Blind { source: source.clone() }),
        }
    }

    /// Whether records of the source were missed between the two times, ends included.
    pub fn gap_between(
        &self,
        source: &SourceName,
        partition: Option<&Partition>,
        from: SourceTime,
        to: SourceTime,
    ) -> bool {
        self.sources.get(source).is_some_and(|known| {
            known.gaps.iter().any(|gap| {
                let same = gap.partition.is_none() || partition.is_none() || gap.partition.as_ref() == partition;
                same && gap.from <= to && gap.to.is_none_or(|end| end >= from)
            })
        })
    }

    /// What a finding says of the source's frontier (ENG-3).
    pub fn evidence(&self, source: &SourceName, partition: Option<(&Partition, u32)>) -> Option<FrontierEvidence> {
        let known = self.sources.get(source)?;
        Some(FrontierEvidence { source: source.clone(), frontier: known.of(partition)?, assumed: known.assumed() })
    }

    pub(crate) fn take_dirty(&mut self, entries: &mut Vec<StateEntry>) {
        for name in std::mem::take(&mut self.dirty) {
            entries.push(context::save(LETTER, name.as_str().as_bytes(), self.sources.get(&name)));
        }
    }

    pub(crate) fn load(&mut self, entry: &StateEntry) -> Result<(), RestoreError> {
        let name =
            std::str::from_utf8(&entry.key[1..]).map_err(|_| context::bad(entry, "the source's name is not UTF-8"))?;
        if let Some(source) = context::load(entry)? {
            self.sources.insert(SourceName::new(name), source);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap(partition: &str, from: i64, to: Option<i64>) -> Gap {
        let reason = plumbline_model::journal::GapReason::Poison;
        let (from, to) = (SourceTime(from), to.map(SourceTime));
        Gap { source: "shop".into(), partition: Some(partition.into()), from, to, reason }
    }

    fn missed(frontiers: &Frontiers, partition: &str, at: i64) -> bool {
        frontiers.gap_between(&"shop".into(), Some(&partition.into()), SourceTime(at), SourceTime(at))
    }

    /// Two bursts of what could not be read, an hour apart: the hour between them was seen.
    #[test]
    fn beyond_the_most_the_nearest_gaps_are_joined_and_what_lies_between_bursts_stays_seen() {
        let hour = 3_600;
        let mut frontiers = Frontiers::default();
        frontiers.gap(&gap("1", 5 * hour, None));
        let bursts: Vec<_> = (0..200).map(|n| if n % 2 == 0 { n } else { hour + n }).collect();
        for at in &bursts {
            frontiers.gap(&gap("0", *at, Some(*at)));
        }
        assert_eq!(frontiers.source(&"shop".into()).unwrap().gaps.len(), MAX_GAPS);
        assert!(bursts.iter().all(|at| missed(&frontiers, "0", *at)), "what was a gap stays one");
        assert!(!missed(&frontiers, "0", hour / 2), "nothing was missed between the bursts");
        assert!(!missed(&frontiers, "1", 10), "and none of another partition");
        assert!(missed(&frontiers, "1", 6 * hour), "it lasts");
        frontiers.gap(&gap("1", 5 * hour, Some(5 * hour + 1)));
        assert!(!missed(&frontiers, "1", 6 * hour), "until it is told to have ended");
    }

    #[test]
    fn where_each_partition_has_one_gap_two_become_one_of_all() {
        let mut frontiers = Frontiers::default();
        for n in 0..=MAX_GAPS as i64 {
            frontiers.gap(&gap(&n.to_string(), n * n, Some(n * n)));
        }
        assert_eq!(frontiers.source(&"shop".into()).unwrap().gaps.len(), MAX_GAPS);
        assert!(missed(&frontiers, "7", 0), "the two that are nearest: those of 0 and 1");
        assert!(!missed(&frontiers, "7", 4) && missed(&frontiers, "7", 49), "the others are of their partitions");
    }
}
