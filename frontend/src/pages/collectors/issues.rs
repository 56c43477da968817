//! Records that could not be read, or not wholly: what is wrong in words, where, and the bytes. Nothing was guessed from
//! them, and they cost no other record anything.

use leptos::prelude::*;
use plumbline_model::api::{IssueRow, Page};

use super::hex;
use crate::{
    answer::answer,
    clock,
    components::{Panel, coded, id, link, none, state, table::pager},
    format,
    place::{Place, use_place},
};

pub fn issues() -> AnyView {
    let place = use_place();
    let path = move || place.read().api_whole("/issues?limit=50", &["source", "cursor"]);
    answer("collectors", path, draw)
}

fn draw(page: Page<IssueRow>) -> AnyView {
    let place = use_place().get();
    let only = place
        .get("source")
        .map(|source| link(place.with(&[("source", ""), ("issue", "")]), format!("of {source} only: show all")));
    let panel = Panel::new("Records that could not be read").id("issues").aside(only.unwrap_or_else(none));
    if page.items.is_empty() {
        return panel.wide(state::empty(
            "No record that could not be read",
            "What a source brings and the configuration maps was understood.",
            none(),
        ));
    }
    let note = page.total.map_or_else(String::new, |total| format!("{} in this range", format::count(total)));
    let chosen = page.items.iter().find(|issue| place.get("issue") == Some(&issue.id)).or(page.items.first());
    let items: Vec<AnyView> = page
        .items
        .iter()
        .map(|issue| item(issue, chosen.is_some_and(|chosen| chosen.id == issue.id), &place))
        .collect();
    let shown = page.items.len();
    panel.note(note).wide(
        view! {
            <div class="split rev">
                <div>
                    <ul class="issues">{items}</ul>
                    <p class="foot">"Nothing was guessed from these records, and reading went on behind them. Those that could be read in part count with what was read."</p>
                    {pager(&place, shown, page.total, page.next.as_deref())}
                </div>
                {chosen.map(one)}
            </div>
        }
        .into_any(),
    )
}

fn item(issue: &IssueRow, chosen: bool, place: &Place) -> AnyView {
    view! {
        <li>
            <a data-row="" class={if chosen { "issue chosen" } else { "issue" }} aria-current=chosen.then_some("true") href=place.with(&[("issue", &issue.id)])>
                <span class="wrap">{coded(&issue.reason)}</span>
                <span class="dim nowrap">{clock::ago(issue.received)}</span>
                <span class="dim t12 cut">{issue.source.clone()}" "<code>{issue.position.clone()}</code></span>
                <span class="dim t12 num nowrap">{format!("{} B", format::count(issue.bytes_total))}</span>
            </a>
        </li>
    }
    .into_any()
}

fn one(issue: &IssueRow) -> AnyView {
    let place =
        (!issue.place.is_empty()).then(|| view! { <dt>"Where"</dt><dd><code>{issue.place.clone()}</code></dd> });
    view! {
        <div class="side">
            <div class="side-head">{id(format!("{} {}", issue.source, issue.position), 60)}</div>
            <p class="said">{coded(&issue.reason)}</p>
            <dl class="kv">
                {place}
                <dt>"Received"</dt>
                <dd>{clock::time(issue.received)}</dd>
                <dt>"Size"</dt>
                <dd>{format::counted(issue.bytes_total, "byte", "bytes")}</dd>
            </dl>
            {hex::hex(&issue.bytes_base64, issue.bytes_total)}
        </div>
    }
    .into_any()
}
