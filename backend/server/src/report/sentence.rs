//! A finding in one sentence, made from its data alone (ENG-3): alerts, pages, reports and terminals say the same words.

use plumbline_model::{
    Finding, Reason, Rule, SourceTime, Subject,
    finding::{Detail, FieldDiff, Owed},
    span::EdgeKind,
};

/// What is the matter, in one sentence, with the full stop.
pub fn of(finding: &Finding) -> String {
    let mut text = match (&finding.subject, &finding.detail) {
        (Subject::Replica { entity, key, replica }, Detail::Divergence { .. }) => {
            divergence(finding, entity.as_str(), key.as_str(), replica.as_str())
        }
        (Subject::Saga { saga, instance, .. }, Detail::Stuck { .. }) => {
            stuck(finding, saga.as_str(), instance.as_str())
        }
        (Subject::Operation { service, operation }, _) => slower(finding, &format!("{service} {operation}")),
        (Subject::Edge { from, to, edge }, _) => slower(finding, &format!("{} {from} → {to}", edge_word(*edge))),
        // No checker opens such a pair; the rule and the subject still say what is known.
        (subject, _) => format!("{}: {}", finding.rule.word(), subject_words(subject)),
    };
    if let Some(resolution) = &finding.resolution {
        match resolution.at {
            Some(at) => text.push_str(&format!("; right again at {}", time(at))),
            None => text.push_str("; no longer so"),
        }
    }
    text.push('.');
    text
}

/// The subject in few words: `order 4711 in order-view`, `checkout o-48190`, `payment POST /authorise`.
pub fn subject_words(subject: &Subject) -> String {
    match subject {
        Subject::Replica { entity, key, replica } => format!("{entity} {key} in {replica}"),
        Subject::Saga { saga, instance, step: Some(step) } => format!("{saga} {instance} at {step}"),
        Subject::Saga { saga, instance, step: None } => format!("{saga} {instance}"),
        Subject::Operation { service, operation } => format!("{service} {operation}"),
        Subject::Edge { from, to, .. } => format!("{from} → {to}"),
    }
}

fn divergence(finding: &Finding, entity: &str, key: &str, replica: &str) -> String {
    let Detail::Divergence { reason, fields, behind, expected_version, held_version } = &finding.detail else {
        return String::new();
    };
    let thing = format!("{entity} {key}");
    let since =
        finding.since.map_or_else(|| " since before it was watched".to_owned(), |at| format!(" since {}", time(at)));
    let versions = match (held_version, expected_version) {
        (Some(held), Some(expected)) if held != expected => {
            format!(" (version {held}, the authority is at {expected})")
        }
        _ => String::new(),
    };
    match reason {
        Reason::Stale => {
            let by = match behind {
                Some(1) => " by 1 write".to_owned(),
                Some(writes) => format!(" by {writes} writes"),
                None => String::new(),
            };
            format!("{replica} is stale{by} on {thing}{since}{versions}{}", differing(fields))
        }
        Reason::Missing => format!("{replica} does not have {thing}, which the authority wrote{since}"),
        Reason::Orphan => format!("{replica} still has {thing}, which the authority does not have{since}"),
        Reason::Conflicting => {
            let version = held_version.map_or_else(String::new, |version| format!(" {version}"));
            format!(
                "{replica} holds {thing} at the authority's version{version} with other content{since}{}",
                differing(fields)
            )
        }
        Reason::Phantom => {
            format!("{replica} holds a value of {thing} that the authority never wrote{since}{}", differing(fields))
        }
        Reason::Regressed => {
            format!("{replica} went back to an older state of {thing}{since} and stayed{versions}{}", differing(fields))
        }
        Reason::Misplaced => format!("{thing} sits in the wrong place in {replica}{since}"),
        Reason::LostUpdate => {
            format!("an update of {thing} in {replica} was overwritten unread{since}{}", differing(fields))
        }
    }
}

/// `: status is "placed" instead of "paid", total differs`.
fn differing(fields: &[FieldDiff]) -> String {
    let told: Vec<_> = fields
        .iter()
        .map(|it| match (&it.held, &it.expected) {
            (Some(held), Some(expected)) => format!("{} is {held} instead of {expected}", it.field),
            _ => format!("{} differs", it.field),
        })
        .collect();
    if told.is_empty() { String::new() } else { format!(": {}", told.join(", ")) }
}

fn stuck(finding: &Finding, saga: &str, instance: &str) -> String {
    let Detail::Stuck { waiting_for, owner, after, within, owed } = &finding.detail else { return String::new() };
    let awaited = list(waiting_for.iter().map(|it| it.as_str()), " or ");
    let from = owner.as_ref().map_or_else(String::new, |owner| format!(" from {owner}"));
    let after = after.as_ref().map_or_else(String::new, |after| format!(" after {after}"));
    let since = finding.since.map_or_else(String::new, |at| format!(" since {}", time(at)));
    let what = match finding.rule {
        Rule::SagaCompensation => {
            let undo = list(owed.iter().filter_map(|it| it.undo.as_ref()).map(|it| it.as_str()), " and ");
            let undo = if undo.is_empty() { awaited } else { undo };
            format!("{saga} {instance} failed and still owes {undo}{from}{since}; promised within {within}")
        }
        Rule::SagaWhole => format!("{saga} {instance} has not ended{since}{after}; promised within {within}"),
        _ => format!("{saga} {instance} waits for {awaited}{from}{after}{since}; promised within {within}"),
    };
    if finding.rule == Rule::SagaCompensation { what } else { what + &owes(owed) }
}

/// `: stock.reserved and payment.captured are neither carried on nor undone`.
fn owes(owed: &[Owed]) -> String {
    let done = list(owed.iter().map(|it| it.done.as_str()), " and ");
    let verb = if owed.len() == 1 { "is" } else { "are" };
    if done.is_empty() { String::new() } else { format!(": {done} {verb} neither carried on nor undone") }
}

fn slower(finding: &Finding, place: &str) -> String {
    let Detail::Slower { p95, baseline_p95, share_ppm, .. } = &finding.detail else {
        return format!("{place} is slower than before");
    };
    let since = finding.since.map_or_else(String::new, |at| format!(" since {}", time(at)));
    let share = f64::from(*share_ppm) / 10_000.0;
    format!("{place} takes {p95} at p95 instead of {baseline_p95}{since}, {share:.0} % of the critical path")
}

pub(super) const fn edge_word(edge: EdgeKind) -> &'static str {
    match edge {
        EdgeKind::Network => "the call",
        EdgeKind::Topic => "the topic between",
        EdgeKind::Database => "the database call",
        EdgeKind::Cache => "the cache call",
        EdgeKind::Outside => "the call to outside",
    }
}

fn list<'a>(words: impl Iterator<Item = &'a str>, last: &str) -> String {
    let words: Vec<_> = words.collect();
    match words.split_last() {
        Some((end, rest)) if !rest.is_empty() => format!("{}{last}{end}", rest.join(", ")),
        Some((end, _)) => (*end).to_owned(),
        None => String::new(),
    }
}

/// `2026-11-21 14:54:07 UTC`: to the second, which is as fine as a person reads; pages and programs have the exact time.
pub fn time(at: SourceTime) -> String {
    let text = at.to_string();
    let whole = text.split_once('.').map_or(text.trim_end_matches('Z'), |(whole, _)| whole);
    format!("{} UTC", whole.replace('T', " "))
}

#[cfg(test)]
mod tests {
    use plumbline_model::{
        FindingId, Lag, ReceivedTime, Resolution,
        finding::{BaselineKind, Resolved, Severity},
    };

    use super::*;

    fn at(text: &str) -> Option<SourceTime> {
        SourceTime::parse(&format!("2026-11-21T{text}Z"))
    }

    fn finding(rule: Rule, subject: Subject, detail: Detail) -> Finding {
        Finding {
            id: FindingId(1),
            rule,
            subject,
            severity: Severity::High,
            since: at("14:54:07.5"),
            due: at("14:54:12"),
            opened: ReceivedTime(0),
            resolution: None,
            detail,
            evidence: Vec::new(),
            frontiers: Vec::new(),
        }
    }

    fn divergence(reason: Reason) -> Finding {
        let detail = Detail::Divergence {
            reason,
            fields: vec![
                FieldDiff { field: "status".into(), expected: Some("paid".into()), held: Some("placed".into()) },
                FieldDiff { field: "total".into(), expected: None, held: None },
            ],
            behind: Some(2),
            expected_version: Some(8),
            held_version: Some(6),
        };
        let subject = Subject::Replica { entity: "order".into(), key: "o-48213".into(), replica: "order-view".into() };
        finding(Rule::Convergence, subject, detail)
    }

    fn stuck(rule: Rule) -> Finding {
        let detail = Detail::Stuck {
            waiting_for: vec!["payment.captured".into(), "payment.declined".into()],
            owner: Some("payment".into()),
            after: Some("stock.reserved".into()),
            within: Lag::from_secs(120),
            owed: vec![Owed { done: "stock.reserved".into(), undo: Some("stock.released".into()) }],
        };
        finding(rule, Subject::Saga { saga: "checkout".into(), instance: "o-1".into(), step: None }, detail)
    }

    #[test]
    fn a_divergence_names_copy_key_fields_and_since() {
        assert_eq!(
            of(&divergence(Reason::Stale)),
            "order-view is stale by 2 writes on order o-48213 since 2026-11-21 14:54:07 UTC (version 6, the authority is at 8): status is placed instead of paid, total differs."
        );
        assert_eq!(
            of(&divergence(Reason::Missing)),
            "order-view does not have order o-48213, which the authority wrote since 2026-11-21 14:54:07 UTC."
        );
    }

    #[test]
    fn a_stuck_saga_says_what_is_waited_for_and_owed() {
        assert_eq!(
            of(&stuck(Rule::SagaStep)),
            "checkout o-1 waits for payment.captured or payment.declined from payment after stock.reserved since 2026-11-21 14:54:07 UTC; promised within 2 m: stock.reserved is neither carried on nor undone."
        );
        assert_eq!(
            of(&stuck(Rule::SagaCompensation)),
            "checkout o-1 failed and still owes stock.released from payment since 2026-11-21 14:54:07 UTC; promised within 2 m."
        );
    }

    #[test]
    fn a_hotspot_says_how_much_slower() {
        let detail = Detail::Slower {
            p95: Lag::from_millis(1880),
            baseline_p95: Lag::from_millis(243),
            share_ppm: 420_000,
            samples: 100,
            baseline: BaselineKind::Preceding,
        };
        let subject = Subject::Edge { from: "shop.orders".into(), to: "order-view".into(), edge: EdgeKind::Topic };
        assert_eq!(
            of(&finding(Rule::Hotspot, subject, detail)),
            "the topic between shop.orders → order-view takes 1.88 s at p95 instead of 243 ms since 2026-11-21 14:54:07 UTC, 42 % of the critical path."
        );
    }

    #[test]
    fn a_resolved_one_says_when() {
        let mut it = divergence(Reason::Orphan);
        it.resolution =
            Some(Resolution { at: at("15:00:00"), found: ReceivedTime(0), how: Resolved::Late, evidence: None });
        assert!(of(&it).ends_with("; right again at 2026-11-21 15:00:00 UTC."));
    }
}
