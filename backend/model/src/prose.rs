//! Findings and incidents as sentences, made from their data alone (ENG-3), so that the dashboard, the report and the
//! messages say the same. Pure functions; they must not decide anything and hold no state. Times of day are UTC, or stamps
//! that a page writes in its reader's zone ([`Times`]).

mod incident;
mod saga;
#[cfg(test)]
mod tests;
mod words;

use crate::{
    finding::{Detail, Evidence, EvidenceRole, FieldDiff, Finding, Resolution, Resolved, Rule, Subject},
    time::Lag,
    verdict::Reason,
};

pub use incident::{incident, incident_in};
pub use saga::owed;
pub use words::{Times, clock, counted, list, minute_clock, plural};

/// A finding in one sentence, without a full stop:
/// `order-view is stale for order o-48213: it holds version 6, orders-db is at 8 since 14:54:07`.
pub fn finding(finding: &Finding) -> String {
    finding_in(finding, Times::Utc)
}

/// As [`finding`], with times as `times` says.
pub fn finding_in(finding: &Finding, times: Times) -> String {
    let mut said = match (&finding.detail, &finding.subject) {
        (Detail::Divergence { reason, .. }, _) => divergence(finding, *reason, times),
        (Detail::Stuck { .. }, _) => saga::stuck(finding, times),
        (Detail::Skipped { left_out, owner }, _) => saga::skipped(finding, left_out, owner.as_ref(), times),
        (Detail::Slower { p95, baseline_p95, share_ppm, .. }, _) => {
            slower(finding, *p95, *baseline_p95, *share_ppm, times)
        }
    };
    // What was left out was over with the run.
    let over = |how| how == Resolved::Superseded && matches!(finding.detail, Detail::Skipped { .. });
    if let Some(resolution) = finding.resolution.as_ref().filter(|resolution| !over(resolution.how)) {
        said.push_str(&ending(finding, resolution, times));
    }
    said
}

/// What a finding is held against: `order o-48213 in order-view`, `checkout o-48190`, `POST /orders of gateway`.
pub fn subject(subject: &Subject) -> String {
    match subject {
        Subject::Replica { entity, key, replica } => format!("{entity} {key} in {replica}"),
        Subject::Saga { saga, instance, .. } => format!("{saga} {instance}"),
        Subject::Operation { service, operation } => format!("{operation} of {service}"),
        Subject::Edge { from, to, .. } => format!("{from} → {to}"),
    }
}

fn divergence(finding: &Finding, reason: Reason, times: Times) -> String {
    let Subject::Replica { entity, key, replica } = &finding.subject else {
        return format!("{} is {reason}", subject(&finding.subject));
    };
    let Detail::Divergence { fields, behind, expected_version, held_version, .. } = &finding.detail else {
        return format!("{} is {reason}", subject(&finding.subject));
    };
    let thing = format!("{entity} {key}");
    let authority = holder(&finding.evidence, EvidenceRole::Expected).unwrap_or("the authority");
    let since = since(finding, times);
    let versions = match (held_version, expected_version) {
        (Some(held), Some(expected)) if held != expected => {
            Some(format!("it holds version {held}, {authority} is at {expected}"))
        }
        _ => None,
    };
    let differing = (!fields.is_empty()).then(|| differences(fields));
    match reason {
        Reason::Stale => {
            let behind = behind.filter(|count| *count > 0).map(|count| {
                let updates = counted(u64::from(count), "update");
                format!("it is {updates} behind {authority}")
            });
            let how = versions.or(behind).or(differing).unwrap_or_else(|| format!("it differs from {authority}"));
            format!("{replica} is stale for {thing}: {how}{since}")
        }
        Reason::Missing => format!("{replica} lacks {thing}, which {authority} has{since}"),
        Reason::Orphan => format!("{replica} still has {thing}, which {authority} has not{since}"),
        Reason::Conflicting => {
            let version = held_version.map(|held| format!("version {held} of ")).unwrap_or_default();
            let how = differing.map(|fields| format!(": {fields}")).unwrap_or_default();
            format!("{replica} holds {version}{thing} with other content than {authority}{since}{how}")
        }
        Reason::Phantom => {
            let how = differing.map(|fields| format!(": {fields}")).unwrap_or_default();
            format!("{replica} holds a value of {thing} that {authority} never wrote{since}{how}")
        }
        Reason::Regressed => {
            let how = versions.or(differing).map(|how| format!(": {how}")).unwrap_or_default();
            format!("{replica} went back to an older value of {thing}{since}{how}")
        }
        Reason::Misplaced => format!("{replica} holds {thing}, which belongs to another shard{since}"),
        Reason::LostUpdate => format!("an update of {thing} in {replica} was overwritten unread{since}"),
    }
}

fn slower(finding: &Finding, p95: Lag, baseline: Lag, share_ppm: u32, times: Times) -> String {
    let share = f64::from(share_ppm) / 10_000.0;
    format!(
        "{} takes {p95} of the critical path at p95, {baseline} before; it is {share:.1} % of the path{}",
        subject(&finding.subject),
        since(finding, times)
    )
}

/// `status is "paid", expected "shipped", and total differs`: values where they are kept, names where they are not.
fn differences(fields: &[FieldDiff]) -> String {
    let each = fields.iter().map(|diff| match (&diff.held, &diff.expected) {
        (Some(held), Some(expected)) => {
            format!("{} is {held:?}, expected {expected:?}{}", diff.field, alike(held, expected))
        }
        (Some(held), None) => format!("{} is {held:?}", diff.field),
        (None, Some(expected)) => format!("{} differs from the expected {expected:?}", diff.field),
        (None, None) => format!("{} differs", diff.field),
    });
    list(each, "and")
}

/// Where two values mean the same to a person, and only the declared type makes them differ, that is said: more often than not
/// the type is missing under `compare`.
fn alike(held: &str, expected: &str) -> &'static str {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    let letters =
        |text: &str| -> String { text.split_whitespace().flat_map(str::chars).flat_map(char::to_lowercase).collect() };
    match (number(held), number(expected)) {
        (Some(held), Some(expected)) if held == expected => " (equal as numbers)",
        _ if letters(held) == letters(expected) => " (equal but for case and space)",
        _ => "",
    }
}

/// ` since 14:54:07`, or ` since before it was watched`.
fn since(finding: &Finding, times: Times) -> String {
    match finding.since {
        Some(at) => format!(" since {}", times.clock(at, finding.opened)),
        None => " since before it was watched".to_owned(),
    }
}

fn holder(evidence: &[Evidence], role: EvidenceRole) -> Option<&str> {
    evidence.iter().find(|it| it.role == role).map(|it| it.id.source.as_str())
}

/// How it ended, as an apposition: `; it came 3 m late, at 14:58:01`.
fn ending(finding: &Finding, resolution: &Resolution, times: Times) -> String {
    let at = resolution.at.map(|at| format!(" at {}", times.clock(at, resolution.found))).unwrap_or_default();
    match resolution.how {
        Resolved::Late => match (resolution.at, finding.due) {
            (Some(end), Some(due)) if end > due => format!("; it came right {} late,{at}", end.since(due)),
            _ => format!("; it came right late{at}"),
        },
        Resolved::Disproved => "; a record that came late shows that it had been right in time".to_owned(),
        Resolved::Superseded if finding.rule == Rule::Convergence => {
            format!("; a newer write replaced the question{at}")
        }
        Resolved::Superseded => format!("; it went on without{at}"),
        Resolved::Unknown => "; it can no longer be decided".to_owned(),
        Resolved::EngineChanged => "; no longer held since the rules or the program changed".to_owned(),
        Resolved::Recovered => format!("; it recovered{at}"),
    }
}
