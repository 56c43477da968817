//! The open incidents, one for each cause.

use leptos::prelude::*;
use plumbline_model::api::IncidentRow;

use crate::{
    clock,
    components::{Panel, faint, link, mark, none, said, state},
    format,
    place::Place,
};

pub fn incidents(rows: Vec<IncidentRow>, place: &Place) -> AnyView {
    let body = if rows.is_empty() {
        state::empty("No incident is open", "Nothing that was checked broke a promise that anybody made.", none())
    } else {
        rows.into_iter().map(|row| incident(row, place)).collect::<Vec<_>>().into_any()
    };
    Panel::new("Incidents").note("one for each cause").aside(link(place.to("/incidents"), "All")).wide(body)
}

/// One incident of a list: headline, what it concerns, since when.
pub fn incident(row: IncidentRow, place: &Place) -> AnyView {
    let since = match row.since {
        Some(since) => clock::ago(since),
        None => clock::ago(row.opened),
    };
    let findings = match (row.open_findings, row.all_findings) {
        (0, all) => format!("{}, all resolved", format::counted(all.into(), "finding", "findings")),
        (open, all) if open == all => format::counted(open.into(), "finding", "findings"),
        (open, all) => format!("{open} of {} open", format::counted(all.into(), "finding", "findings")),
    };
    let told = match row.told {
        0 => "nobody told".to_owned(),
        n => format::counted(n.into(), "message sent", "messages sent"),
    };
    view! {
        <a class="incident" data-row="" href=place.to(&format!("/incidents/{}", row.number))>
            {mark(row.verdict)}
            <b>{said(&row.headline)}</b>
            <span class="when">{since}</span>
            <span class="dim">{row.detail}</span>
            {faint(format!("#{} · {} · {} · {findings} · {told}", row.number, row.severity, row.state))}
        </a>
    }
    .into_any()
}
