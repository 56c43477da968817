//! One divergent key beside the list: what is held and what should be, what proves it, and the ways on.

use leptos::prelude::*;
use plumbline_model::api::{FieldView, FindingView};

use super::keys::key_of;
use crate::{
    answer::answer,
    clock,
    components::{copy, finding, mark, none, said},
    format,
    place::{Place, segment, use_place},
};

pub fn key_panel(id: String) -> AnyView {
    answer("replicas", move || format!("/api/v1/findings/{}", segment(&id)), |finding: FindingView| draw(&finding))
}

fn draw(finding: &FindingView) -> AnyView {
    let place = use_place().get();
    let incident = finding.incident.map(|number| {
        view! { <a class="btn" href=place.to(&format!("/incidents/{number}"))>{format!("Incident {number}")}</a> }
    });
    view! {
        <div class="side-head">
            {key_of(finding)}
            <span class="spring"></span>
            <span class="keys"><kbd>"j"</kbd>" "<kbd>"k"</kbd></span>
            <a class="btn quiet" data-close="" aria-label="Close" href=place.with(&[("finding", "")])><kbd>"esc"</kbd></a>
        </div>
        <p class="said">{mark(finding::verdict_of(finding))}" "{said(&finding.sentence)}</p>
        <div class="acts"><a class="btn" href=finding::subject_href(finding, &place)>"Lineage " <kbd>"↵"</kbd></a>{incident}</div>
        {fields(finding)}
        {times(finding)}
        {evidence(finding)}
        {frontiers(finding, &place)}
    }
    .into_any()
}

fn fields(finding: &FindingView) -> AnyView {
    if finding.subject.fields.is_empty() {
        return none();
    }
    let version =
        |version: Option<i64>| version.map(|version| view! { <code class="faint">{format!(" v{version}")}</code> });
    let rows: Vec<AnyView> = finding.subject.fields.iter().map(field).collect();
    view! {
        <table class="diff">
            <thead><tr>
                <th scope="col">"Field"</th>
                <th scope="col">"authority"{version(finding.expected_version)}</th>
                <th scope="col">{finding.subject.replica.clone()}{version(finding.held_version)}</th>
            </tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn field(field: &FieldView) -> AnyView {
    let value = |value: &Option<String>| match value {
        Some(text) => view! { <code title=text.clone()>{format::middle(text, 30)}</code> }.into_any(),
        None => view! { <span class="faint">"not kept"</span> }.into_any(),
    };
    view! {
        <tr>
            <td>{field.field.clone()}</td>
            <td>{value(&field.expected)}</td>
            <td class="wrong">{value(&field.held)}</td>
        </tr>
    }
    .into_any()
}

fn times(finding: &FindingView) -> AnyView {
    let line = |name: &'static str, at: Option<AnyView>| at.map(|at| view! { <dt>{name}</dt><dd>{at}</dd> });
    view! {
        <div class="h3">"When"</div>
        <dl class="kv">
            {line("since", finding.since.map(clock::time))}
            {line("due", finding.due.map(clock::time))}
            {line("found", Some(clock::time(finding.opened)))}
            {line("right since", finding.until.map(clock::time))}
            {line("resolved", finding.resolved.map(clock::time))}
        </dl>
    }
    .into_any()
}

fn evidence(finding: &FindingView) -> AnyView {
    let rows: Vec<AnyView> = finding
        .evidence
        .iter()
        .map(|item| {
            view! {
                <tr>
                    <td class="dim">{format::words(&item.role)}</td>
                    <td><code title=item.id.clone()>{format::middle(&item.id, 30)}</code>{copy(item.id.clone())}</td>
                    <td class="num">{clock::time(item.at)}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    view! { <div class="h3">"What proves it"</div><table class="tight"><tbody>{rows}</tbody></table> }.into_any()
}

/// How far each source that could have disproved it had been seen.
fn frontiers(finding: &FindingView, place: &Place) -> AnyView {
    if finding.frontiers.is_empty() {
        return none();
    }
    let rows: Vec<AnyView> = finding
        .frontiers
        .iter()
        .map(|item| {
            let assumed = item.assumed.then(|| view! { <span class="faint">" assumed"</span> });
            view! {
                <tr>
                    <td><a class="link" href=place.to("/collectors")>{item.source.clone()}</a></td>
                    <td class="num">"seen until "{clock::time(item.frontier)}{assumed}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    view! { <div class="h3">"Who could have disproved it"</div><table class="tight"><tbody>{rows}</tbody></table> }
        .into_any()
}
