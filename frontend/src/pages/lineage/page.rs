//! The page of one key.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use plumbline_model::api::{LineagePage, VerdictWord};

use super::{cursor::Choice, graph, lanes, state};
use crate::{
    answer::answer,
    clock,
    components::{Panel, crumbs, dotted, finding::finding_row, headline, id, none, state::empty, text, verdict},
    format,
    place::{Place, segment, use_place},
};

pub fn lineage() -> AnyView {
    let params = use_params_map();
    let place = use_place();
    let path = move || {
        let params = params.read();
        let part = |name| segment(params.get_str(name).unwrap_or_default());
        place.read().api(&format!("/lineage/{}/{}", part("entity"), part("key")), &["at", "at2"])
    };
    answer("lineage", path, move |page: LineagePage| draw(&page, &place.get()))
}

fn draw(page: &LineagePage, place: &Place) -> AnyView {
    let head = &page.head;
    let way = vec![
        (place.to("/lineage"), "Lineage".to_owned()),
        (place.to_with("/lineage", &[("entity", &head.entity)]), head.entity.clone()),
    ];
    let choice = Choice::of(page, place);
    view! {
        {crumbs(way, id(head.key.clone(), 60))}
        {headline(format!("{} {}", head.entity, head.key), worst(page), head.headline.clone(), about(page), none())}
        {lanes::lanes(page, &choice, place)}
        {state::state(page, &choice, place)}
        <div class="row wide-narrow">
            {findings(page, place)}
            {graph::graph(page, &choice, place)}
        </div>
    }
    .into_any()
}

/// The worst verdict of any copy, now.
fn worst(page: &LineagePage) -> Option<VerdictWord> {
    if !seen(page) {
        return None;
    }
    let now = |wanted: VerdictWord| {
        page.lineage.replicas.iter().filter_map(|replica| replica.now()).any(|band| band.verdict == wanted)
    };
    [VerdictWord::Diverged, VerdictWord::Unknown, VerdictWord::Lagging, VerdictWord::Converged]
        .into_iter()
        .find(|word| now(*word))
}

/// Whether any place was seen to hold it: else no copy agrees with anything.
fn seen(page: &LineagePage) -> bool {
    page.lineage.replicas.iter().any(|replica| !replica.changes.is_empty())
}

/// Each copy with its verdict now.
fn about(page: &LineagePage) -> AnyView {
    let copies = page.lineage.replicas.iter().filter(|replica| !replica.authority);
    let mut parts: Vec<AnyView> = copies
        .map(|replica| match replica.now().filter(|_| seen(page)) {
            Some(band) => verdict(
                band.verdict,
                format!(
                    "{} {}",
                    replica.replica,
                    band.reason.as_deref().map_or(band.verdict.word().to_owned(), format::words)
                ),
            ),
            None => text(format!("{} not seen", replica.replica)),
        })
        .collect();
    if let Some(open) = page.head.findings.iter().find(|finding| finding.open) {
        parts.push(view! { "found "{clock::time(open.opened)} }.into_any());
    }
    if page.cut {
        parts.push(text("older changes are left out"));
    }
    dotted(parts)
}

fn findings(page: &LineagePage, place: &Place) -> AnyView {
    let panel = Panel::new("Findings").note("held against this key").ruled();
    if page.head.findings.is_empty() {
        return panel.wide(empty(
            "Nothing was ever held against it",
            "As far as it was watched, every copy followed in time.",
            none(),
        ));
    }
    let rows: Vec<AnyView> = page.head.findings.iter().map(|finding| finding_row(finding, place)).collect();
    panel.wide(view! { <ul class="findings">{rows}</ul> }.into_any())
}
