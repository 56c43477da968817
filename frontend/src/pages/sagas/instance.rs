//! One instance of a saga: its steps against what was expected, what is owed, and every event under its id.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use plumbline_model::api::{SagaEventView, SagaInstancePage};

use super::{instances::instance_id, owed, steps};
use crate::{
    answer::answer,
    clock,
    components::{Panel, copy, crumbs, dotted, finding::finding_row, headline, id, mark, none, state, tag, text},
    format,
    place::{Place, segment, use_place},
};

pub fn saga_instance() -> AnyView {
    let params = use_params_map();
    let place = use_place();
    let path = move || {
        let params = params.read();
        let part = |name| segment(params.get_str(name).unwrap_or_default());
        place.read().api_whole(&format!("/sagas/{}/{}", part("saga"), part("instance")), &["run"])
    };
    answer("sagas", path, draw)
}

fn draw(page: SagaInstancePage) -> AnyView {
    let place = use_place().get();
    let row = &page.row;
    let way = vec![
        (place.to("/sagas"), "Sagas".to_owned()),
        (place.to(&format!("/sagas/{}", segment(&row.saga))), row.saga.clone()),
    ];
    let open = page.findings.iter().find(|finding| finding.open).and_then(|finding| finding.incident);
    let acts = open.map(|number| view! { <a class="btn" href=place.to(&format!("/incidents/{number}"))>{format!("Incident {number}")}</a> });
    view! {
        {crumbs(way, instance_id(row))}
        {headline(format!("{} {}", row.saga, row.instance), Some(mark::of_word(&row.state)), page.headline.clone(), about(&page, &place), view! { {acts} }.into_any())}
        <div class="row wide-narrow">
            <div class="col">
                {Panel::new("What happened, and what was expected").note("time since the step before").ruled().wide(steps::steps(&page))}
                {events(&page, &place)}
            </div>
            <div class="col">
                {owed::owed(&page)}
                {findings(&page, &place)}
                {traces(&page, &place)}
            </div>
        </div>
    }
    .into_any()
}

fn about(page: &SagaInstancePage, place: &Place) -> AnyView {
    let row = &page.row;
    let mut parts = Vec::new();
    parts.push(
        view! { {row.state.clone()}{row.waiting_since.map(|at| view! { ", waiting since "{clock::time(at)} })} }
            .into_any(),
    );
    if let Some(started) = row.started {
        parts.push(view! { "begun "{clock::time(started)} }.into_any());
    } else {
        parts.push(text("begun before it was watched"));
    }
    if page.runs.len() > 1 {
        let runs: Vec<AnyView> = page
            .runs
            .iter()
            .map(|run| match *run == row.run {
                true => view! { " "<b>{*run}</b> }.into_any(),
                false => {
                    view! { " "<a class="link" href=place.with(&[("run", &run.to_string())])>{*run}</a> }.into_any()
                }
            })
            .collect();
        parts.push(view! { "run"{runs} }.into_any());
    }
    dotted(parts)
}

fn events(page: &SagaInstancePage, place: &Place) -> AnyView {
    let rows: Vec<AnyView> = page.events.iter().map(|event| row(event, place)).collect();
    let omitted = (page.omitted_events > 0).then(|| {
        let words = format!(
            "{} in the middle of the run are not kept here",
            format::counted(page.omitted_events.into(), "event", "events")
        );
        view! { <div class="foot">{words}</div> }
    });
    Panel::new("Events").note("all that carry this id, in order of their time").wide(
        view! {
            <div class="scroll"><table>
                <thead><tr><th scope="col" class="num">"At"</th><th scope="col">"Event"</th><th scope="col">"What it did"</th><th scope="col">"Where"</th><th scope="col">"Trace"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table></div>
            {omitted}
        }
        .into_any(),
    )
}

fn row(event: &SagaEventView, place: &Place) -> AnyView {
    let role = match event.role.as_str() {
        role @ ("start" | "step" | "completed") => view! { <span class="dim">{role.to_owned()}</span> }.into_any(),
        role => tag(format::words(role)),
    };
    let trace = event.trace.clone().map(|trace| view! { <a class="link mono" href=place.to(&format!("/traces/{trace}")) title=trace.clone()>{format::middle(&trace, 11)}</a> });
    view! {
        <tr>
            <td class="num">{clock::time_precise(event.at)}</td>
            <td><code>{event.event.clone()}</code></td>
            <td>{role}</td>
            <td><code class="dim" title=event.id.clone()>{format::middle(&event.id, 22)}</code>{copy(event.id.clone())}</td>
            <td>{trace}</td>
        </tr>
    }
    .into_any()
}

fn findings(page: &SagaInstancePage, place: &Place) -> AnyView {
    let panel = Panel::new("Findings").ruled();
    if page.findings.is_empty() {
        return panel.wide(state::empty(
            "Nothing is held against it",
            "It is within its times, or they could not be judged yet.",
            none(),
        ));
    }
    let rows: Vec<AnyView> = page.findings.iter().map(|finding| finding_row(finding, place)).collect();
    panel.wide(view! { <ul class="findings">{rows}</ul> }.into_any())
}

fn traces(page: &SagaInstancePage, place: &Place) -> AnyView {
    if page.traces.is_empty() {
        return none();
    }
    let rows: Vec<AnyView> = page
        .traces
        .iter()
        .map(|trace| view! { <li><a class="link" href=place.to(&format!("/traces/{trace}"))>"Waterfall"</a>" "{id(trace.clone(), 34)}</li> }.into_any())
        .collect();
    Panel::new("Traces").note("that its events belong to").body(view! { <ul class="plain">{rows}</ul> }.into_any())
}
