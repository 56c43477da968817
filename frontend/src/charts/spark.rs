//! Sparklines: the course of a number in the height of a line. They start at zero, so that what did not change looks
//! flat; a baseline, where there is one, is dashed.

use leptos::prelude::*;
use plumbline_model::api::Line;

use super::Look;

/// A line of `width` × `height` pixels; nothing where there are fewer than three values, which are no course yet.
pub fn spark(line: &Line, look: Look, width: f64, height: f64) -> AnyView {
    spark_with(line, look, width, height, None)
}

/// With a dashed baseline at a value.
pub fn spark_with(line: &Line, look: Look, width: f64, height: f64, baseline: Option<f64>) -> AnyView {
    let known = || line.values.iter().flatten().copied();
    if known().count() < 3 {
        return view! { <svg class="spark" width=width height=height aria-hidden="true"></svg> }.into_any();
    }
    let top = known().chain(baseline).fold(0.0, f64::max).max(1e-12);
    let last = (line.values.len() - 1).max(1) as f64;
    let x = |index: usize| 2.0 + index as f64 / last * (width - 4.0);
    let y = |value: f64| height - 2.0 - value / top * (height - 5.0);
    let (path, end) = path(line, x, y);
    let dot =
        end.map(|(x, y)| view! { <circle cx=format!("{x:.1}") cy=format!("{y:.1}") r="2" fill="currentColor" /> });
    let base = baseline.map(|value| {
        let y = format!("{:.1}", y(value));
        view! { <line x1="2" x2=width - 2.0 y1=y.clone() y2=y stroke="var(--ink-3)" stroke-dasharray="2 2" /> }
    });
    view! {
        <svg class=format!("spark {}", look.class()) width=width height=height viewBox=format!("0 0 {width} {height}") aria-hidden="true">
            {base}
            <path d=path fill="none" stroke="currentColor" stroke-width="1.3" stroke-linejoin="round" />
            {dot}
        </svg>
    }
    .into_any()
}

/// The path through the known values, broken where one is missing, and its last point.
fn path(line: &Line, x: impl Fn(usize) -> f64, y: impl Fn(f64) -> f64) -> (String, Option<(f64, f64)>) {
    let mut path = String::new();
    let mut pen_down = false;
    let mut end = None;
    for (index, value) in line.values.iter().enumerate() {
        let Some(value) = value else {
            pen_down = false;
            continue;
        };
        let point = (x(index), y(*value));
        path.push_str(&format!("{}{:.1} {:.1}", if pen_down { 'L' } else { 'M' }, point.0, point.1));
        pen_down = true;
        end = Some(point);
    }
    (path, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_values_break_the_line() {
        let line = Line { values: vec![Some(0.0), Some(1.0), None, Some(2.0)] };
        let (path, end) = path(&line, |x| x as f64, |y| y);
        assert_eq!(path, "M0.0 0.0L1.0 1.0M3.0 2.0");
        assert_eq!(end, Some((3.0, 2.0)));
    }
}
