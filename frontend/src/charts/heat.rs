//! A heat map of time × duration. Cells of one shade are one path, so that thousands of them stay cheap. Dragging draws a
//! box that snaps to the cells; the URL keeps it, `esc` or a click clears it.

use leptos::{ev::PointerEvent, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use plumbline_model::{
    SourceTime,
    api::{Axis, HeatMap, Line},
};
use wasm_bindgen::JsCast;

use super::{
    brush::Brush,
    scale::{self, pct},
};
use crate::{
    clock::tick,
    format,
    place::{Place, use_place},
};

const HEIGHT: f64 = 240.0;
const W: f64 = 1000.0;
/// Shades from few to many; counts are spread over them by their logarithm.
const SHADES: usize = 6;

/// A box of time and duration, as the URL holds it: `box=FROM,TO,MIN,MAX` with RFC 3339 times and seconds.
#[derive(Clone, PartialEq, Debug)]
pub struct Selection {
    pub from: SourceTime,
    pub to: SourceTime,
    pub min_seconds: f64,
    pub max_seconds: f64,
}

impl Selection {
    pub fn of(place: &Place) -> Option<Self> {
        let parts: Vec<&str> = place.get("box")?.split(',').collect();
        let [from, to, min, max] = parts[..] else { return None };
        Some(Self {
            from: SourceTime::parse(from)?,
            to: SourceTime::parse(to)?,
            min_seconds: min.parse().ok()?,
            max_seconds: max.parse().ok()?,
        })
    }
    fn text(&self) -> String {
        format!("{},{},{},{}", self.from, self.to, scale::trim(self.min_seconds), scale::trim(self.max_seconds))
    }
}

pub fn heat(axis: Axis, map: &HeatMap, selection: Option<&Selection>) -> AnyView {
    let rows = map.bounds_seconds.len().saturating_sub(1);
    if rows == 0 || map.columns.is_empty() {
        return ().into_any();
    }
    let (low, high) = (map.bounds_seconds[0], map.bounds_seconds[rows]);
    let y = move |seconds: f64| HEIGHT - ((seconds.max(low) / low).log10() / (high / low).log10()).min(1.0) * HEIGHT;
    let most = map.columns.iter().flatten().copied().max().unwrap_or(0).max(1);
    let shades: Vec<AnyView> = (0..SHADES)
        .map(|level| {
            let d = cells(map, rows, most, level);
            view! { <path class=format!("shade s{level}") d=d /> }.into_any()
        })
        .collect();
    let p95 = curve(&map.p95, y);
    let ticks = durations(low, high);
    let labels: Vec<AnyView> = ticks
        .iter()
        .map(|seconds| view! { <text x="40" y=y(*seconds) + 4.0 text-anchor="end">{label(*seconds)}</text> }.into_any())
        .collect();
    let grid: Vec<AnyView> = ticks
        .iter()
        .map(|seconds| view! { <line class="grid" x1="0" x2="100%" y1=y(*seconds) y2=y(*seconds) /> }.into_any())
        .collect();
    let drag = Brush::of("heat").boxed;
    let shown =
        selection.map(|it| rect(share(&axis, it.from), share(&axis, it.to), y(it.max_seconds), y(it.min_seconds)));
    let dragged = move || {
        drag.get().map(|[x1, y1, x2, y2]| rect(x1.min(x2), x1.max(x2), y1.min(y2) * HEIGHT, y1.max(y2) * HEIGHT))
    };
    let choose = chooser(axis, map.bounds_seconds.clone());
    let down = move |event: PointerEvent| {
        if event.button() == 0
            && let Some((x, y)) = at(&event)
        {
            drag.set(Some([x, y, x, y]))
        }
    };
    let moved = move |event: PointerEvent| {
        if let (Some([x1, y1, ..]), Some((x, y))) = (drag.get_untracked(), at(&event)) {
            drag.set(Some([x1, y1, x, y]))
        }
    };
    let up = move |_| {
        if let Some(corners) = drag.get_untracked() {
            drag.set(None);
            choose(corners)
        }
    };
    view! {
        <div class="tchart heat">
            <svg class="yaxis" width="46" height=HEIGHT + 24.0 aria-hidden="true">{labels}</svg>
            <div class="plotbox" on:pointerdown=down on:pointermove=moved on:pointerup=up on:pointerleave=move |_| drag.set(None)>
                <svg class="plot" width="100%" height=HEIGHT role="img" aria-label="Traces by time and duration; dragging draws a box">
                    {grid}
                    <svg width="100%" height=HEIGHT viewBox=format!("0 0 {W} {HEIGHT}") preserveAspectRatio="none" class="stretch">
                        {shades}
                        <path class="line casing" d=p95.clone() />
                        <path class="line ink" d=p95 />
                    </svg>
                    {shown}
                    {dragged}
                </svg>
                <svg class="plot" width="100%" height="24">{times(&axis)}</svg>
            </div>
        </div>
    }
    .into_any()
}

/// The cells of one shade as one path of rectangles.
fn cells(map: &HeatMap, rows: usize, most: u32, level: usize) -> String {
    let (width, height) = (W / map.columns.len() as f64, HEIGHT / rows as f64);
    let mut path = String::new();
    for (column, counts) in map.columns.iter().enumerate() {
        for (row, count) in counts.iter().enumerate().filter(|(_, count)| shade(**count, most) == Some(level)) {
            let _ = count;
            let (x, y) = (column as f64 * width, HEIGHT - (row + 1) as f64 * height);
            path.push_str(&format!("M{x:.1} {y:.1}h{width:.2}v{height:.2}h-{width:.2}z"));
        }
    }
    path
}

/// The shade of a count; `None` for none.
fn shade(count: u32, most: u32) -> Option<usize> {
    let share = f64::from(count).ln_1p() / f64::from(most).ln_1p();
    (count > 0).then(|| ((share * SHADES as f64).ceil() as usize).clamp(1, SHADES) - 1)
}

fn curve(line: &Line, y: impl Fn(f64) -> f64) -> String {
    let count = line.values.len().max(1) as f64;
    let mut pen_down = false;
    let mut path = String::new();
    for (index, value) in line.values.iter().enumerate() {
        let Some(value) = value else {
            pen_down = false;
            continue;
        };
        path.push_str(&format!(
            "{}{:.1} {:.1}",
            if pen_down { 'L' } else { 'M' },
            (index as f64 + 0.5) / count * W,
            y(*value)
        ));
        pen_down = true;
    }
    path
}

/// 1, 2 and 5 of every decade within the bounds.
fn durations(low: f64, high: f64) -> Vec<f64> {
    let decades = (low.log10().floor() as i32)..=(high.log10().ceil() as i32);
    let all: Vec<f64> = decades
        .flat_map(|decade| [1.0, 2.0, 5.0].map(|m| m * 10_f64.powi(decade)))
        .filter(|s| (low..=high).contains(s))
        .collect();
    let step = all.len().div_ceil(7).max(1);
    let few: Vec<f64> = all.into_iter().step_by(step).collect();
    // A low map may hold one round duration or none: then its ends say what it spans.
    if few.len() < 2 { vec![low, high] } else { few }
}

fn label(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{} µs", fair(s * 1e6)),
        s if s < 1.0 => format!("{} ms", fair(s * 1e3)),
        s if s < 60.0 => format!("{} s", fair(s)),
        s => format::age(format::lag(s)),
    }
}

/// Two digits or so: labels have little room, and the ends of a map are not round.
fn fair(value: f64) -> String {
    scale::trim(if value >= 10.0 { value.round() } else { (value * 10.0).round() / 10.0 })
}

fn share(axis: &Axis, at: SourceTime) -> f64 {
    scale::share(axis, at).clamp(0.0, 1.0)
}

fn rect(x1: f64, x2: f64, y1: f64, y2: f64) -> AnyView {
    view! { <rect class="drag" x=pct(x1) width=pct((x2 - x1).max(0.0)) y=y1 height=(y2 - y1).max(0.0) /> }.into_any()
}

/// The pointer as shares of width and height.
fn at(event: &PointerEvent) -> Option<(f64, f64)> {
    let element: web_sys::Element = event.current_target()?.dyn_into().ok()?;
    let rect = element.get_bounding_client_rect();
    let share = |position: f64, start: f64, length: f64| ((position - start) / length).clamp(0.0, 1.0);
    (rect.width() > 0.0).then(|| {
        (
            share(f64::from(event.client_x()), rect.left(), rect.width()),
            share(f64::from(event.client_y()), rect.top(), HEIGHT),
        )
    })
}

/// Turns the corners of a drag into a box that snaps to the cells, or a click into none.
fn chooser(axis: Axis, bounds: Vec<f64>) -> impl Fn([f64; 4]) {
    let navigate = use_navigate();
    let place = use_place();
    move |[x1, y1, x2, y2]| {
        let options = NavigateOptions { scroll: false, ..Default::default() };
        if (x1 - x2).abs() < 0.01 && (y1 - y2).abs() < 0.03 {
            return navigate(&place.read_untracked().with(&[("box", ""), ("cursor", "")]), options);
        }
        let step = |share: f64, up: bool| {
            let raw = share * f64::from(axis.steps);
            let snapped = if up { raw.ceil() } else { raw.floor() };
            scale::at(&axis, snapped / f64::from(axis.steps.max(1)))
        };
        let rows = bounds.len() - 1;
        let bound = |share: f64, up: bool| {
            let raw = (1.0 - share) * rows as f64;
            bounds[(if up { raw.ceil() } else { raw.floor() } as usize).min(rows)]
        };
        let chosen = Selection {
            from: step(x1.min(x2), false),
            to: step(x1.max(x2), true),
            min_seconds: bound(y1.max(y2), false),
            max_seconds: bound(y1.min(y2), true),
        };
        navigate(&place.read_untracked().with(&[("box", &chosen.text()), ("cursor", "")]), options);
    }
}

fn times(axis: &Axis) -> AnyView {
    let ticks: Vec<AnyView> = scale::time_ticks(axis.from, scale::length(axis))
        .into_iter()
        .filter(|(_, share)| *share < 0.97)
        .map(|(at, share)| {
            let anchor = if share < 0.02 { "start" } else { "middle" };
            view! { <text x=pct(share) y="15" text-anchor=anchor>{tick(at, |civil| civil.minutes().to_owned())}</text> }
                .into_any()
        })
        .collect();
    ticks.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shades_tell_one_from_many_and_none_from_one() {
        assert_eq!([0, 1, 1_000].map(|count| shade(count, 1_000)), [None, Some(0), Some(SHADES - 1)]);
    }

    #[test]
    fn a_box_survives_the_url() {
        let chosen = Selection {
            from: SourceTime::from_secs(1_000),
            to: SourceTime::from_secs(1_060),
            min_seconds: 1.25,
            max_seconds: 5.6,
        };
        let href = Place::default().to_with("/latency", &[("box", &chosen.text())]);
        let (path, query) = href.split_once('?').unwrap();
        assert_eq!(Selection::of(&Place::parse(path, query)), Some(chosen));
    }

    #[test]
    fn duration_ticks_are_round_and_few() {
        assert_eq!(durations(0.4, 6.0), [0.5, 1.0, 2.0, 5.0]);
        assert_eq!(durations(0.01, 0.018), [0.01, 0.018]);
        assert_eq!([0.01, 0.0178, 0.0005, 2.5].map(label), ["10 ms", "18 ms", "500 µs", "2.5 s"]);
        assert!(durations(0.0001, 1000.0).len() <= 7);
    }
}
