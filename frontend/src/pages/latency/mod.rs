//! Latency: where does the time go? Operations and edges on critical paths, roots, the heat map, the service map and the
//! traces; and a page for one trace.

mod hotspots;
mod path;
mod roots;
mod trace;
mod traces;
mod waterfall;

use leptos::prelude::*;
use plumbline_model::api::{LatencyPage, VerdictWord};

use crate::{
    answer::answer,
    charts::{self, heat},
    components::{Panel, dotted, headline, link, none, state, text},
    format,
    place::{Place, use_place},
};

pub use trace::trace;

pub fn latency() -> AnyView {
    let place = use_place();
    view! {
        {answer("latency", move || place.read().api("/latency", &["service", "operation"]), draw)}
        {traces::traces()}
    }
    .into_any()
}

fn draw(page: LatencyPage) -> AnyView {
    let place = use_place().get();
    let above = page.hotspots.iter().filter(|row| row.above).count();
    if page.roots.is_empty() && page.hotspots.is_empty() {
        return view! {
            {headline("Latency", None, page.headline.clone(), none(), none())}
            <section class="panel">
                {state::empty(
                    "No trace in this range",
                    "Point an OpenTelemetry exporter at Plumbline's OTLP endpoint: gRPC on port 4317, HTTP on 4318, or where `otlp:` says. A trace counts once it is complete and quiet for ten seconds.",
                    link(place.to("/collectors"), "See the sources"),
                )}
            </section>
        }
        .into_any();
    }
    // Without a baseline nothing can be said to be as it was.
    let verdict = match (above, hotspots::compared(&page)) {
        (1.., _) => VerdictWord::Lagging,
        (0, true) => VerdictWord::Converged,
        (0, false) => VerdictWord::Unknown,
    };
    let sub = dotted(vec![text(format!("compared with {}", page.baseline)), text(traced(&page))]);
    view! {
        {headline("Latency", Some(verdict), page.headline.clone(), sub, none())}
        {hotspots::hotspots(&page, &place)}
        <div class="row wide-narrow">
            {heat_panel(&page, &place)}
            {roots::roots(&page, &place)}
        </div>
        {Panel::new("Service map")
            .note("calls and messages of this range; the time is p95; dashed where more than 1 % fail")
            .aside(charts::table_link(&place, "map"))
            .body(charts::map::map(&page.map))}
    }
    .into_any()
}

fn traced(page: &LatencyPage) -> String {
    let traces: u64 = page.roots.iter().map(|root| root.traces).sum();
    format!(
        "{} of {}",
        format::counted(traces, "trace", "traces"),
        format::counted(page.roots.len() as u64, "operation", "operations")
    )
}

fn heat_panel(page: &LatencyPage, place: &Place) -> AnyView {
    let chosen = roots::chosen(page, place);
    let busiest = if place.get("operation").is_none() { ", the busiest" } else { "" };
    let name = chosen.map_or_else(String::new, |root| format!("{} {}{busiest}", root.service, root.operation));
    let selection = heat::Selection::of(place);
    let clear = selection.is_some().then(|| link(place.with(&[("box", ""), ("cursor", "")]), "Clear the box"));
    let body = if page.heat.columns.is_empty() {
        state::empty("No trace of it was sealed in this range", "A trace counts once it is complete.", none())
    } else {
        view! {
            {heat::heat(page.axis, &page.heat, selection.as_ref())}
            <div class="under-chart dim t12">
                <span class="v"><span class="ramp" aria-hidden="true"></span>"few … many traces"</span>
                <span class="v"><i class="stroke-key"></i>"p95"</span>
                <span class="spring"></span>
                <span>"drag a box: the traces below are those in it"</span>
            </div>
        }
        .into_any()
    };
    Panel::new("Time × duration").note(name).aside(clear.unwrap_or_else(none)).body(body)
}
