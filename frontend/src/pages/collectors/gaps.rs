//! Gaps: stretches of time of which a source missed records and cannot read them again.

use leptos::prelude::*;
use plumbline_model::api::{GapRow, Range};

use crate::{
    charts::scale::pct,
    clock,
    components::{Panel, none, state},
    format,
};

pub fn gaps(gaps: Vec<GapRow>, range: Range) -> AnyView {
    let panel = Panel::new("Gaps").note("records that were missed and cannot be read again");
    if gaps.is_empty() {
        return panel.wide(state::empty(
            "No gap in this range",
            "No source missed a record that it could not read again.",
            none(),
        ));
    }
    let rows: Vec<AnyView> = gaps.into_iter().map(|gap| row(gap, range)).collect();
    panel.body(view! { <ul class="gaps">{rows}</ul> }.into_any())
}

fn row(gap: GapRow, range: Range) -> AnyView {
    let length = range.length().seconds().max(1e-9);
    let share = |at: plumbline_model::SourceTime| (at.since(range.from).seconds() / length).clamp(0.0, 1.0);
    let (from, to) = (share(gap.from), gap.to.map_or(1.0, share));
    let place = gap.partition.map_or_else(|| gap.source.clone(), |partition| format!("{} {partition}", gap.source));
    let lasted = match gap.to {
        Some(to) => format!("for {}", format::age(to.since(gap.from))),
        None => "and still open".to_owned(),
    };
    view! {
        <li>
            <div><b>{place}</b>" "<span class="dim">{clock::time(gap.from)}" "{lasted}</span></div>
            <svg class="lane" width="100%" height="12" aria-hidden="true">
                <line class="ok" x1="0" x2="100%" y1="6" y2="6" />
                <rect x=pct(from) width=pct((to - from).max(0.004)) height="12" class="blind" />
            </svg>
            <div class="dim t12">{gap.reason}</div>
        </li>
    }
    .into_any()
}
