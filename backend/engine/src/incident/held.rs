//! One incident as the fold holds it: the incident as told, and what decisions about it rest on. It must not decide.

use std::collections::BTreeMap;

use compact_str::CompactString;
use plumbline_model::{
    Finding, FindingId, Resolution,
    finding::Severity,
    incident::{Incident, IncidentId, IncidentKey, IncidentState, Note, NotifyReason},
    name::ReceiverName,
    time::ReceivedTime,
};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use super::{
    Cause,
    cause::{self, Labels},
};

/// Findings that a message carries.
pub(super) const EXAMPLES: usize = 10;
/// Findings listed in the incident itself.
const LISTED: usize = 20;
/// Notes kept of one incident.
const NOTES: usize = 50;
/// Findings that must share a partition before it is said: of fewer it happens by chance.
const SHARING: u32 = 3;

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Held {
    pub incident: Incident,
    pub labels: Labels,
    /// Its findings that are open, with the late run that they are about (`cause::late_run`).
    pub open: BTreeMap<FindingId, Option<u64>>,
    /// Open findings about each late run; they count as one.
    pub late_runs: BTreeMap<u64, u32>,
    /// Open findings beyond the first of their run.
    companions: u32,
    /// A few findings in full, open ones first in line to stay.
    pub examples: Vec<Finding>,
    shared: SharedPartition,
    /// The time of gathering is over.
    pub gathered: bool,
    /// The severity that was told.
    pub told_severity: Option<Severity>,
    /// When anything was told last, or decided not to be repeated.
    pub told: Option<ReceivedTime>,
    pub told_to: Vec<ReceiverName>,
    /// What is to be told and could not be yet.
    pub due: Option<NotifyReason>,
    /// Why not; said once.
    pub obstacle: Option<NotifyReason>,
    /// Somebody asked for it to be sent again.
    pub asked: bool,
    /// Its end was decided upon.
    pub ended: bool,
    /// Decisions so far.
    pub sequence: u32,
}

/// The partition that all findings so far share.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
enum SharedPartition {
    One(CompactString),
    None,
}

impl Held {
    /// An incident without findings; the first is to be joined next.
    pub fn new(number: u32, cause: IncidentKey, first: &Finding, now: ReceivedTime) -> Self {
        let incident = Incident {
            id: incident_id(&cause, first),
            number,
            cause,
            severity: first.severity,
            state: IncidentState::Gathering,
            since: first.since,
            opened: now,
            resolved: None,
            acknowledged: None,
            open_findings: 0,
            all_findings: 0,
            findings: Vec::new(),
            notes: Vec::new(),
            updated: now,
        };
        Self {
            incident,
            labels: cause::labels(first),
            open: BTreeMap::new(),
            late_runs: BTreeMap::new(),
            companions: 0,
            examples: Vec::new(),
            shared: SharedPartition::One(cause::partition(first)),
            gathered: false,
            told_severity: None,
            told: None,
            told_to: Vec::new(),
            due: None,
            obstacle: None,
            asked: false,
            ended: false,
            sequence: 0,
        }
    }

    pub fn is_open(&self) -> bool {
        super::open(self.incident.state)
    }

    pub fn cause(&self) -> Cause {
        let key = &self.incident.cause;
        (key.rule, key.place.clone(), key.reason.clone())
    }

    /// Takes a finding in that was opened, or opened again.
    pub fn join(&mut self, finding: &Finding, now: ReceivedTime) {
        let run = cause::late_run(finding);
        if self.open.insert(finding.id, run).is_none() {
            match run.map(|run| self.late_runs.entry(run).and_modify(|count| *count += 1).or_insert(1)) {
                Some(2..) => self.companions += 1,
                _ => self.incident.all_findings += 1,
            }
            if self.incident.findings.len() < LISTED && !self.incident.findings.contains(&finding.id) {
                self.incident.findings.push(finding.id);
            }
        }
        self.revise(finding, now);
    }

    /// Takes over what is now known of one of its findings.
    pub fn revise(&mut self, finding: &Finding, now: ReceivedTime) {
        let incident = &mut self.incident;
        incident.severity = incident.severity.max(finding.severity);
        // `None` is before everything that was watched.
        incident.since = incident.since.min(finding.since);
        if SharedPartition::One(cause::partition(finding)) != self.shared {
            self.shared = SharedPartition::None;
        }
        let same = |example: &Finding| example.id == finding.id;
        let over = |example: &Finding| example.resolution.is_some();
        if let Some(at) = self.examples.iter().position(same) {
            self.examples[at] = finding.clone();
        } else if self.examples.len() < EXAMPLES {
            self.examples.push(finding.clone());
        } else if let Some(at) = self.examples.iter().position(over) {
            self.examples.remove(at);
            self.examples.push(finding.clone());
        }
        self.count(now);
    }

    /// Takes the end of a finding in. Returns the run that is not late any more, if it was the last about one.
    pub fn resolve(&mut self, id: FindingId, resolution: &Resolution, now: ReceivedTime) -> Option<u64> {
        let run = self.open.remove(&id).flatten();
        let left = run.and_then(|run| self.late_runs.get_mut(&run)).map(|count| {
            *count -= 1;
            *count
        });
        match (run, left) {
            (Some(run), Some(0)) => drop(self.late_runs.remove(&run)),
            (Some(_), Some(_)) => self.companions -= 1,
            _ => {}
        }
        if let Some(example) = self.examples.iter_mut().find(|example| example.id == id) {
            example.resolution = Some(resolution.clone());
        }
        self.count(now);
        run.filter(|_| left == Some(0))
    }

    /// Forgets which findings are open: they are no longer its business. Returns them and their late runs.
    pub fn let_go(&mut self) -> (BTreeMap<FindingId, Option<u64>>, BTreeMap<u64, u32>) {
        self.companions = 0;
        (std::mem::take(&mut self.open), std::mem::take(&mut self.late_runs))
    }

    fn count(&mut self, now: ReceivedTime) {
        let incident = &mut self.incident;
        incident.open_findings = u32::try_from(self.open.len()).unwrap_or(u32::MAX).saturating_sub(self.companions);
        incident.cause.partition = match &self.shared {
            SharedPartition::One(partition) if incident.all_findings >= SHARING => partition.clone(),
            _ => CompactString::default(),
        };
        incident.updated = now;
    }

    pub fn acknowledge(&mut self, by: &CompactString, now: ReceivedTime) {
        if self.is_open() {
            self.incident.state = IncidentState::Acknowledged;
            self.incident.acknowledged = Some((now, by.clone()));
            self.incident.updated = now;
        }
    }

    /// Ends it: because nothing of it is open, or because a person says so.
    pub fn close(&mut self, now: ReceivedTime) {
        if self.is_open() {
            self.incident.state = IncidentState::Resolved;
            self.incident.resolved = Some(now);
            self.incident.updated = now;
        }
    }

    pub fn note(&mut self, by: &CompactString, text: &CompactString, now: ReceivedTime) {
        let notes = &mut self.incident.notes;
        notes.push(Note { at: now, by: by.clone(), text: text.clone() });
        let excess = notes.len().saturating_sub(NOTES);
        notes.drain(..excess);
        self.incident.updated = now;
    }
}

/// Derived from the cause and the first finding (SEM-13). A finding that is opened a second time begins another incident, so
/// the time of its opening is part of it.
fn incident_id(cause: &IncidentKey, first: &Finding) -> IncidentId {
    let mut hash = Xxh3::new();
    for part in [cause.rule.word(), &cause.place, &cause.reason] {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.update(&first.id.0.to_le_bytes());
    hash.update(&first.opened.0.to_le_bytes());
    IncidentId(hash.digest())
}
