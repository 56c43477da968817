//! The lanes, from cause to effect: events, the authority, its copies. Names stay while the picture scrolls; a click moves
//! the cursor, a click with shift the second one.

use leptos::{ev::PointerEvent, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use plumbline_model::{SourceTime, api::LineagePage, lineage::ReplicaLineage};
use wasm_bindgen::JsCast;

use super::{
    cursor::{Choice, beside, write_at},
    marks, strip,
};
use crate::{
    charts::{scale::pct, table_link, wants_table},
    clock::tick,
    components::{Panel, mark, tag, verdict_plain},
    format,
    place::{Place, use_place},
};

pub const AXIS: f64 = 34.0;
pub const EVENTS: f64 = 28.0;
pub const LANE: f64 = 38.0;

pub fn lanes(page: &LineagePage, choice: &Choice, place: &Place) -> AnyView {
    let lineage = &page.lineage;
    let with_events = !lineage.events.is_empty();
    let first = AXIS + if with_events { EVENTS } else { 0.0 };
    let height = first + lineage.replicas.len() as f64 * LANE;
    let top = |index: usize| first + index as f64 * LANE;
    let write = write_at(lineage, choice.at);
    let names: Vec<AnyView> = lineage.replicas.iter().map(name).collect();
    let drawn: Vec<AnyView> = lineage
        .replicas
        .iter()
        .enumerate()
        .map(|(index, replica)| {
            marks::lane(replica, choice, top(index), marks::missing(lineage, replica, write, choice), place)
        })
        .collect();
    let events = with_events.then(|| marks::events(&lineage.events, choice, AXIS));
    let effects = write.map(|write| marks::effects(lineage, write, choice, top));
    let clicked = clicker(choice.clone());
    let table = wants_table(place, "lanes").then(|| super::state::changes_table(page));
    let changes: usize = lineage.replicas.iter().map(|replica| replica.changes.len()).sum();
    let note = format!(
        "{}, {}",
        format::counted(changes as u64, "change", "changes"),
        format::counted(lineage.events.len() as u64, "event", "events")
    );
    let body = view! {
        {strip::strip(page, choice)}
        <div class="board">
            <div class="names">
                <div class="lane axis">{if choice.received { "by received time" } else { "by source time" }}</div>
                {with_events.then(|| view! { <div class="lane events"><span class="name">"events"</span></div> })}
                {names}
            </div>
            <div class="picture">
                <svg class="plot lanes" width="100%" height=height role="img" aria-label="Changes of this key in every place; the table below shows the state at the cursor" on:pointerdown=clicked>
                    {quiet(choice, height)}
                    {times(choice)}
                    {effects}
                    {events}
                    {drawn}
                    {cursors(choice, height)}
                </svg>
            </div>
        </div>
        {legend(page, choice, place)}
        {table}
    };
    Panel::new("Every change, in every place")
        .note(note)
        .aside(switches(choice, place))
        .class("lineage")
        .wide(body.into_any())
}

fn switches(choice: &Choice, place: &Place) -> AnyView {
    let one = |href: String, words: &'static str, on: bool| view! { <a href=href aria-current=on.then_some("true")>{words}</a> };
    view! {
        <span class="seg">
            {one(place.with(&[("clock", "")]), "Source time", !choice.received)}
            {one(place.with(&[("clock", "received")]), "Received time", choice.received)}
        </span>
        <span class="seg">{one(place.with(&[("fold", if choice.fold { "off" } else { "" })]), "Fold quiet time", choice.fold)}</span>
        {table_link(place, "lanes")}
    }
    .into_any()
}

fn name(replica: &ReplicaLineage) -> AnyView {
    let now = match (replica.authority, replica.now()) {
        (true, _) => tag("authority"),
        (false, Some(band)) => verdict_plain(
            band.verdict,
            band.reason.as_deref().map_or_else(|| band.verdict.word().to_owned(), format::words),
        ),
        (false, None) => view! { <span class="faint">"not seen"</span> }.into_any(),
    };
    view! { <div class="lane"><span class="name cut" title=replica.replica.clone()>{replica.replica.clone()}</span><span class="t12">{now}</span></div> }.into_any()
}

/// Folded strips, with the length of what they hide.
fn quiet(choice: &Choice, height: f64) -> AnyView {
    let strips: Vec<AnyView> = choice
        .axis
        .stretches
        .iter()
        .filter(|stretch| stretch.folded)
        .map(|stretch| {
            let words = format::age(stretch.to.since(stretch.from));
            // At the ends of the picture the words would be cut on one side.
            let (x, anchor, dx) = match (stretch.x0 < 0.001, stretch.x1 > 0.999) {
                (true, _) => (stretch.x0, "start", 2),
                (false, true) => (stretch.x1, "end", -2),
                (false, false) => ((stretch.x0 + stretch.x1) / 2.0, "middle", 0),
            };
            view! {
                <rect class="quiet" x=pct(stretch.x0) width=pct(stretch.x1 - stretch.x0) y="0" height=height />
                <text x=pct(x) dx=dx y="29" text-anchor=anchor class="small">{words}</text>
            }
            .into_any()
        })
        .collect();
    strips.into_any()
}

/// The times at which busy stretches begin, as far as they do not collide.
fn times(choice: &Choice) -> AnyView {
    const APART: f64 = 0.085;
    let mut last = -1.0;
    let mut ticks: Vec<(f64, SourceTime)> = Vec::new();
    for stretch in choice.axis.stretches.iter().filter(|stretch| !stretch.folded) {
        let steps = ((stretch.x1 - stretch.x0) / 0.12).floor().max(1.0) as usize;
        for step in 0..steps {
            let x = stretch.x0 + (stretch.x1 - stretch.x0) * step as f64 / steps as f64;
            if let Some(at) = choice.axis.at(x + 1e-9).filter(|_| x - last >= APART && x < 0.95) {
                last = x;
                ticks.push((x, at));
            }
        }
    }
    let ticks: Vec<AnyView> = ticks
        .into_iter()
        .map(|(x, at)| {
            view! {
                <line class="grid" x1=pct(x) x2=pct(x) y1="18" y2=AXIS />
                <text x=pct(x) y="13">{tick(at, |civil| civil.clock)}</text>
            }
            .into_any()
        })
        .collect();
    view! { <line class="rule" x1="0" x2="100%" y1=AXIS - 0.5 y2=AXIS - 0.5 />{ticks} }.into_any()
}

/// The cursor, and the second one.
fn cursors(choice: &Choice, height: f64) -> AnyView {
    let one = |at: SourceTime, class: &'static str| {
        let x = choice.axis.x(at);
        view! {
            <g class=class>
                <line x1=pct(x) x2=pct(x) y1="2" y2=height />
                <svg x=pct(x) y="0" class="spot"><path d="M-5 0h10l-5 7z" /></svg>
            </g>
        }
    };
    // Cursors are source times: on the other clock they would stand in the wrong place.
    let first = (!choice.received && choice.set).then(|| one(choice.at, "cursor"));
    let second = choice.at2.filter(|_| !choice.received).map(|at| one(at, "cursor second"));
    view! { {first}{second} }.into_any()
}

/// Moves the cursor to where was clicked; to a change's own time where one is close.
fn clicker(choice: Choice) -> impl Fn(PointerEvent) {
    let navigate = use_navigate();
    let place = use_place();
    move |event: PointerEvent| {
        let Some(element) = event.current_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()) else {
            return;
        };
        let on_link = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
            .is_some_and(|target| target.closest("a").ok().flatten().is_some());
        let rect = element.get_bounding_client_rect();
        if on_link || choice.received || rect.width() <= 0.0 || event.button() != 0 {
            return;
        }
        let share = (f64::from(event.client_x()) - rect.left()) / rect.width();
        if let Some(at) = choice.axis.at(share) {
            let name = if event.shift_key() { "at2" } else { "at" };
            let href = place.read_untracked().with(&[(name, &SourceTime::from_millis(at.millis()).to_string())]);
            navigate(&href, NavigateOptions { scroll: false, ..Default::default() });
        }
    }
}

fn legend(page: &LineagePage, choice: &Choice, place: &Place) -> AnyView {
    use plumbline_model::api::VerdictWord::{Converged, Diverged, Lagging, Unknown};
    let (before, after) = beside(&page.lineage, choice.at);
    let step = |at: Option<SourceTime>, words: &'static str, data: &'static str| {
        at.map(|at| {
            let href = place.with(&[("at", &at.to_string())]);
            view! { <a class="btn small" href=href data-prev=(data == "prev").then_some("") data-next=(data == "next").then_some("")>{words}</a> }
        })
    };
    view! {
        <div class="foot">
            <span class="v"><svg width="9" height="9" aria-hidden="true"><rect x="1" y="1" width="7" height="7" fill="none" stroke="currentColor" /></svg>"event"</span>
            <span class="v"><svg width="12" height="12" aria-hidden="true"><rect width="12" height="12" rx="2" fill="var(--ink)" /></svg>"write of the authority"</span>
            <span class="v">{mark(Converged)}"converged"</span>
            <span class="v">{mark(Lagging)}"lagging"</span>
            <span class="v">{mark(Diverged)}"diverged"</span>
            <span class="v">{mark(Unknown)}"unknown"</span>
            <span class="spring"></span>
            {step(before, "← change before", "prev")}
            {step(after, "next change →", "next")}
        </div>
    }
    .into_any()
}
