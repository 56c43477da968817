//! What a receiver is sent: the complete body, in the form of Standard Webhooks (`type`, `timestamp`, `data`). It is written
//! once, with the decision, and never changes between tries; sentences come from `model::prose` like everywhere else.

use std::fmt::Write as _;

use compact_str::{CompactString, format_compact};
use plumbline_model::{
    Finding, FindingId, ReceivedTime, SourceTime, Subject,
    finding::{Detail, FieldDiff, Owed, Resolved},
    incident::{Decision, Incident, NotifyReason, OutboxMessage},
    name::ReceiverName,
    prose,
    time::Lag,
};
use serde::Serialize;
use xxhash_rust::xxh3::Xxh3;

use super::{Settings, held::Held};

/// The message of a decision to tell.
pub(super) fn message(held: &Held, decision: &Decision, settings: &Settings) -> OutboxMessage {
    let receiver = decision.receiver.clone().unwrap_or_default();
    let body =
        Body { kind: kind(&decision.reason), timestamp: decision.at, data: Data::new(held, decision.at, settings) };
    OutboxMessage {
        id: message_id(held, &receiver),
        receiver,
        incident: held.incident.id,
        created: decision.at,
        // Serialising plain data into memory has no way to fail.
        body: serde_json::to_string(&body).unwrap_or_default(),
    }
}

/// The type of an event, as receivers filter by it.
const fn kind(reason: &NotifyReason) -> &'static str {
    match reason {
        NotifyReason::Worse => "incident.worsened",
        NotifyReason::Ended => "incident.resolved",
        NotifyReason::Repeated => "incident.repeated",
        NotifyReason::Asked => "incident.requested",
        _ => "incident.opened",
    }
}

/// The `webhook-id`: derived from the incident, which of its decisions this is, and the receiver (SEM-13).
fn message_id(held: &Held, receiver: &ReceiverName) -> CompactString {
    let mut hash = Xxh3::new();
    hash.update(&held.incident.id.0.to_le_bytes());
    hash.update(&held.sequence.to_le_bytes());
    hash.update(receiver.as_str().as_bytes());
    format_compact!("msg_{:032x}", hash.digest128())
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: ReceivedTime,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    /// The incident in one sentence.
    headline: String,
    incident: u32,
    environment: &'a str,
    state: plumbline_model::incident::IncidentState,
    severity: &'static str,
    cause: CauseData<'a>,
    since: Option<SourceTime>,
    opened: ReceivedTime,
    resolved: Option<ReceivedTime>,
    acknowledged_by: Option<&'a str>,
    open_findings: u32,
    all_findings: u32,
    /// Up to ten of them.
    findings: Vec<FindingData<'a>>,
    links: Links,
}

#[derive(Serialize)]
struct CauseData<'a> {
    rule: &'static str,
    place: &'a str,
    reason: &'a str,
    partition: Option<&'a str>,
}

#[derive(Serialize)]
struct Links {
    incident: String,
    report: String,
}

#[derive(Serialize)]
struct FindingData<'a> {
    id: FindingId,
    sentence: String,
    subject: SubjectData<'a>,
    severity: &'static str,
    /// The facts of the rule: fields and versions, or what is awaited and owed, or times.
    #[serde(flatten)]
    detail: DetailData<'a>,
    since: Option<SourceTime>,
    due: Option<SourceTime>,
    opened: ReceivedTime,
    resolved: Option<ReceivedTime>,
    resolution: Option<Resolved>,
    /// Ids of the observations that prove it: source, partition and position.
    evidence: Vec<String>,
    link: String,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum SubjectData<'a> {
    Replica { entity: &'a str, key: &'a str, replica: &'a str },
    Saga { saga: &'a str, instance: &'a str, step: Option<&'a str> },
    Operation { service: &'a str, operation: &'a str },
    Edge { from: &'a str, to: &'a str },
}

#[derive(Serialize)]
#[serde(untagged)]
enum DetailData<'a> {
    Divergence {
        reason: &'static str,
        fields: &'a [FieldDiff],
        versions_behind: Option<u32>,
        expected_version: Option<i64>,
        held_version: Option<i64>,
    },
    Stuck {
        reason: &'static str,
        waiting_for: Vec<&'a str>,
        owner: Option<&'a str>,
        after: Option<&'a str>,
        within_seconds: f64,
        owed: &'a [Owed],
    },
    Skipped {
        reason: &'static str,
        left_out: &'a str,
        owner: Option<&'a str>,
    },
    Slower {
        reason: &'static str,
        p95_seconds: f64,
        baseline_p95_seconds: f64,
        share_ppm: u32,
        samples: u64,
    },
}

impl<'a> Data<'a> {
    fn new(held: &'a Held, now: ReceivedTime, settings: &'a Settings) -> Self {
        let incident = &held.incident;
        let open = held.examples.iter().find(|example| example.resolution.is_none());
        let cause = &incident.cause;
        Self {
            headline: prose::incident(incident, open.or(held.examples.first()), now),
            incident: incident.number,
            environment: &settings.environment,
            state: incident.state,
            severity: incident.severity.word(),
            cause: CauseData {
                rule: cause.rule.word(),
                place: &cause.place,
                reason: &cause.reason,
                partition: Some(cause.partition.as_str()).filter(|partition| !partition.is_empty()),
            },
            since: incident.since,
            opened: incident.opened,
            resolved: incident.resolved,
            acknowledged_by: incident.acknowledged.as_ref().map(|(_, by)| by.as_str()),
            open_findings: incident.open_findings,
            all_findings: incident.all_findings,
            findings: held.examples.iter().map(|finding| FindingData::new(finding, incident, settings)).collect(),
            links: Links {
                incident: format!("{}/incidents/{}", settings.public_url, incident.number),
                report: format!("{}/report", settings.public_url),
            },
        }
    }
}

impl<'a> FindingData<'a> {
    fn new(finding: &'a Finding, incident: &'a Incident, settings: &Settings) -> Self {
        let resolution = finding.resolution.as_ref();
        Self {
            id: finding.id,
            sentence: prose::finding(finding),
            subject: subject(&finding.subject),
            severity: finding.severity.word(),
            detail: detail(&finding.detail, incident),
            since: finding.since,
            due: finding.due,
            opened: finding.opened,
            resolved: resolution.map(|it| it.found),
            resolution: resolution.map(|it| it.how),
            evidence: finding.evidence.iter().map(|it| it.id.to_string()).collect(),
            link: format!("{}{}", settings.public_url, page(&finding.subject)),
        }
    }
}

fn subject(subject: &Subject) -> SubjectData<'_> {
    match subject {
        Subject::Replica { entity, key, replica } => {
            SubjectData::Replica { entity: entity.as_str(), key: key.as_str(), replica: replica.as_str() }
        }
        Subject::Saga { saga, instance, step } => SubjectData::Saga {
            saga: saga.as_str(),
            instance: instance.as_str(),
            step: step.as_ref().map(AsRef::as_ref),
        },
        Subject::Operation { service, operation } => {
            SubjectData::Operation { service: service.as_str(), operation: operation.as_str() }
        }
        Subject::Edge { from, to, .. } => SubjectData::Edge { from: from.as_str(), to },
    }
}

fn detail<'a>(detail: &'a Detail, incident: &Incident) -> DetailData<'a> {
    match detail {
        Detail::Divergence { reason, fields, behind, expected_version, held_version } => DetailData::Divergence {
            reason: reason.word(),
            fields,
            versions_behind: *behind,
            expected_version: *expected_version,
            held_version: *held_version,
        },
        Detail::Stuck { waiting_for, owner, after, within, owed } => DetailData::Stuck {
            reason: if incident.cause.rule == plumbline_model::Rule::SagaCompensation {
                "compensation owed"
            } else {
                "stuck"
            },
            waiting_for: waiting_for.iter().map(AsRef::as_ref).collect(),
            owner: owner.as_ref().map(AsRef::as_ref),
            after: after.as_ref().map(AsRef::as_ref),
            within_seconds: Lag::seconds(*within),
            owed,
        },
        Detail::Skipped { left_out, owner } => DetailData::Skipped {
            reason: "skipped",
            left_out: left_out.as_str(),
            owner: owner.as_ref().map(AsRef::as_ref),
        },
        Detail::Slower { p95, baseline_p95, share_ppm, samples, .. } => DetailData::Slower {
            reason: "slower",
            p95_seconds: p95.seconds(),
            baseline_p95_seconds: baseline_p95.seconds(),
            share_ppm: *share_ppm,
            samples: *samples,
        },
    }
}

/// The page of the dashboard that shows the subject.
fn page(subject: &Subject) -> String {
    match subject {
        Subject::Replica { entity, key, .. } => {
            format!("/lineage/{}/{}", encode(entity.as_str()), encode(key.as_str()))
        }
        Subject::Saga { saga, instance, .. } => {
            format!("/sagas/{}/{}", encode(saga.as_str()), encode(instance.as_str()))
        }
        Subject::Operation { .. } | Subject::Edge { .. } => "/latency".to_owned(),
    }
}

/// Percent-encodes a path segment (RFC 3986: all but the unreserved characters).
fn encode(segment: &str) -> String {
    let mut encoded = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string has no way to fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
