//! Incidents and what is told of them: the second fold (SEM-14), over findings in the order in which they were committed.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::{
    finding::{FindingId, Rule, Severity},
    name::ReceiverName,
    time::{ReceivedTime, SourceTime},
};

/// Derived from the cause and the first finding (SEM-13).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IncidentId(pub u64);

/// Findings that have one cause, as a person would count them. Upserted by id.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Incident {
    pub id: IncidentId,
    /// A small number for people, counted from 1 in the order of opening.
    pub number: u32,
    pub cause: IncidentKey,
    pub severity: Severity,
    pub state: IncidentState,
    /// The earliest `since` of its findings.
    pub since: Option<SourceTime>,
    pub opened: ReceivedTime,
    pub resolved: Option<ReceivedTime>,
    pub acknowledged: Option<(ReceivedTime, CompactString)>,
    /// Findings that are open; a saga that is late in a step and as a whole counts as one.
    pub open_findings: u32,
    /// Findings ever, counted in the same way.
    pub all_findings: u32,
    /// The first few, in order of opening.
    pub findings: Vec<FindingId>,
    /// What people wrote about it, oldest first; the last 50.
    pub notes: Vec<Note>,
    pub updated: ReceivedTime,
}

/// What a person wrote about an incident.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Note {
    pub at: ReceivedTime,
    pub by: CompactString,
    pub text: CompactString,
}

/// What makes findings belong together.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct IncidentKey {
    pub rule: Rule,
    /// `entity/replica`, `saga/step`, `service operation` or `from → to`.
    pub place: CompactString,
    /// Reason of the divergence, or the state of the saga.
    pub reason: CompactString,
    /// Partition that all findings share, empty where there is none.
    pub partition: CompactString,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentState {
    /// Gathering findings before it is told.
    Gathering,
    Open,
    Acknowledged,
    Resolved,
}

/// A decision to tell somebody or not; every one is kept and shown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Decision {
    pub incident: IncidentId,
    pub at: ReceivedTime,
    pub receiver: Option<ReceiverName>,
    pub reason: NotifyReason,
}

/// Why somebody is told, or is not.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotifyReason {
    /// Told: it is new.
    Opened,
    /// Told: it grew worse (severity rose).
    Worse,
    /// Told: it ended.
    Ended,
    /// Told: it is still open after the repeat interval.
    Repeated,
    /// Told: a person asked for it.
    Asked,
    /// Not told: it ended before anybody was told of it.
    EndedWhileGathering,
    /// Not told: a silence matches.
    Silenced { until: ReceivedTime },
    /// Not told: somebody works on it.
    Acknowledged,
    /// Not told: no receiver is configured for it.
    NoReceiver,
}

impl NotifyReason {
    pub const fn tells(&self) -> bool {
        matches!(self, Self::Opened | Self::Worse | Self::Ended | Self::Repeated | Self::Asked)
    }
}

/// A message that is to be delivered at least once, always under the same id. Written in the transaction of what it tells.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct OutboxMessage {
    /// The `webhook-id`: derived from incident, decision and receiver.
    pub id: CompactString,
    pub receiver: ReceiverName,
    pub incident: IncidentId,
    pub created: ReceivedTime,
    /// The body, complete: what is sent does not change between tries.
    pub body: String,
}

/// What the second fold tells: committed together with the first one's changes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentChange {
    Incident(Box<Incident>),
    /// The finding belongs to the incident.
    Joined {
        incident: IncidentId,
        finding: FindingId,
    },
    Decided(Decision),
    Outbox(Box<OutboxMessage>),
}
