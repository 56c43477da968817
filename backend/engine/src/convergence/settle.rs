//! Settling: after anything that bears on a key, its replicas are judged, cells close, and findings are opened, revised and
//! resolved. One divergence is one finding until the replica has come right, however often the authority writes meanwhile.

use plumbline_model::{
    Change, SourceTime,
    finding::{Resolution, Resolved},
};
use smallvec::SmallVec;

use super::{
    ahead, cells,
    cellset::Cell,
    finding::{self, Open},
    history::Write,
    judge::{Facts, Judgement, World},
    keys::{Armed, KeyState},
    plan::{Against, MAIN, ReplicaPlan},
    probe,
    side::Class,
    sight::Sight,
    standing::{Existence, Standing},
    tally::{Outcome, Tally},
};

/// What made it necessary to look at a key.
#[derive(Clone, Copy)]
pub(super) enum Trigger {
    /// A replica was seen.
    Replica(Sight),
    /// An authority wrote; `late` if the record came behind its own frontier.
    Write { sight: Sight, late: bool },
    /// A frontier, a gap or the end of a snapshot.
    Other,
}

/// What replicas wait for; there are rarely more than two.
pub(super) type Waits = SmallVec<[Armed; 2]>;

/// Settles one replica.
pub(super) fn replica(
    world: &World<'_>,
    key: &mut KeyState,
    replica: usize,
    mut trigger: Trigger,
    tally: &mut Tally,
    waits: &mut Waits,
    out: &mut Vec<Change>,
) {
    let plan = &world.plan.replicas[replica];
    let parked = if plan.probed { probe::take(world, key, replica, tally, out) } else { None };
    let drained = ahead::drain(world, key, replica, tally);
    trigger = drained.taken.map_or(trigger, Trigger::Replica);
    let standing = Standing::new(key, replica, plan);
    let judgement = world.judge_standing(key, replica, &standing);
    let side = &mut key.sides[replica];
    side.keep_proven(standing.strange);
    if let Judgement::Diverged { facts, .. } = &judgement {
        side.prove(facts.strange);
    }
    cells::close(world, key, replica, &judgement, tally);
    let class = match &judgement {
        Judgement::Converged => {
            resolve(world, key, replica, resolved(trigger, key, replica, plan), tally, out);
            Class::Converged
        }
        Judgement::Lagging { facts, .. } if caught_up(key, replica, plan, &standing, facts) => {
            resolve(world, key, replica, resolved(trigger, key, replica, plan), tally, out);
            Class::Lagging
        }
        Judgement::Lagging { facts, .. } | Judgement::Diverged { facts, .. } => {
            let decided = matches!(judgement, Judgement::Diverged { .. });
            accuse(world, key, replica, facts, decided, tally, out)
        }
        Judgement::Unknown(_) => {
            resolve(world, key, replica, (Resolved::Unknown, None), tally, out);
            Class::Unknown
        }
    };
    let side = &mut key.sides[replica];
    side.tidy();
    if side.class != class {
        let before = std::mem::replace(&mut side.class, class);
        tally.shift(key.entity, replica, before, class);
    }
    let lagging = match judgement {
        Judgement::Lagging { until, .. } => Some(until),
        Judgement::Diverged { until, .. } => until,
        _ => None,
    };
    if plan.probed {
        probe::want(world, key, replica, out);
    }
    let cell = cells::next(key, replica, plan).filter(|until| world.unseen_place(key, replica, *until).is_some());
    let until = cell.into_iter().chain(lagging).chain(parked).min();
    let decided = until.and_then(|until| Some((world.unseen_place(key, replica, until)?, until)));
    let wait = |(place, until)| Armed { replica: replica as u8, place, until };
    waits.extend(decided.into_iter().chain(drained.wait).map(wait));
}

/// Whether what an open finding accuses the replica of has come, so that what it lacks now has a deadline of its own.
/// Without a finding there is nothing to catch up with.
fn caught_up(key: &KeyState, replica: usize, plan: &ReplicaPlan, standing: &Standing, facts: &Facts) -> bool {
    let side = &key.sides[replica];
    let Some(open) = side.open() else { return true };
    // A replica that was seen after the new deadline without it is late again, only the frontiers do not say so yet.
    if standing.strange != 0
        || standing.existence == Existence::Orphan
        || facts.due.is_none_or(|due| due.plus(ahead::error(plan)) <= side.sight.at)
    {
        return false;
    }
    let Some((history, seq)) = open.accused else { return true };
    let lack = standing.lacks.iter().find(|lack| lack.history == usize::from(history));
    lack.is_none_or(|lack| key.history(lack.history).writes.get(lack.index).is_some_and(|write| write.seq > seq))
}

/// Opens a finding, or takes the facts into the one that is open.
fn accuse(
    world: &World<'_>,
    key: &mut KeyState,
    replica: usize,
    facts: &Facts,
    decided: bool,
    tally: &mut Tally,
    out: &mut Vec<Change>,
) -> Class {
    let open = key.sides[replica].rare.as_mut().and_then(|rare| rare.open.take());
    let open = match open {
        Some(mut open) => {
            // What is not due yet is not told: the finding stands as it was decided.
            open.proven |= decided;
            if decided && open.revise(world, key, replica, facts) {
                out.push(Change::Revised(Box::new(open.finding(world, key, replica, facts))));
            }
            open
        }
        None if decided => {
            let mut open = Open::new(world, key, replica, facts);
            open.departed = departure(key, replica, &world.plan.replicas[replica], facts).map(SourceTime::minute);
            if let Some(departed) = open.departed {
                tally.close(key.entity, replica, departed.start(), Outcome::NotInTime);
            }
            out.push(Change::Opened(Box::new(open.finding(world, key, replica, facts))));
            open
        }
        None => return Class::Lagging,
    };
    key.sides[replica].rare().open = Some(open);
    Class::Diverged
}

/// When a replica departed from what it had shown in time: no cell of a write tells of that (SEM-9). Where the write that it
/// lacks, or the last one before it departed, was never shown, the cell of that write does.
fn departure(key: &KeyState, replica: usize, plan: &ReplicaPlan, facts: &Facts) -> Option<SourceTime> {
    let since = facts.since?;
    let unshown = |write: &Write| matches!(write.cells.get(replica), Cell::Open | Cell::Missed);
    let told = match facts.first {
        Some(first) => {
            let write = &key.history(first.history).writes[first.index];
            unshown(write) || write.sight.baseline()
        }
        None => {
            let decided = |against: &Against| against.mask & facts.differs != 0;
            let history = plan.against.iter().position(decided).unwrap_or(MAIN);
            let until = since.plus(plan.against[history].clock_error);
            let before = key.history(history).writes.iter().rev().find(|write| write.sight.at <= until);
            before.is_some_and(unshown)
        }
    };
    Some(since).filter(|_| !told)
}

fn resolve(
    world: &World<'_>,
    key: &mut KeyState,
    replica: usize,
    (how, by): (Resolved, Option<Sight>),
    tally: &mut Tally,
    out: &mut Vec<Change>,
) {
    let Some(open) = key.sides[replica].rare.as_mut().and_then(|rare| rare.open.take()) else { return };
    if let (Some(departed), true) = (open.departed, how != Resolved::Unknown) {
        tally.close(key.entity, replica, departed.start(), Outcome::Healed(None));
    }
    let resolution = Resolution {
        at: by.map(|sight| sight.at),
        found: world.cx.now,
        how,
        evidence: by.map(|sight| finding::observation(world.places, &sight)),
    };
    out.push(Change::Resolved { id: open.id, resolution });
}

/// How what is open ends, judged by what ended it.
fn resolved(trigger: Trigger, key: &KeyState, replica: usize, plan: &ReplicaPlan) -> (Resolved, Option<Sight>) {
    let error = plan.against.iter().map(|against| against.clock_error).max().unwrap_or_default();
    let due = key.sides[replica].open().and_then(|open| open.due);
    match trigger {
        Trigger::Replica(sight) if due.is_some_and(|due| sight.at <= due.plus(error)) => {
            (Resolved::Disproved, Some(sight))
        }
        Trigger::Replica(sight) => (Resolved::Late, Some(sight)),
        Trigger::Write { sight, late: true } => (Resolved::Disproved, Some(sight)),
        Trigger::Write { sight, late: false } => (Resolved::Superseded, Some(sight)),
        Trigger::Other => (Resolved::Late, None),
    }
}
