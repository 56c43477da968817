//! One incident tells its story: what, where, since when, how many; what happened, who was told, and who was not and why.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use plumbline_model::api::{IncidentPage, IncidentRow};

use super::{actions, deliveries, story};
use crate::{
    answer::answer,
    clock,
    components::{Fact, Panel, crumbs, dotted, facts, finding::finding_row, headline, link, none, state, text},
    format,
    place::{Place, segment, use_place},
};

pub fn incident() -> AnyView {
    let params = use_params_map();
    let path = move || format!("/api/v1/incidents/{}", segment(params.read().get_str("number").unwrap_or_default()));
    answer("incidents", path, draw)
}

fn draw(page: IncidentPage) -> AnyView {
    let place = use_place().get();
    let row = &page.row;
    view! {
        {crumbs(vec![(place.to("/incidents"), "Incidents".to_owned())], text(row.number.to_string()))}
        {headline(format!("Incident {}", row.number), Some(row.verdict), row.headline.clone(), about(&page), none())}
        {figures(row)}
        <div class="row wide-side incident-page">
            <div class="col">
                {story::story(&page, &place)}
                {findings(&page, &place)}
                {deliveries::deliveries(&page.deliveries)}
            </div>
            <div class="col">
                {actions::actions(row)}
                {about_cause(row, &place)}
            </div>
        </div>
    }
    .into_any()
}

fn about(page: &IncidentPage) -> AnyView {
    let row = &page.row;
    let taken = match (&page.acknowledged_by, row.state.as_str()) {
        (_, "resolved") => "resolved".to_owned(),
        (Some(by), _) => format!("acknowledged by {by}"),
        (None, "gathering") => "gathering findings before anybody is told".to_owned(),
        (None, _) => "not acknowledged".to_owned(),
    };
    dotted(vec![view! { <b>{format::capital(&row.severity)}</b> }.into_any(), text(taken), text(row.detail.clone())])
}

fn figures(row: &IncidentRow) -> AnyView {
    let since = row.since.map(clock::ago).unwrap_or_else(|| text("before watching"));
    let open = match row.open_findings {
        0 => "none open any more".to_owned(),
        n if n == row.all_findings => "all open".to_owned(),
        n => format!("{} still open", format::count(n.into())),
    };
    let lasted = row.resolved.map(|resolved| format::age(resolved.since(row.opened)));
    let (name, number) = match lasted {
        Some(lasted) => ("Lasted", lasted),
        None => ("State", row.state.clone()),
    };
    let when = row.since.map(clock::time);
    facts(vec![
        Fact::new("Findings", format::count(row.all_findings.into()), "").detail(text(open)),
        Fact::live("Since", since, "").detail(view! { {when} }.into_any()),
        Fact::new("Told", format::count(row.told.into()), if row.told == 1 { "message" } else { "messages" }).detail(text("each with all its tries below")),
        Fact::new(name, number, "").detail(view! { "opened "{clock::time(row.opened)}{row.resolved.map(|at| view! { ", resolved "{clock::time(at)} })} }.into_any()),
    ])
}

fn findings(page: &IncidentPage, place: &Place) -> AnyView {
    let shown = page.findings.len() as u32;
    let note = match page.row.all_findings {
        all if all > shown => format!("{shown} of {all}"),
        all if all < shown => "a saga that is late in a step and as a whole counts once".to_owned(),
        _ => String::new(),
    };
    let panel = Panel::new("Findings").note(note).ruled();
    if page.findings.is_empty() {
        return panel.wide(state::empty(
            "No finding is kept any more",
            "They are older than what the store keeps.",
            none(),
        ));
    }
    let rows: Vec<AnyView> = page.findings.iter().map(|finding| finding_row(finding, place)).collect();
    panel.wide(view! { <ul class="findings">{rows}</ul> }.into_any())
}

/// What made these findings belong together, and where to look further.
fn about_cause(row: &IncidentRow, place: &Place) -> AnyView {
    let to = match (row.rule.as_str(), row.place.split_once('/')) {
        ("convergence", Some((entity, replica))) => {
            Some((place.to(&format!("/replicas/{}/{}", segment(entity), segment(replica))), "The replica"))
        }
        (rule, Some((saga, _))) if rule.starts_with("saga") || rule == "compensation" => {
            Some((place.to(&format!("/sagas/{}", segment(saga))), "The saga"))
        }
        ("hotspot", _) => Some((place.to("/latency"), "Latency")),
        _ => None,
    };
    let partition = (!row.partition.is_empty())
        .then(|| view! { <dt>"Partition"</dt><dd><code>{row.partition.clone()}</code></dd> });
    Panel::new("One cause, because they share").body(
        view! {
            <dl class="kv">
                <dt>"Rule"</dt><dd>{format::words(&row.rule)}</dd>
                <dt>"Place"</dt><dd><code>{row.place.clone()}</code></dd>
                <dt>"Reason"</dt><dd>{format::words(&row.reason)}</dd>
                {partition}
            </dl>
            <p class="more">{to.map(|(href, name)| link(href, name))}</p>
        }
        .into_any(),
    )
}
