//! The verdicts of one key over time: the convergence checker is shown the key's observations in the order of source time, with
//! every source seen up to each moment, and asked after each change and each deadline. It decides; this only writes down.

use std::collections::{BTreeMap, BTreeSet};

use plumbline_model::{
    Fact, Key, Lag, Observation, Partition, ReceivedTime, Record, ReplicaName, SourceName, SourceTime, Tick, Verdict,
    api::VerdictWord,
    journal::{Progress, Proof, Snapshot, SnapshotPhase},
    lineage::Band,
    rules::{Baseline, Capture, EntityRule, Rules, SourceRule},
};

use crate::{Engine, frontier::Frontiers};

/// Moments looked at for one key at most: beyond it the page is cut anyway (LIM-1).
const MOMENTS_MAX: usize = 10_000;

/// Bands by replica, without the authority's own.
pub(super) fn bands(
    rule: &EntityRule,
    key: &Key,
    observations: &[Observation],
    frontiers: &Frontiers,
) -> BTreeMap<ReplicaName, Vec<Band>> {
    let mut states: Vec<&Observation> = observations.iter().filter(|it| matches!(it.fact, Fact::State(_))).collect();
    states.sort_by(|left, right| (left.at, &left.id).cmp(&(right.at, &right.id)));
    let Some(last) = states.last().map(|it| it.at) else { return BTreeMap::new() };
    let mut watch = Watch::new(rule, &states);
    let mut bands: BTreeMap<ReplicaName, Vec<Band>> = BTreeMap::new();
    let mut waiting: BTreeSet<SourceTime> = BTreeSet::new();
    let seen = seen_until(rule, frontiers).unwrap_or(last).max(last);
    let mut next = 0;
    for _ in 0..MOMENTS_MAX {
        let change = states.get(next).map(|it| it.at);
        let due = waiting.first().copied();
        let Some(moment) = change.into_iter().chain(due).min().filter(|moment| *moment <= seen) else { break };
        waiting.remove(&moment);
        let until = next + states[next..].iter().take_while(|it| it.at <= moment).count();
        watch.show(&states[next..until], moment);
        next = until;
        for (replica, verdict) in watch.verdicts(rule, key) {
            if let Verdict::Lagging { due } = verdict
                && due > moment
            {
                waiting.insert(due);
            }
            note(bands.entry(replica).or_default(), moment, &verdict);
        }
    }
    bands
}

/// Ends the band before and begins another where the verdict is another.
fn note(bands: &mut Vec<Band>, from: SourceTime, verdict: &Verdict) {
    let band = match verdict {
        Verdict::Converged => band(from, VerdictWord::Converged),
        Verdict::Lagging { due } => Band { due: Some(*due), ..band(from, VerdictWord::Lagging) },
        Verdict::Diverged { reason } => {
            Band { reason: Some(reason.word().to_owned()), ..band(from, VerdictWord::Diverged) }
        }
        Verdict::Unknown { why } => Band { why: Some(why.to_string()), ..band(from, VerdictWord::Unknown) },
    };
    if let Some(before) = bands.last_mut() {
        if (before.verdict, &before.reason, &before.why) == (band.verdict, &band.reason, &band.why) {
            before.due = band.due;
            return;
        }
        before.to = Some(from);
    }
    bands.push(band);
}

const fn band(from: SourceTime, verdict: VerdictWord) -> Band {
    Band { from, to: None, verdict, reason: None, why: None, due: None }
}

/// Up to when all sources of the entity were seen; `None` while one of them says nothing.
fn seen_until(rule: &EntityRule, frontiers: &Frontiers) -> Option<SourceTime> {
    rule.replicas.iter().map(|replica| frontiers.frontier(&replica.source, None)).min().flatten()
}

/// A checker that is shown one key.
struct Watch {
    engine: Engine,
    /// Every place in which the key was seen, and how many of them each source has.
    places: Vec<(SourceName, Partition, u32)>,
}

impl Watch {
    fn new(rule: &EntityRule, states: &[&Observation]) -> Self {
        let sources: BTreeSet<&SourceName> = rule.replicas.iter().map(|replica| &replica.source).collect();
        let source =
            |name: &&SourceName| SourceRule { name: (*name).clone(), clock_error: Lag::ZERO, capture: Capture::Direct };
        let mut entity = rule.clone();
        // Whether a baseline was complete is the journal's to say; the page tells what the observations alone say.
        entity
            .replicas
            .iter_mut()
            .filter(|it| it.baseline == Baseline::Snapshot)
            .for_each(|it| it.baseline = Baseline::Empty);
        let rules = Rules { sources: sources.iter().map(source).collect(), entities: vec![entity], ..Rules::default() };
        let mut partitions: BTreeMap<&SourceName, BTreeSet<&Partition>> = BTreeMap::new();
        for state in states {
            partitions.entry(&state.id.source).or_default().insert(&state.id.partition);
        }
        let none = Partition::default();
        for source in sources {
            let known = partitions.entry(source).or_default();
            if known.is_empty() {
                known.insert(&none);
            }
        }
        let count = |known: &BTreeSet<&Partition>| known.len() as u32;
        let places = partitions.iter().flat_map(|(source, known)| {
            known.iter().map(move |partition| ((*source).clone(), (*partition).clone(), count(known)))
        });
        let mut watch = Self { places: places.collect(), engine: Engine::new(rules) };
        let first = states.first().map_or(SourceTime(0), |it| it.at);
        let empty = rule.replicas.iter().filter(|it| it.baseline != Baseline::None).map(|replica| {
            let (entity, replica) = (rule.name.clone(), replica.name.clone());
            Record::Snapshot(Snapshot { entity, replica, at: first, phase: SnapshotPhase::FromEmpty })
        });
        let empty: Vec<_> = empty.collect();
        watch.engine.step(&empty);
        watch
    }

    /// Shows observations, and that everything up to `moment` was seen.
    fn show(&mut self, states: &[&Observation], moment: SourceTime) {
        let mut records = vec![Record::Observations(states.iter().map(|it| (*it).clone()).collect())];
        records.extend(self.places.iter().map(|(source, partition, partitions)| {
            Record::Progress(Progress {
                source: source.clone(),
                partition: partition.clone(),
                position: None,
                frontier: Some(moment),
                proof: Proof::Recording,
                partitions: *partitions,
            })
        }));
        records.push(Record::Tick(Tick { now: ReceivedTime(moment.0) }));
        self.engine.step(&records);
    }

    fn verdicts(&self, rule: &EntityRule, key: &Key) -> Vec<(ReplicaName, Verdict)> {
        let context = self.engine.context();
        let verdicts = self.engine.convergence().verdicts_of_key(&context, &rule.name, key);
        verdicts.into_iter().map(|it| (it.replica.clone(), it.verdict)).collect()
    }
}
