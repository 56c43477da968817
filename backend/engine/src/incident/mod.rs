//! Incidents: the second fold (SEM-14). Over findings in the order in which they were committed it groups those of one cause,
//! decides whom to tell of it and why not, and writes what is told, complete, as messages for the outbox. Pure and
//! deterministic like the engine (ENG-1): time comes from the tick that closes each stretch of changes.
//!
//! `Incidents::fold` takes everything since the last tick at once and reads it sorted by finding, so that neither batches nor
//! engine partitions show. Every decision to tell or not to tell has a named reason and is told itself.

mod cause;
mod decide;
mod held;
mod kept;
mod matcher;
mod message;

use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;
use plumbline_model::{
    Change, Finding, FindingId, Rule,
    incident::{IncidentChange, IncidentId, IncidentState},
    journal::{Command, StateEntry},
    rules::AlertRules,
    time::{Lag, ReceivedTime},
};
use serde::{Deserialize, Serialize};

use self::held::Held;
use crate::RestoreError;

pub use matcher::{LABELS, MatcherError, parse as parse_matchers};

/// Where messages lead people, and what they call what is watched.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Settings {
    /// Where people reach the dashboard, without a slash at the end.
    pub public_url: String,
    /// The name of what is watched; empty where it has none.
    pub environment: String,
}

/// A resolved incident can still be sent again or annotated for so long.
const RESOLVED_REMEMBERED: Lag = Lag::from_secs(24 * 3600);
/// Resolved incidents remembered at most; beyond it the oldest go first (LIM-1).
const MAX_RESOLVED: usize = 1_000;
/// Silences in force at most; beyond it the one that ends first goes (LIM-1).
const MAX_SILENCES: usize = 1_000;

/// The fold's state: incidents that are open, those resolved lately, silences, and the rules.
#[derive(Default)]
pub struct Incidents {
    settings: Settings,
    shared: Shared,
    /// By number, which is the order of opening.
    incidents: BTreeMap<u32, Held>,
    /// Open incidents by cause.
    by_cause: BTreeMap<Cause, u32>,
    /// Open findings of open incidents.
    by_finding: BTreeMap<FindingId, u32>,
    /// Late runs of sagas that open findings of open incidents are about.
    by_run: BTreeMap<u64, u32>,
    dirty: BTreeSet<u32>,
}

/// What is not of one incident.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
struct Shared {
    rules: AlertRules,
    /// Incidents ever opened.
    opened: u32,
    silences: Vec<Silence>,
    /// Commands that named no incident known here, or matchers that could not be read.
    rejected_commands: u64,
}

/// Messages about what matches are held back until a time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Silence {
    matchers: Vec<plumbline_model::rules::Matcher>,
    /// The matchers as they were written.
    pub matcher: CompactString,
    pub until: ReceivedTime,
    pub by: CompactString,
    pub why: CompactString,
}

/// What makes findings belong together: rule, place and reason.
type Cause = (Rule, CompactString, CompactString);

impl Incidents {
    pub fn new(settings: Settings, rules: &AlertRules) -> Self {
        let shared = Shared { rules: rules.clone(), ..Shared::default() };
        Self { settings, shared, ..Self::default() }
    }

    /// Takes new rules into force from the next decision on.
    pub fn configure(&mut self, rules: &AlertRules) {
        self.shared.rules = rules.clone();
    }

    /// Takes in everything that happened since the last call, and decides as of `now`. To be called once for each tick,
    /// with the changes of all engine partitions in any order that keeps those of one finding in theirs, and with the commands
    /// in journal order.
    ///
    /// What is told, sorted by incident: the incident, findings that joined it, decisions, messages.
    pub fn fold(&mut self, changes: &[Change], commands: &[Command], now: ReceivedTime) -> Vec<IncidentChange> {
        let mut out = Told::default();
        self.take_in(changes, now, &mut out);
        self.shared.silences.retain(|silence| silence.until > now);
        for command in commands {
            self.obey(command, now, &mut out);
        }
        self.settle(now, &mut out);
        self.forget(now);
        out.changes(&self.incidents)
    }

    /// Findings that the fold holds to be open: whoever resolves those that no engine holds any more starts here.
    pub fn open_findings(&self) -> impl Iterator<Item = FindingId> + '_ {
        self.by_finding.keys().copied()
    }

    /// Silences that were in force at the last call, in the order in which they were set.
    pub fn silences(&self) -> &[Silence] {
        &self.shared.silences
    }

    /// Commands that named no incident known here, or a matcher that cannot be read.
    pub fn rejected_commands(&self) -> u64 {
        self.shared.rejected_commands
    }

    /// The pieces of state that changed since the last call; to be kept behind a tick.
    pub fn take_dirty(&mut self) -> Vec<StateEntry> {
        let mut entries = vec![kept::shared(&self.shared)];
        for number in std::mem::take(&mut self.dirty) {
            entries.push(kept::incident(number, self.incidents.get(&number)));
        }
        entries
    }

    /// Rebuilds the fold from every piece that `take_dirty` gave and that was not replaced.
    ///
    /// # Errors
    /// When a piece was written by another version or is damaged.
    pub fn restore(settings: Settings, entries: impl IntoIterator<Item = StateEntry>) -> Result<Self, RestoreError> {
        let mut fold = Self { settings, ..Self::default() };
        for entry in entries {
            match kept::load(&entry)? {
                kept::Piece::Shared(shared) => fold.shared = shared,
                kept::Piece::Incident(number, Some(held)) => {
                    if held.is_open() {
                        fold.by_cause.insert(held.cause(), number);
                        fold.by_finding.extend(held.open.keys().map(|finding| (*finding, number)));
                        fold.by_run.extend(held.late_runs.keys().map(|run| (*run, number)));
                    }
                    fold.incidents.insert(number, *held);
                }
                kept::Piece::Incident(_, None) => {}
            }
        }
        Ok(fold)
    }

    /// Joins and resolves findings, in the order of their times and not of their arrival.
    fn take_in(&mut self, changes: &[Change], now: ReceivedTime, out: &mut Told) {
        let mut findings: BTreeMap<FindingId, Vec<&Change>> = BTreeMap::new();
        for change in changes {
            let id = match change {
                Change::Opened(finding) | Change::Revised(finding) => finding.id,
                Change::Resolved { id, .. } => *id,
                _ => continue,
            };
            findings.entry(id).or_default().push(change);
        }
        let mut findings: Vec<_> = findings.into_iter().collect();
        // A step names what is waited for better than the whole does: it comes first where both are late at once.
        let order = |change: &&Change| match change {
            Change::Opened(finding) | Change::Revised(finding) => {
                Some((finding.rule == Rule::SagaWhole, finding.since))
            }
            _ => None,
        };
        findings.sort_by_key(|(id, changes)| (changes.iter().find_map(order), *id));
        for change in findings.into_iter().flat_map(|(_, changes)| changes) {
            match change {
                Change::Opened(finding) => self.join(finding, now, out),
                Change::Revised(finding) => match self.by_finding.get(&finding.id) {
                    Some(number) => self.touch(*number, out, |held| held.revise(finding, now)),
                    None => self.join(finding, now, out),
                },
                Change::Resolved { id, resolution } => {
                    if let Some(number) = self.by_finding.remove(id) {
                        let mut ended = None;
                        self.touch(number, out, |held| ended = held.resolve(*id, resolution, now));
                        ended.map(|run| self.by_run.remove(&run));
                    }
                }
                _ => {}
            }
        }
    }

    fn join(&mut self, finding: &Finding, now: ReceivedTime, out: &mut Told) {
        let key = cause::key(finding);
        let cause = (key.rule, key.place.clone(), key.reason.clone());
        let run = cause::late_run(finding);
        let of_run = || self.by_run.get(&run?);
        let number = match self.by_finding.get(&finding.id).or_else(of_run).or_else(|| self.by_cause.get(&cause)) {
            Some(number) => *number,
            None => {
                self.shared.opened += 1;
                let number = self.shared.opened;
                self.incidents.insert(number, Held::new(number, key, finding, now));
                self.by_cause.insert(cause, number);
                number
            }
        };
        self.by_finding.insert(finding.id, number);
        run.map(|run| self.by_run.insert(run, number));
        self.touch(number, out, |held| held.join(finding, now));
        out.joined.entry(number).or_default().insert(finding.id);
    }

    fn touch(&mut self, number: u32, out: &mut Told, act: impl FnOnce(&mut Held)) {
        if let Some(held) = self.incidents.get_mut(&number) {
            act(held);
            self.dirty.insert(number);
            out.touched.insert(number);
        }
    }

    fn obey(&mut self, command: &Command, now: ReceivedTime, out: &mut Told) {
        let id = match command {
            Command::Acknowledge { incident, .. }
            | Command::Resolve { incident, .. }
            | Command::Note { incident, .. }
            | Command::SendAgain { incident, .. } => IncidentId(*incident),
            Command::Silence { matcher, until, by, why } => return self.silence((matcher, by, why), *until, now),
            Command::ProbeFailed { .. } => return,
        };
        let Some(number) = self.incidents.iter().find(|(_, held)| held.incident.id == id).map(|(number, _)| *number)
        else {
            self.shared.rejected_commands += 1;
            return;
        };
        self.touch(number, out, |held| match command {
            Command::Acknowledge { by, .. } => held.acknowledge(by, now),
            Command::Resolve { .. } => held.close(now),
            Command::Note { by, text, .. } => held.note(by, text, now),
            Command::SendAgain { .. } => held.asked = true,
            Command::Silence { .. } | Command::ProbeFailed { .. } => {}
        });
    }

    /// A silence of the same matchers replaces the one before, so that it can be made longer, or ended.
    fn silence(
        &mut self,
        (matcher, by, why): (&CompactString, &CompactString, &CompactString),
        until: ReceivedTime,
        now: ReceivedTime,
    ) {
        let Ok(matchers) = matcher::parse(matcher) else {
            self.shared.rejected_commands += 1;
            return;
        };
        let silences = &mut self.shared.silences;
        silences.retain(|silence| silence.matchers != matchers);
        if until > now {
            let (matcher, by, why) = (matcher.clone(), by.clone(), why.clone());
            silences.push(Silence { matchers, matcher, until, by, why });
        }
        if silences.len() > MAX_SILENCES {
            let first = silences.iter().enumerate().min_by_key(|(_, silence)| silence.until).map(|(at, _)| at);
            first.map(|at| silences.remove(at));
        }
    }

    /// Ends what has no open finding, and decides whom to tell.
    fn settle(&mut self, now: ReceivedTime, out: &mut Told) {
        let Self { settings, shared, incidents, by_cause, by_finding, by_run, dirty, .. } = self;
        for (number, held) in incidents.iter_mut() {
            if held.is_open() && held.open.is_empty() {
                held.close(now);
            }
            let world = decide::World { rules: &shared.rules, silences: &shared.silences, now };
            let decided = decide::decide(held, world);
            if decided.changed {
                dirty.insert(*number);
                out.touched.insert(*number);
            }
            for (decision, told) in decided.decisions {
                if told {
                    out.messages.entry(*number).or_default().push(message::message(held, &decision, settings));
                }
                held.sequence += 1;
                out.decisions.entry(*number).or_default().push(decision);
            }
            if !held.is_open() && by_cause.get(&held.cause()) == Some(number) {
                by_cause.remove(&held.cause());
                // A person may close an incident whose findings are open: what they come to is no longer its business.
                let (findings, runs) = held.let_go();
                for finding in findings.keys() {
                    by_finding.remove(finding);
                }
                for run in runs.keys() {
                    by_run.remove(run);
                }
            }
        }
    }

    fn forget(&mut self, now: ReceivedTime) {
        let resolved = self.incidents.iter().filter_map(|(number, held)| Some((held.incident.resolved?, *number)));
        let mut resolved: Vec<_> = resolved.filter(|(_, number)| !self.incidents[number].is_open()).collect();
        resolved.sort_unstable();
        let excess = resolved.len().saturating_sub(MAX_RESOLVED);
        for (at, (ended, number)) in resolved.into_iter().enumerate() {
            if at < excess || now.since(ended) > RESOLVED_REMEMBERED {
                self.incidents.remove(&number);
                self.dirty.insert(number);
            }
        }
    }
}

/// What one fold tells, by incident.
#[derive(Default)]
struct Told {
    touched: BTreeSet<u32>,
    joined: BTreeMap<u32, BTreeSet<FindingId>>,
    decisions: BTreeMap<u32, Vec<plumbline_model::incident::Decision>>,
    messages: BTreeMap<u32, Vec<plumbline_model::incident::OutboxMessage>>,
}

impl Told {
    fn changes(mut self, incidents: &BTreeMap<u32, Held>) -> Vec<IncidentChange> {
        let mut changes = Vec::new();
        for number in self.touched {
            let Some(held) = incidents.get(&number) else { continue };
            let incident = held.incident.id;
            changes.push(IncidentChange::Incident(Box::new(held.incident.clone())));
            let joined = self.joined.remove(&number).unwrap_or_default();
            changes.extend(joined.into_iter().map(|finding| IncidentChange::Joined { incident, finding }));
            let decisions = self.decisions.remove(&number).unwrap_or_default();
            changes.extend(decisions.into_iter().map(IncidentChange::Decided));
            let messages = self.messages.remove(&number).unwrap_or_default();
            changes.extend(messages.into_iter().map(|message| IncidentChange::Outbox(Box::new(message))));
        }
        changes
    }
}

/// Whether the incident is still going on.
const fn open(state: IncidentState) -> bool {
    !matches!(state, IncidentState::Resolved)
}
