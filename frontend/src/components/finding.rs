//! A finding in a list: its sentence, its subject as a link to where it can be seen, and since when.

use leptos::prelude::*;
use plumbline_model::api::{FindingView, VerdictWord};

use super::{mark, said, tag};
use crate::{
    clock, format,
    place::{Place, segment},
};

/// The page where the subject of a finding is seen best: a key's lineage, an instance, the latency of a place.
pub fn subject_href(finding: &FindingView, place: &Place) -> String {
    let subject = &finding.subject;
    match (&subject.entity, &subject.key, &subject.saga, &subject.instance) {
        (Some(entity), Some(key), ..) => place.to(&format!("/lineage/{}/{}", segment(entity), segment(key))),
        (.., Some(saga), Some(instance)) => place.to(&format!("/sagas/{}/{}", segment(saga), segment(instance))),
        _ => {
            let service = subject.service.as_deref().or(subject.edge.as_ref().map(|edge| edge.from.as_str()));
            place.to_with("/latency", &[("at", service.unwrap_or_default())])
        }
    }
}

/// What the finding is about, in a few words: `o-48213 in order-view`.
pub fn subject_words(finding: &FindingView) -> String {
    let subject = &finding.subject;
    if let (Some(key), Some(replica)) = (&subject.key, &subject.replica) {
        return format!("{key} in {replica}");
    }
    if let (Some(saga), Some(instance)) = (&subject.saga, &subject.instance) {
        return format!("{saga} {instance}");
    }
    if let (Some(service), Some(operation)) = (&subject.service, &subject.operation) {
        return format!("{service} {operation}");
    }
    subject.edge.as_ref().map(|edge| format!("{} → {}", edge.from, edge.to)).unwrap_or_default()
}

/// The verdict that an open finding stands for; a hotspot is slow, not wrong.
pub fn verdict_of(finding: &FindingView) -> VerdictWord {
    match (finding.open, finding.rule.as_str()) {
        (false, _) => VerdictWord::Converged,
        (true, "hotspot") => VerdictWord::Lagging,
        (true, _) => VerdictWord::Diverged,
    }
}

/// `stale`, `compensation owed`; of what is over `was stale`: how it ended the sentence says.
pub fn reason_words(finding: &FindingView) -> String {
    let reason = format::words(&finding.reason);
    if finding.resolution.is_some() { format!("was {reason}") } else { reason }
}

/// One line of a list of findings.
pub fn finding_row(finding: &FindingView, place: &Place) -> AnyView {
    let since = finding
        .since
        .map(clock::ago)
        .unwrap_or_else(|| view! { <span class="faint">"since before watching"</span> }.into_any());
    let told = finding.incident.filter(|_| !place.path.starts_with("/incidents/"));
    let incident = told.map(|number| {
        view! { <a class="link" href=place.to(&format!("/incidents/{number}"))>{format!("incident {number}")}</a> }
    });
    view! {
        <li class="finding">
            {mark(verdict_of(finding))}
            <div>
                <a data-row="" href=subject_href(finding, place)>{said(&finding.sentence)}</a>
                <div class="under">{tag(reason_words(finding))}{incident}</div>
            </div>
            <span class="dim">{since}</span>
        </li>
    }
    .into_any()
}
