//! What a critical path adds up to: its places with their times (they sum to its length), and how sure it is.

use leptos::prelude::*;
use plumbline_model::{
    Lag, SpanId,
    trace::{PathPlace, PathView, PathWarning, TraceRow, TraceView},
};

use super::trace::Which;
use crate::{
    charts::{scale::pct, shape},
    components::{Panel, none, text},
    format,
    place::Place,
};

/// Places shown one by one; the rest is summed.
const SHOWN: usize = 10;

/// `payment → psp.example`, and its shape.
pub fn place_words(place: &PathPlace) -> (String, &'static str) {
    match place {
        PathPlace::Operation { service, operation } => (format!("{service} {operation}"), "operation"),
        PathPlace::Edge { from, to, edge } => (format!("{from} → {to}"), edge_word(*edge)),
    }
}

pub fn edge_word(kind: plumbline_model::span::EdgeKind) -> &'static str {
    use plumbline_model::span::EdgeKind;
    match kind {
        EdgeKind::Network => "network",
        EdgeKind::Topic => "topic",
        EdgeKind::Database => "database",
        EdgeKind::Cache => "cache",
        EdgeKind::Outside => "outside",
    }
}

/// `gateway POST /checkout took 3.13 s: for 1.86 s of it it was in shop.orders → order-view.`
pub fn sentence(name: &str, path: &PathView) -> String {
    let took = path.end.since(path.start);
    match path.places.first() {
        Some(first) if first.share_ppm >= 200_000 => {
            let (words, kind) = place_words(&first.place);
            let spent = match kind {
                "operation" => format!("{} of it went to {words}", first.time),
                "topic" => format!("for {} of it a message waited in {words}", first.time),
                _ => format!("for {} of it it waited for {words}", first.time),
            };
            format!("{name} took {took}: {spent}.")
        }
        _ => format!("{name} took {took}, and no single place much of it."),
    }
}

pub fn places(path: &PathView, which: Which, view: &TraceView, place: &Place) -> AnyView {
    let took = path.end.since(path.start);
    let longest = path.places.first().map_or(1, |first| first.time.0.max(1)) as f64;
    let shown: Vec<AnyView> = path
        .places
        .iter()
        .take(SHOWN)
        .map(|item| {
            let (words, kind) = place_words(&item.place);
            let share = format::whole_percent(f64::from(item.share_ppm) / 1e6);
            let class = if item.share_ppm >= 200_000 { "fill lagging" } else { "fill" };
            let title = if item.includes_caller { format!("{words}; includes the caller’s own time") } else { words.clone() };
            view! {
                <li title=title>
                    {shape::shape(kind)}<span class="cut">{words}</span><b class="num">{item.time.to_string()}</b><span class="num dim">{share}</span>
                    <svg class="meter" width="100%" height="4" aria-hidden="true"><rect class="bed" width="100%" height="4" rx="2" /><rect class=class width=pct(item.time.0 as f64 / longest) height="4" rx="2" /></svg>
                </li>
            }
            .into_any()
        })
        .collect();
    let rest: i64 = path.places.iter().skip(SHOWN).map(|item| item.time.0).sum();
    let rest = (path.places.len() > SHOWN).then(|| {
        view! { <li><span></span><span class="dim">{format!("{} more", path.places.len() - SHOWN)}</span><span class="num">{Lag(rest).to_string()}</span></li> }
    });
    Panel::new(format!("Where the {took} went")).aside(choices(which, view, place)).wide(
        view! {
            <ul class="places">
                {shown}
                {rest}
                <li class="sum"><span></span><b>"Sum, the whole path"</b><b class="num">{took.to_string()}</b></li>
            </ul>
        }
        .into_any(),
    )
}

/// Switches between the operation's path and the requests'.
fn choices(which: Which, view: &TraceView, place: &Place) -> AnyView {
    const MOST: usize = 4;
    let mut links = Vec::new();
    let differs = view.operation.is_some() && view.requests.first() != view.operation.as_ref();
    if differs {
        let current = (which == Which::Operation).then_some("true");
        links.push(view! { <a href=place.with(&[("path", "")]) aria-current=current title="To the end of what it set off, through topics">"Operation"</a> }.into_any());
    }
    for at in 0..view.requests.len().min(MOST) {
        let current = (which == Which::Request(at)).then_some("true");
        let words = if at == 0 { "Request".to_owned() } else { format!("{}", at + 1) };
        let root = view.requests[at].path.root;
        let title = view.rows.iter().find_map(|row| match row {
            TraceRow::Span(span) if span.span == root => Some(format!("{} {}", span.service, span.operation)),
            _ => None,
        });
        links.push(
            view! { <a href=place.with(&[("path", &at.to_string())]) aria-current=current title=title>{words}</a> }
                .into_any(),
        );
    }
    if links.len() < 2 {
        return none();
    }
    view! { <span class="seg">{links}</span> }.into_any()
}

/// Confidence as an amount, with what it comes from.
pub fn sureness(path: &PathView, view: &TraceView) -> AnyView {
    let took = path.end.since(path.start).0.max(1) as f64;
    let words = match path.uncertain {
        Lag(0) => "All of it: no clock had to be bent to draw this path.".to_owned(),
        uncertain => format!(
            "{uncertain} of {} ({}) could belong elsewhere.",
            path.end.since(path.start),
            format::percent(uncertain.0 as f64 / took)
        ),
    };
    let warnings: Vec<AnyView> = path.path.warnings.iter().take(8).map(|warning| said(warning, view)).collect();
    let more = path.path.warnings.len().saturating_sub(8);
    let more = (more > 0).then(|| view! { <dt></dt><dd class="faint">{format!("and {more} more")}</dd> });
    Panel::new("How sure is this?").body(view! { <p>{words}</p><dl class="kv bends">{warnings}{more}</dl> }.into_any())
}

fn said(warning: &PathWarning, view: &TraceView) -> AnyView {
    let name = |wanted: &SpanId| {
        let found = view.rows.iter().find_map(|row| match row {
            TraceRow::Span(span) if span.span == *wanted => Some(format!("{} {}", span.service, span.operation)),
            _ => None,
        });
        found.unwrap_or_else(|| format!("span {wanted}"))
    };
    let (amount, words) = match warning {
        PathWarning::Clamped { span, by } => {
            (Some(*by), format!("{} stuck out of its caller by the clocks of their hosts, and was cut.", name(span)))
        }
        PathWarning::Dropped { span } => {
            (None, format!("{} lay wholly outside of its caller and was left out.", name(span)))
        }
        PathWarning::Overlap { before, after, by } => (
            Some(*by),
            format!(
                "{} and {} overlap by so little that they were taken one after the other.",
                name(before),
                name(after)
            ),
        ),
        PathWarning::MissingParent { span } => (None, format!("The caller of {} is not among the spans.", name(span))),
        PathWarning::Cycle { span } => (None, format!("The parents form a circle; it was cut at {}.", name(span))),
        PathWarning::SeveralRoots { span } => (None, format!("{} is a second root beside the first.", name(span))),
        PathWarning::Detached { span, by } => (
            Some(*by),
            format!(
                "{} ended so much after its caller that nobody waited for it; it has a path of its own.",
                name(span)
            ),
        ),
    };
    view! { <dt class="num">{amount.map_or_else(|| text("–"), |by| text(by.to_string()))}</dt><dd>{words}</dd> }
        .into_any()
}
