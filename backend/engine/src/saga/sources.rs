//! The sources of saga events: how far each has been seen, where it has gaps, how wrong its clock may be, and which
//! instances wait for it to be seen further. It must not judge; `promise.rs` does.

use std::cmp::Ordering;

use hashbrown::HashMap;
use plumbline_model::{
    Lag, ObservationId, Partition, SourceName, SourceTime, Why, finding::FrontierEvidence, journal::Proof, rules::Rules,
};
use serde::{Deserialize, Serialize};

use super::{agenda::Agenda, event::Seen};
use crate::{
    Context,
    frontier::{GapSpan, SourceFrontier},
};

/// A source, by number.
pub(super) type SourceIndex = u16;

/// What SEM-1 gives a source whose clock nobody declared.
const DEFAULT_CLOCK_ERROR: Lag = Lag::from_millis(500);

/// All sources that a saga names or that brought an event, and the partitions that events came from.
#[derive(Default)]
pub(super) struct Sources {
    sources: Vec<Source>,
    places: Vec<Place>,
    by_name: HashMap<SourceName, SourceIndex>,        // order: only looked up
    by_place: HashMap<(SourceIndex, Partition), u32>, // order: only looked up
    declared_errors: HashMap<SourceName, Lag>,        // order: only looked up
}

struct Source {
    name: SourceName,
    clock_error: Lag,
    reach: Reach,
    /// Who waits for the source to be seen up to when.
    waits: Agenda<SourceTime>,
}

/// How far a source has been seen, as last told. Kept, so that a verdict is the same after a restart.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
pub(super) struct Reach {
    /// The furthest joint frontier ever: a partition that is added later takes nothing back.
    pub reached: Option<SourceTime>,
    pub assumed: bool,
    /// A relay that says nothing of its time (SEM-2).
    pub silent: bool,
    pub gaps: Vec<GapSpan>,
}

struct Place {
    source: SourceIndex,
    partition: Partition,
}

/// Who must be judged again after a source was seen further.
#[derive(Default)]
pub(super) struct Advanced {
    pub instances: Vec<u32>,
    /// Whose wait for which source is over.
    pub waited: Vec<(u32, SourceIndex)>,
    /// A gap was told or closed: it may concern anybody.
    pub everybody: bool,
    /// Anything at all changed and is to be kept.
    pub changed: bool,
}

impl Sources {
    /// The number of a source, given on first sight.
    pub fn intern(&mut self, name: &SourceName) -> SourceIndex {
        if let Some(index) = self.by_name.get(name) {
            return *index;
        }
        let index = SourceIndex::try_from(self.sources.len()).unwrap_or(SourceIndex::MAX);
        self.sources.push(Source {
            name: name.clone(),
            clock_error: self.declared_errors.get(name).copied().unwrap_or(DEFAULT_CLOCK_ERROR),
            reach: Reach::default(),
            waits: Agenda::default(),
        });
        self.by_name.insert(name.clone(), index);
        index
    }

    /// The number of a partition of a source, given on first sight.
    pub fn place(&mut self, source: &SourceName, partition: &Partition) -> u32 {
        let source = self.intern(source);
        let key = (source, partition.clone());
        if let Some(place) = self.by_place.get(&key) {
            return *place;
        }
        let place = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        self.places.push(Place { source, partition: partition.clone() });
        self.by_place.insert(key, place);
        place
    }

    pub fn place_names(&self, place: u32) -> (&SourceName, &Partition) {
        let place = &self.places[place as usize];
        (&self.sources[usize::from(place.source)].name, &place.partition)
    }

    pub fn observation_id(&self, seen: &Seen) -> ObservationId {
        let (source, partition) = self.place_names(seen.place);
        ObservationId { source: source.clone(), partition: partition.clone(), position: seen.position, part: seen.part }
    }

    /// Takes over declared clock errors. Returns whether any changed.
    pub fn configure(&mut self, rules: &Rules) -> bool {
        let errors = rules.sources.iter().map(|source| (source.name.clone(), source.clock_error));
        self.declared_errors = errors.collect();
        let mut changed = false;
        for source in &mut self.sources {
            let declared = self.declared_errors.get(&source.name).copied().unwrap_or(DEFAULT_CLOCK_ERROR);
            changed |= declared != source.clock_error;
            source.clock_error = declared;
        }
        changed
    }

    /// Takes over what the frontiers now say.
    pub fn advance(&mut self, cx: &Context<'_>) -> Advanced {
        let mut advanced = Advanced::default();
        for (source, index) in self.sources.iter_mut().zip(0..) {
            let Some(known) = cx.frontiers.source(&source.name) else { continue };
            let reach = &mut source.reach;
            if reach.gaps != known.gaps {
                reach.gaps.clone_from(&known.gaps);
                advanced.everybody = true;
                advanced.changed = true;
            }
            let (assumed, silent) = proofs(known);
            if reach.silent != silent {
                advanced.instances.extend(source.waits.places());
            }
            advanced.changed |= (reach.silent, reach.assumed) != (silent, assumed);
            (reach.silent, reach.assumed) = (silent, assumed);
            let joint = known.joint();
            if joint > reach.reached {
                reach.reached = joint;
                advanced.changed = true;
                while let Some((_, instance)) = source.waits.first().filter(|first| Some(first.0) <= joint) {
                    source.waits.pop_first();
                    advanced.waited.push((instance, index));
                }
            }
        }
        advanced
    }

    /// How far apart two events must be to prove an order (SEM-16).
    pub fn errors(&self, one: &Seen, other: &Seen) -> Lag {
        self.error_of(one).saturating_add(self.error_of(other))
    }

    pub fn error_of(&self, seen: &Seen) -> Lag {
        self.sources[usize::from(self.places[seen.place as usize].source)].clock_error
    }

    pub fn clock_error(&self, source: SourceIndex) -> Lag {
        self.sources[usize::from(source)].clock_error
    }

    /// Whether `later` proves to have happened after `earlier`, whatever the clocks' errors.
    pub fn proves_after(&self, later: &Seen, earlier: &Seen) -> bool {
        later.at.since(earlier.at) > self.errors(later, earlier)
    }

    /// The order in which events are read: source time; ties by position, so that arrival never matters.
    pub fn order(&self, one: &Seen, other: &Seen) -> Ordering {
        one.at
            .cmp(&other.at)
            .then_with(|| self.place_names(one.place).cmp(&self.place_names(other.place)))
            .then_with(|| (one.position, one.part).cmp(&(other.position, other.part)))
    }

    /// The first of `sources` that has not been seen up to `time` and its own clock error, and up to when it must be.
    pub fn blocking(&self, sources: &[SourceIndex], time: SourceTime) -> Option<(SourceIndex, SourceTime)> {
        sources.iter().find_map(|index| {
            let source = &self.sources[usize::from(*index)];
            let needed = time.plus(source.clock_error);
            source.reach.reached.is_none_or(|reached| reached < needed).then_some((*index, needed))
        })
    }

    /// Why nothing can be said while the source stands in the way.
    pub fn why(&self, source: SourceIndex) -> Why {
        let source = &self.sources[usize::from(source)];
        let name = source.name.clone();
        if source.reach.silent { Why::RelaySilent { source: name } } else { Why::Blind { source: name } }
    }

    /// The first of `sources` of which records between the two times were missed.
    pub fn gap(&self, sources: &[SourceIndex], from: SourceTime, to: SourceTime) -> Option<Why> {
        sources.iter().map(|index| &self.sources[usize::from(*index)]).find_map(|source| {
            let overlaps = |gap: &GapSpan| gap.from <= to && gap.to.is_none_or(|end| end >= from);
            source.reach.gaps.iter().any(overlaps).then(|| Why::Gap { source: source.name.clone() })
        })
    }

    /// How far the sources had been seen, for a finding (ENG-3).
    pub fn evidence(&self, sources: &[SourceIndex]) -> Vec<FrontierEvidence> {
        let known = sources.iter().map(|index| &self.sources[usize::from(*index)]);
        known
            .filter_map(|source| {
                let Reach { reached, assumed, .. } = source.reach;
                Some(FrontierEvidence { source: source.name.clone(), frontier: reached?, assumed })
            })
            .collect()
    }

    pub fn wait(&mut self, source: SourceIndex, until: SourceTime, instance: u32) {
        self.sources[usize::from(source)].waits.insert(until, instance);
    }

    pub fn stop_waiting(&mut self, source: SourceIndex, until: SourceTime, instance: u32) {
        self.sources[usize::from(source)].waits.remove(until, instance);
    }

    /// Nobody waits any more; for when everybody is judged anew.
    pub fn stop_all_waiting(&mut self) {
        self.sources.iter_mut().for_each(|source| source.waits.clear());
    }

    /// What is to be kept, by name.
    pub fn reaches(&self) -> Vec<(SourceName, Reach)> {
        let mut reaches: Vec<_> = self.sources.iter().map(|it| (it.name.clone(), it.reach.clone())).collect();
        reaches.sort_by(|one, other| one.0.cmp(&other.0));
        reaches
    }

    pub fn restore(&mut self, reaches: Vec<(SourceName, Reach)>) {
        for (name, reach) in reaches {
            let index = self.intern(&name);
            self.sources[usize::from(index)].reach = reach;
        }
    }
}

/// Whether the frontier is an assumption, and whether a relay keeps silent about it.
fn proofs(known: &SourceFrontier) -> (bool, bool) {
    let proofs = || known.partitions.values().map(|partition| &partition.proof);
    let assumed = proofs().any(|proof| matches!(proof, Proof::Assumed { .. } | Proof::Held { .. }));
    (assumed, proofs().any(|proof| *proof == Proof::RelaySilent))
}
