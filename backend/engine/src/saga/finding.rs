//! From a broken promise to a finding: rule, subject, what is awaited from whom, what is owed, and the observations that
//! prove it (ENG-3). It must not decide whether the promise is broken.

use plumbline_model::{
    CorrelationId, Evidence, Finding, FindingId, ObservationId, Rule, Subject,
    finding::{Detail, EvidenceRole, Owed, Severity},
    saga::SagaRole,
    time::ReceivedTime,
};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::{
    event::Seen,
    instance::Instance,
    judge::{step_name, wait},
    plan::{End, Plan},
    promise::{Promise, compensable},
    sources::Sources,
    split::{Run, Split},
};

/// All that a finding is made from.
pub(super) struct Case<'a> {
    pub instance: &'a Instance,
    pub events: &'a [Seen],
    pub split: &'a Split,
    /// Index of the run among the remembered ones.
    pub index: usize,
    pub plan: &'a Plan,
    pub sources: &'a Sources,
}

impl Case<'_> {
    fn run(&self) -> &Run {
        &self.split.runs[self.index]
    }

    /// The same for the same rule, subject and start of the run, on every machine (SEM-13).
    pub fn id(&self, promise: &Promise<'_>) -> FindingId {
        let steps = &self.plan.rule.steps;
        // Of two steps with one name the second is another subject, wherever steps are put in between.
        let step = promise.step.map(|step| {
            let event = &steps[step].event;
            (event.as_str(), steps[..step].iter().filter(|before| before.event == *event).count())
        });
        let start = self.sources.observation_id(&self.events[self.run().start.unwrap_or(promise.entered)]);
        finding_id(promise.rule, self.plan.rule.name.as_str(), &self.instance.id, step, &start)
    }

    pub fn finding(&self, promise: &Promise<'_>, opened: ReceivedTime) -> Finding {
        let detail = self.detail(promise);
        let owing = matches!(&detail, Detail::Stuck { owed, .. } if !owed.is_empty());
        Finding {
            id: self.id(promise),
            rule: promise.rule,
            subject: Subject::Saga {
                saga: self.plan.rule.name.clone(),
                instance: self.instance.id.clone(),
                step: promise.step.map(|step| step_name(self.plan, step)),
            },
            // A step late with nothing at stake yet is the only one that may wait for the morning.
            severity: if owing || promise.rule != Rule::SagaStep { Severity::High } else { Severity::Warning },
            since: Some(self.events[promise.entered].at),
            due: Some(promise.due),
            opened,
            resolution: None,
            detail,
            evidence: self.evidence(promise),
            frontiers: self.sources.evidence(promise.sources),
        }
    }

    /// That a run was completed by the event `end` without the promise's step. It is no more than said: what the saga is for
    /// was done, and nobody waits.
    pub fn skipped(&self, promise: &Promise<'_>, end: usize, opened: ReceivedTime) -> Finding {
        let step = promise.step.map(|step| self.plan.step(step));
        let proof = [
            (Some(end), EvidenceRole::Ended),
            (Some(promise.entered), EvidenceRole::Began),
            (self.run().start, EvidenceRole::Began),
        ];
        Finding {
            severity: Severity::Info,
            since: Some(self.events[end].at),
            due: None,
            detail: Detail::Skipped {
                left_out: step.map(|step| step.event.clone()).unwrap_or_default(),
                owner: step.and_then(|step| step.owner.clone()),
            },
            evidence: self.proof(proof),
            ..self.finding(promise, opened)
        }
    }

    fn detail(&self, promise: &Promise<'_>) -> Detail {
        let plan = self.plan;
        let step = promise.step.map(|step| plan.step(step));
        let awaited = wait(self.run(), plan).and_then(|wait| wait.step).map(|step| plan.step(step));
        let (waiting_for, owner) = match (promise.rule, step) {
            (Rule::SagaCompensation, Some(step)) => (step.compensate.iter().cloned().collect(), step.owner.clone()),
            (_, Some(step)) => (vec![step.event.clone()], step.owner.clone()),
            (_, None) => match awaited {
                Some(step) => (vec![step.event.clone()], step.owner.clone()),
                None => (plan.rule.completed.clone(), None),
            },
        };
        let mut owed = owed(self.run(), self.events, plan);
        if promise.rule == Rule::SagaCompensation {
            owed.retain(|owed| promise.step.is_some_and(|step| owed.done == step_name(plan, step)));
        }
        let after = self.last_before(promise).and_then(|at| self.instance.event_name(plan, self.events[at].kind()));
        Detail::Stuck { waiting_for, owner, after: after.cloned(), within: promise.within, owed }
    }

    /// The last event of the run before the time was over.
    fn last_before(&self, promise: &Promise<'_>) -> Option<usize> {
        let roles = self.split.roles.iter().enumerate();
        roles
            .filter(|(_, (run, role))| usize::from(*run) == self.index && *role != SagaRole::AfterEnd)
            .map(|(at, _)| at)
            .rfind(|at| self.events[*at].at <= promise.due)
    }

    fn evidence(&self, promise: &Promise<'_>) -> Vec<Evidence> {
        let run = self.run();
        let wanted = if promise.rule == Rule::SagaCompensation {
            let done = promise.step.and_then(|step| run.stands[step]);
            [
                (run.end.map(|(end, _)| end), EvidenceRole::Ended),
                (done, EvidenceRole::Last),
                (run.start, EvidenceRole::Began),
            ]
        } else {
            // The start is named as what it is, and last of what began: by it the run is told from others of its id.
            let last = self.last_before(promise).filter(|last| Some(*last) != run.start);
            [(Some(promise.entered), EvidenceRole::Began), (last, EvidenceRole::Last), (run.start, EvidenceRole::Began)]
        };
        self.proof(wanted)
    }

    /// Each observation once, in the first of its roles.
    fn proof(&self, wanted: [(Option<usize>, EvidenceRole); 3]) -> Vec<Evidence> {
        let mut evidence: Vec<Evidence> = Vec::new();
        for (at, role) in wanted {
            let Some(seen) = at.map(|at| &self.events[at]) else { continue };
            let id = self.sources.observation_id(seen);
            if evidence.iter().all(|known| known.id != id) {
                evidence.push(Evidence { id, at: seen.at, role });
            }
        }
        evidence
    }
}

/// What is owed as things stand: steps that were done and can be undone, and were not, while the saga is not completed.
/// A step counts as carried on only by the saga's completion: paid and shipped, but the shipment lost, is still paid.
pub(super) fn owed(run: &Run, events: &[Seen], plan: &Plan) -> Vec<Owed> {
    if run.start.is_none() || matches!(run.end, Some((_, End::Completed))) {
        return Vec::new();
    }
    let mut steps: Vec<_> = compensable(run, plan).filter(|step| run.undone[*step].is_none()).collect();
    steps.sort_by_key(|step| (run.stands[*step].map(|at| events[at].at), *step));
    steps.iter().map(|step| Owed { done: step_name(plan, *step), undo: plan.step(*step).compensate.clone() }).collect()
}

/// Hash of what a revision would replace: how far sources were seen is not part of it, or every tick would revise.
pub(super) fn print(finding: &Finding) -> u64 {
    let told = (&finding.severity, &finding.since, &finding.due, &finding.detail);
    xxh3_64(&postcard::to_stdvec(&told).unwrap_or_default())
}

fn finding_id(
    rule: Rule,
    saga: &str,
    instance: &CorrelationId,
    step: Option<(&str, usize)>,
    start: &ObservationId,
) -> FindingId {
    let mut hash = Xxh3::new();
    let (step, nth) = step.unwrap_or_default();
    for part in [rule.word(), saga, instance.as_str(), step, start.source.as_str(), start.partition.as_str()] {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.update(&(nth as u64).to_le_bytes());
    hash.update(&start.position.order.to_le_bytes());
    hash.update(&start.position.ident.to_le_bytes());
    hash.update(&start.part.to_le_bytes());
    FindingId(hash.digest())
}
