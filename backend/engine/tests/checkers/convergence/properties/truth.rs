//! Ground truth: what an authority really wrote and what its replicas really did, by a clock that is never wrong, and the
//! journals that honest sources make of it. Everything follows from a seed.
//!
//! A clean truth keeps the contract of SEM-22: lag + skew < within, |skew| ≤ clock error. A journal keeps the contract of
//! frontiers: no record at or below an announced one. Order of arrival, duplicates and the pace of frontiers are arbitrary.

use std::collections::BTreeMap;

use plumbline_model::{
    Cause, Fact, Key, Lag, Observation, ObservationId, Partition, Position, ReceivedTime, Record, Route, SourceTime,
    Tick,
    journal::{Progress, Proof, Snapshot, SnapshotPhase},
    rules::{Baseline, Capture, EntityRule, FieldRule, ReplicaRule, Rules, SourceRule},
    state::{Content, Field, FieldValue, StateFact, StateKind},
};
use xxhash_rust::xxh3::xxh3_64;

use super::{
    follow::{Dice, expire, follow},
    worlds::World,
};

pub const WITHIN: Lag = Lag::from_secs(5);
pub const CLOCK_ERROR: Lag = Lag::from_millis(300);
/// Leaves room for the skews of both sides below `WITHIN`.
pub const LAG_MAX: Lag = Lag::from_secs(4);
/// The authority, a full replica, and one that maps only the first field.
pub const REPLICAS: [&str; 3] = ["db", "view", "copy"];
/// In a split world the authority of the second field, which tells the same truth as `db` beside it.
pub const BILLING: usize = 3;
const FIELDS: [&str; 2] = ["a", "b"];

/// A state that came to be at a true time. `None`: the key was gone.
#[derive(Clone, PartialEq, Debug)]
pub struct State {
    pub at: SourceTime,
    pub fields: Option<[u64; 2]>,
    pub version: i64,
}

/// What a source tells at a time: a state of a key, or a row of a snapshot that shows it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Entry {
    at: SourceTime,
    key: u64,
    index: usize,
    row: bool,
}

/// What every replica held when, by key and replica; the first replica is the authority.
#[derive(Clone, Debug)]
pub struct Truth {
    pub world: World,
    pub states: BTreeMap<(u64, usize), Vec<State>>,
}

impl Truth {
    /// A world in which every replica keeps its promise.
    pub fn clean(world: World) -> Self {
        let mut dice = Dice::new(world.seed);
        let mut truth = Self { world, states: BTreeMap::new() };
        for key in 0..world.keys {
            let writes = truth.writes(&mut dice);
            for replica in 1..REPLICAS.len() {
                let mut states = follow(&writes, &mut dice);
                if world.expires && replica == 1 {
                    states = expire(&writes, states, &mut dice);
                }
                truth.states.insert((key, replica), states);
            }
            truth.states.insert((key, 0), writes);
        }
        truth
    }

    fn writes(&self, dice: &mut Dice) -> Vec<State> {
        let mut writes: Vec<State> = Vec::new();
        let (mut at, mut version) = (10_000_000_000, 0);
        for index in 0..self.world.writes {
            // Gaps from a hundredth of a second to ten; odd nanoseconds, so that no two times are equal.
            let scale = 1 << dice.roll(11);
            at += 10_000_001 * (1 + dice.roll(scale) as i64);
            let before = writes.last().and_then(|write| write.fields);
            let value = |dice: &mut Dice| if self.world.returning { 1 + dice.roll(3) } else { 10 + index };
            let fields = match before {
                Some(_) if self.world.deletes && dice.one_in(4) => None,
                Some([a, b]) => Some(match dice.roll(3) {
                    0 => [value(dice), b],
                    1 => [a, value(dice)],
                    _ => [value(dice), value(dice)],
                }),
                None => Some([value(dice), value(dice)]),
            };
            version = if before.is_none() { 1 } else { version + 1 };
            writes.push(State { at: SourceTime(at), fields, version });
        }
        writes
    }

    /// When nothing can happen any more.
    pub fn end(&self) -> SourceTime {
        let last = self.states.values().flatten().map(|state| state.at).max().unwrap_or_default();
        last.plus(Lag::from_secs(60))
    }

    /// The replicas that there are, by number.
    fn replicas(&self) -> std::ops::Range<usize> {
        0..if self.world.split { BILLING + 1 } else { REPLICAS.len() }
    }

    /// The fields that a replica maps.
    fn maps(&self, replica: usize) -> &'static [usize] {
        match replica {
            BILLING => &[1],
            0 if self.world.split => &[0],
            2 => &[0],
            _ => &[0, 1],
        }
    }

    /// What a replica held when; the authority of the second field holds what the main one does.
    fn held(&self, key: u64, replica: usize) -> &[State] {
        &self.states[&(key, if replica == BILLING { 0 } else { replica })]
    }

    /// What a replica has to tell of a key: the authorities of a split world, only what changes their own field.
    pub fn tells(&self, key: u64, replica: usize) -> Vec<usize> {
        let states = self.held(key, replica);
        let news = |index: &usize| {
            let before = index.checked_sub(1).and_then(|before| states[before].fields);
            let own =
                |fields: Option<[u64; 2]>| fields.map(|fields| self.maps(replica).iter().map(move |at| fields[*at]));
            !self.world.split
                || !matches!(replica, 0 | BILLING)
                || match (own(before), own(states[*index].fields)) {
                    (Some(before), Some(now)) => before.ne(now),
                    (before, now) => before.is_some() != now.is_some(),
                }
        };
        (0..states.len()).filter(news).collect()
    }

    pub fn rules(&self) -> Rules {
        let source = |replica: usize| SourceRule {
            name: name(replica).into(),
            clock_error: CLOCK_ERROR,
            capture: Capture::Direct,
        };
        let replica = |replica: usize| ReplicaRule {
            name: name(replica).into(),
            source: name(replica).into(),
            within: WITHIN,
            fields: self.maps(replica).iter().map(|at| FIELDS[*at].into()).collect(),
            may_be_missing: self.world.expires && name(replica) == "view",
            probed: false,
            partial: false,
            baseline: Baseline::Empty,
        };
        let entity = EntityRule {
            name: "thing".into(),
            fields: (0..2)
                .map(|at| FieldRule {
                    name: FIELDS[at].into(),
                    authority: (at == 1 && self.world.split).then(|| name(BILLING).into()),
                })
                .collect(),
            authority: name(0).into(),
            replicas: self.replicas().map(replica).collect(),
            history: 8,
            decode: 0,
        };
        Rules { sources: self.replicas().map(source).collect(), entities: vec![entity], ..Rules::default() }
    }

    /// What each partition of each source tells, in the order of its positions.
    fn told(&self) -> BTreeMap<(usize, u32), Vec<Observation>> {
        let mut dice = Dice::new(self.world.seed ^ 0x5ca1e);
        let mut skew = || Lag(dice.roll(600_000_000) as i64 - CLOCK_ERROR.0);
        let skews = [(); BILLING + 1].map(|()| if self.world.skews { skew() } else { Lag::ZERO });
        let mut told: BTreeMap<(usize, u32), Vec<Entry>> = BTreeMap::new();
        for (key, replica) in (0..self.world.keys).flat_map(|key| self.replicas().map(move |replica| (key, replica))) {
            let states = self.held(key, replica);
            let entry = |index: usize| Entry { at: states[index].at, key, index, row: false };
            let entries = self.tells(key, replica).into_iter().map(entry);
            told.entry((replica, self.partition(key))).or_default().extend(entries);
        }
        for (replica, entry) in self.rows() {
            told.entry((replica, self.partition(entry.key))).or_default().push(entry);
        }
        let observe = |((replica, partition), mut entries): ((usize, u32), Vec<Entry>)| {
            entries.sort();
            let observations = entries.iter().enumerate().map(|(position, entry)| {
                let mut it =
                    self.observation((replica, partition), entry.key, entry.index, position as u64, skews[replica]);
                if entry.row {
                    self.make_row(&mut it, replica, *entry, skews[replica]);
                }
                it
            });
            ((replica, partition), observations.collect())
        };
        told.into_iter().map(observe).collect()
    }

    fn partition(&self, key: u64) -> u32 {
        key as u32 % self.world.partitions
    }

    /// The rows of all snapshots: what the first replicas held of each key at some time, a nanosecond from row to row.
    fn rows(&self) -> Vec<(usize, Entry)> {
        let mut dice = Dice::new(self.world.seed ^ 0x5a7);
        let mut rows = Vec::new();
        for replica in 0..self.world.snapshots.min(2) as usize {
            let from = SourceTime(10_000_000_000 + dice.roll(60_000_000_000) as i64);
            for key in 0..self.world.keys {
                let at = from.plus(Lag(2 * key as i64));
                let states = &self.states[&(key, replica)];
                let held = states.iter().rposition(|state| state.at < at);
                let held = held.filter(|index| states[*index].fields.is_some());
                rows.extend(held.map(|index| (replica, Entry { at, key, index, row: true })));
            }
        }
        rows
    }

    /// A row carries all fields, and the time at which it was read.
    fn make_row(&self, observation: &mut Observation, replica: usize, row: Entry, skew: Lag) {
        let Fact::State(fact) = &mut observation.fact else { unreachable!("only states are told") };
        fact.kind = StateKind::Snapshot;
        let fields = self.states[&(row.key, replica)][row.index].fields.unwrap_or_default();
        let value = |digest| FieldValue::Value { digest, text: "".into() };
        let maps = self.maps(replica).iter();
        let all = maps.map(|at| Field { name: FIELDS[*at].into(), value: value(fields[*at]) });
        fact.content = Content::Fields(all.collect());
        observation.at = row.at.plus(skew);
        observation.received = ReceivedTime(observation.at.0);
    }

    /// The marks before and behind a row that is the first or last of its snapshot.
    fn marks(&self, observation: &Observation) -> [Option<Record>; 2] {
        let Fact::State(fact) = &observation.fact else { return [None, None] };
        let index = REPLICAS.iter().position(|name| *name == fact.replica.as_str());
        let rows = self.rows();
        let mut of_replica = rows.iter().filter(|(replica, _)| Some(*replica) == index);
        let ends = [of_replica.next(), rows.iter().rfind(|(replica, _)| Some(*replica) == index)];
        let is = |row: Option<&(usize, Entry)>| {
            fact.kind == StateKind::Snapshot && row.is_some_and(|(_, row)| fact.key.as_str() == format!("k{}", row.key))
        };
        let mark = |phase| {
            let (entity, replica) = (fact.entity.clone(), fact.replica.clone());
            Record::Snapshot(Snapshot { entity, replica, at: observation.at, phase })
        };
        [is(ends[0]).then(|| mark(SnapshotPhase::Began)), is(ends[1]).then(|| mark(SnapshotPhase::Ended))]
    }

    fn observation(
        &self,
        (replica, partition): (usize, u32),
        key: u64,
        index: usize,
        position: u64,
        skew: Lag,
    ) -> Observation {
        let states = self.held(key, replica);
        let state = &states[index];
        let before = index.checked_sub(1).and_then(|before| states[before].fields);
        let field = |at: usize, fields: [u64; 2]| {
            let unchanged = before.is_some_and(|before| before[at] == fields[at]);
            let value = match fields[at] {
                _ if self.world.sparse && unchanged => FieldValue::NotCarried,
                digest => FieldValue::Value { digest, text: "".into() },
            };
            Field { name: FIELDS[at].into(), value }
        };
        let content = match state.fields {
            None => Content::Absent,
            Some(fields) => Content::Fields(self.maps(replica).iter().map(|at| field(*at, fields)).collect()),
        };
        let kind = match (state.fields, before) {
            (None, _) => StateKind::Delete,
            (Some(_), None) => StateKind::Create,
            (Some(_), Some(_)) => StateKind::Update,
        };
        let at = state.at.plus(skew);
        let key = Key::new(format!("k{key}"));
        let fact = StateFact {
            entity: "thing".into(),
            replica: name(replica).into(),
            key: key.clone(),
            kind,
            version: self.world.versions.then_some(state.version),
            base: None,
            content,
            not_held: Default::default(),
        };
        Observation {
            id: ObservationId {
                source: name(replica).into(),
                partition: Partition::new(partition.to_string()),
                position: match self.world.pushed {
                    true => Position::pushed(at.0, xxh3_64(&position.to_le_bytes())),
                    false => Position::offset(position),
                },
                part: 0,
            },
            at,
            received: ReceivedTime(at.0),
            route: Route::Key { entity: "thing".into(), key },
            cause: Cause::default(),
            fact: Fact::State(Box::new(fact)),
        }
    }

    /// One of the many journals that honest collectors may make of it.
    pub fn journal(&self, seed: u64) -> Vec<Record> {
        let mut dice = Dice::new(seed);
        let mut queues: Vec<((usize, u32), Vec<Observation>)> = self.told().into_iter().collect();
        let mut seen: Vec<Observation> = Vec::new();
        let mut records = Vec::new();
        let mut now = 0;
        while queues.iter().any(|(_, queue)| !queue.is_empty()) {
            let index = dice.roll(queues.len() as u64) as usize;
            let (place, queue) = &mut queues[index];
            match dice.roll(10) {
                0..6 if !queue.is_empty() => {
                    // Now and then a record overtakes the one before it.
                    let next = usize::from(queue.len() > 1 && self.world.pushed && dice.one_in(5));
                    let next = queue.remove(next);
                    let [before, behind] = self.marks(&next);
                    records.extend(before);
                    records.push(Record::Observations(vec![next.clone()]));
                    records.extend(behind);
                    seen.push(next);
                }
                6 if !seen.is_empty() => {
                    let again = dice.roll(seen.len() as u64) as usize;
                    records.push(Record::Observations(vec![seen[again].clone()]));
                }
                7 | 8 => {
                    let least = queue.iter().map(|next| next.at).min();
                    let frontier = least.unwrap_or_else(|| self.end()).minus(Lag(1 + dice.roll(2_000_000_000) as i64));
                    records.push(self.progress(*place, frontier));
                }
                _ => {
                    now += dice.roll(20_000_000_000) as i64;
                    records.push(Record::Tick(Tick { now: ReceivedTime(now) }));
                }
            }
        }
        records.extend(queues.iter().map(|(place, _)| self.progress(*place, self.end())));
        // Places where nothing was ever said are known to be silent, too.
        for place in self.replicas().flat_map(|replica| (0..self.world.partitions).map(move |at| (replica, at))) {
            records.push(self.progress(place, self.end()));
        }
        records.push(Record::Tick(Tick { now: ReceivedTime(now + 1) }));
        records
    }

    fn progress(&self, (replica, partition): (usize, u32), frontier: SourceTime) -> Record {
        Record::Progress(Progress {
            source: name(replica).into(),
            partition: Partition::new(partition.to_string()),
            position: None,
            frontier: Some(frontier),
            proof: Proof::LogEnd,
            partitions: self.world.partitions,
        })
    }
}

fn name(replica: usize) -> &'static str {
    REPLICAS.get(replica).copied().unwrap_or("billing")
}
