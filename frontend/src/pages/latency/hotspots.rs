//! Hotspots: operations and edges by their excess over the baseline, the rest by their share of critical paths, with the
//! baseline below each figure. The excess of the rest is noise and shown with its margin.

use leptos::prelude::*;
use plumbline_model::api::{HotspotRow, LatencyPage, VerdictWord};

use crate::{
    charts::{Look, scale::pct, shape, spark::spark_with},
    clock,
    components::{
        Panel, mark,
        mix::seconds,
        none, state,
        table::{Chip, chips},
        verdict_plain,
    },
    format,
    place::Place,
};

/// Whether there is a baseline to compare with, of anything.
pub fn compared(page: &LatencyPage) -> bool {
    page.hotspots.iter().any(|row| row.before.p95_seconds.is_some())
}

pub fn hotspots(page: &LatencyPage, place: &Place) -> AnyView {
    let wanted = place.get("shape").unwrap_or_default();
    let service = place.get("at");
    let keep = |row: &&HotspotRow| {
        (wanted.is_empty() || row.shape == wanted) && service.is_none_or(|service| touches(row, service))
    };
    let (mut above, mut rest): (Vec<&HotspotRow>, Vec<&HotspotRow>) =
        page.hotspots.iter().filter(keep).partition(|row| row.above);
    above.sort_by(|a, b| b.excess_seconds.unwrap_or(0.0).total_cmp(&a.excess_seconds.unwrap_or(0.0)));
    rest.sort_by(|a, b| b.share.total_cmp(&a.share));
    let shapes = [
        ("", "All"),
        ("operation", "Operations"),
        ("network", "Network"),
        ("topic", "Topics"),
        ("database", "Databases"),
        ("cache", "Caches"),
        ("outside", "Outside"),
    ];
    let known = |value: &str| value.is_empty() || page.hotspots.iter().any(|row| row.shape == value);
    let choices =
        shapes.iter().filter(|(value, _)| known(value)).map(|(value, words)| Chip::new(*value, *words, None)).collect();
    let only = service.map(|service| view! { <a class="chip" aria-current="true" href=place.with(&[("at", "")])>{format!("{service} ×")}</a> });
    let aside = view! { {only}{chips(place, "shape", wanted, choices)} };
    let body = if above.is_empty() && rest.is_empty() {
        state::empty(
            "Nothing matches",
            "No operation or edge of this kind lies on a critical path in this range.",
            none(),
        )
    } else {
        table(&above, &rest, compared(page), place)
    };
    let left_out: Vec<AnyView> =
        page.not_counted.iter().map(|words| view! { <li>{words.clone()}</li> }.into_any()).collect();
    let foot = (!left_out.is_empty()).then(
        || view! { <div class="foot"><span>"Not in these figures: "</span><ul class="commas">{left_out}</ul></div> },
    );
    let note = match compared(page) {
        true => "on critical paths; the baseline stands below each figure",
        false => "on critical paths",
    };
    Panel::new("Hotspots").note(note).aside(aside.into_any()).wide(view! { {body}{foot} }.into_any())
}

fn touches(row: &HotspotRow, service: &str) -> bool {
    row.service == service || row.edge.as_ref().is_some_and(|edge| edge.from == service || edge.to == service)
}

fn table(above: &[&HotspotRow], rest: &[&HotspotRow], compared: bool, place: &Place) -> AnyView {
    let group = |title: AnyView, note: &'static str, count: usize| {
        view! { <tr class="grp"><td colspan="8">{title}" "<span class="dim">{format!("{count} · {note}")}</span></td></tr> }
    };
    let rows = |rows: &[&HotspotRow]| rows.iter().map(|hotspot| row(hotspot, place)).collect::<Vec<AnyView>>();
    let head = view! { <thead><tr>
        <th scope="col">"Where"</th><th scope="col" class="num">"Excess at p95"</th><th scope="col">"Share of path"</th>
        <th scope="col" class="num wide">"p50"</th><th scope="col" class="num">"p95"</th><th scope="col" class="num wide">"p99"</th>
        <th scope="col" class="wide">"p95 over time"</th><th scope="col" class="num wide">"Traces"</th>
    </tr></thead> };
    let title = view! { <b>{verdict_plain(VerdictWord::Lagging, "Above baseline")}</b> }.into_any();
    let (others, note) = match compared {
        true => ("As before", "or not certain, by share"),
        false => ("Nothing to compare with yet", "by share"),
    };
    view! {
        <div class="scroll"><table class="hot">
            {head}
            <tbody>
                {(!above.is_empty()).then(|| group(title, "slower than before by more than the margin", above.len()))}
                {rows(above)}
                {(!rest.is_empty()).then(|| group(view! { <b>{others}</b> }.into_any(), note, rest.len()))}
                {rows(rest)}
            </tbody>
        </table></div>
    }
    .into_any()
}

fn row(hotspot: &HotspotRow, place: &Place) -> AnyView {
    let excess = hotspot.excess_seconds.map_or_else(|| "–".to_owned(), format::difference);
    let sign = hotspot.above.then(|| mark(VerdictWord::Lagging));
    let margin = hotspot.margin_seconds.map(|margin| format!("± {}", format::duration(margin)));
    let since = hotspot.since.map(|at| view! { "since "{clock::time(at)}" · " });
    let errors =
        hotspot.error_share.filter(|share| *share > 0.0).map(|share| format!(" · {} failed", format::percent(share)));
    let caller = hotspot.includes_caller.then_some(" · includes the caller’s own time");
    let under = format!("{}{}{}", shape::words(&hotspot.shape), errors.unwrap_or_default(), caller.unwrap_or_default());
    let exemplar = hotspot.exemplars.first().map(|trace| place.to(&format!("/traces/{trace}")));
    let traces = match exemplar {
        Some(href) => {
            view! { <a class="link" href=href title="The slowest of them">{format::short(hotspot.traces)}</a> }
                .into_any()
        }
        None => format::short(hotspot.traces).into_any(),
    };
    let look = if hotspot.above { Look::Lagging } else { Look::Ink };
    let pair = |now: Option<f64>, before: Option<f64>| {
        let before = before.map(|before| view! { <div class="dim">{format::duration(before)}</div> });
        view! { <div>{seconds(now)}</div>{before} }
    };
    view! {
        <tr>
            <td><div class="what">{shape::shape(&hotspot.shape)}<div><div class="cut name" title=hotspot.name.clone()>{hotspot.name.clone()}</div><div class="dim t12">{under}</div></div></div></td>
            <td class="num"><div>{sign}" "<b>{excess}</b></div><div class="dim t12">{since}{margin}</div></td>
            <td>{share(hotspot)}</td>
            <td class="num wide">{pair(hotspot.now.p50_seconds, hotspot.before.p50_seconds)}</td>
            <td class="num strong">{pair(hotspot.now.p95_seconds, hotspot.before.p95_seconds)}</td>
            <td class="num wide">{pair(hotspot.now.p99_seconds, hotspot.before.p99_seconds)}</td>
            <td class="wide">{spark_with(&hotspot.p95_line, look, 100.0, 24.0, hotspot.before.p95_seconds)}</td>
            <td class="num wide">{traces}</td>
        </tr>
    }
    .into_any()
}

/// Share of the path as a bar, the baseline's as a tick.
fn share(hotspot: &HotspotRow) -> AnyView {
    let class = if hotspot.above { "fill lagging" } else { "fill" };
    let before =
        hotspot.share_before.map(|share| view! { <rect class="tick" x=pct(share) y="-3" width="2" height="12" /> });
    view! {
        <div class="share">
            <svg class="meter" width="100%" height="6" aria-hidden="true"><rect class="bed" width="100%" height="6" rx="3" /><rect class=class width=pct(hotspot.share.max(0.012)) height="6" rx="3" />{before}</svg>
            <span class="num">{format::whole_percent(hotspot.share)}</span>
        </div>
    }
    .into_any()
}
