//! The notation of the convergence tests, read into a timeline. The first replica is the authority.
//!
//! ```text
//! orders-db    k=1@0s   k=2@10s
//! order-view   k=1@1s                    within 5s
//! expect       15s diverged order-view k stale(1 behind, since 10s)
//! ```
//!
//! | a write | |
//! | --- | --- |
//! | `k=1@0s` | key `k` became `1` at 0 s, and that is seen at once |
//! | `k=paid v3@10s` | with version 3 |
//! | `k=a:1,b:null,c:?@0s` | several fields: a value, null, not carried |
//! | `k=∅@10s` | deleted (also `k=-`) |
//! | `+k=1@0s` `~k=1@0s` `*k=1@0s` | known to be a create, known to be an update, a row of a snapshot |
//! | `k=1@0s>12s` | arrives at 12 s |
//! | `k=1@0s/2` | in partition 2 |
//! | `k=1@0s#15` | at position 15; otherwise 10, 20, 30 … in the order of source time |
//! | `k=1@0s!view` | `holds:` of `view` is false for it |
//!
//! | after a replica | |
//! | --- | --- |
//! | `within 5s` | its time; 5 s if nothing is said |
//! | `in pg` | the source where it is watched; otherwise one of its own name |
//! | `maps a,b` | the fields that it maps; all if nothing is said |
//! | `decides b` | it is the authority of these fields |
//! | `baseline none` (`empty`, `snapshot`) | what is known of it from before; `empty` if nothing is said |
//! | `may-be-missing` `probed` `history 3` | as in the configuration |
//! | `pushed` | its source is pushed: what comes late was overtaken, where in a log it would have been read before |
//!
//! | other lines | |
//! | --- | --- |
//! | `frontier view stops 8s [resumes 20s]` | its frontier stands; `view/1` for one partition; also `lags 3s`, `silent` (a relay without heartbeat) |
//! | `clock view 500ms` | its clock error; none if nothing is said |
//! | `partitions view 2` | it has partitions 0 and 1 |
//! | `snapshot view 0s..2s` | begins and ends; `snapshot view 0s..` never ends; `0s>4s..2s`: the mark of its beginning is read at 4 s; `snapshot view empty 0s` |
//! | `gap view 8s..12s` | records were missed; `gap view/1 8s..` lasts; `gap view poison 8s` is one bad record |
//! | `probe view k=1@16s asked 15s` | an answer; `probe view k fails@16s` |
//! | `reconfigure 20s` | the decode half of the configuration changes |
//! | `end 30s` | the recording ends |
//! | `expect …` | see `expect` |

use std::collections::{BTreeMap, BTreeSet};

use plumbline_model::{
    Cause, EntityName, Fact, FieldName, Key, Lag, Observation, ObservationId, Partition, Position, ReceivedTime,
    Record, ReplicaName, Route, SourceName, SourceTime,
    journal::{Command, Config, Gap, GapReason, Snapshot, SnapshotPhase},
    rules::{Baseline, Capture, EntityRule, FieldRule, ReplicaRule, Rules, SourceRule},
    state::{Content, Field, FieldValue, StateFact, StateKind},
};
use xxhash_rust::xxh3::xxh3_64;

use crate::timeline::{Timeline, duration, time};

/// The entity of every script.
pub const ENTITY: &str = "thing";

/// A script, read.
#[derive(Default)]
pub struct Script {
    replicas: Vec<ReplicaRule>,
    decides: BTreeMap<FieldName, ReplicaName>,
    clocks: BTreeMap<SourceName, Lag>,
    fields: Vec<FieldName>,
    history: u32,
    pushed: BTreeSet<usize>,
    writes: Vec<Write>,
    reconfigured: Vec<SourceTime>,
    /// Other records, by the time at which they arrive.
    records: Vec<(SourceTime, Record)>,
    /// Lines that are about the timeline itself.
    timeline: Vec<Vec<String>>,
    pub expectations: Vec<String>,
}

struct Write {
    replica: usize,
    key: String,
    kind: StateKind,
    fields: Option<Vec<(String, String)>>,
    version: Option<i64>,
    at: SourceTime,
    arrives: SourceTime,
    partition: String,
    position: Option<u64>,
    not_held: Vec<ReplicaName>,
}

impl Script {
    pub fn read(text: &str) -> Self {
        let mut script = Self { history: 8, ..Self::default() };
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                [] => {}
                ["expect", ..] => script.expectations.push(line.to_owned()),
                ["frontier" | "partitions" | "end", ..] => {
                    script.timeline.push(words.iter().map(|word| (*word).to_owned()).collect());
                }
                ["clock", source, error] => drop(script.clocks.insert((*source).into(), duration(error).unwrap())),
                ["snapshot", replica, rest @ ..] => script.snapshot(replica, rest),
                ["gap", source, rest @ ..] => script.gap(source, rest),
                ["reconfigure", at] => script.reconfigured.push(time(at).unwrap()),
                ["probe", replica, rest @ ..] => script.probe(replica, rest),
                [replica, rest @ ..] => script.replica(replica, rest),
            }
        }
        script.number();
        script
    }

    fn replica(&mut self, name: &str, words: &[&str]) {
        let index = self.replicas.iter().position(|known| known.name.as_str() == name).unwrap_or_else(|| {
            self.replicas.push(ReplicaRule {
                name: name.into(),
                source: name.into(),
                within: Lag::from_secs(5),
                fields: Vec::new(),
                may_be_missing: false,
                probed: false,
                partial: false,
                baseline: Baseline::Empty,
            });
            self.replicas.len() - 1
        });
        let names = |list: &str| list.split(',').map(FieldName::new).collect::<Vec<_>>();
        let mut rest = words;
        while let [word, after @ ..] = rest {
            let replica = &mut self.replicas[index];
            let mut taken = 2;
            match (*word, after) {
                ("within", [time, ..]) => replica.within = duration(time).unwrap(),
                ("in", [source, ..]) => replica.source = (*source).into(),
                ("maps", [list, ..]) => replica.fields = names(list),
                ("decides", [list, ..]) => {
                    let name = replica.name.clone();
                    self.decides.extend(names(list).into_iter().map(|field| (field, name.clone())));
                }
                ("baseline", [word, ..]) => {
                    replica.baseline = match *word {
                        "none" => Baseline::None,
                        "empty" => Baseline::Empty,
                        "snapshot" => Baseline::Snapshot,
                        other => panic!("no baseline is called {other:?}"),
                    }
                }
                ("history", [count, ..]) => self.history = count.parse().unwrap(),
                ("may-be-missing", _) => (replica.may_be_missing, taken) = (true, 1),
                ("probed", _) => (replica.probed, taken) = (true, 1),
                ("pushed", _) => (_, taken) = (self.pushed.insert(index), 1),
                (write, [version, ..]) if !write.contains('@') => self.write(index, &format!("{write} {version}")),
                (write, _) => {
                    self.write(index, write);
                    taken = 1;
                }
            }
            rest = &rest[taken..];
        }
    }

    fn write(&mut self, replica: usize, text: &str) {
        let (what, when) = text.rsplit_once('@').unwrap_or_else(|| panic!("no time in {text:?}"));
        let (what, version) = match what.split_once(" v") {
            Some((what, version)) => (what, Some(version.parse().unwrap())),
            None => (what, None),
        };
        let (key, value) = what.split_once('=').unwrap_or_else(|| panic!("no value in {text:?}"));
        let (key, mut kind) = match key.chars().next() {
            Some('+') => (&key[1..], StateKind::Create),
            Some('~') => (&key[1..], StateKind::Update),
            Some('*') => (&key[1..], StateKind::Snapshot),
            _ => (key, StateKind::Write),
        };
        let fields = match value {
            "∅" | "-" => {
                kind = StateKind::Delete;
                None
            }
            value => Some(value.split(',').map(field).collect::<Vec<_>>()),
        };
        for (name, _) in fields.iter().flatten() {
            if self.fields.iter().all(|known| known.as_str() != name) {
                self.fields.push(name.as_str().into());
            }
        }
        let (when, not_held) = when.split_once('!').unwrap_or((when, ""));
        let (when, position) = when.split_once('#').unwrap_or((when, ""));
        let (when, partition) = when.split_once('/').unwrap_or((when, ""));
        let (at, arrives) = when.split_once('>').unwrap_or((when, when));
        let time = |text: &str| time(text).unwrap_or_else(|| panic!("{text:?} is no time"));
        self.writes.push(Write {
            replica,
            key: key.to_owned(),
            kind,
            fields,
            version,
            at: time(at),
            arrives: time(arrives),
            partition: partition.to_owned(),
            position: position.parse().ok(),
            not_held: not_held.split(',').filter(|name| !name.is_empty()).map(ReplicaName::new).collect(),
        });
    }

    fn probe(&mut self, name: &str, words: &[&str]) {
        let replica = self.replicas.iter().position(|known| known.name.as_str() == name).expect("a known replica");
        match words {
            [key, fails] if fails.starts_with("fails@") => {
                let command = Command::ProbeFailed {
                    entity: ENTITY.into(),
                    replica: name.into(),
                    key: Key::new(key),
                    why: "timed out".into(),
                };
                self.records.push((time(&fails["fails@".len()..]).unwrap(), Record::Command(command)));
            }
            [write, "asked", asked] => {
                self.write(replica, write);
                self.writes.last_mut().unwrap().kind = StateKind::Probe { asked: time(asked).unwrap() };
            }
            _ => panic!("a probe is answered or fails: {words:?}"),
        }
    }

    fn snapshot(&mut self, replica: &str, words: &[&str]) {
        let mut push = |when: &str, phase| {
            let (at, arrives) = when.split_once('>').unwrap_or((when, when));
            let at = time(at).unwrap();
            let snapshot = Snapshot { entity: ENTITY.into(), replica: replica.into(), at, phase };
            self.records.push((time(arrives).unwrap(), Record::Snapshot(snapshot)));
        };
        match words {
            ["empty", at] => push(at, SnapshotPhase::FromEmpty),
            [range] => {
                let (from, to) = range.split_once("..").expect("a range of times");
                let ends = [(from, SnapshotPhase::Began), (to, SnapshotPhase::Ended)];
                ends.into_iter().filter(|(when, _)| !when.is_empty()).for_each(|(when, phase)| push(when, phase));
            }
            _ => panic!("a snapshot has a range: {words:?}"),
        }
    }

    fn gap(&mut self, source: &str, words: &[&str]) {
        let (source, partition) = place(source);
        let mut push = |now: &str, from: &str, to: Option<&str>, reason| {
            let (from, to) = (time(from).unwrap(), to.and_then(time));
            let gap = Gap { source: source.clone(), partition: partition.clone(), from, to, reason };
            self.records.push((time(now).unwrap(), Record::Gap(gap)));
        };
        match words {
            ["poison", at] => push(at, at, Some(at), GapReason::Poison),
            [range] => {
                let (from, to) = range.split_once("..").expect("a range of times");
                push(from, from, None, GapReason::Disconnected);
                if !to.is_empty() {
                    push(to, from, Some(to), GapReason::Disconnected);
                }
            }
            _ => panic!("a gap has a range: {words:?}"),
        }
    }

    /// Gives positions to the writes that have none.
    fn number(&mut self) {
        let mut order: Vec<usize> = (0..self.writes.len()).collect();
        order.sort_by_key(|index| self.writes[*index].at);
        let mut last: BTreeMap<(SourceName, String), u64> = BTreeMap::new();
        for index in order {
            let write = &mut self.writes[index];
            let source = self.replicas[write.replica].source.clone();
            let last = last.entry((source, write.partition.clone())).or_default();
            let position = write.position.unwrap_or(*last / 10 * 10 + 10);
            *last = position.max(*last);
            write.position = Some(position);
        }
    }

    pub fn timeline(&self) -> Timeline {
        let mut timeline = Timeline::new(self.rules());
        for words in &self.timeline {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            apply(&mut timeline, &words);
        }
        for (now, record) in &self.records {
            timeline.arrive(*now, record.clone());
        }
        for (count, now) in self.reconfigured.iter().enumerate() {
            let mut rules = self.rules();
            rules.entities[0].decode = 1 + count as u64;
            let config = Config { digest: "".into(), text: String::new(), rules };
            timeline.arrive(*now, Record::Config(Box::new(config)));
        }
        for write in &self.writes {
            timeline.observe(write.arrives, self.observation(write));
        }
        timeline
    }

    fn rules(&self) -> Rules {
        let mut sources: Vec<SourceName> = self.replicas.iter().map(|replica| replica.source.clone()).collect();
        sources.sort();
        sources.dedup();
        let source = |name: SourceName| SourceRule {
            clock_error: self.clocks.get(&name).copied().unwrap_or_default(),
            name,
            capture: Capture::Direct,
        };
        let rule = |name: &FieldName| FieldRule { name: name.clone(), authority: self.decides.get(name).cloned() };
        let mut replicas = self.replicas.clone();
        for replica in replicas.iter_mut().filter(|replica| replica.fields.is_empty()) {
            replica.fields.clone_from(&self.fields);
        }
        let entity = EntityRule {
            name: EntityName::new(ENTITY),
            fields: self.fields.iter().map(rule).collect(),
            authority: self.replicas[0].name.clone(),
            replicas,
            history: self.history,
            decode: 0,
        };
        Rules { sources: sources.into_iter().map(source).collect(), entities: vec![entity], ..Rules::default() }
    }

    fn observation(&self, write: &Write) -> Observation {
        let replica = &self.replicas[write.replica];
        let key = Key::new(&write.key);
        let position = match (write.position.unwrap_or_default(), self.pushed.contains(&write.replica)) {
            (number, true) => Position::pushed(write.at.0, xxh3_64(&number.to_le_bytes())),
            (number, false) => Position::offset(number),
        };
        let content = write.fields.as_ref().map_or(Content::Absent, |fields| {
            Content::Fields(fields.iter().map(|(name, text)| value(name, text)).collect())
        });
        let fact = StateFact {
            entity: ENTITY.into(),
            replica: replica.name.clone(),
            key: key.clone(),
            kind: write.kind,
            version: write.version,
            base: None,
            content,
            not_held: write.not_held.iter().cloned().collect(),
        };
        Observation {
            id: ObservationId {
                source: replica.source.clone(),
                partition: Partition::new(&write.partition),
                position,
                part: 0,
            },
            at: write.at,
            received: ReceivedTime(write.arrives.0),
            route: Route::Key { entity: ENTITY.into(), key },
            cause: Cause::default(),
            fact: Fact::State(Box::new(fact)),
        }
    }
}

fn field(text: &str) -> (String, String) {
    let (name, value) = text.split_once(':').unwrap_or(("value", text));
    (name.to_owned(), value.to_owned())
}

fn value(name: &str, text: &str) -> Field {
    let value = match text {
        "null" => FieldValue::Null,
        "?" => FieldValue::NotCarried,
        text => FieldValue::Value { digest: xxh3_64(text.as_bytes()).max(1), text: text.into() },
    };
    Field { name: name.into(), value }
}

fn place(text: &str) -> (SourceName, Option<Partition>) {
    match text.split_once('/') {
        Some((source, partition)) => (source.into(), Some(partition.into())),
        None => (text.into(), None),
    }
}

fn apply(timeline: &mut Timeline, words: &[&str]) {
    match words {
        ["end", at] => timeline.end(time(at).unwrap()),
        ["partitions", source, count] => timeline.partitions(&SourceName::new(source), count.parse().unwrap()),
        ["frontier", source, rest @ ..] => {
            let (source, partition) = place(source);
            match rest {
                ["stops", at] => timeline.stop(&source, partition, time(at).unwrap(), None),
                ["stops", at, "resumes", again] => {
                    timeline.stop(&source, partition, time(at).unwrap(), time(again));
                }
                ["lags", lag] => timeline.lag(&source, partition, duration(lag).unwrap()),
                ["silent"] => timeline.silence_relay(&source),
                _ => panic!("a frontier stops, lags or is silent: {rest:?}"),
            }
        }
        _ => panic!("{words:?} is not known"),
    }
}
