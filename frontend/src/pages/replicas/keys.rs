//! Keys that do not agree: findings of the convergence rule, filtered by chips, with a panel for the chosen one.

use leptos::prelude::*;
use plumbline_model::api::{CountedReason, FindingView, Page};

use super::key_panel;
use crate::{
    answer::answer,
    clock,
    components::{
        Panel, finding, id, mark, none, state,
        table::{Chip, Column, chips, header, pager},
    },
    format,
    place::{Place, segment, use_place},
};

/// What narrows the list on a replica's page.
#[derive(Clone)]
pub struct Of {
    pub entity: String,
    pub replica: String,
    /// Open findings by reason, for the chips.
    pub reasons: Vec<CountedReason>,
}

/// The list with its panel, of one replica or of all.
pub fn keys(of: Option<Of>) -> AnyView {
    let place = use_place();
    let path = {
        let of = of.clone();
        move || {
            let place = place.read();
            let mut path =
                format!("/findings?rule=convergence&limit=50&state={}", place.get("state").unwrap_or("open"));
            if let Some(of) = &of {
                path.push_str(&format!("&entity={}&replica={}", segment(&of.entity), segment(&of.replica)));
            }
            place.api(&path, &["reason", "cursor"])
        }
    };
    let list = answer("replicas", path, {
        let of = of.clone();
        move |page| table(page, of.is_none())
    });
    let panel = move || {
        let chosen = place.read().get("finding").map(str::to_owned);
        chosen.map(
            |chosen| view! { <aside class="side" aria-label="The chosen key">{key_panel::key_panel(chosen)}</aside> },
        )
    };
    let open = move || if place.read().get("finding").is_some() { "split" } else { "unsplit" };
    let filters = move || filters(&place.read(), of.as_ref());
    Panel::new("Divergent keys")
        .id("keys")
        .aside(view! { {filters} }.into_any())
        .wide(view! { <div class=open><div class="scroll">{list}</div>{panel}</div> }.into_any())
}

fn filters(place: &Place, of: Option<&Of>) -> AnyView {
    let state = place.get("state").unwrap_or("open");
    let states =
        vec![Chip::new("", "Open", None), Chip::new("resolved", "Resolved", None), Chip::new("all", "All", None)];
    let mut reasons: Vec<Chip> = of.map(|of| &of.reasons[..]).unwrap_or_default().iter().map(chip).collect();
    if !reasons.is_empty() {
        reasons.insert(0, Chip::new("", "any reason", None));
    }
    view! {
        {chips(place, "state", if state == "open" { "" } else { state }, states)}
        {chips(place, "reason", place.get("reason").unwrap_or_default(), reasons)}
    }
    .into_any()
}

fn chip(counted: &CountedReason) -> Chip {
    Chip::new(&counted.reason, format::words(&counted.reason), Some(counted.count))
}

fn table(page: Page<FindingView>, with_replica: bool) -> AnyView {
    let place = use_place().get();
    if page.items.is_empty() {
        return none_found(&place);
    }
    let mut columns = vec![
        Column::text("Key"),
        Column::text("Reason"),
        Column::text("Fields"),
        Column::number("Since"),
        Column::number("Behind"),
        Column::text("Incident"),
    ];
    if with_replica {
        columns.insert(1, Column::text("Replica"));
    }
    let shown = page.items.len();
    let rows: Vec<AnyView> = page.items.iter().map(|finding| row(finding, with_replica, &place)).collect();
    view! {
        <table>{header(&columns, &place)}<tbody>{rows}</tbody></table>
        {pager(&place, shown, page.total, page.next.as_deref())}
    }
    .into_any()
}

fn none_found(place: &Place) -> AnyView {
    let filtered = place.get("reason").is_some() || place.get("cursor").is_some();
    match (filtered, place.get("state").unwrap_or("open")) {
        (true, _) => state::empty(
            "No key matches",
            "The filter leaves none.",
            crate::components::link(place.with(&[("reason", ""), ("cursor", "")]), "Show all"),
        ),
        (false, "open") => state::empty(
            "No key diverges",
            "Every key that could be checked holds what its authority holds, or is still within its time.",
            none(),
        ),
        (false, _) => state::empty("None in this range", "No key diverged and came right again in this range.", none()),
    }
}

fn row(finding: &FindingView, with_replica: bool, place: &Place) -> AnyView {
    let chosen = place.get("finding") == Some(&finding.id.to_string());
    let key = finding.subject.key.clone().unwrap_or_default();
    // The row opens the panel; once it is open, it leads on to the key's lineage.
    let href = if chosen {
        finding::subject_href(finding, place)
    } else {
        place.with(&[("finding", &finding.id.to_string())])
    };
    let fields = finding.subject.fields.iter().map(|field| field.field.as_str()).collect::<Vec<_>>().join(", ");
    let replica = with_replica.then(|| {
        let (entity, replica) =
            (finding.subject.entity.clone().unwrap_or_default(), finding.subject.replica.clone().unwrap_or_default());
        let href = place.to(&format!("/replicas/{}/{}", segment(&entity), segment(&replica)));
        view! { <td><a href=href>{replica}</a>" "<span class="faint">{entity}</span></td> }
    });
    let since = finding.since.map(clock::ago).unwrap_or_else(|| "before watching".into_any());
    let incident = finding.incident.map(
        |number| view! { <a class="link" href=place.to(&format!("/incidents/{number}"))>{format!("#{number}")}</a> },
    );
    view! {
        <tr class={if chosen { "sel" } else { "" }} aria-selected=chosen.then_some("true")>
            <td><a class="mono" data-row="" href=href title=key.clone()>{format::middle(&key, 28)}</a></td>
            {replica}
            <td><span class="v">{mark(finding::verdict_of(finding))}<span class="w">{finding::reason_words(finding)}</span></span></td>
            <td class="cut fields" title=fields.clone()>{if fields.is_empty() { "–".to_owned() } else { fields.clone() }}</td>
            <td class="num">{since}</td>
            <td class="num">{behind(finding)}</td>
            <td>{incident}</td>
        </tr>
    }
    .into_any()
}

/// `3 v4→v7`: writes behind, and the versions where they are known.
fn behind(finding: &FindingView) -> AnyView {
    let versions = match (finding.held_version, finding.expected_version) {
        (Some(held), Some(expected)) => format!(" v{held}→v{expected}"),
        _ => String::new(),
    };
    match finding.behind {
        Some(behind) => view! { <b>{behind}</b><code class="dim">{versions}</code> }.into_any(),
        None if versions.is_empty() => view! { <span class="faint">"–"</span> }.into_any(),
        None => view! { <code class="dim">{versions}</code> }.into_any(),
    }
}

/// The key of a finding with a copy button.
pub fn key_of(finding: &FindingView) -> AnyView {
    id(finding.subject.key.clone().unwrap_or_default(), 40)
}
