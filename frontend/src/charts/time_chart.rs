//! Charts over time: tracks below one another on one time axis, with one crosshair through all of them, marks for what
//! happened, dragging to zoom, and a table of the same numbers.

use leptos::prelude::*;
use plumbline_model::{
    Lag,
    api::{Axis, Line, TimeMark},
};

use super::{
    Look,
    brush::{Brush, zoom},
    scale::{self, Unit, pct},
};
use crate::{
    clock::{tick, use_clock},
    place::use_place,
};

/// One series of a track.
#[derive(Clone)]
pub struct Series {
    pub name: &'static str,
    pub look: Look,
    pub line: Line,
}

/// A band of the chart with a scale of its own.
pub struct Track {
    pub title: &'static str,
    /// Height of the plot in pixels.
    pub height: f64,
    pub unit: Unit,
    /// Areas on top of one another; else lines.
    pub stacked: bool,
    pub series: Vec<Series>,
    /// Said in place of a flat line at zero.
    pub quiet: &'static str,
}

/// What a point of a level stands for, where it covers more than a minute: `the most within each 20 m`.
pub fn of_each_step(axis: &Axis) -> String {
    match axis.step_seconds {
        0..=60 => String::new(),
        seconds => format!("the most within each {}", Lag::from_secs(i64::from(seconds))),
    }
}

pub struct TimeChart {
    /// Names the chart in the URL (`?table=`).
    pub id: &'static str,
    pub label: &'static str,
    pub axis: Axis,
    pub tracks: Vec<Track>,
    pub marks: Vec<TimeMark>,
}

/// Room above the first plot, for marks; between tracks, for their titles; below the last, for times.
const TOP: f64 = 18.0;
const GAP: f64 = 34.0;
const BOTTOM: f64 = 20.0;
/// Width that paths are drawn in before they stretch.
const W: f64 = 1000.0;

pub fn time_chart(chart: TimeChart) -> AnyView {
    let TimeChart { id, label, axis, tracks, marks } = chart;
    if axis.steps == 0 {
        return ().into_any();
    }
    let brush = Brush::of(id);
    let zoom = zoom(axis);
    let table = super::wants_table(&use_place().read(), id).then(|| table(&axis, &tracks));
    let mut y = TOP;
    let (mut left, mut plots, mut readouts) = (Vec::new(), Vec::new(), Vec::new());
    for (index, track) in tracks.iter().enumerate() {
        y += if index == 0 { if track.title.is_empty() { 0.0 } else { 14.0 } } else { GAP };
        let drawn = draw(track, y);
        left.push(drawn.labels);
        plots.push(drawn.plot);
        readouts.extend(track.series.iter().map(|series| (series.clone(), track.unit)));
        y += track.height;
    }
    let (bottom, height) = (y, y + BOTTOM);
    let down = move |event: leptos::ev::PointerEvent| brush.down(&event);
    let moved = move |event: leptos::ev::PointerEvent| brush.moved(&event);
    let up = move |_| {
        if let Some(ends) = brush.up() {
            zoom(ends)
        }
    };
    let key = move |event: leptos::ev::KeyboardEvent| {
        if brush.key(&event.key(), &axis) {
            event.prevent_default();
        }
    };
    view! {
        <div class="tchart">
            <svg class="yaxis" width="46" height=height aria-hidden="true">{left}</svg>
            <div
                class="plotbox" tabindex="0" role="img" aria-label=format!("{label}. Arrow keys read single values; dragging zooms.")
                on:pointerdown=down on:pointermove=moved on:pointerup=up on:pointerleave=move |_| brush.left() on:keydown=key
            >
                <svg class="plot" height=height width="100%">
                    {plots}
                    {marks_view(&axis, &marks, bottom)}
                    {times(&axis, bottom)}
                    {move || overlay(brush, bottom)}
                </svg>
                {move || readout(brush, &axis, &readouts)}
            </div>
        </div>
        {table}
    }
    .into_any()
}

struct Drawn {
    labels: AnyView,
    plot: AnyView,
}

fn draw(track: &Track, top: f64) -> Drawn {
    let height = track.height;
    let max = match track.stacked {
        true => stack_tops(track).iter().flatten().flatten().copied().fold(0.0, f64::max),
        false => {
            track.series.iter().flat_map(|series| series.line.values.iter().flatten()).copied().fold(0.0, f64::max)
        }
    };
    let ticks = scale::ticks(max, (height / 34.0).round().max(2.0) as usize, track.unit);
    let ceiling = ticks.last().copied().filter(|top| *top > 0.0).unwrap_or(1.0);
    let y = move |value: f64| top + height - value / ceiling * height;
    let labels: Vec<AnyView> = ticks
        .iter()
        .map(|tick| {
            view! { <text x="40" y=format!("{:.1}", y(*tick) + 4.0) text-anchor="end">{track.unit.tick(*tick)}</text> }
                .into_any()
        })
        .collect();
    let grid: Vec<AnyView> = ticks
        .iter()
        .map(|tick| {
            let y = format!("{:.1}", y(*tick).round() + 0.5);
            view! { <line x1="0" x2="100%" y1=y.clone() y2=y class="grid" /> }.into_any()
        })
        .collect();
    let title =
        (!track.title.is_empty()).then(|| view! { <text x="0" y=top - 12.0 class="title">{track.title}</text> });
    // What was not seen did not agree either.
    let seen = track.series.iter().any(|series| series.line.values.iter().any(Option::is_some));
    let words = if seen { track.quiet } else { "nothing was seen in this range" };
    let quiet = (max == 0.0 && !track.quiet.is_empty())
        .then(|| view! { <text x="50%" y=top + height / 2.0 text-anchor="middle" class="quiet">{words}</text> });
    let local = move |value: f64| height - value / ceiling * height;
    let paths = if track.stacked { areas(track, local) } else { lines(track, local) };
    let plot = view! {
        {title}
        {grid}
        <svg y=top width="100%" height=height viewBox=format!("0 0 {W} {height}") preserveAspectRatio="none" class="stretch">
            {paths}
        </svg>
        {quiet}
    };
    Drawn { labels: labels.into_any(), plot: plot.into_any() }
}

/// The x of the middle of a step; the first and the last one reach to the edges.
fn x(index: usize, count: usize) -> f64 {
    match index {
        0 => 0.0,
        last if last + 1 == count => W,
        _ => (index as f64 + 0.5) / count as f64 * W,
    }
}

/// For each series of a stack, the tops of its values; `None` where nothing is known.
fn stack_tops(track: &Track) -> Vec<Vec<Option<f64>>> {
    let mut below: Vec<f64> = Vec::new();
    let mut tops = Vec::new();
    for series in &track.series {
        below.resize(below.len().max(series.line.values.len()), 0.0);
        let top = |(index, value): (usize, &Option<f64>)| {
            value.map(|value| {
                below[index] += value;
                below[index]
            })
        };
        tops.push(series.line.values.iter().enumerate().map(top).collect());
    }
    tops
}

/// Stacked areas, the first series at the bottom. The upper ones are drawn first, down to zero, and covered by the lower.
fn areas(track: &Track, y: impl Fn(f64) -> f64 + Copy) -> AnyView {
    let tops = stack_tops(track);
    let areas: Vec<AnyView> = track
        .series
        .iter()
        .zip(tops)
        .rev()
        .map(|(series, tops)| {
            let path = runs(&tops)
                .map(|run| {
                    let count = tops.len();
                    let line: Vec<String> =
                        run.clone().map(|i| format!("{:.1} {:.1}", x(i, count), y(tops[i].unwrap_or(0.0)))).collect();
                    format!(
                        "M{:.1} {:.1}L{}L{:.1} {:.1}Z",
                        x(run.start, count),
                        y(0.0),
                        line.join("L"),
                        x(run.end - 1, count),
                        y(0.0)
                    )
                })
                .collect::<String>();
            let fill = if series.look == Look::Unknown { Some("url(#hatch)") } else { None };
            view! { <path class=format!("area {}", series.look.class()) d=path fill=fill /> }.into_any()
        })
        .collect();
    areas.into_any()
}

fn lines(track: &Track, y: impl Fn(f64) -> f64 + Copy) -> AnyView {
    let lines: Vec<AnyView> = track
        .series
        .iter()
        .map(|series| {
            let values = &series.line.values;
            let path = runs(values)
                .map(|run| {
                    let points: Vec<String> =
                        run.map(|i| format!("{:.1} {:.1}", x(i, values.len()), y(values[i].unwrap_or(0.0)))).collect();
                    // A run of one point is a short dash, else it would not be seen.
                    if points.len() == 1 { format!("M{0}L{0}", points[0]) } else { format!("M{}", points.join("L")) }
                })
                .collect::<String>();
            view! { <path class=format!("line {}", series.look.class()) d=path /> }.into_any()
        })
        .collect();
    lines.into_any()
}

/// The stretches of known values.
fn runs(values: &[Option<f64>]) -> impl Iterator<Item = std::ops::Range<usize>> {
    let mut next = 0;
    std::iter::from_fn(move || {
        let start = (next..values.len()).find(|i| values[*i].is_some())?;
        let end = (start..values.len()).find(|i| values[*i].is_none()).unwrap_or(values.len());
        next = end;
        Some(start..end)
    })
}

/// What happened: a dashed line with a word, or a band with one.
fn marks_view(axis: &Axis, marks: &[TimeMark], bottom: f64) -> AnyView {
    let marks: Vec<AnyView> = marks
        .iter()
        .filter(|mark| (0.0..=1.0).contains(&scale::share(axis, mark.at)))
        .map(|mark| {
            let share = scale::share(axis, mark.at);
            let (anchor, shift) = if share > 0.6 { ("end", -5) } else { ("start", 5) };
            let band = mark.until.map(|until| {
                let width = (scale::share(axis, until).min(1.0) - share).max(0.0);
                view! { <rect class="band" x=pct(share) width=pct(width) y=TOP height=bottom - TOP /> }
            });
            view! {
                <g class="mark">
                    {band}
                    <line x1=pct(share) x2=pct(share) y1="6" y2=bottom />
                    <text x=pct(share) dx=shift y="10" text-anchor=anchor class="halo">{mark.label.clone()}</text>
                </g>
            }
            .into_any()
        })
        .collect();
    marks.into_any()
}

/// The times below the last track.
fn times(axis: &Axis, bottom: f64) -> AnyView {
    let length = scale::length(axis);
    let ticks: Vec<AnyView> = scale::time_ticks(axis.from, length)
        .into_iter()
        .filter(|(_, share)| *share < 0.97)
        .map(|(at, share)| {
            let words = match length {
                days if days > 2.0 * 86_400.0 => tick(at, |civil| civil.day()),
                minutes if minutes < 420.0 => tick(at, |civil| civil.clock),
                _ => tick(at, |civil| civil.minutes().to_owned()),
            };
            let anchor = if share < 0.02 { "start" } else { "middle" };
            view! { <text x=pct(share) y=bottom + 15.0 text-anchor=anchor>{words}</text> }.into_any()
        })
        .collect();
    ticks.into_any()
}

/// Crosshair and the stretch that is being dragged.
fn overlay(brush: Brush, bottom: f64) -> AnyView {
    let drag = brush.dragged.get().map(|(a, b)| {
        view! { <rect class="drag" x=pct(a.min(b)) width=pct((a - b).abs()) y="0" height=bottom /> }
    });
    let cross =
        brush.over.get().map(|share| view! { <line class="cross" x1=pct(share) x2=pct(share) y1="0" y2=bottom /> });
    view! { {drag}{cross} }.into_any()
}

/// The values under the crosshair.
fn readout(brush: Brush, axis: &Axis, series: &[(Series, Unit)]) -> Option<AnyView> {
    let step = brush.step(axis)?;
    let share = brush.over.get()?;
    let clock = use_clock();
    let at = axis.from.plus(format_step(axis, step));
    let rows: Vec<AnyView> = series
        .iter()
        .map(|(series, unit)| {
            let value = series.line.values.get(step).copied().flatten();
            let words = value.map_or_else(|| "not known".to_owned(), |value| unit.words(value));
            view! { <span class=format!("key {}", series.look.class())></span><span>{series.name}</span><b>{words}</b> }
                .into_any()
        })
        .collect();
    let side = if share > 0.6 { "tip left" } else { "tip" };
    Some(
        view! {
            <div class=side style:left=pct(share) role="status">
                <div class="when">{clock.civil(at).clock}</div>
                <div class="rows">{rows}</div>
            </div>
        }
        .into_any(),
    )
}

fn format_step(axis: &Axis, step: usize) -> plumbline_model::Lag {
    plumbline_model::Lag::from_secs(i64::from(axis.step_seconds) * step as i64)
}

/// The same numbers as a table, newest first.
fn table(axis: &Axis, tracks: &[Track]) -> AnyView {
    let series: Vec<(&Series, Unit)> =
        tracks.iter().flat_map(|track| track.series.iter().map(|series| (series, track.unit))).collect();
    let heads: Vec<AnyView> =
        series.iter().map(|(series, _)| view! { <th scope="col" class="num">{series.name}</th> }.into_any()).collect();
    let rows: Vec<AnyView> = (0..axis.steps as usize)
        .rev()
        .map(|step| {
            let at = axis.from.plus(format_step(axis, step));
            let cells: Vec<AnyView> = series
                .iter()
                .map(|(series, unit)| {
                    let value = series.line.values.get(step).copied().flatten();
                    view! { <td class="num">{value.map_or_else(|| "not known".to_owned(), |value| unit.words(value))}</td> }.into_any()
                })
                .collect();
            view! { <tr><th scope="row">{tick(at, |civil| civil.clock)}</th>{cells}</tr> }.into_any()
        })
        .collect();
    view! {
        <div class="alt"><table><thead><tr><th scope="col">"From"</th>{heads}</tr></thead><tbody>{rows}</tbody></table></div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(look: Look, values: &[Option<f64>]) -> Series {
        Series { name: "", look, line: Line { values: values.to_vec() } }
    }

    #[test]
    fn a_point_of_many_minutes_says_what_it_stands_for() {
        let of = |step_seconds| of_each_step(&Axis { step_seconds, from: plumbline_model::SourceTime(0), steps: 60 });
        assert_eq!([of(60), of(1_200), of(3_600)], ["", "the most within each 20 m", "the most within each 1 h"]);
    }

    #[test]
    fn a_stack_adds_up_and_leaves_out_what_is_not_known() {
        let series = vec![
            series(Look::Diverged, &[Some(1.0), None, Some(3.0)]),
            series(Look::Lagging, &[Some(2.0), Some(5.0), None]),
        ];
        let track = Track { title: "", height: 10.0, unit: Unit::Count, stacked: true, series, quiet: "" };
        assert_eq!(stack_tops(&track), [vec![Some(1.0), None, Some(3.0)], vec![Some(3.0), Some(5.0), None]]);
    }

    #[test]
    fn runs_are_the_known_stretches() {
        let values = [None, Some(1.0), Some(2.0), None, Some(3.0)];
        assert_eq!(runs(&values).collect::<Vec<_>>(), [1..3, 4..5]);
        assert_eq!(runs(&[]).count(), 0);
    }
}
