//! The kept traces: of the chosen root, of the box in the heat map, slowest or newest first.

use leptos::prelude::*;
use plumbline_model::api::{Page, TraceRow};

use crate::{
    answer::answer,
    charts::{heat::Selection, scale::trim},
    clock,
    components::{
        Panel, none, state,
        table::{Chip, chips, pager},
        tag,
    },
    format,
    place::{Place, use_place},
};

pub fn traces() -> AnyView {
    let place = use_place();
    let path = move || path(&place.read());
    let filters = move || filters(&place.read());
    Panel::new("Traces")
        .id("traces")
        .note("kept: errors, the slowest, those tied to a finding, and a few by chance")
        .aside(view! { {filters} }.into_any())
        .wide(answer("latency", path, draw))
}

/// The box, where there is one, narrows range and duration.
fn path(place: &Place) -> String {
    let sort = place.get("order").unwrap_or("slowest");
    let mut path = format!("/traces?limit=50&sort={sort}");
    if let Some(chosen) = Selection::of(place) {
        path.push_str(&format!("&min_seconds={}&max_seconds={}", trim(chosen.min_seconds), trim(chosen.max_seconds)));
        let boxed = Place::parse(&place.path, &format!("from={}&to={}", chosen.from, chosen.to));
        let kept = place.query.iter().filter(|(key, _)| !["from", "to", "last"].contains(&key.as_str())).cloned();
        let boxed = Place { query: boxed.query.into_iter().chain(kept).collect(), ..boxed };
        return boxed.api(&path, &["service", "operation", "errors", "cursor"]);
    }
    place.api(&path, &["service", "operation", "errors", "cursor"])
}

fn filters(place: &Place) -> AnyView {
    let boxed = Selection::of(place).map(|chosen| {
        let words = format!("{} to {} ×", format::duration(chosen.min_seconds), format::duration(chosen.max_seconds));
        view! { <a class="chip" aria-current="true" href=place.with(&[("box", ""), ("cursor", "")])>{words}</a> }
    });
    let root = place.get("operation").map(|operation| {
        let href = place.with(&[("service", ""), ("operation", ""), ("cursor", "")]);
        view! { <a class="chip" aria-current="true" href=href>{format!("{} {operation} ×", place.get("service").unwrap_or_default())}</a> }
    });
    let orders = vec![Chip::new("", "Slowest", None), Chip::new("newest", "Newest", None)];
    let errors = vec![Chip::new("", "All", None), Chip::new("true", "Failed", None)];
    view! {
        {root}{boxed}
        {chips(place, "order", if place.get("order") == Some("newest") { "newest" } else { "" }, orders)}
        {chips(place, "errors", place.get("errors").unwrap_or_default(), errors)}
    }
    .into_any()
}

fn draw(page: Page<TraceRow>) -> AnyView {
    let place = use_place().get();
    if page.items.is_empty() {
        return state::empty("No trace matches", "None was kept in this range with these filters.", none());
    }
    let shown = page.items.len();
    let most = page.items.iter().map(|trace| trace.duration_seconds).fold(1e-9, f64::max);
    let rows: Vec<AnyView> = page.items.iter().map(|trace| row(trace, most, &place)).collect();
    view! {
        <div class="scroll"><table>
            <thead><tr>
                <th scope="col">"Trace"</th><th scope="col" class="num">"At"</th><th scope="col" class="num">"Request took"</th><th scope="col" class="wide"></th>
                <th scope="col">"Most of it"</th><th scope="col" class="num">"Spans"</th><th scope="col" class="num wide">"Services"</th><th scope="col"></th>
            </tr></thead>
            <tbody>{rows}</tbody>
        </table></div>
        {pager(&place, shown, page.total, page.next.as_deref())}
    }
    .into_any()
}

fn row(trace: &TraceRow, most: f64, place: &Place) -> AnyView {
    let bar = crate::charts::scale::pct(trace.duration_seconds / most);
    let longest = trace
        .longest
        .clone()
        .map(|place| view! { {place}" "<span class="dim">{trace.longest_seconds.map(format::duration)}</span> });
    let failed = (trace.errors > 0).then(|| tag(format::counted(trace.errors.into(), "error", "errors")));
    let incomplete = trace.incomplete.then(|| tag("incomplete"));
    let late = (trace.late_spans > 0).then(|| tag(format::counted(trace.late_spans.into(), "late span", "late spans")));
    view! {
        <tr>
            <td><a data-row="" href=place.to(&format!("/traces/{}", trace.trace))><b>{trace.service.clone()}</b>" "{trace.operation.clone()}" "<code class="faint">{format::middle(&trace.trace, 11)}</code></a></td>
            <td class="num">{clock::time(trace.start)}</td>
            <td class="num"><b>{format::duration(trace.duration_seconds)}</b></td>
            <td class="wide w-mix"><svg class="meter" width="100%" height="6" aria-hidden="true"><rect class="bed" width="100%" height="6" rx="3" /><rect class="fill" width=bar height="6" rx="3" /></svg></td>
            <td class="cut longest">{longest}</td>
            <td class="num">{format::count(trace.spans.into())}</td>
            <td class="num wide">{trace.services}</td>
            <td>{failed}" "{incomplete}" "{late}</td>
        </tr>
    }
    .into_any()
}
