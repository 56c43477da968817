//! The headline of an incident: what, where, how many, since when.

use super::{Times, counted, finding_in};
use crate::{
    finding::{Finding, Rule, Subject},
    incident::{Incident, IncidentState},
    time::{Lag, ReceivedTime},
};

/// An incident in one sentence, without a full stop: `order-view misses updates of 38 orders since 14:54`,
/// `3 checkouts are stuck at payment.captured, the longest for 47 m`. `example` is any one of its findings: where the
/// incident has only one, the sentence names its subject.
pub fn incident(incident: &Incident, example: Option<&Finding>, now: ReceivedTime) -> String {
    incident_in(incident, example, now, Times::Utc)
}

/// As [`incident`], with times as `times` says.
pub fn incident_in(incident: &Incident, example: Option<&Finding>, now: ReceivedTime, times: Times) -> String {
    let over = incident.state == IncidentState::Resolved;
    let count = u64::from(if over { incident.all_findings } else { incident.open_findings.max(1) });
    let said = Headline { incident, example: example.filter(|_| count == 1), count, over, now, times };
    match incident.cause.rule {
        Rule::Convergence => said.convergence(),
        Rule::SagaStep | Rule::SagaWhole | Rule::SagaCompensation => said.sagas(),
        Rule::Hotspot => said.hotspot(),
    }
}

struct Headline<'a> {
    incident: &'a Incident,
    /// Only where it is the only one.
    example: Option<&'a Finding>,
    count: u64,
    over: bool,
    now: ReceivedTime,
    times: Times,
}

impl Headline<'_> {
    fn convergence(&self) -> String {
        let (entity, replica) = self.place();
        let things = match self.example.map(|it| &it.subject) {
            Some(Subject::Replica { entity, key, .. }) => format!("{entity} {key}"),
            _ => counted(self.count, entity),
        };
        let partition = match self.incident.cause.partition.as_str() {
            "" => String::new(),
            partition => format!(" in partition {partition}"),
        };
        let now = !self.over;
        let what = match self.incident.cause.reason.as_str() {
            "stale" => format!("{replica} {} updates of {things}", if now { "misses" } else { "missed" }),
            "missing" => format!("{replica} {} {things}", if now { "lacks" } else { "lacked" }),
            "orphan" => {
                format!("{replica} {} {things} that should be gone", if now { "still has" } else { "still had" })
            }
            "conflicting" => format!("{replica} {} other content for {things}", if now { "holds" } else { "held" }),
            "phantom" => {
                format!("{replica} {} values of {things} that were never written", if now { "holds" } else { "held" })
            }
            "regressed" => format!("{replica} went back to older values of {things}"),
            "misplaced" => {
                format!("{replica} {} {things} of another shard", if now { "holds" } else { "held" })
            }
            "lost update" => format!("updates of {things} in {replica} were overwritten unread"),
            other => format!("{replica} {} {other} for {things}", if now { "is" } else { "was" }),
        };
        format!("{what}{partition}{}", self.span())
    }

    fn sagas(&self) -> String {
        let (saga, step) = self.place();
        let one = self.count == 1;
        let who = match self.example.map(|it| &it.subject) {
            Some(Subject::Saga { saga, instance, .. }) => format!("{saga} {instance}"),
            _ => counted(self.count, saga),
        };
        if self.incident.cause.reason == "skipped" {
            let was = if one { "was" } else { "were" };
            return format!("{who} {was} completed without {step}{}", self.span());
        }
        let what = match (self.incident.cause.rule, self.over) {
            (Rule::SagaStep, false) => format!("{who} {} stuck at {step}", if one { "is" } else { "are" }),
            (Rule::SagaStep, true) => format!("{who} {} stuck at {step}", if one { "was" } else { "were" }),
            (Rule::SagaCompensation, false) => format!("{who} failed and {step} is not undone"),
            (Rule::SagaCompensation, true) => format!("{who} failed and {step} was not undone in time"),
            (_, false) => format!("{who} {} not ended in time", if one { "has" } else { "have" }),
            (_, true) => format!("{who} did not end in time"),
        };
        match (self.over, self.lasting()) {
            (false, Some(lag)) if one => format!("{what}, for {lag}"),
            (false, Some(lag)) => format!("{what}, the longest for {lag}"),
            _ => format!("{what}{}", self.span()),
        }
    }

    fn hotspot(&self) -> String {
        let verb = if self.over { "took" } else { "takes" };
        let named = match self.example {
            Some(example) if !self.over => return finding_in(example, self.times),
            Some(example) => super::subject(&example.subject),
            None => self.incident.cause.place.to_string(),
        };
        format!("{named} {verb} more of the critical path than its baseline{}", self.span())
    }

    fn place(&self) -> (&str, &str) {
        let place = self.incident.cause.place.as_str();
        place.split_once('/').unwrap_or((place, place))
    }

    /// How long the earliest of its findings has lasted, on the reader's clock.
    fn lasting(&self) -> Option<Lag> {
        self.incident.since.map(|since| Lag(self.now.0.saturating_sub(since.0).max(0)))
    }

    /// ` since 14:54`, or ` from 14:54 to 15:20` when it is over.
    fn span(&self) -> String {
        let Some(since) = self.incident.since else {
            return if self.over { String::new() } else { " since before it was watched".to_owned() };
        };
        let from = self.times.minute(since, self.now);
        match self.incident.resolved.filter(|_| self.over) {
            // Read as a time of day only: the end was found by the receiving clock.
            Some(end) => format!(" from {from} to {}", self.times.minute(crate::SourceTime(end.0), self.now)),
            None => format!(" since {from}"),
        }
    }
}
