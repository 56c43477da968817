//! What caused the write at the cursor, and what it caused, as an ordered list with rails like a commit graph: readable
//! without the picture. Causation ids are solid, what only shares a correlation id is dotted.

use leptos::prelude::*;
use plumbline_model::{
    SourceTime,
    api::{LineagePage, VerdictWord},
    lineage::{CauseView, EventMark, StateChange},
};

use super::cursor::{Choice, authority, write_at};
use crate::{
    clock,
    components::{Panel, none, state::empty},
    format,
    place::Place,
};

/// Ancestors shown: enough to see where it began.
const ANCESTORS: usize = 6;

/// One row of the graph.
struct Row {
    what: AnyView,
    place: String,
    when: AnyView,
    dot: &'static str,
    /// How it hangs on the row above.
    rail: &'static str,
    leaf: bool,
    chosen: bool,
    at: Option<SourceTime>,
}

pub fn graph(page: &LineagePage, choice: &Choice, place: &Place) -> AnyView {
    let Some(write) = write_at(&page.lineage, choice.at) else {
        let body = empty(
            "No write of the authority by then",
            "The authority had not been seen to hold this key at the cursor.",
            none(),
        );
        return Panel::new("What caused it, and what it caused").wide(body);
    };
    let version = write.version.map_or_else(|| "this write".to_owned(), |version| format!("version {version}"));
    let mut rows = causes(page, write);
    rows.push(own(page, write, &version));
    rows.extend(effects(page, write));
    let trace = write
        .cause
        .trace
        .clone()
        .map(|trace| view! { <a class="link" href=place.to(&format!("/traces/{trace}"))>"Trace"</a> });
    let rows: Vec<AnyView> = rows.into_iter().map(|row| draw(row, place)).collect();
    Panel::new(format!("What caused {version}, and what it caused")).aside(view! { {trace} }.into_any()).ruled().wide(
        view! {
            <ol class="graph">{rows}</ol>
            <div class="foot">
                <span class="v"><i class="stroke-key"></i>"causation id"</span>
                <span class="v"><i class="stroke-key dotted"></i>"same correlation id"</span>
            </div>
        }
        .into_any(),
    )
}

fn draw(row: Row, place: &Place) -> AnyView {
    let href = row.at.map(|at| place.with(&[("at", &at.to_string())]));
    let class =
        format!("{}{}{}", row.rail, if row.leaf { " leaf" } else { "" }, if row.chosen { " chosen" } else { "" });
    let what = match href {
        Some(href) => view! { <a href=href class="what">{row.what}</a> }.into_any(),
        None => view! { <span class="what">{row.what}</span> }.into_any(),
    };
    view! {
        <li class=class>
            <span class=format!("dot {}", row.dot) aria-hidden="true"></span>
            <div>{what}<div class="where">{row.place}</div></div>
            <span class="when">{row.when}</span>
        </li>
    }
    .into_any()
}

fn event_row(event: &EventMark, rail: &'static str) -> Row {
    let service = event.cause.service.as_deref().map(|service| format!("{service}, ")).unwrap_or_default();
    Row {
        what: event.event_type.clone().into_any(),
        place: format!("{service}{}", event.id),
        when: clock::time_precise(event.at),
        dot: "event",
        rail,
        leaf: false,
        chosen: false,
        at: Some(event.at),
    }
}

/// The chain of events that led to the write, oldest first; then those of the same correlation before it.
fn causes(page: &LineagePage, write: &StateChange) -> Vec<Row> {
    let find = |id: &Option<String>| {
        id.as_ref().and_then(|id| page.lineage.events.iter().find(|event| event.cause.event.as_ref() == Some(id)))
    };
    let mut chain: Vec<&EventMark> = Vec::new();
    let mut next = find(&write.cause.event).or_else(|| find(&write.cause.causation));
    while let Some(event) = next.filter(|event| chain.len() < ANCESTORS && !chain.contains(event)) {
        chain.push(event);
        next = find(&event.cause.causation);
    }
    let related = page
        .lineage
        .events
        .iter()
        .filter(|event| event.at < write.at && correlated(&event.cause, &write.cause) && !chain.contains(event));
    let mut rows: Vec<Row> =
        related.rev().take(ANCESTORS - chain.len()).map(|event| event_row(event, "dotted")).collect();
    rows.reverse();
    rows.extend(chain.into_iter().rev().map(|event| event_row(event, "solid")));
    rows
}

fn correlated(a: &CauseView, b: &CauseView) -> bool {
    a.correlation.is_some() && a.correlation == b.correlation
}

fn own(page: &LineagePage, write: &StateChange, version: &str) -> Row {
    let name = authority(&page.lineage).map(|replica| replica.replica.clone()).unwrap_or_default();
    Row {
        what: format!("{name}, {version}").into_any(),
        place: format!(
            "{}{}",
            write.cause.service.as_deref().map(|service| format!("{service}, ")).unwrap_or_default(),
            write.id
        ),
        when: clock::time_precise(write.at),
        dot: "own",
        rail: "solid",
        leaf: false,
        chosen: true,
        at: Some(write.at),
    }
}

/// Events caused by it, then every copy: when it showed the write, or that it does not.
fn effects(page: &LineagePage, write: &StateChange) -> Vec<Row> {
    let caused = |event: &&EventMark| event.cause.causation.is_some() && event.cause.causation == write.cause.event;
    let mut rows: Vec<Row> = page.lineage.events.iter().filter(caused).map(|event| event_row(event, "solid")).collect();
    for replica in page.lineage.replicas.iter().filter(|replica| !replica.authority) {
        let shown = replica.changes.iter().find(|change| change.shows.as_deref() == Some(write.id.as_str()));
        let verdict = replica.now().map(|band| band.verdict);
        rows.push(match (shown, verdict) {
            (Some(change), _) => Row {
                what: format!("{} shows it", replica.replica).into_any(),
                place: change.id.clone(),
                when: view! { "after "{change.lag_seconds.map_or_else(|| "–".to_owned(), format::duration)} }
                    .into_any(),
                dot: "equal",
                rail: "solid",
                leaf: true,
                chosen: false,
                at: Some(change.at),
            },
            (None, Some(VerdictWord::Diverged)) => missing(&replica.replica, "does not show it", "lost"),
            (None, _) => missing(&replica.replica, "was not seen to show it", "unsure"),
        });
    }
    rows
}

fn missing(replica: &str, words: &str, dot: &'static str) -> Row {
    Row {
        what: format!("{replica} {words}").into_any(),
        place: String::new(),
        when: view! { <span class="faint">"not seen"</span> }.into_any(),
        dot,
        rail: "solid",
        leaf: true,
        chosen: false,
        at: None,
    }
}
