//! Sights that are ahead of the authority. What a replica shows is understood against what the authority wrote before, and
//! the authority's records may come later than the replica's (a slow collector, a backlog after a restart). A sight that
//! does not plainly show the next writes is laid aside until it does, or until the authority has been seen past it. So the
//! order in which sources are read changes neither verdicts nor lags.

use plumbline_model::{Lag, Reason, SourceTime};
use serde::{Deserialize, Serialize};

use super::{
    cells::{self, How},
    judge::{Facts, Judgement, World},
    keys::KeyState,
    plan::ReplicaPlan,
    row::Row,
    see::{self, Seeing, Seen},
    side::Side,
    sight::Sight,
    standing::position,
    tally::Tally,
};

/// Sights that wait for each replica of a key at most (LIM-1). More are only there while the authority's source stands still;
/// then the oldest are forgotten, and what they would have shown is not known.
const AHEAD_MAX: usize = 256;

/// A sight that waits.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Ahead {
    seeing: Seeing,
    /// The newest sight of the same content.
    pub latest: Sight,
}

/// Whether what is seen is a later write than the last one that the replica is certain to have shown. Where several
/// authorities decide, one position says nothing, and nothing waits.
pub(super) fn advances(key: &KeyState, at: usize, plan: &ReplicaPlan, row: Option<&Row>) -> bool {
    let top = key.sides[at].top();
    match position(&key.main, at, plan, row, top) {
        Some(Ok(index)) => top.is_none_or(|top| key.main.writes[index].seq > top) || !plan.simple(),
        _ => !plan.simple(),
    }
}

/// Lays a sight aside, behind those that wait already.
pub(super) fn queue(side: &mut Side, plan: &ReplicaPlan, mut seeing: Seeing) -> Seen {
    let rare = side.rare();
    if let Some(last) = rare.ahead.back_mut() {
        let same = match (&last.seeing.row, &mut seeing.row) {
            (Some(before), Some(row)) => {
                row.carry_over(before);
                row.changed(before, plan.mask()) == 0
            }
            (before, row) => before.is_none() && row.is_none(),
        };
        if same {
            last.latest = seeing.sight;
            return Seen::Known;
        }
    }
    if rare.ahead.len() == AHEAD_MAX {
        rare.ahead.pop_front();
        rare.unknown_to = rare.ahead.front().map(|first| first.seeing.sight.at);
    }
    rare.ahead.push_back(Ahead { latest: seeing.sight, seeing });
    Seen::Ahead
}

/// What came of the sights that waited.
pub(super) struct Drained {
    /// The last one that was taken in.
    pub taken: Option<Sight>,
    /// Until when the authority has to be seen for the next one.
    pub until: Option<SourceTime>,
}

/// Takes in what the authority explains, or has been seen past.
pub(super) fn drain(world: &World<'_>, key: &mut KeyState, at: usize, tally: &mut Tally) -> Drained {
    let plan = &world.plan.replicas[at];
    let mut drained = Drained { taken: None, until: None };
    while let Some(first) = key.sides[at].ahead() {
        let until = first.seeing.sight.at.plus(error(plan));
        let ready = advances(key, at, plan, first.seeing.row.as_ref()) || world.authorities_seen_to(key, at) >= until;
        if !ready {
            drained.until = Some(until);
            break;
        }
        let Some(first) = key.sides[at].rare().ahead.pop_front() else { break };
        let sight = first.seeing.sight;
        see::hold(key, at, plan, first.seeing);
        key.sides[at].sight = first.latest;
        let how = if sight.baseline() { How::Found } else { How::Shown(sight.at) };
        cells::cover(key, at, plan, world.base.known_from(at).is_ok(), how, tally);
        drained.taken = Some(sight);
    }
    drained
}

/// The judgement of a replica of which newer sights wait. What was due before the first of them stands; otherwise nobody
/// can say yet.
pub(super) fn judge(world: &World<'_>, key: &KeyState, at: usize, before: Judgement) -> Judgement {
    let side = &key.sides[at];
    let (Some(first), Some(last)) = (side.ahead(), side.newest()) else { return before };
    let plan = &world.plan.replicas[at];
    let error = error(plan);
    let changed_at = first.seeing.sight.at;
    if let Judgement::Diverged { facts, .. } = &before
        && (side.open().is_some() || facts.due.is_some_and(|due| due.plus(error) < changed_at))
    {
        return before;
    }
    let due = last.at.plus(plan.within);
    let until = due.plus(error);
    let Some(place) = world.unseen_place(key, at, until) else { return before };
    let facts = Facts {
        reason: Reason::Phantom,
        due: Some(due),
        since: Some(changed_at),
        differs: 0,
        first: None,
        behind: None,
        explained: false,
    };
    Judgement::Lagging { facts, place, until }
}

fn error(plan: &ReplicaPlan) -> Lag {
    plan.against.iter().map(|against| against.clock_error).max().unwrap_or(Lag::ZERO)
}
