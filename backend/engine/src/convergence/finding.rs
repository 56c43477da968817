//! Findings of the convergence checker: what is told of a divergence, under which id, and when it is told anew (ENG-3, SEM-13).

use plumbline_model::{
    Evidence, Finding, FindingId, ObservationId, Reason, Rule, SourceTime, Subject,
    finding::{Detail, EvidenceRole, FieldDiff, FrontierEvidence, Severity},
    time::Minute,
};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::{
    judge::{Facts, World},
    keys::{Held, KeyState},
    places::Places,
    plan::MAIN,
    row::{Mask, fields},
    sight::Sight,
};

/// Authorities beside the first whose newest write is told as evidence, of which there are 8 pieces at most.
const OTHERS_MAX: usize = 5;

/// An open finding, as the engine remembers it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Open {
    pub id: FindingId,
    /// As told first: a key that stays different is different since then.
    pub since: Option<SourceTime>,
    pub due: Option<SourceTime>,
    pub opened: plumbline_model::ReceivedTime,
    /// History and number of the first write that it lacked.
    pub accused: Option<(u8, u32)>,
    pub reason: Reason,
    /// What it holds is the same as when it was decided. Of fields that the authority never wrote, `Own` knows each.
    pub proven: bool,
    /// The minute of the cell that was added because no write explains it (SEM-9).
    pub departed: Option<Minute>,
    /// Digest of what was told last.
    told: u64,
}

impl Open {
    pub fn new(world: &World<'_>, key: &KeyState, replica: usize, facts: &Facts) -> Self {
        Self {
            id: id(world, key, replica, facts),
            since: facts.since,
            due: facts.due,
            opened: world.cx.now,
            accused: accused(key, facts),
            reason: facts.reason,
            proven: true,
            departed: None,
            told: digest(world, key, replica, facts),
        }
    }

    /// Takes new facts in. Returns whether they differ from what was told.
    pub fn revise(&mut self, world: &World<'_>, key: &KeyState, replica: usize, facts: &Facts) -> bool {
        self.accused = accused(key, facts);
        self.reason = facts.reason;
        // `None` is "since before it was watched" and so the earliest.
        self.since = self.since.min(facts.since);
        let told = std::mem::replace(&mut self.told, digest(world, key, replica, facts));
        told != self.told
    }

    /// The finding as it stands.
    pub fn finding(&self, world: &World<'_>, key: &KeyState, replica: usize, facts: &Facts) -> Finding {
        let side = &key.sides[replica];
        Finding {
            id: self.id,
            rule: Rule::Convergence,
            subject: Subject::Replica {
                entity: world.plan.name.clone(),
                key: key.key.clone(),
                replica: world.plan.replicas[replica].name.clone(),
            },
            severity: severity(facts.reason),
            since: self.since,
            due: self.due,
            opened: self.opened,
            resolution: None,
            detail: Detail::Divergence {
                reason: facts.reason,
                fields: differing(world, key, replica, facts),
                behind: facts.behind,
                // A replica's version is one of the main authority's; with others' it cannot be compared.
                expected_version: (told(world, key, replica, facts)[0] == MAIN)
                    .then(|| key.main.newest().and_then(|newest| newest.sight.version()))
                    .flatten(),
                held_version: side.sight.version().filter(|_| side.present()),
            },
            evidence: evidence(world, key, replica, facts),
            frontiers: frontiers(world, key, replica, facts),
        }
    }
}

/// What an observer has to act on: a wrong answer is worse than an old one.
const fn severity(reason: Reason) -> Severity {
    match reason {
        Reason::Stale | Reason::Regressed => Severity::Warning,
        Reason::Missing
        | Reason::Orphan
        | Reason::Conflicting
        | Reason::Phantom
        | Reason::Misplaced
        | Reason::LostUpdate => Severity::High,
    }
}

/// The histories of the authorities of which a finding tells; the first is the one that its reason is about.
fn told(world: &World<'_>, key: &KeyState, replica: usize, facts: &Facts) -> SmallVec<[usize; 2]> {
    let against = &world.plan.replicas[replica].against;
    let deciding = |fields: Mask| (0..key.histories()).filter(move |it| against[*it].mask & fields != 0);
    let first = facts.first.map(|first| first.history);
    let main = match facts.reason {
        Reason::Conflicting | Reason::Missing | Reason::Orphan => Some(MAIN),
        _ => None,
    };
    let reason = main.or_else(|| deciding(facts.strange).next()).or(first);
    let mut told: SmallVec<[usize; 2]> = SmallVec::new();
    for history in reason.into_iter().chain(deciding(facts.differs)) {
        if !told.contains(&history) {
            told.push(history);
        }
    }
    if told.is_empty() {
        told.push(MAIN);
    }
    told
}

fn accused(key: &KeyState, facts: &Facts) -> Option<(u8, u32)> {
    facts.first.map(|first| (first.history as u8, key.history(first.history).writes[first.index].seq))
}

/// What makes one telling differ from the next; positions do not, so that repetitions revise nothing.
fn digest(world: &World<'_>, key: &KeyState, replica: usize, facts: &Facts) -> u64 {
    let side = &key.sides[replica];
    let newest = told(world, key, replica, facts);
    let newest = newest.iter().map(|history| key.history(*history).newest().map(|newest| newest.seq));
    let newest: SmallVec<[Option<u32>; 2]> = newest.collect();
    let told = (facts.reason, facts.differs, facts.behind, newest, side.changed_at, side.sight.version());
    xxh3_64(&postcard::to_stdvec(&told).unwrap_or_default())
}

fn id(world: &World<'_>, key: &KeyState, replica: usize, facts: &Facts) -> FindingId {
    let mut hash = Xxh3::new();
    let plan = &world.plan.replicas[replica];
    for part in [Rule::Convergence.word(), world.plan.name.as_str(), key.key.as_str(), plan.name.as_str()] {
        hash.update(part.as_bytes());
        hash.update(&[0]);
    }
    if let Some(begins) = begins(key, replica, facts) {
        let id = observation(world.places, begins);
        hash.update(id.source.as_str().as_bytes());
        hash.update(&[0]);
        hash.update(id.partition.as_str().as_bytes());
        hash.update(&[0]);
        hash.update(&id.position.order.to_le_bytes());
        hash.update(&id.position.ident.to_le_bytes());
        hash.update(&id.part.to_le_bytes());
    }
    FindingId(hash.digest())
}

/// The sight from which a divergence begins: what the replica did if it left what it had, else the write that it lacks.
fn begins<'a>(key: &'a KeyState, replica: usize, facts: &Facts) -> Option<&'a Sight> {
    let side = &key.sides[replica];
    let missed = facts.first.map(|first| &key.history(first.history).writes[first.index].sight);
    let held = side.seen.then_some(&side.sight);
    let history = facts.first.map_or(MAIN, |first| first.history);
    if side.left_at(history).is_some() { held.or(missed) } else { missed.or(held) }
}

pub(super) fn observation(places: &Places, sight: &Sight) -> ObservationId {
    let (source, partition) = places.name(sight.place);
    ObservationId {
        source: source.clone(),
        partition: partition.map(|(name, _)| name.clone()).unwrap_or_default(),
        position: sight.position,
        part: sight.part,
    }
}

fn differing(world: &World<'_>, key: &KeyState, replica: usize, facts: &Facts) -> Vec<FieldDiff> {
    let plan = &world.plan.replicas[replica];
    let Held::Row(held) = key.held(replica) else { return Vec::new() };
    let newest = |field: usize| {
        let history = plan.against.iter().position(|against| against.mask & (1 << field) != 0).unwrap_or(MAIN);
        key.history(history).newest()
    };
    let diff = |field: usize| FieldDiff {
        field: world.plan.fields[field].clone(),
        expected: newest(field).and_then(|newest| newest.row.text(field).cloned()),
        held: held.text(field).cloned(),
    };
    fields(facts.differs).map(diff).collect()
}

fn evidence(world: &World<'_>, key: &KeyState, replica: usize, facts: &Facts) -> Vec<Evidence> {
    let side = &key.sides[replica];
    let histories = told(world, key, replica, facts);
    let mut newest = histories.iter().filter_map(|history| Some(&key.history(*history).newest()?.sight));
    let missed = facts.first.map(|first| &key.history(first.history).writes[first.index].sight);
    let missed = missed.filter(|missed| newest.clone().all(|newest| newest != *missed));
    // A history that has no writes is no evidence; then the next one is not told as what is expected instead.
    let first = if key.history(histories[0]).writes.is_empty() { None } else { newest.next() };
    let roles = [
        (first, EvidenceRole::Expected),
        (side.seen.then_some(&side.sight), EvidenceRole::Held),
        (missed, EvidenceRole::FirstMissed),
    ];
    let others = newest.filter(|_| first.is_some()).take(OTHERS_MAX).map(|sight| (sight, EvidenceRole::Expected));
    let observed = roles.into_iter().filter_map(|(sight, role)| Some((sight?, role))).chain(others);
    observed
        .filter(|(sight, _)| !sight.concluded())
        .map(|(sight, role)| Evidence { id: observation(world.places, sight), at: sight.at, role })
        .collect()
}

fn frontiers(world: &World<'_>, key: &KeyState, replica: usize, facts: &Facts) -> Vec<FrontierEvidence> {
    let authorities = told(world, key, replica, facts).into_iter().map(|history| world.authority_place(key, history));
    let places = [world.own_place(key, replica)].into_iter().chain(authorities);
    let mut frontiers: Vec<FrontierEvidence> = Vec::new();
    for place in places {
        let (source, partition) = world.places.name(place);
        let seen = world.cx.frontiers.evidence(source, partition);
        frontiers.extend(seen.filter(|seen| !frontiers.contains(seen)));
    }
    frontiers
}
