//! One trace: its waterfall with the critical path drawn through it, where the time went, and how sure that is.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use plumbline_model::trace::{PathView, TraceRow, TraceView};

use super::{path, waterfall};
use crate::{
    answer::answer,
    clock,
    components::{crumbs, dotted, headline, id, none, state, text},
    format,
    place::{Place, segment, use_place},
};

pub fn trace() -> AnyView {
    let params = use_params_map();
    let asked = move || format!("/api/v1/traces/{}", segment(params.read().get_str("trace").unwrap_or_default()));
    answer("latency", asked, |view: TraceView| draw(&view))
}

/// Which of the trace's paths is drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Which {
    Operation,
    Request(usize),
}

impl Which {
    /// What the URL says; the operation's path by default, where it is another than the first request's.
    fn of(place: &Place, view: &TraceView) -> Self {
        let request =
            place.get("path").and_then(|text| text.parse::<usize>().ok()).filter(|at| *at < view.requests.len());
        match (request, &view.operation) {
            (Some(at), _) => Self::Request(at),
            (None, Some(operation)) if view.requests.first() != Some(operation) => Self::Operation,
            _ => Self::Request(0),
        }
    }
    pub fn path(self, view: &TraceView) -> Option<&PathView> {
        match self {
            Self::Operation => view.operation.as_ref(),
            Self::Request(at) => view.requests.get(at),
        }
    }
}

fn draw(view: &TraceView) -> AnyView {
    let place = use_place().get();
    let which = Which::of(&place, view);
    let spans = || {
        view.rows.iter().filter_map(|row| match row {
            TraceRow::Span(span) => Some(span),
            TraceRow::Topic(_) => None,
        })
    };
    // A later request is named after the span that it begins with, not after the trace's first.
    let own = which.path(view).and_then(|path| {
        let (offset, length) = (path.start.since(view.start), path.end.since(path.start));
        spans().find(|span| span.offset == offset && span.duration == length)
    });
    let root = own.or_else(|| spans().next());
    let name = root.map_or_else(|| "trace".to_owned(), |span| format!("{} {}", span.service, span.operation));
    // The lists of traces have the time of the request alone.
    let whole = if which == Which::Operation { format!("{name} and all that followed") } else { name.clone() };
    let way = vec![(place.to("/latency"), "Latency".to_owned())];
    let sentence = which.path(view).map_or_else(
        || format!("{name} has no path: {} spans without a root.", view.spans),
        |path| path::sentence(&whole, path),
    );
    let json = view! { <a class="btn" rel="external" href=format!("/api/v1/traces/{}", view.trace)>"JSON"</a> };
    let side = which
        .path(view)
        .map(|path| view! { {path::places(path, which, view, &place)}{path::sureness(path, view)} }.into_any());
    view! {
        {crumbs(way, id(view.trace.to_string(), 32))}
        {headline(format!("Trace {name}"), None, sentence, about(view), json.into_any())}
        <div class="row wide-side trace">
            {if view.rows.is_empty() {
                state::empty("No span is kept", "The trace is older than what the journal keeps.", none())
            } else {
                waterfall::waterfall(view, which, &place)
            }}
            <div class="col">{side}</div>
        </div>
    }
    .into_any()
}

fn about(view: &TraceView) -> AnyView {
    let mut parts = vec![
        view! { {clock::time_precise(view.start)}", "{clock::ago(view.start)}" ago" }.into_any(),
        text(format!(
            "{} of {}",
            format::counted(view.spans.into(), "span", "spans"),
            format::counted(view.services.len() as u64, "service", "services")
        )),
        text(if view.incomplete { "incomplete: a root or a parent is missing" } else { "complete" }),
    ];
    if view.errors > 0 {
        parts.push(view! { <b>{format::counted(view.errors.into(), "failed span", "failed spans")}</b> }.into_any());
    }
    dotted(parts)
}
