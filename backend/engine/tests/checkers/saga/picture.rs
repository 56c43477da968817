//! What a story has told so far, as lines that a test expects. There is a line per run as last told (`running o-1`, the second
//! run of an id is `o-1/2`), with `stuck o-1 STEP(waiting for OWNER since T, owed E E)`, `compensation owed o-1 STEP(E from
//! OWNER since T)`, and `unknown o-1 blind (bus)`; and a line per finding: `found o-1 STEP high due T`, `resolved o-1 STEP late
//! at T`, `skipped o-1 STEP info at T`, where the whole saga stands as `whole` and an undoing as `undo STEP`.

use std::collections::BTreeMap;

use plumbline_model::{
    Change, EventType, Finding, FindingId, Rule, StepName, Subject,
    finding::{Detail, Resolved},
    saga::{SagaInstance, SagaState},
};

use super::notation::since_epoch;

/// What has been told, as a person would see it.
#[derive(Default)]
pub(super) struct Picture {
    runs: BTreeMap<(String, String, u32), SagaInstance>,
    findings: BTreeMap<FindingId, Finding>,
    pub ever_found: bool,
}

impl Picture {
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Opened(finding) => {
                self.ever_found = true;
                let before = self.findings.insert(finding.id, (**finding).clone());
                assert!(before.is_none_or(|it| it.resolution.is_some()), "opened twice: {finding:?}");
            }
            Change::Revised(finding) => {
                let before = self.findings.insert(finding.id, (**finding).clone());
                assert!(before.is_some_and(|it| it.resolution.is_none()), "revised what was not open: {finding:?}");
            }
            Change::Resolved { id, resolution } => {
                let finding = self.findings.get_mut(id).expect("resolved what was never opened");
                finding.resolution = Some(resolution.clone());
            }
            Change::Saga(run) => {
                let key = (run.saga.to_string(), run.instance.to_string(), run.run);
                self.runs.insert(key, (**run).clone());
            }
            _ => {}
        }
    }

    pub fn lines(&self) -> Vec<String> {
        let runs = self.runs.values().map(run_line);
        runs.chain(self.findings.values().map(finding_line)).collect()
    }

    pub fn runs(&self) -> impl Iterator<Item = &SagaInstance> {
        self.runs.values()
    }

    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.values()
    }

    /// What is true of every picture: somebody is stuck exactly where a finding is open.
    pub fn check(&self) {
        for run in self.runs.values() {
            let subject = |finding: &&Finding| {
                matches!(&finding.subject, Subject::Saga { saga, instance, .. }
                    if *saga == run.saga && *instance == run.instance)
            };
            let open = self.findings.values().filter(subject).any(|finding| finding.resolution.is_none());
            let same = self.runs.values().filter(|it| (&it.saga, &it.instance) == (&run.saga, &run.instance));
            let stuck =
                |state: &SagaState| matches!(state, SagaState::Stuck { .. } | SagaState::CompensationOwed { .. });
            let any_stuck = same.clone().any(|run| stuck(&run.state));
            assert_eq!(open, any_stuck, "{} {}: {:#?}", run.saga, run.instance, self.lines());
        }
    }
}

/// The second run of `x` is `x/2`.
pub(super) fn run_id(run: &SagaInstance) -> String {
    if run.run == 1 { run.instance.to_string() } else { format!("{}/{}", run.instance, run.run) }
}

fn run_line(run: &SagaInstance) -> String {
    let id = run_id(run);
    let owner = run.owner.as_ref().map_or("", |owner| owner.as_str());
    let since = run.waiting_since.map(since_epoch).unwrap_or_default();
    let undo = run.owed.iter().filter_map(|owed| owed.undo.as_ref()).map(EventType::as_str).collect::<Vec<_>>();
    match &run.state {
        SagaState::Running => format!("running {id}"),
        SagaState::Stuck { step } => {
            let owed = if undo.is_empty() { String::new() } else { format!(", owed {}", undo.join(" ")) };
            let owner = if owner.is_empty() { String::new() } else { format!(" for {owner}") };
            format!("stuck {id} {step}(waiting{owner} since {since}{owed})")
        }
        SagaState::CompensationOwed { steps } => {
            let steps = steps.iter().map(StepName::as_str).collect::<Vec<_>>().join(" ");
            format!("compensation owed {id} {steps}({} from {owner} since {since})", undo.join(" "))
        }
        SagaState::Unknown { why } => format!("unknown {id} {why}"),
        state => format!("{} {id}", state.word()),
    }
}

fn finding_line(finding: &Finding) -> String {
    let Subject::Saga { instance, step, .. } = &finding.subject else { panic!("not a saga's: {finding:?}") };
    let skipped = match &finding.detail {
        Detail::Stuck { .. } => false,
        Detail::Skipped { .. } => true,
        _ => panic!("not a saga's: {finding:?}"),
    };
    let step = step.as_ref().map_or("whole", |step| step.as_str());
    let undo = if finding.rule == Rule::SagaCompensation { "undo " } else { "" };
    match &finding.resolution {
        None => {
            let due = finding.due.map(since_epoch).unwrap_or_default();
            format!("found {instance} {undo}{step} {} due {due}", finding.severity.word())
        }
        Some(resolution) if skipped && resolution.how == Resolved::Superseded => {
            assert_eq!(resolution.at, finding.since, "skipped at the end, and over with it: {finding:?}");
            let at = finding.since.map(since_epoch).unwrap_or_default();
            format!("skipped {instance} {step} {} at {at}", finding.severity.word())
        }
        Some(resolution) => {
            let at = resolution.at.map(|at| format!(" at {}", since_epoch(at))).unwrap_or_default();
            format!("resolved {instance} {undo}{step} {:?}{at}", resolution.how).to_lowercase()
        }
    }
}
