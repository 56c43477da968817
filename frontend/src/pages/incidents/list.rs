//! The incidents, newest first, one for each cause.

use leptos::prelude::*;
use plumbline_model::api::{IncidentRow, Page, VerdictWord};

use crate::{
    answer::answer,
    components::{
        Panel, headline, link, none, state,
        table::{Chip, chips, pager},
        text,
    },
    format,
    pages::overview::incidents::incident,
    place::{Place, use_place},
};

pub fn incidents() -> AnyView {
    let place = use_place();
    let path = move || {
        let place = place.read();
        let state = place.get("state").unwrap_or("open");
        place.api_whole(&format!("/incidents?state={state}&limit=50"), &["cursor"])
    };
    answer("incidents", path, draw)
}

fn draw(page: Page<IncidentRow>) -> AnyView {
    let place = use_place().get();
    let state = place.get("state").unwrap_or("open").to_owned();
    let shown = page.items.len();
    let choices =
        vec![Chip::new("", "Open", None), Chip::new("resolved", "Resolved", None), Chip::new("all", "All", None)];
    let chips = chips(&place, "state", if state == "open" { "" } else { &state }, choices);
    let (words, verdict) = sentence(&page, &state);
    let body = if page.items.is_empty() {
        none_found(&state, &place)
    } else {
        page.items.into_iter().map(|row| incident(row, &place)).collect::<Vec<_>>().into_any()
    };
    view! {
        {headline("Incidents", verdict, words, text("Findings that have one cause, as a person would count them."), none())}
        {Panel::new("Incidents").note("one for each cause").aside(chips).ruled().wide(view! { <div class="incidents">{body}</div>{pager(&place, shown, page.total, page.next.as_deref())} }.into_any())}
    }
    .into_any()
}

fn sentence(page: &Page<IncidentRow>, state: &str) -> (String, Option<VerdictWord>) {
    let open: Vec<_> = page.items.iter().filter(|row| row.state != "resolved").collect();
    let worst = open
        .iter()
        .map(|row| row.verdict)
        .find(|verdict| *verdict == VerdictWord::Diverged)
        .or(open.first().map(|row| row.verdict));
    match (state, open.len()) {
        ("open", 0) => ("No incident is open.".to_owned(), Some(VerdictWord::Converged)),
        ("open", n) => {
            let more = if page.next.is_some() { "more than " } else { "" };
            let alone = open.iter().filter(|row| row.state != "acknowledged").count();
            let nobody = match alone {
                0 => ", all taken by somebody".to_owned(),
                1 if n == 1 => ", and nobody has taken it".to_owned(),
                alone if alone == n => ", and nobody has taken any of them".to_owned(),
                alone => format!(", and nobody has taken {} of them", format::count(alone as u64)),
            };
            (format!("{more}{} open{nobody}.", format::counted(n as u64, "incident is", "incidents are")), worst)
        }
        // The list is not of a range: it has all that are kept.
        ("resolved", _) => ("Incidents that are resolved, newest first".to_owned(), worst),
        _ => ("All incidents, newest first".to_owned(), worst),
    }
}

fn none_found(state: &str, place: &Place) -> AnyView {
    match state {
        "open" => state::empty(
            "No incident is open",
            "Nothing that was checked broke a promise that anybody made. What was not checked is on the Collectors page.",
            link(place.to("/collectors"), "What was not checked"),
        ),
        _ => state::empty(
            "There is none",
            "No incident of this kind is kept.",
            link(place.with(&[("state", "all")]), "All incidents"),
        ),
    }
}
