//! The rules of an entity, compiled: replicas, fields and histories as small numbers, and for each replica what it is
//! compared on, with how much time and how much doubt about clocks.

use plumbline_model::{
    EntityName, FieldName, Lag, ReplicaName, SourceName,
    rules::{Baseline, EntityRule, ReplicaRule, Rules},
};
use smallvec::SmallVec;
use xxhash_rust::xxh3::xxh3_64;

use super::{
    keys::{Held, KeyState},
    places::{PlaceId, Places},
    row::{FIELDS_MAX, Mask},
};

/// Replicas that an entity may have: the bits of a set of cells.
pub const REPLICAS_MAX: usize = 16;
/// The histories of an entity: the main authority's is the first.
pub(super) const MAIN: usize = 0;

pub(super) struct EntityPlan {
    pub name: EntityName,
    pub fields: Vec<FieldName>,
    /// In declared order, but for the main authority, which is the last.
    pub replicas: Vec<ReplicaPlan>,
    /// By history: the replica that writes it.
    pub authorities: SmallVec<[usize; 2]>,
    /// Writes that are remembered beyond those that are still open.
    pub history: usize,
    /// Changes with the decode half of the configuration (SEM-11).
    pub shape: u64,
}

pub(super) struct ReplicaPlan {
    pub name: ReplicaName,
    pub source: SourceName,
    pub joint: PlaceId,
    pub within: Lag,
    /// The history that it writes, if it is an authority.
    pub writes: Option<usize>,
    /// Whether it must hold the keys that the main authority holds.
    pub follows: bool,
    /// By history, what it is compared on.
    pub against: SmallVec<[Against; 1]>,
    pub may_be_missing: bool,
    pub probed: bool,
    pub baseline: Baseline,
}

/// What a replica is compared on with one authority.
pub(super) struct Against {
    pub mask: Mask,
    /// The clock errors of both sides together (SEM-1).
    pub clock_error: Lag,
}

impl EntityPlan {
    /// Compiles the rule of an entity; fields and replicas beyond what a mask holds are left out, which a configuration
    /// with so many is refused for before it comes here.
    pub fn new(rule: &EntityRule, rules: &Rules, places: &mut Places) -> Self {
        let fields: Vec<_> = rule.fields.iter().take(FIELDS_MAX).map(|field| field.name.clone()).collect();
        // The main authority comes last, because it needs no side of its own.
        let (main, mut replicas): (Vec<_>, Vec<_>) = rule.replicas.iter().partition(|it| it.name == rule.authority);
        replicas.truncate(REPLICAS_MAX - main.len());
        replicas.extend(main);
        let index = |name: &ReplicaName| replicas.iter().position(|replica| replica.name == *name);
        let mut authorities: SmallVec<[usize; 2]> = index(&rule.authority).into_iter().collect();
        for named in rule.fields.iter().filter_map(|field| index(field.authority.as_ref()?)) {
            if !authorities.contains(&named) {
                authorities.push(named);
            }
        }
        let clock_error =
            |source: &SourceName| rules.source(source).map_or(Lag::from_millis(500), |source| source.clock_error);
        let mapped = |replica: usize| -> Mask {
            let has = |name: &FieldName| replicas[replica].fields.contains(name);
            fields.iter().enumerate().filter(|(_, name)| has(name)).map(|(at, _)| 1 << at).sum()
        };
        // The fields that an authority decides: those that name it; the main one, those that name nobody else.
        let decides = |authority: usize| -> Mask {
            let decider = |at: &usize| match &rule.fields[*at].authority {
                Some(name) => index(name),
                None => authorities.first().copied(),
            };
            (0..fields.len()).filter(|at| decider(at) == Some(authority)).map(|at| 1 << at).sum()
        };
        let plan_of = |(at, replica): (usize, &&ReplicaRule)| {
            let against = authorities.iter().map(|authority| {
                let mask = if *authority == at { 0 } else { mapped(at) & mapped(*authority) & decides(*authority) };
                let errors = [&replica.source, &replicas[*authority].source].map(clock_error);
                Against { mask, clock_error: errors[0].saturating_add(errors[1]) }
            });
            ReplicaPlan {
                name: replica.name.clone(),
                source: replica.source.clone(),
                joint: places.joint(&replica.source),
                within: replica.within,
                writes: authorities.iter().position(|authority| *authority == at),
                follows: authorities.first() != Some(&at),
                against: against.collect(),
                may_be_missing: replica.may_be_missing,
                probed: replica.probed,
                baseline: replica.baseline,
            }
        };
        Self {
            name: rule.name.clone(),
            replicas: replicas.iter().enumerate().map(plan_of).collect(),
            history: rule.history.max(1) as usize,
            shape: shape(rule),
            authorities,
            fields,
        }
    }

    pub fn replica(&self, name: &ReplicaName) -> Option<usize> {
        self.replicas.iter().position(|replica| replica.name == *name)
    }

    /// The replicas that are checked, in declared order.
    pub fn checked(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.replicas.len()).filter(|at| self.replicas[*at].checked())
    }

    /// The replicas that have a side in every key: the main authority only where others decide some of its fields.
    pub fn sides(&self) -> usize {
        let authority = self.replicas.last().is_some_and(ReplicaPlan::checked);
        self.replicas.len() - usize::from(!authority)
    }

    /// Where the next write of a history will come from: anywhere, when the key was never seen there.
    pub fn authority_place(&self, key: &KeyState, history: usize) -> PlaceId {
        let newest = key.history(history).newest();
        newest.map_or(self.replicas[self.authorities[history]].joint, |newest| newest.sight.place)
    }
}

impl ReplicaPlan {
    pub fn checked(&self) -> bool {
        !self.against.is_empty() && (self.follows || self.against.iter().any(|against| against.mask != 0))
    }

    /// Whether writes of this history concern it.
    pub fn concerned(&self, history: usize) -> bool {
        (history == MAIN && self.follows) || self.against[history].mask != 0
    }

    /// Whether it is excused that it does not hold the key: a store that expires is without it at any time (SEM-6). Of one
    /// that can only be asked, nothing is known before it was.
    pub fn excuses(&self, held: Held<'_>) -> bool {
        match held {
            Held::Unseen => self.may_be_missing && !self.probed,
            Held::Absent => self.may_be_missing,
            Held::Row(_) => false,
        }
    }

    /// Whether clocks are right enough to tell what was in time (SEM-1).
    pub fn clocks_decide(&self, history: usize) -> bool {
        self.against[history].clock_error <= self.within
    }

    /// All fields on which it is compared.
    pub fn mask(&self) -> Mask {
        self.against.iter().fold(0, |mask, against| mask | against.mask)
    }

    /// The histories of the other authorities that decide any of its fields.
    pub fn others(&self) -> impl Iterator<Item = usize> + '_ {
        (MAIN + 1..self.against.len()).filter(|history| self.against[*history].mask != 0)
    }

    /// Whether the main authority decides all that it is compared on.
    pub fn simple(&self) -> bool {
        self.others().next().is_none()
    }
}

fn shape(rule: &EntityRule) -> u64 {
    let replicas: Vec<_> = rule.replicas.iter().map(|it| (&it.name, &it.source, &it.fields, it.partial)).collect();
    let fields: Vec<_> = rule.fields.iter().map(|field| (&field.name, &field.authority)).collect();
    xxh3_64(&postcard::to_stdvec(&(fields, &rule.authority, replicas, rule.decode)).unwrap_or_default())
}
