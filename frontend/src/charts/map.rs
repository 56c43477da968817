//! The service map: who calls whom, through which topics, databases and caches, with rate, errors and p95. Columns stand at
//! per cents of the width; boxes keep their size and scroll where there is no room. A name too long for its box goes on in a
//! second line.

use leptos::prelude::*;
use plumbline_model::api::{MapEdge, MapNode, ServiceMap};

use super::{
    map_layout::{Layout, Spot, layout},
    scale::pct,
    shape,
};
use crate::{
    format,
    place::{Place, use_place},
};

/// Heights of a row and of a box in pixels, and what a second line of a name adds to both.
const ROW: f64 = 62.0;
const BOX: f64 = 40.0;
const LINE: f64 = 14.0;
/// Columns up to which boxes have room for long names.
const FEW: usize = 6;
const W: f64 = 1000.0;

pub fn map(map: &ServiceMap) -> AnyView {
    let place = use_place().get();
    let ids: Vec<&str> = map.nodes.iter().map(|node| node.id.as_str()).collect();
    let ends: Vec<(&str, &str)> = map.edges.iter().map(|edge| (edge.from.as_str(), edge.to.as_str())).collect();
    let drawn = layout(&ids, &ends);
    if drawn.layers == 0 {
        return ().into_any();
    }
    let names: Vec<(String, Option<String>)> =
        map.nodes.iter().map(|node| name(&node.name, letters(node, &drawn))).collect();
    let tall = if names.iter().any(|(_, more)| more.is_some()) { LINE } else { 0.0 };
    let y = move |row: f64| row * (ROW + tall) + (ROW + tall) / 2.0 + 4.0;
    let height = drawn.rows as f64 * (ROW + tall) + 8.0;
    let edges: Vec<AnyView> = map
        .edges
        .iter()
        .zip(&drawn.ways)
        .filter(|(_, way)| way.len() > 1)
        .map(|(edge, way)| line(edge, way, &drawn, y))
        .collect();
    let heads: Vec<AnyView> = map
        .edges
        .iter()
        .zip(&drawn.ways)
        .filter(|(_, way)| way.len() > 1)
        .map(|(edge, way)| head(edge, way, &drawn, y))
        .collect();
    let nodes: Vec<AnyView> = map
        .nodes
        .iter()
        .zip(names)
        .zip(&drawn.spots)
        .map(|((node, name), spot)| boxed(node, name, (x(spot.layer, &drawn), y(spot.row)), (&drawn, tall), &place))
        .collect();
    let label = format!(
        "Service map: {} and {}",
        format::counted(map.nodes.len() as u64, "node", "nodes"),
        format::counted(map.edges.len() as u64, "edge", "edges")
    );
    let width = format!("map of{}", drawn.layers.min(9));
    let table = super::wants_table(&place, "map").then(|| table(map));
    view! {
        <div class="scroll">
            <svg class=width width="100%" height=height role="group" aria-label=label>
                <svg width="100%" height=height viewBox=format!("0 0 {W} {height}") preserveAspectRatio="none" class="stretch">{edges}</svg>
                {heads}
                {nodes}
            </svg>
        </div>
        {table}
    }
    .into_any()
}

/// Width of a box in pixels, and how many letters of a name a line of it holds.
const fn room(drawn: &Layout) -> (f64, usize) {
    if drawn.layers > FEW { (116.0, 12) } else { (148.0, 16) }
}

/// Round ends leave less room.
fn letters(node: &MapNode, drawn: &Layout) -> usize {
    room(drawn).1 - usize::from(matches!(node.shape.as_str(), "topic" | "cache"))
}

/// A name in one line, or in two: broken behind a sign that parts words, else where the line ends.
fn name(text: &str, letters: usize) -> (String, Option<String>) {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= letters {
        return (text.to_owned(), None);
    }
    let parts = |at: &usize| ".-_/: ".contains(chars[*at - 1]);
    // The second line has to hold the rest, if it can.
    let least = chars.len().saturating_sub(letters).max(1);
    let at = (least..=letters).rev().find(parts).or_else(|| (1..=letters).rev().find(parts)).unwrap_or(letters);
    let line = |chars: &[char]| chars.iter().collect::<String>();
    (line(&chars[..at]).trim_end().to_owned(), Some(format::middle(&line(&chars[at..]), letters)))
}

fn x(layer: usize, drawn: &Layout) -> f64 {
    (layer as f64 + 0.5) / drawn.layers as f64
}

fn class(edge: &MapEdge) -> &'static str {
    match (edge.above, edge.error_share > 0.01) {
        (true, _) => "edge above",
        (_, true) => "edge errors",
        _ => "edge",
    }
}

/// How much of a column, from its middle, an edge runs level: over the box and a little further, so that it leaves and
/// enters at the box's middle.
const LEVEL: f64 = 0.36;

/// A line through the spots of an edge: level at each, a curve between. Boxes cover its ends.
fn line(edge: &MapEdge, way: &[Spot], drawn: &Layout, y: impl Fn(f64) -> f64) -> AnyView {
    let column = W / drawn.layers as f64;
    let point = |spot: &Spot| (x(spot.layer, drawn) * W, y(spot.row));
    let start = point(&way[0]);
    let mut path = format!("M{:.1} {:.1}", start.0, start.1);
    for pair in way.windows(2) {
        let ((x1, y1), (x2, y2)) = (point(&pair[0]), point(&pair[1]));
        let level = LEVEL * column * (x2 - x1).signum();
        let (from, to) = (x1 + level, x2 - level);
        let middle = (from + to) / 2.0;
        path.push_str(&format!("H{from:.1}C{middle:.1} {y1:.1} {middle:.1} {y2:.1} {to:.1} {y2:.1}H{x2:.1}"));
    }
    view! { <path class=class(edge) d=path /> }.into_any()
}

/// The arrow's head at the box that it leads to, with p95 and rate beside it on hover.
fn head(edge: &MapEdge, way: &[Spot], drawn: &Layout, y: impl Fn(f64) -> f64) -> AnyView {
    let (last, before) = (way[way.len() - 1], way[way.len() - 2]);
    let leftwards = last.layer < before.layer;
    let half = room(drawn).0 / 2.0;
    let (dx, d) = if leftwards { (half, "M8 -4 1 0l7 4") } else { (-half, "M-8 -4 -1 0l-7 4") };
    let p95 = edge.p95_seconds.map(|seconds| format!(", p95 {}", format::duration(seconds))).unwrap_or_default();
    let errors =
        if edge.error_share > 0.0 { format!(", {} failed", format::percent(edge.error_share)) } else { String::new() };
    let words = format!("{} → {}: {}{p95}{errors}", edge.from, edge.to, format::rate(edge.rate_per_second));
    view! {
        <svg class="spot" x=pct(x(last.layer, drawn)) y=y(last.row)>
            <g transform=format!("translate({dx} 0)")><path class=format!("{} head", class(edge)) d=d><title>{words}</title></path></g>
        </svg>
    }
    .into_any()
}

fn boxed(
    node: &MapNode,
    (name, more): (String, Option<String>),
    (x, y): (f64, f64),
    (drawn, tall): (&Layout, f64),
    place: &Place,
) -> AnyView {
    let p95 = node.p95_seconds.map(|seconds| format!(" · {}", format::duration(seconds))).unwrap_or_default();
    let words = format!("{}{p95}", format::rate(node.rate_per_second));
    let errors = (node.error_share > 0.0).then(|| format!(" · {} failed", format::percent(node.error_share)));
    let title = format!("{}: {words}{}", node.name, errors.clone().unwrap_or_default());
    let href = match node.shape.as_str() {
        "service" => place.to_with("/latency", &[("at", &node.name)]),
        _ => place.to_with("/latency", &[("shape", &node.shape)]),
    };
    let width = room(drawn).0;
    let left = -width / 2.0;
    let (height, class) = (BOX + tall, if drawn.layers > FEW { "nm small" } else { "nm" });
    // One line of name stands in the middle of the room for two.
    let (first, second) = (-2.0 - tall / 2.0, more.is_some());
    let shift = if second { 0.0 } else { tall / 2.0 };
    // Below the name in a narrow box there is no room beside the sign.
    let below = left + if drawn.layers > FEW { 9.0 } else { 27.0 };
    let (radius, dash) = match node.shape.as_str() {
        "topic" | "cache" => ("20", None),
        "outside" => ("6", Some("4 3")),
        _ => ("6", None),
    };
    view! {
        <svg class="spot" x=pct(x) y=y>
            <a href=href>
                <title>{title}</title>
                <rect class="box" x=left y=-height / 2.0 width=width height=height rx=radius stroke-dasharray=dash />
                <g transform=format!("translate({} {})", left + 9.0, first + shift - 9.0)>{shape::shape(&node.shape)}</g>
                <text class=class x=left + 27.0 y=first + shift>{name}</text>
                {more.map(|more| view! { <text class=class x=left + 27.0 y=first + LINE>{more}</text> })}
                <text x=below y=13.0 + tall / 2.0 - shift>{words}</text>
            </a>
        </svg>
    }
    .into_any()
}

/// The same as a table of edges.
fn table(map: &ServiceMap) -> AnyView {
    let rows: Vec<AnyView> = map
        .edges
        .iter()
        .map(|edge| {
            view! {
                <tr>
                    <td>{edge.from.clone()}</td><td>{edge.to.clone()}</td><td class="dim">{edge.kind.clone()}</td>
                    <td class="num">{format::rate(edge.rate_per_second)}</td>
                    <td class="num">{format::percent(edge.error_share)}</td>
                    <td class="num">{edge.p95_seconds.map(format::duration)}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    view! {
        <div class="alt"><table>
            <thead><tr>
                <th scope="col">"From"</th><th scope="col">"To"</th><th scope="col">"Kind"</th>
                <th scope="col" class="num">"Rate"</th><th scope="col" class="num">"Failed"</th><th scope="col" class="num">"p95"</th>
            </tr></thead>
            <tbody>{rows}</tbody>
        </table></div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_go_on_in_a_second_line() {
        let said = |text: &str| {
            let (first, more) = name(text, 12);
            (first, more.unwrap_or_default())
        };
        let pair = |first: &str, more: &str| (first.to_owned(), more.to_owned());
        assert_eq!(said("notification"), pair("notification", ""));
        assert_eq!(said("shop.shipping"), pair("shop.", "shipping"));
        assert_eq!(said("order-history-view"), pair("order-", "history-view"));
        assert_eq!(said("recommendation"), pair("recommendati", "on"));
        assert_eq!(said("a.very-long-name-of-a-topic-that-fits-nowhere").0, "a.very-long-");
    }
}
