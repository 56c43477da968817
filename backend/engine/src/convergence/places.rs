//! Places: partitions of sources as small numbers, how far each has been seen, and which keys wait for it to be seen
//! further. A frontier that moves wakes the keys whose time has come and looks at no others. It must not judge.

use std::{cmp::Reverse, collections::BinaryHeap};

use hashbrown::HashMap;
use plumbline_model::{
    ObservationId, Partition, SourceName, SourceTime,
    journal::{Gap, Progress},
};
use serde::{Deserialize, Serialize};

use super::keys::Slot;
use crate::Context;

/// A partition of a source under one count of partitions, or all partitions of a source together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug, Serialize, Deserialize)]
pub(super) struct PlaceId(u32);

#[derive(Default)]
pub(super) struct Places {
    places: Vec<Place>,
    /// By place; `MIN` where nobody can say. Apart from the places, so that one may judge by other frontiers.
    seen: Vec<SourceTime>,
    sources: Vec<Source>,
    grown: bool,
}

struct Place {
    name: PlaceName,
    source: usize,
    /// The first place that was the same partition: under another count the partition is the same log.
    lane: PlaceId,
    waits: BinaryHeap<Reverse<(SourceTime, Slot)>>,
}

/// A place as it is kept between runs.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct PlaceName {
    source: SourceName,
    /// With the epoch of the partition count (SEM-2); `None`: all of them.
    partition: Option<(Partition, u32)>,
}

struct Source {
    name: SourceName,
    epoch: u32,
    joint: PlaceId,
    // order: only looked up, and drained into `former`, whose members are all treated alike.
    current: HashMap<Partition, PlaceId>,
    /// Partitions under former counts: as far seen as all of them.
    former: Vec<PlaceId>,
    /// The partition that was asked for last: records come in runs.
    last: PlaceId,
}

impl Places {
    pub fn source(&mut self, name: &SourceName) -> usize {
        if let Some(known) = self.sources.iter().position(|source| source.name == *name) {
            return known;
        }
        let joint = self.add(self.sources.len(), PlaceName { source: name.clone(), partition: None });
        let (current, former) = (HashMap::new(), Vec::new());
        self.sources.push(Source { name: name.clone(), epoch: 0, joint, current, former, last: joint });
        self.sources.len() - 1
    }

    /// All partitions of a source together.
    pub fn joint(&mut self, source: &SourceName) -> PlaceId {
        let source = self.source(source);
        self.sources[source].joint
    }

    /// Where an observation stands, under the present count of partitions.
    pub fn of(&mut self, cx: &Context<'_>, id: &ObservationId) -> PlaceId {
        let index = self.source(&id.source);
        let source = &self.sources[index];
        if self.places[source.last.0 as usize].is(&id.partition) {
            return source.last;
        }
        let place = match source.current.get(&id.partition) {
            Some(place) => *place,
            None => {
                let partition = Some((id.partition.clone(), source.epoch));
                let place = self.add(index, PlaceName { source: id.source.clone(), partition });
                self.sources[index].current.insert(id.partition.clone(), place);
                self.look(cx, place);
                place
            }
        };
        self.sources[index].last = place;
        place
    }

    fn add(&mut self, source: usize, name: PlaceName) -> PlaceId {
        let id = PlaceId(self.places.len() as u32);
        let same = |place: &&Place| place.source == source && place.name.lane() == name.lane();
        let lane = self.places.iter().find(same).map_or(id, |place| place.lane);
        self.places.push(Place { name, source, lane, waits: BinaryHeap::new() });
        self.seen.push(SourceTime::MIN);
        self.grown = true;
        id
    }

    /// Which log it is, whatever the count of partitions.
    pub fn lane(&self, place: PlaceId) -> PlaceId {
        self.places[place.0 as usize].lane
    }

    pub fn name(&self, place: PlaceId) -> (&SourceName, Option<(&Partition, u32)>) {
        let name = &self.places[place.0 as usize].name;
        (&name.source, name.partition.as_ref().map(|(partition, epoch)| (partition, *epoch)))
    }

    /// Whether the gap may have hidden records of the place.
    pub fn touches(&self, gap: &Gap, place: PlaceId) -> bool {
        let (source, partition) = self.name(place);
        let other = gap.partition.as_ref().zip(partition).is_some_and(|(gap, (own, _))| gap != own);
        *source == gap.source && !other
    }

    /// How far each place has been seen.
    pub fn seen(&self) -> Seen<'_> {
        Seen(&self.seen)
    }

    /// The same, asked anew.
    pub fn seen_now(&self, cx: &Context<'_>) -> Vec<SourceTime> {
        (0..self.places.len()).map(|index| self.ask(cx, PlaceId(index as u32))).collect()
    }

    fn ask(&self, cx: &Context<'_>, place: PlaceId) -> SourceTime {
        let (source, partition) = self.name(place);
        cx.frontiers.frontier(source, partition).unwrap_or(SourceTime::MIN)
    }

    fn look(&mut self, cx: &Context<'_>, place: PlaceId) {
        self.seen[place.0 as usize] = self.ask(cx, place);
    }

    /// Asks for all frontiers anew, after a restart.
    pub fn look_everywhere(&mut self, cx: &Context<'_>) {
        self.seen = self.seen_now(cx);
        for source in &mut self.sources {
            source.epoch = cx.frontiers.epoch(&source.name);
            source.former.clear();
            source.current.clear();
            source.last = source.joint;
        }
        for (index, place) in self.places.iter().enumerate() {
            let source = &mut self.sources[place.source];
            let id = PlaceId(index as u32);
            match &place.name.partition {
                Some((partition, epoch)) if *epoch == source.epoch => {
                    source.current.insert(partition.clone(), id);
                }
                Some(_) => source.former.push(id),
                None => {}
            }
        }
    }

    /// A source was seen further. Returns the keys that may have waited for it, in no order.
    pub fn progress(&mut self, cx: &Context<'_>, progress: &Progress) -> Vec<Slot> {
        let index = self.source(&progress.source);
        let epoch = cx.frontiers.epoch(&progress.source);
        let source = &mut self.sources[index];
        let mut moved: Vec<PlaceId> = Vec::new();
        if source.epoch != epoch {
            source.epoch = epoch;
            source.last = source.joint;
            source.former.extend(source.current.drain().map(|(_, place)| place));
        }
        moved.push(source.joint);
        moved.extend(source.current.get(&progress.partition));
        moved.extend(&source.former);
        let mut awake = Vec::new();
        for place in moved {
            self.look(cx, place);
            let seen = self.seen[place.0 as usize];
            let waits = &mut self.places[place.0 as usize].waits;
            while let Some(Reverse((until, _))) = waits.peek()
                && *until <= seen
            {
                awake.extend(waits.pop().map(|Reverse((_, slot))| slot));
            }
        }
        awake
    }

    /// Wakes the key when the place has been seen up to `until`.
    pub fn wait(&mut self, place: PlaceId, until: SourceTime, slot: Slot) {
        self.places[place.0 as usize].waits.push(Reverse((until, slot)));
    }

    /// Forgets who waits, because the slots are given anew.
    pub fn forget_waits(&mut self) {
        self.places.iter_mut().for_each(|place| place.waits.clear());
    }

    /// The names in the order of their numbers, if there are new ones.
    pub fn take_grown(&mut self) -> Option<Vec<PlaceName>> {
        std::mem::take(&mut self.grown).then(|| self.places.iter().map(|place| place.name.clone()).collect())
    }

    /// Gives the same numbers to the same places again.
    pub fn load(&mut self, names: Vec<PlaceName>) {
        *self = Self::default();
        for name in names {
            match &name.partition {
                // A source's first place is its joint one, and adding the source adds it.
                None => drop(self.source(&name.source)),
                Some(_) => {
                    let source = self.source(&name.source);
                    self.add(source, name);
                }
            }
        }
        self.grown = false;
    }
}

impl Place {
    fn is(&self, partition: &Partition) -> bool {
        self.name.lane() == Some(partition)
    }
}

impl PlaceName {
    fn lane(&self) -> Option<&Partition> {
        self.partition.as_ref().map(|(partition, _)| partition)
    }
}

/// How far each place has been seen.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a>(pub &'a [SourceTime]);

impl Seen<'_> {
    pub fn of(&self, place: PlaceId) -> SourceTime {
        self.0.get(place.0 as usize).copied().unwrap_or(SourceTime::MIN)
    }
}
