//! What is said of sagas: what a run waits for, from whom, and what is owed.

use super::{Times, list};
use crate::{
    finding::{Detail, EvidenceRole, Finding, Owed, Rule, Subject},
    name::{EventType, ServiceName},
    time::SourceTime,
};

/// A saga's finding: `checkout o-48190 waits for payment.captured from payment since 14:32:58, 2 m were declared`.
pub(super) fn stuck(finding: &Finding, times: Times) -> String {
    let Subject::Saga { saga, instance, step } = &finding.subject else {
        return super::subject(&finding.subject);
    };
    let Detail::Stuck { waiting_for, owner, within, owed: owing, .. } = &finding.detail else {
        return super::subject(&finding.subject);
    };
    let within = within.declared();
    let awaited = list(waiting_for.iter().map(EventType::as_str), "or");
    let from = owner.as_ref().map(|owner| format!(" from {owner}")).unwrap_or_default();
    let since = finding.since.map(|at| format!(" since {}", times.clock(at, finding.opened))).unwrap_or_default();
    match finding.rule {
        Rule::SagaCompensation => {
            let at = |at: Option<SourceTime>| {
                at.map(|at| format!(" at {}", times.clock(at, finding.opened))).unwrap_or_default()
            };
            let ended = finding.evidence.iter().find(|it| it.role == EvidenceRole::Ended).map(|it| it.at);
            let failed = ended.or(finding.since);
            let done = step.as_ref().map_or("what it did", |step| step.as_str());
            // What came after the failure is owed from then.
            let all_the_same = match finding.since > failed {
                true => format!(", {done} was done all the same{} and", at(finding.since)),
                false => format!(" and {done}"),
            };
            format!(
                "{saga} {instance} failed{}{all_the_same} is not undone: {awaited}{from} was due within {within}",
                at(failed)
            )
        }
        Rule::SagaWhole => {
            let mut said = format!("{saga} {instance} runs{since} and has not ended, {within} were declared");
            if !awaited.is_empty() {
                said.push_str(&format!("; it waits for {awaited}{from}"));
            }
            with_owed(said, owing, waiting_for)
        }
        _ => with_owed(
            format!("{saga} {instance} waits for {awaited}{from}{since}, {within} were declared"),
            owing,
            waiting_for,
        ),
    }
}

/// A step that a run left out: `checkout o-48190 was completed at 14:32:58 without stock.reserved from stock`.
pub(super) fn skipped(finding: &Finding, left_out: &EventType, owner: Option<&ServiceName>, times: Times) -> String {
    let at = finding.since.map(|at| format!(" at {}", times.clock(at, finding.opened))).unwrap_or_default();
    let from = owner.map(|owner| format!(" from {owner}")).unwrap_or_default();
    format!("{} was completed{at} without {left_out}{from}", super::subject(&finding.subject))
}

fn with_owed(mut said: String, owing: &[Owed], waiting_for: &[EventType]) -> String {
    if !owing.is_empty() {
        said.push_str("; ");
        said.push_str(&owed(owing, waiting_for));
    }
    said
}

/// What is owed: `payment.captured, but neither parcel.shipped nor payment.refunded; stock.reserved, but not stock.released`.
/// The step done last comes first: it is the one that the wait could still carry on. Empty where nothing is owed.
pub fn owed(owing: &[Owed], waiting_for: &[EventType]) -> String {
    let mut parts = Vec::new();
    for (at, owed) in owing.iter().rev().enumerate() {
        let undo = owed.undo.as_ref().map(EventType::as_str);
        let carry = waiting_for.first().filter(|_| at == 0).map(EventType::as_str);
        parts.push(match (carry, undo) {
            // After a failure it is the undoing itself that is waited for.
            (Some(carry), Some(undo)) if carry != undo => format!("{}, but neither {carry} nor {undo}", owed.done),
            (Some(other), _) | (None, Some(other)) => format!("{}, but not {other}", owed.done),
            (None, None) => format!("{} is neither carried on nor undone", owed.done),
        });
    }
    parts.join("; ")
}
