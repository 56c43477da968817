//! What makes findings belong together, read from one finding: rule, place and reason; and the labels that routes and
//! silences match on.

use compact_str::{CompactString, format_compact};
use plumbline_model::{
    Finding, Rule, Subject,
    finding::{Detail, EvidenceRole},
    incident::IncidentKey,
};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

/// The names that a finding's subject gives; empty where it has none.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub(super) struct Labels {
    pub entity: CompactString,
    pub replica: CompactString,
    pub saga: CompactString,
    pub step: CompactString,
    pub service: CompactString,
}

/// The cause that the finding shows; its partition is decided over all findings (`held.rs`).
pub(super) fn key(finding: &Finding) -> IncidentKey {
    let place = match &finding.subject {
        Subject::Replica { entity, replica, .. } => format_compact!("{entity}/{replica}"),
        Subject::Saga { saga, step: Some(step), .. } => format_compact!("{saga}/{step}"),
        Subject::Saga { saga, step: None, .. } => saga.0.clone(),
        Subject::Operation { service, operation } => format_compact!("{service} {operation}"),
        Subject::Edge { from, to, .. } => format_compact!("{from} → {to}"),
    };
    IncidentKey { rule: finding.rule, place, reason: reason(finding), partition: CompactString::default() }
}

/// The run of a saga that is late, if the finding is about one: late in a step and late as a whole is one matter, because a
/// person who gets the step going mends both. What is owed after a failure is another, and so is what a run left out that was
/// completed. Of several runs of one id each is named by its start, the last of what the finding says began.
pub(super) fn late_run(finding: &Finding) -> Option<u64> {
    match (&finding.subject, finding.rule, &finding.detail) {
        (Subject::Saga { saga, instance, .. }, Rule::SagaStep | Rule::SagaWhole, Detail::Stuck { .. }) => {
            let start = finding.evidence.iter().rfind(|evidence| evidence.role == EvidenceRole::Began);
            let start = start.map(|evidence| evidence.id.to_string()).unwrap_or_default();
            let mut hash = Xxh3::new();
            for part in [saga.as_str(), instance.as_str(), &start] {
                hash.update(&(part.len() as u64).to_le_bytes());
                hash.update(part.as_bytes());
            }
            Some(hash.digest())
        }
        _ => None,
    }
}

fn reason(finding: &Finding) -> CompactString {
    match &finding.detail {
        Detail::Divergence { reason, .. } => reason.word().into(),
        Detail::Stuck { .. } if finding.rule == Rule::SagaCompensation => "compensation owed".into(),
        Detail::Stuck { .. } => "stuck".into(),
        Detail::Skipped { .. } => "skipped".into(),
        Detail::Slower { .. } => "slower".into(),
    }
}

pub(super) fn labels(finding: &Finding) -> Labels {
    let mut labels = Labels::default();
    match &finding.subject {
        Subject::Replica { entity, replica, .. } => {
            (labels.entity, labels.replica) = (entity.0.clone(), replica.0.clone());
        }
        Subject::Saga { saga, step, .. } => {
            labels.saga = saga.0.clone();
            labels.step = step.as_ref().map(|step| step.0.clone()).unwrap_or_default();
            if let Detail::Stuck { owner: Some(owner), .. } | Detail::Skipped { owner: Some(owner), .. } =
                &finding.detail
            {
                labels.service = owner.0.clone();
            }
        }
        Subject::Operation { service, .. } => labels.service = service.0.clone(),
        Subject::Edge { from, .. } => labels.service = from.0.clone(),
    }
    labels
}

/// The partition in which a replica lacks what it should hold; empty where none is known. Sagas have none: the events of one
/// run are spread over topics.
pub(super) fn partition(finding: &Finding) -> CompactString {
    if finding.rule != Rule::Convergence {
        return CompactString::default();
    }
    let of = |role| {
        let mut found = finding.evidence.iter().filter(move |evidence| evidence.role == role);
        found.find(|evidence| !evidence.id.partition.as_str().is_empty()).map(|it| it.id.partition.0.clone())
    };
    [EvidenceRole::FirstMissed, EvidenceRole::Expected, EvidenceRole::Held].into_iter().find_map(of).unwrap_or_default()
}
