//! The way in to Lineage: a search over keys, sagas, traces, services and incidents, and the keys that diverged last.

use leptos::prelude::*;
use plumbline_model::api::{KeyHit, Page, SearchHit};

use crate::{
    answer::answer,
    components::{Panel, headline, link, none, said, state, table::pager, tag, text},
    format,
    place::{Place, segment, use_place},
};

pub fn lineage_landing() -> AnyView {
    let place = use_place();
    let found = move || place.read().get("q").map(str::to_owned).map(results);
    let sub = text("Give a key, a correlation id, a trace id, a service or the number of an incident.");
    view! {
        {headline("Lineage", None, "What happened to this key?", sub, none())}
        {form(place)}
        {found}
        {recent()}
    }
    .into_any()
}

fn form(place: Memo<Place>) -> AnyView {
    let kept = move || {
        let place = place.read();
        let kept = place.query.iter().filter(|(key, _)| ["last", "from", "to", "utc"].contains(&key.as_str()));
        kept.map(|(key, value)| view! { <input type="hidden" name=key.clone() value=value.clone() /> }.into_any())
            .collect::<Vec<_>>()
    };
    view! {
        <form class="f find" role="search" method="get" action="/lineage">
            {kept}
            <input type="search" name="q" aria-label="Search" placeholder="o-48213" value=move || place.read().get("q").unwrap_or_default().to_owned() />
            <button class="btn primary" type="submit">"Find"</button>
        </form>
    }
    .into_any()
}

fn results(text: String) -> AnyView {
    let path = format!("/api/v1/search?q={}", segment(&text));
    answer("lineage", move || path.clone(), move |hits: Vec<SearchHit>| found(hits, &text))
}

fn found(hits: Vec<SearchHit>, text: &str) -> AnyView {
    let place = use_place().get();
    let panel = Panel::new(format!("Found for “{text}”")).ruled();
    if hits.is_empty() {
        return panel.wide(state::empty(
            "Nothing is called that",
            "Keys and ids are found by their whole text. What was never observed, or is older than what the journal keeps, cannot be found.",
            link(place.to("/collectors"), "How far each source has been seen"),
        ));
    }
    let rows: Vec<AnyView> = hits
        .into_iter()
        .map(|hit| {
            view! { <li><a class="hit" data-row="" href=place.to(&hit.link)>{tag(hit.kind)}<b>{hit.title}</b><span class="dim">{said(&hit.detail)}</span></a></li> }.into_any()
        })
        .collect();
    panel.wide(view! { <ul class="hits">{rows}</ul> }.into_any())
}

/// Keys that diverge now, newest first.
fn recent() -> AnyView {
    let place = use_place();
    answer(
        "lineage",
        move || place.read().api_whole("/keys?limit=50", &["cursor"]),
        |page: Page<KeyHit>| {
            let place = use_place().get();
            let panel = Panel::new("Keys that diverge").note("newest first").ruled();
            let only = place.get("entity").map(str::to_owned);
            let items: Vec<KeyHit> =
                page.items.into_iter().filter(|hit| only.as_ref().is_none_or(|only| *only == hit.entity)).collect();
            if items.is_empty() {
                return panel.wide(state::empty(
                    "No key diverges",
                    "Search for any key to see what happened to it.",
                    none(),
                ));
            }
            let shown = items.len();
            let rows: Vec<AnyView> = items
            .into_iter()
            .map(|hit| {
                let href = place.to(&format!("/lineage/{}/{}", segment(&hit.entity), segment(&hit.key)));
                let findings = format::counted(hit.open_findings.into(), "replica", "replicas");
                view! { <li><a class="hit" data-row="" href=href>{tag(hit.entity)}<code>{hit.key}</code><span class="dim">{format!("diverges in {findings}")}</span></a></li> }.into_any()
            })
            .collect();
            panel.wide(
                view! { <ul class="hits">{rows}</ul>{pager(&place, shown, page.total, page.next.as_deref())} }
                    .into_any(),
            )
        },
    )
}
