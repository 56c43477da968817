//! The judgement of one replica of one key: pure, and the same whoever asks. Nothing is called diverged before the
//! frontiers of all sources that could still disprove it have passed the deadline (ENG-4).

use plumbline_model::{Reason, SourceTime, Why};

use super::{
    ahead,
    baseline::Baselines,
    claim::{Claim, Ruling, Subject},
    keys::{Held, KeyState},
    places::{PlaceId, Places, Seen},
    plan::{EntityPlan, MAIN},
    probe,
    row::Mask,
    standing::{Existence, Lack, Standing},
};
use crate::Context;

/// What a judgement may look at beside the key.
pub(super) struct World<'a> {
    pub cx: &'a Context<'a>,
    pub plan: &'a EntityPlan,
    pub base: &'a Baselines,
    pub places: &'a Places,
    pub seen: Seen<'a>,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) enum Judgement {
    Converged,
    /// Different, and not to be decided before the place has been seen up to the time.
    Lagging {
        facts: Facts,
        place: PlaceId,
        until: SourceTime,
    },
    /// `until`: when more may be held against it.
    Diverged {
        facts: Facts,
        until: Option<SourceTime>,
    },
    Unknown(Why),
}

/// What a finding says.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Facts {
    pub reason: Reason,
    pub due: Option<SourceTime>,
    pub since: Option<SourceTime>,
    /// The fields that differ; none where existence does.
    pub differs: Mask,
    pub first: Option<Lack>,
    pub behind: Option<u32>,
    /// The fields of which it is decided that the authority never wrote what they hold.
    pub strange: Mask,
}

impl World<'_> {
    /// Why nothing that happened at the place between the times can be excluded.
    pub fn gap(&self, place: PlaceId, from: SourceTime, to: SourceTime) -> Option<Why> {
        let (source, partition) = self.places.name(place);
        let missed = self.cx.frontiers.gap_between(source, partition.map(|it| it.0), from, to);
        missed.then(|| Why::Gap { source: source.clone() })
    }

    /// Where the replica's next sight of the key will come from.
    pub fn own_place(&self, key: &KeyState, replica: usize) -> PlaceId {
        key.sides[replica].newest().map_or(self.plan.replicas[replica].joint, |newest| newest.place)
    }

    /// Where the next write will come from.
    pub fn authority_place(&self, key: &KeyState, history: usize) -> PlaceId {
        self.plan.authority_place(key, history)
    }

    /// How far everything has been seen that could disprove a claim against the replica.
    pub fn seen_to(&self, key: &KeyState, replica: usize) -> SourceTime {
        self.places_of(key, replica).map(|place| self.seen.of(place)).min().unwrap_or(SourceTime::MAX)
    }

    /// An authority with which it is compared that has not been seen up to the time.
    pub fn unseen_authority(&self, key: &KeyState, replica: usize, until: SourceTime) -> Option<PlaceId> {
        self.authority_places(key, replica).find(|place| self.seen.of(*place) < until)
    }

    fn authority_places<'k>(&'k self, key: &'k KeyState, replica: usize) -> impl Iterator<Item = PlaceId> + 'k {
        let plan = &self.plan.replicas[replica];
        let concerned = (0..key.histories()).filter(|history| plan.concerned(*history));
        concerned.map(|history| self.authority_place(key, history))
    }

    /// A place that has not been seen up to the time and could still bring what disproves a claim.
    pub fn unseen_place(&self, key: &KeyState, replica: usize, until: SourceTime) -> Option<PlaceId> {
        self.places_of(key, replica).find(|place| self.seen.of(*place) < until)
    }

    /// The replica's place, and those of the authorities with which it is compared. What can only be asked has no place of
    /// its own.
    fn places_of<'k>(&'k self, key: &'k KeyState, replica: usize) -> impl Iterator<Item = PlaceId> + 'k {
        let own = (!self.plan.replicas[replica].probed).then(|| self.own_place(key, replica));
        own.into_iter().chain(self.authority_places(key, replica))
    }

    pub fn judge(&self, key: &KeyState, replica: usize) -> Judgement {
        self.judge_standing(key, replica, &Standing::new(key, replica, &self.plan.replicas[replica]))
    }

    pub fn judge_standing(&self, key: &KeyState, replica: usize, standing: &Standing) -> Judgement {
        ahead::judge(self, key, replica, self.judge_held(key, replica, standing))
    }

    fn judge_held(&self, key: &KeyState, replica: usize, standing: &Standing) -> Judgement {
        let plan = &self.plan.replicas[replica];
        if standing.equal() {
            return self.unseen(key, replica).map_or(Judgement::Converged, Judgement::Unknown);
        }
        let doubtful = |history: usize| plan.concerned(history) && !plan.clocks_decide(history);
        if (0..plan.against.len()).any(doubtful) {
            return Judgement::Unknown(Why::Clock);
        }
        let proven = key.sides[replica].open().is_some_and(|open| open.proven);
        let claims = Subject { world: self, key, replica, standing, proven }.claims();
        let waiting = claims.iter().filter_map(|claim| match claim.ruling {
            Ruling::Wait { place, until } => Some((until, place, claim)),
            _ => None,
        });
        let waiting = waiting.min_by_key(|(until, place, _)| (*until, *place));
        let held: Vec<&Claim> = claims.iter().filter(|claim| claim.ruling == Ruling::Holds).collect();
        if !held.is_empty() {
            let facts = facts(&held, standing);
            if plan.probed && !proven && !probe::seen_since(key, replica, facts.due.unwrap_or(SourceTime::MIN)) {
                return Judgement::Unknown(probe::why(key, replica));
            }
            return Judgement::Diverged { facts, until: waiting.map(|(until, ..)| until) };
        }
        if let Some((until, place, claim)) = waiting {
            return Judgement::Lagging { facts: facts(&[claim], standing), place, until };
        }
        let why = claims.into_iter().find_map(|claim| match claim.ruling {
            Ruling::Cannot(why) => Some(why),
            _ => None,
        });
        Judgement::Unknown(why.unwrap_or(Why::NotCarried))
    }

    /// Why two sides that do not contradict each other are not known to agree either.
    fn unseen(&self, key: &KeyState, replica: usize) -> Option<Why> {
        if let Held::Row(_) = key.held(replica) {
            let plan = &self.plan.replicas[replica];
            let silent = |history: &usize| plan.against[*history].mask != 0 && key.history(*history).writes.is_empty();
            let mut silent = (MAIN + 1..key.histories()).filter(silent);
            if let Some(why) = silent.find_map(|it| self.base.known_from(self.plan.authorities[it]).err()) {
                return Some(why);
            }
        }
        if !self.plan.replicas[replica].follows {
            return None;
        }
        let unseen = key.held(replica) == Held::Unseen;
        if unseen && self.plan.replicas[replica].probed && !key.main.writes.is_empty() {
            return Some(probe::why(key, replica));
        }
        let own = unseen.then(|| self.base.known_from(replica).err()).flatten();
        let authority = || self.base.known_from(self.plan.authorities[MAIN]).err();
        own.or_else(|| key.main.writes.is_empty().then(authority).flatten())
    }
}

/// Puts claims together. One about content that the authority never wrote is the graver one and gives the reason; of the
/// others, the one that was due first.
fn facts(claims: &[&Claim], standing: &Standing) -> Facts {
    let since = claims.iter().map(|claim| claim.since).min().flatten();
    let lacking = claims.iter().filter(|claim| claim.strange == 0).min_by_key(|claim| claim.due);
    let grave = claims.iter().find(|claim| claim.strange != 0);
    Facts {
        reason: grave.or(lacking).map_or(Reason::Stale, |claim| claim.reason),
        due: claims.iter().filter_map(|claim| claim.due).min(),
        since,
        differs: if standing.existence == Existence::Same { standing.differs } else { 0 },
        first: lacking.and_then(|claim| claim.first),
        behind: lacking.and_then(|claim| claim.behind).filter(|_| standing.strange == 0),
        strange: claims.iter().fold(0, |fields, claim| fields | claim.strange),
    }
}
