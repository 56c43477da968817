//! The story of an incident in order of time. Every decision not to notify stands in it with its reason.

use leptos::prelude::*;
use plumbline_model::api::{IncidentEvent, IncidentPage};

use crate::{
    clock,
    components::{Panel, finding::subject_href, link, none, said, state},
    place::Place,
};

pub fn story(page: &IncidentPage, place: &Place) -> AnyView {
    let legend = view! {
        <span class="legend">
            <span class="v">{sign("told")}"told"</span>
            <span class="v">{sign("not_told")}"not told, and why"</span>
        </span>
    };
    let panel = Panel::new("What happened").aside(legend.into_any()).ruled();
    if page.timeline.is_empty() {
        return panel.wide(state::empty("Nothing is recorded yet", "The story begins with the first finding.", none()));
    }
    let rows: Vec<AnyView> = page.timeline.iter().map(|it| event(it, page, place)).collect();
    panel.wide(view! { <ol class="story">{rows}</ol> }.into_any())
}

fn event(event: &IncidentEvent, page: &IncidentPage, place: &Place) -> AnyView {
    let more = event.link.as_ref().map(|href| link(evidence(href, page, place), "evidence"));
    let detail = (!event.detail.is_empty()).then(|| view! { <span class="dim">{said(&event.detail)}</span> });
    view! {
        <li>
            {clock::time(event.at)}
            <span class="mk">{sign(&event.kind)}</span>
            <div><b>{said(&event.title)}</b>{detail}</div>
            <span>{more}</span>
        </li>
    }
    .into_any()
}

/// Where the evidence of an event is seen: a finding, which the API names by its own address, is seen at its subject.
fn evidence(href: &str, page: &IncidentPage, place: &Place) -> String {
    let finding = href.strip_prefix("/api/v1/findings/");
    let known = finding.and_then(|id| page.findings.iter().find(|finding| finding.id.to_string() == id));
    known.map_or_else(|| place.to(href), |finding| subject_href(finding, place))
}

/// The sign of a kind: filled for told, a struck ring for decided against.
fn sign(kind: &str) -> AnyView {
    let (class, shape) = match kind {
        "told" => ("m", view! { <circle cx="6" cy="6" r="3.6" fill="currentColor" /> }.into_any()),
        "not_told" => ("m soft", view! { <circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" stroke-width="1.2" /><path d="M3.4 8.6 8.6 3.4" stroke="currentColor" stroke-width="1.2" /> }.into_any()),
        "finding" => ("m diverged", view! { <path d="M6 1 11 6 6 11 1 6z" fill="currentColor" /> }.into_any()),
        "resolved" => ("m converged", view! { <circle cx="6" cy="6" r="4.4" fill="currentColor" /> }.into_any()),
        "opened" => ("m", view! { <path d="M3 11V1.5h6.5L8 4l1.5 2.5H3" fill="none" stroke="currentColor" stroke-width="1.2" /> }.into_any()),
        "acknowledged" => ("m", view! { <path d="M1.5 6.5 4.5 9.5 10.5 2.5" fill="none" stroke="currentColor" stroke-width="1.5" /> }.into_any()),
        _ => ("m soft", view! { <path d="M2 3h8M2 6h8M2 9h5" fill="none" stroke="currentColor" stroke-width="1.2" /> }.into_any()),
    };
    view! { <svg class=class width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">{shape}</svg> }.into_any()
}
