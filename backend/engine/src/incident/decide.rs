//! Whether to tell, whom, and why not: a pure decision over one incident, the rules and the silences as of now. The model is
//! Alertmanager's, whose `needsUpdate` returns the reason and not a boolean.

use plumbline_model::{
    incident::{Decision, IncidentState, NotifyReason},
    name::ReceiverName,
    rules::AlertRules,
    time::ReceivedTime,
};

use super::{Silence, held::Held, matcher::all_match};

/// What decisions rest on beside the incident.
#[derive(Clone, Copy)]
pub(super) struct World<'a> {
    pub rules: &'a AlertRules,
    pub silences: &'a [Silence],
    pub now: ReceivedTime,
}

/// What was decided of one incident.
#[derive(Default)]
pub(super) struct Decided {
    /// In order, each with whether a message goes out.
    pub decisions: Vec<(Decision, bool)>,
    /// The incident is not as it was.
    pub changed: bool,
}

/// Decides as of `world.now`. Deciding twice decides nothing the second time.
pub(super) fn decide(held: &mut Held, world: World<'_>) -> Decided {
    let mut decided = Decided::default();
    if held.is_open() {
        becomes_due(held, world, &mut decided);
        if let Some(due) = held.due.clone() {
            attempt(held, world, due, &mut decided);
        }
    } else if !held.ended {
        held.ended = true;
        decided.changed = true;
        end(held, world, &mut decided);
    }
    if std::mem::take(&mut held.asked) {
        decided.changed = true;
        match receiver(held, world.rules) {
            Some(receiver) => tell(held, world, receiver, NotifyReason::Asked, &mut decided),
            None => decided.add(held, world, None, NotifyReason::NoReceiver),
        }
    }
    decided
}

/// Notes what has become due to be told.
fn becomes_due(held: &mut Held, world: World<'_>, decided: &mut Decided) {
    let rules = world.rules;
    if !held.gathered && world.now >= held.incident.opened.plus(rules.group_wait) {
        held.gathered = true;
        decided.changed = true;
        if held.incident.state == IncidentState::Gathering {
            held.incident.state = IncidentState::Open;
            held.incident.updated = world.now;
        }
        held.due = Some(NotifyReason::Opened);
    }
    let Some(told) = held.told.filter(|_| held.due.is_none()) else { return };
    if held.told_severity.is_some_and(|severity| severity < held.incident.severity) {
        held.due = Some(NotifyReason::Worse);
        decided.changed = true;
    } else if world.now >= told.plus(rules.repeat) {
        held.due = Some(NotifyReason::Repeated);
        decided.changed = true;
    }
}

/// Tells what is due, or says once why not.
fn attempt(held: &mut Held, world: World<'_>, due: NotifyReason, decided: &mut Decided) {
    let receiver = receiver(held, world.rules);
    let obstacle = match receiver {
        None => Some(NotifyReason::NoReceiver),
        Some(_) if held.incident.state == IncidentState::Acknowledged => Some(NotifyReason::Acknowledged),
        Some(_) => silenced(held, world),
    };
    let (Some(obstacle), receiver) = (obstacle, receiver.clone()) else {
        if let Some(receiver) = receiver {
            tell(held, world, receiver, due, decided);
        }
        return;
    };
    if obstacle == NotifyReason::Acknowledged {
        // Somebody works on it: what was due is dropped, and a repetition comes up again after its interval.
        held.due = None;
        held.told = held.told.map(|_| world.now);
        held.told_severity = held.told_severity.max(Some(held.incident.severity));
        decided.add(held, world, receiver, obstacle);
    } else if held.obstacle.as_ref() != Some(&obstacle) {
        held.obstacle = Some(obstacle.clone());
        decided.add(held, world, receiver, obstacle);
    }
}

/// Tells the end to whoever was told the beginning.
fn end(held: &mut Held, world: World<'_>, decided: &mut Decided) {
    if held.told_to.is_empty() {
        return decided.add(held, world, receiver(held, world.rules), NotifyReason::EndedWhileGathering);
    }
    for receiver in held.told_to.clone() {
        match silenced(held, world) {
            Some(silenced) => decided.add(held, world, Some(receiver), silenced),
            None => tell(held, world, receiver, NotifyReason::Ended, decided),
        }
    }
}

fn tell(held: &mut Held, world: World<'_>, receiver: ReceiverName, reason: NotifyReason, decided: &mut Decided) {
    held.told = Some(world.now);
    held.told_severity = Some(held.incident.severity);
    held.due = None;
    held.obstacle = None;
    if !held.told_to.contains(&receiver) {
        held.told_to.push(receiver.clone());
    }
    decided.add(held, world, Some(receiver), reason);
}

/// The receiver of the first route that matches.
fn receiver(held: &Held, rules: &AlertRules) -> Option<ReceiverName> {
    let mut routes = rules.routes.iter();
    routes.find(|route| all_match(&route.matches, &held.incident, &held.labels)).map(|route| route.receiver.clone())
}

/// The silence that lasts longest, of those that match.
fn silenced(held: &Held, world: World<'_>) -> Option<NotifyReason> {
    let silences = world.silences.iter().filter(|silence| all_match(&silence.matchers, &held.incident, &held.labels));
    silences.map(|silence| silence.until).max().map(|until| NotifyReason::Silenced { until })
}

impl Decided {
    fn add(&mut self, held: &Held, world: World<'_>, receiver: Option<ReceiverName>, reason: NotifyReason) {
        let told = reason.tells();
        self.changed = true;
        self.decisions.push((Decision { incident: held.incident.id, at: world.now, receiver, reason }, told));
    }
}
