//! The waterfall: pale is the span, solid its part on the path, one stroke below the bars is the path. Topics are outlined,
//! never filled. Dragging in the small picture zooms.

use leptos::{ev::PointerEvent, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use plumbline_model::{
    Lag,
    span::SpanKind,
    trace::{RowMark, SpanRow, TopicRow, TraceRow, TraceView},
};

use super::{path::edge_word, trace::Which};
use crate::{
    charts::{
        brush::Brush,
        scale::{self, pct},
        shape,
        waterfall::{MANY, Piece, ROW, W, Window, pieces, shown, stroke},
    },
    components::{copy, none, tag},
    format,
    place::{Place, use_place},
};

/// Depth beyond which names are not moved further to the right.
const DEEPEST: u32 = 12;

pub fn waterfall(view: &TraceView, which: Which, place: &Place) -> AnyView {
    let operation = which == Which::Operation;
    let rows = shown(view, operation, place.has("all"));
    let window = Window::parse(place.get("zoom"));
    let path = which.path(view).map(|path| pieces(view, path, &rows)).unwrap_or_default();
    let length = view.end.since(view.start).0.max(1) as f64;
    let height = rows.len() as f64 * ROW;
    let chosen = place.get("span");
    let names: Vec<AnyView> = rows.iter().map(|at| name(&view.rows[*at], operation, view, chosen, place)).collect();
    let bars: Vec<AnyView> =
        rows.iter().enumerate().map(|(y, at)| bar(&view.rows[*at], y, length, window, view)).collect();
    let solid: Vec<AnyView> = path.iter().map(|piece| piece_bar(piece, window, &rows, view)).collect();
    let hidden = view.rows.len() - rows.len();
    let hidden = (hidden > 0).then(|| {
        let words = format!("{} off the path are folded away. ", format::counted(hidden as u64, "row", "rows"));
        view! { <div class="foot"><span>{words}<a class="link" href=place.with(&[("all", "1")])>"Show all of them"</a></span></div> }
    });
    let detail = chosen.and_then(|chosen| view.rows.iter().find_map(|row| detail(row, chosen, place)));
    view! {
        <section class="panel wf" aria-label="Waterfall">
            {overview(view, &path, &rows, window, length)}
            <div class="ax">
                <span>"Span or edge"</span><span class="num took">"took"</span><span class="num">"on path"</span>
                <svg class="plot" width="100%" height="30" aria-hidden="true">{ticks(length, window)}</svg>
            </div>
            <div class="rows">
                {names}
                <svg class="wbars" height=height aria-hidden="true">
                    {grid(length, window, height)}
                    {bars}
                    {solid}
                    <svg width="100%" height=height viewBox=format!("0 0 {W} {height}") preserveAspectRatio="none" class="stretch"><path class="stroke" d=stroke(&path, window) /></svg>
                </svg>
            </div>
            {hidden}
            {detail}
            <div class="foot">
                <span class="v"><span class="swatch solid"></span><span class="swatch pale"></span>"on the critical path, and not"</span>
                <span class="v">{shape::shape("topic")}"topic or queue"</span>
                <span class="v"><b>"×"</b>"failed"</span>
                <span class="spring"></span>
                <span>"drag in the small picture to zoom"</span>
            </div>
        </section>
    }
    .into_any()
}

/// The colour of a service: by its order of appearance, seven of them.
fn series(view: &TraceView, service: &plumbline_model::ServiceName) -> usize {
    view.services.iter().position(|name| name == service).unwrap_or(0) % 7 + 1
}

fn id(row: &TraceRow) -> String {
    match row {
        TraceRow::Span(span) => span.span.to_string(),
        TraceRow::Topic(topic) => format!("t{}", topic.consumer),
    }
}

fn name(row: &TraceRow, operation: bool, view: &TraceView, chosen: Option<&str>, place: &Place) -> AnyView {
    let id = id(row);
    let selected = chosen == Some(id.as_str());
    let href = place.with(&[("span", if selected { "" } else { &id })]);
    let (depth, words, took, on_path) = match row {
        TraceRow::Span(span) => (
            span.depth,
            span_words(span, view),
            span.duration,
            if operation { span.on_operation } else { span.on_request },
        ),
        TraceRow::Topic(topic) => {
            (topic.depth, topic_words(topic), topic.duration, if operation { topic.on_operation } else { Lag::ZERO })
        }
    };
    let on_path = if on_path.0 > 0 {
        view! { <b>{on_path.to_string()}</b> }.into_any()
    } else {
        view! { <span class="faint">"–"</span> }.into_any()
    };
    let class = if selected { "r sel" } else { "r" };
    view! {
        <a class=class data-row="" href=href aria-current=selected.then_some("true")>
            <span class=format!("n d{}", depth.min(DEEPEST))>{words}</span>
            <span class="num took dim">{took.to_string()}</span>
            <span class="num">{on_path}</span>
        </a>
    }
    .into_any()
}

fn span_words(span: &SpanRow, view: &TraceView) -> AnyView {
    let failed = span.failed.then(|| view! { <b title=span.message.to_string()>" ×"</b> });
    let marks: Vec<AnyView> = span.marks.iter().filter_map(|mark| row_mark(*mark)).collect();
    let color = format!("c{}", series(view, &span.service));
    let words = match (span.kind, &span.peer) {
        (SpanKind::Client | SpanKind::Producer, Some(peer)) => {
            let title = format!("{} {} → {}", span.service, span.operation, peer.name);
            view! { <span class=color>{shape::shape(edge_word(peer.kind))}</span><span class="cut" title=title>{span.operation.to_string()}" → "{peer.name.to_string()}</span> }.into_any()
        }
        _ => {
            let title = format!("{} {}", span.service, span.operation);
            view! { <span class=color>{shape::shape("operation")}</span><span class="cut" title=title><b>{span.service.to_string()}</b>" "{span.operation.to_string()}</span> }.into_any()
        }
    };
    view! { {words}{failed}{marks} }.into_any()
}

fn topic_words(topic: &TopicRow) -> AnyView {
    view! { {shape::shape("topic")}<span class="cut" title="time in the topic">{topic.topic.to_string()}" → "{topic.to.to_string()}</span> }.into_any()
}

fn row_mark(mark: RowMark) -> Option<AnyView> {
    match mark {
        RowMark::Asynchronous => None,
        RowMark::Clamped { .. } => Some(tag("clamped")),
        RowMark::Dropped => Some(tag("clock off")),
        RowMark::Overlap { .. } => Some(tag("overlap")),
        RowMark::MissingParent => Some(tag("no parent")),
        RowMark::Cycle => Some(tag("circle")),
    }
}

/// The pale bar of a row, with words beside it where there is something to say.
fn bar(row: &TraceRow, y: usize, length: f64, window: Window, view: &TraceView) -> AnyView {
    let (offset, duration, class) = match row {
        TraceRow::Span(span) => (span.offset, span.duration, format!("pale s{}", series(view, &span.service))),
        TraceRow::Topic(topic) => (topic.offset, topic.duration, "topic".to_owned()),
    };
    let (from, to) = (offset.0 as f64 / length, (offset.0 + duration.0) as f64 / length);
    let (x, end) = (window.x(from).clamp(-0.02, 1.02), window.x(to).clamp(-0.02, 1.02));
    let top = y as f64 * ROW + 7.0;
    let words = note(row).map(|words| {
        let (at, anchor, shift) = if end < 0.7 { (end, "start", 6) } else { (x, "end", -6) };
        view! { <text class="halo" x=pct(at) dx=shift y=top + 9.0 text-anchor=anchor>{words}</text> }
    });
    view! {
        <rect class=class x=pct(x) width=pct((end - x).max(0.0015)) y=top height="11" rx=if matches!(row, TraceRow::Topic(_)) { "5.5" } else { "1" } />
        {words}
    }
    .into_any()
}

fn note(row: &TraceRow) -> Option<String> {
    let TraceRow::Span(span) = row else { return None };
    let clamped = span.marks.iter().find_map(|mark| match mark {
        RowMark::Clamped { by } => Some(format!("cut by {by}")),
        _ => None,
    });
    if span.failed {
        let words = if span.message.is_empty() { "failed".to_owned() } else { format::middle(&span.message, 48) };
        return Some(format!("× {words}"));
    }
    clamped
}

/// The solid part of a bar that is on the path.
fn piece_bar(piece: &Piece, window: Window, rows: &[usize], view: &TraceView) -> AnyView {
    let class = match &view.rows[rows[piece.row]] {
        TraceRow::Span(span) => format!("solid s{}", series(view, &span.service)),
        TraceRow::Topic(_) => "topic on".to_owned(),
    };
    let (x, end) = (window.x(piece.from).clamp(-0.02, 1.02), window.x(piece.to).clamp(-0.02, 1.02));
    let round = if class.starts_with("topic") { "5.5" } else { "1" };
    view! { <rect class=class x=pct(x) width=pct((end - x).max(0.0)) y=piece.row as f64 * ROW + 7.0 height="11" rx=round /> }.into_any()
}

/// Round ticks of the shown window: share of the width and words.
fn tick_list(length: f64, window: Window) -> Vec<(f64, String)> {
    let (from, to) = (window.from * length / 1e9, window.to * length / 1e9);
    let raw = (to - from) / 6.0;
    let base = 10_f64.powf(raw.max(1e-9).log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * base).find(|step| *step >= raw).unwrap_or(raw);
    let first = (from / step).ceil() as i64;
    (first..)
        .map(|n| n as f64 * step)
        .take_while(|seconds| *seconds <= to)
        .map(|seconds| {
            (
                (seconds - from) / (to - from).max(1e-12),
                if seconds == 0.0 { "0".to_owned() } else { scale::Unit::Seconds.tick(seconds) },
            )
        })
        .collect()
}

fn ticks(length: f64, window: Window) -> AnyView {
    let ticks: Vec<AnyView> = tick_list(length, window)
        .into_iter()
        .filter(|(share, _)| *share < 0.96)
        .map(|(share, words)| {
            let anchor = if share < 0.02 { "start" } else { "middle" };
            view! { <text x=pct(share) y="19" text-anchor=anchor>{words}</text> }.into_any()
        })
        .collect();
    ticks.into_any()
}

fn grid(length: f64, window: Window, height: f64) -> AnyView {
    let lines: Vec<AnyView> = tick_list(length, window)
        .into_iter()
        .map(|(share, _)| view! { <line class="grid" x1=pct(share) x2=pct(share) y1="0" y2=height /> }.into_any())
        .collect();
    lines.into_any()
}

/// The small picture of the whole: its path, and the window that is shown.
fn overview(view: &TraceView, path: &[Piece], rows: &[usize], window: Window, length: f64) -> AnyView {
    const HIGH: f64 = 56.0;
    let count = rows.len().max(1) as f64;
    let lines: String = rows
        .iter()
        .take(MANY)
        .enumerate()
        .map(|(y, at)| {
            let (offset, duration) = match &view.rows[*at] {
                TraceRow::Span(span) => (span.offset, span.duration),
                TraceRow::Topic(topic) => (topic.offset, topic.duration),
            };
            let y = (y as f64 + 0.5) / count * HIGH;
            format!("M{:.2} {y:.2}h{:.2}", offset.0 as f64 / length * W, (duration.0 as f64 / length * W).max(0.6))
        })
        .collect();
    let stroke: String = path
        .iter()
        .enumerate()
        .map(|(index, piece)| {
            let y = (piece.row as f64 + 0.5) / count * HIGH;
            format!("{}{:.2} {y:.2}L{:.2} {y:.2}", if index == 0 { 'M' } else { 'L' }, piece.from * W, piece.to * W)
        })
        .collect();
    let brush = Brush::of("waterfall");
    let navigate = use_navigate();
    let now = use_place();
    let up = move |_: PointerEvent| {
        let zoom = brush.up().map(|(from, to)| Window { from, to }.text()).unwrap_or_default();
        navigate(
            &now.read_untracked().with(&[("zoom", &zoom)]),
            NavigateOptions { scroll: false, ..Default::default() },
        );
    };
    let dragged = move || {
        brush
            .dragged
            .get()
            .map(|(a, b)| view! { <rect class="drag" x=pct(a.min(b)) width=pct((a - b).abs()) y="0" height=HIGH /> })
    };
    let zoomed = (window != Window::default()).then(
        || view! { <rect class="drag" x=pct(window.from) width=pct(window.to - window.from) y="0" height=HIGH /> },
    );
    let legend: Vec<AnyView> = view
        .services
        .iter()
        .take(8)
        .map(|service| view! { <span class="v"><span class=format!("swatch c{}", series(view, service))></span>{service.to_string()}</span> }.into_any())
        .collect();
    view! {
        <div class="mm">
            <div class="leg">{legend}</div>
            <div class="plotbox" on:pointerdown=move |event: PointerEvent| brush.down(&event) on:pointermove=move |event: PointerEvent| brush.moved(&event) on:pointerup=up on:pointerleave=move |_| brush.left()>
                <svg class="plot" width="100%" height=HIGH aria-hidden="true">
                    {zoomed}
                    <svg width="100%" height=HIGH viewBox=format!("0 0 {W} {HIGH}") preserveAspectRatio="none" class="stretch">
                        <path class="thin" d=lines /><path class="stroke" d=stroke />
                    </svg>
                    {dragged}
                </svg>
            </div>
        </div>
    }
    .into_any()
}

/// What is known of the chosen row.
fn detail(row: &TraceRow, chosen: &str, place: &Place) -> Option<AnyView> {
    if id(row) != chosen {
        return None;
    }
    let line =
        |name: &'static str, value: String| (!value.is_empty()).then(|| view! { <dt>{name}</dt><dd>{value}</dd> });
    let close = view! { <a class="btn quiet" data-close="" aria-label="Close" href=place.with(&[("span", "")])><kbd>"esc"</kbd></a> };
    let body = match row {
        TraceRow::Topic(topic) => view! {
            <dl class="kv">
                {line("Topic", topic.topic.to_string())}{line("Waited", topic.duration.to_string())}{line("Read by", topic.to.to_string())}
                {line("Producer", topic.producer.to_string())}{line("Consumer", topic.consumer.to_string())}
            </dl>
        }
        .into_any(),
        TraceRow::Span(span) => {
            let links: Vec<AnyView> = span.links.iter().map(|link| view! { <a class="link mono" href=place.to(&format!("/traces/{}", link.trace))>{format::middle(&link.trace.to_string(), 14)}</a>" " }.into_any()).collect();
            let links = (!links.is_empty()).then(|| view! { <dt>"Links"</dt><dd>{links}</dd> });
            let kind = match span.kind {
                SpanKind::Unspecified => "unspecified",
                SpanKind::Internal => "internal",
                SpanKind::Server => "server",
                SpanKind::Client => "client",
                SpanKind::Producer => "producer",
                SpanKind::Consumer => "consumer",
            };
            view! {
                <dl class="kv">
                    <dt>"Span"</dt><dd><code>{span.span.to_string()}</code>{copy(span.span.to_string())}</dd>
                    {line("Service", format!("{} {}", span.service, span.version))}
                    {line("Operation", span.operation.to_string())}
                    {line("Kind", kind.to_owned())}
                    {line("Began", format!("{} after the trace", span.offset))}
                    {line("Took", format!("{}, {} of it on the request path", span.duration, span.on_request))}
                    {line("Talks to", span.peer.as_ref().map(|peer| format!("{} ({})", peer.name, edge_word(peer.kind))).unwrap_or_default())}
                    {line("Failed", if span.failed { if span.message.is_empty() { "yes".to_owned() } else { span.message.to_string() } } else { String::new() })}
                    {links}
                </dl>
            }
            .into_any()
        }
    };
    Some(view! { <div class="chosen"><div class="side-head"><b>"Chosen"</b><span class="spring"></span>{close}</div>{body}</div>{none()} }.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_lie_in_the_window() {
        let ticks = tick_list(3.128e9, Window { from: 0.25, to: 0.5 });
        assert!(
            ticks.iter().all(|(share, _)| (0.0..=1.0).contains(share)) && (4..=8).contains(&ticks.len()),
            "{ticks:?}"
        );
        assert_eq!(ticks[0].1, "800 ms");
    }
}
