//! A finding as people and programs read it: flat, with a sentence made from its data.

use crate::{Finding, FindingId, ReceivedTime, SourceTime};

shapes! {
    /// One finding. Which parts of `subject` are there depends on `rule`.
    pub struct FindingView {
        #[cfg_attr(feature = "schema", schemars(with = "String"))]
        pub id: FindingId,
        /// `convergence`, `saga_step`, `saga_whole`, `saga_compensation`, `hotspot`.
        pub rule: String,
        /// `stale`, `missing`, `orphan`, `conflicting`, `phantom`, `regressed`, `stuck`, `compensation_owed`, `skipped`,
        /// `slower` …
        pub reason: String,
        /// `info`, `warning`, `high`.
        pub severity: String,
        pub subject: SubjectView,
        /// What is the matter, in one sentence; times in it are as RFC 3339 writes them, in UTC.
        pub sentence: String,
        pub since: Option<SourceTime>,
        pub due: Option<SourceTime>,
        /// When it came right; `None` while it is open.
        pub until: Option<SourceTime>,
        pub open: bool,
        pub opened: ReceivedTime,
        pub resolved: Option<ReceivedTime>,
        /// `late`, `disproved`, `superseded`, `unknown`, `engine_changed`, `recovered`.
        pub resolution: Option<String>,
        /// Writes of the authority that the replica lacks.
        pub behind: Option<u32>,
        pub expected_version: Option<i64>,
        pub held_version: Option<i64>,
        pub waiting_for: Vec<String>,
        pub owner: Option<String>,
        /// What was done and is neither carried on nor undone.
        pub owed: Vec<String>,
        pub evidence: Vec<EvidenceView>,
        pub frontiers: Vec<FrontierView>,
        /// Incident number, once it belongs to one.
        pub incident: Option<u32>,
    }

    #[derive(Default)]
    pub struct SubjectView {
        pub entity: Option<String>,
        pub key: Option<String>,
        pub replica: Option<String>,
        /// The fields that differ.
        pub fields: Vec<FieldView>,
        pub saga: Option<String>,
        pub instance: Option<String>,
        pub step: Option<String>,
        pub service: Option<String>,
        pub operation: Option<String>,
        pub edge: Option<EdgeView>,
    }

    pub struct FieldView {
        pub field: String,
        /// What the authority holds, where the configuration keeps values.
        pub expected: Option<String>,
        pub held: Option<String>,
    }

    pub struct EdgeView {
        pub from: String,
        pub to: String,
        /// `network`, `topic`, `database`, `cache`, `outside`.
        pub kind: String,
    }

    pub struct EvidenceView {
        /// Source, partition and position: where the observation can be found again.
        pub id: String,
        pub at: SourceTime,
        /// `expected`, `held`, `first_missed`, `began`, `last`, `ended`, `exemplar`.
        pub role: String,
    }

    pub struct FrontierView {
        pub source: String,
        pub frontier: SourceTime,
        /// An assumption about a push source, not a proof (SEM-3).
        pub assumed: bool,
    }
}

impl FindingView {
    /// Whether it says that a completed run left a step out: over as soon as it is known, and nothing came right.
    pub fn skipped(&self) -> bool {
        self.reason == "skipped"
    }

    /// Flattens a finding; `incident` is its incident's number and `sentence` what prose makes of it.
    pub fn new(finding: &Finding, sentence: String, incident: Option<u32>) -> Self {
        use crate::finding::{Detail, Subject};
        let mut view = Self {
            id: finding.id,
            rule: snake(&finding.rule),
            reason: String::new(),
            severity: finding.severity.word().to_owned(),
            subject: SubjectView::default(),
            sentence,
            since: finding.since,
            due: finding.due,
            until: finding.resolution.as_ref().and_then(|resolution| resolution.at),
            open: finding.resolution.is_none(),
            opened: finding.opened,
            resolved: finding.resolution.as_ref().map(|resolution| resolution.found),
            resolution: finding.resolution.as_ref().map(|resolution| snake(&resolution.how)),
            behind: None,
            expected_version: None,
            held_version: None,
            waiting_for: Vec::new(),
            owner: None,
            owed: Vec::new(),
            evidence: finding
                .evidence
                .iter()
                .map(|it| EvidenceView { id: it.id.to_string(), at: it.at, role: snake(&it.role) })
                .collect(),
            frontiers: finding
                .frontiers
                .iter()
                .map(|it| FrontierView { source: it.source.to_string(), frontier: it.frontier, assumed: it.assumed })
                .collect(),
            incident,
        };
        match &finding.subject {
            Subject::Replica { entity, key, replica } => {
                view.subject.entity = Some(entity.to_string());
                view.subject.key = Some(key.to_string());
                view.subject.replica = Some(replica.to_string());
            }
            Subject::Saga { saga, instance, step } => {
                view.subject.saga = Some(saga.to_string());
                view.subject.instance = Some(instance.to_string());
                view.subject.step = step.as_ref().map(ToString::to_string);
            }
            Subject::Operation { service, operation } => {
                view.subject.service = Some(service.to_string());
                view.subject.operation = Some(operation.to_string());
            }
            Subject::Edge { from, to, edge } => {
                view.subject.edge = Some(EdgeView { from: from.to_string(), to: to.to_string(), kind: snake(edge) });
            }
        }
        match &finding.detail {
            Detail::Divergence { reason, fields, behind, expected_version, held_version } => {
                view.reason = snake(reason);
                view.behind = *behind;
                view.expected_version = *expected_version;
                view.held_version = *held_version;
                view.subject.fields = fields
                    .iter()
                    .map(|it| FieldView {
                        field: it.field.to_string(),
                        expected: it.expected.as_ref().map(ToString::to_string),
                        held: it.held.as_ref().map(ToString::to_string),
                    })
                    .collect();
            }
            Detail::Stuck { waiting_for, owner, owed, .. } => {
                let compensation = finding.rule == crate::Rule::SagaCompensation;
                view.reason = if compensation { "compensation_owed" } else { "stuck" }.to_owned();
                view.waiting_for = waiting_for.iter().map(ToString::to_string).collect();
                view.owner = owner.as_ref().map(ToString::to_string);
                view.owed = owed.iter().map(|it| it.done.to_string()).collect();
            }
            Detail::Skipped { owner, .. } => {
                view.reason = "skipped".to_owned();
                view.owner = owner.as_ref().map(ToString::to_string);
            }
            Detail::Slower { .. } => view.reason = "slower".to_owned(),
        }
        view
    }
}

/// The snake-case word of a unit variant, as serde writes it.
fn snake(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
