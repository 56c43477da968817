//! Overview: is my system consistent right now?

mod counters;
mod entities;
pub mod incidents;
mod sources;

use leptos::prelude::*;
use plumbline_model::api::{Consistency, OverviewPage};

use crate::{
    answer::answer,
    charts::{
        self, Look,
        scale::Unit,
        time_chart::{Series, TimeChart, Track, of_each_step, time_chart},
    },
    components::{Panel, dotted, headline, link, none, state, text},
    format,
    place::{Place, use_place},
};

pub fn overview() -> AnyView {
    let place = use_place();
    answer("overview", move || place.read().api("/overview", &[]), draw)
}

fn draw(page: OverviewPage) -> AnyView {
    let place = use_place().get();
    if page.entities.is_empty() && page.sources.is_empty() {
        return nothing_configured(page, &place);
    }
    let sub = consistency_words(&page.consistency, &place);
    view! {
        {headline("Overview", Some(page.verdict), page.headline, sub, none())}
        {counters::counters(page.counters, &place)}
        <div class="row wide-narrow">
            {disagreement(&page.axis, page.diverged, page.lagging, page.unknown, page.marks, &place)}
            {incidents::incidents(page.incidents, &place)}
        </div>
        {entities::entities(page.entities, &place)}
        {service_map(page.map, &place)}
        {sources::sources(page.sources, &place)}
    }
    .into_any()
}

fn nothing_configured(page: OverviewPage, place: &Place) -> AnyView {
    let next = link(place.to("/settings"), "See what is configured");
    view! {
        {headline("Overview", None, page.headline, none(), none())}
        <section class="panel">
            {state::empty(
                "Nothing is watched yet",
                "No entity and no source is configured, so there is nothing that could agree or disagree. Name a source, and an entity with its authority and one replica, in plumbline.yaml: `plumbline config init` writes one to start from.",
                next,
            )}
        </section>
    }
    .into_any()
}

/// `4.1 nines of 768,204 writes × replicas converged in time · 98.6 % of them checked · 10,755 not checked, and why`.
pub fn consistency_words(consistency: &Consistency, place: &Place) -> AnyView {
    let checked = consistency.closed.saturating_sub(consistency.unknown);
    let first = match (consistency.nines, checked) {
        (_, 0) | (None, _) => "No write was due in this range, so there was nothing to check".to_owned(),
        (Some(nines), _) => format!(
            "{}{} nines of {} writes × replicas converged in time",
            if consistency.bounded { "at least " } else { "" },
            format::nines(nines),
            format::count(checked)
        ),
    };
    let mut parts = vec![text(first)];
    if let Some(coverage) = consistency.coverage {
        parts.push(text(format!("{} checked", format::percent(coverage))));
    }
    if consistency.unknown > 0 {
        let words = format!("{} not checked, and why", format::count(consistency.unknown));
        parts.push(link(place.to("/collectors#not-checked"), words));
    }
    dotted(parts)
}

fn disagreement(
    axis: &plumbline_model::api::Axis,
    diverged: plumbline_model::api::Line,
    lagging: plumbline_model::api::Line,
    unknown: plumbline_model::api::Line,
    marks: Vec<plumbline_model::api::TimeMark>,
    place: &Place,
) -> AnyView {
    let known_unknown = unknown.values.iter().flatten().any(|value| *value > 0.0);
    let mut tracks = vec![Track {
        title: "",
        height: if known_unknown { 230.0 } else { 290.0 },
        unit: Unit::Count,
        stacked: true,
        series: vec![
            Series { name: "diverged", look: Look::Diverged, line: diverged },
            Series { name: "lagging", look: Look::Lagging, line: lagging },
        ],
        quiet: "every key agreed",
    }];
    if known_unknown {
        tracks.push(Track {
            title: "Unknown",
            height: 34.0,
            unit: Unit::Count,
            stacked: true,
            series: vec![Series { name: "unknown", look: Look::Unknown, line: unknown }],
            quiet: "",
        });
    }
    let chart =
        time_chart(TimeChart { id: "keys", label: "Keys that do not agree, over time", axis: *axis, tracks, marks });
    let legend = crate::components::mark::legend(known_unknown);
    Panel::new("Keys that do not agree")
        .note(of_each_step(axis))
        .aside(view! { {legend}{charts::table_link(place, "keys")} }.into_any())
        .body(chart)
}

fn service_map(map: plumbline_model::api::ServiceMap, place: &Place) -> AnyView {
    if map.nodes.is_empty() {
        return none();
    }
    Panel::new("Services")
        .note("calls and messages of this range, with p95 where it is known")
        .aside(link(place.to("/latency"), "Latency"))
        .body(charts::map::map(&map))
}
