//! Lines for charts from points of rollups.

use plumbline_model::{api::Line, time::Minute};

use super::params::Grid;

/// A line over the grid from (minute, value) pairs; the values of one point are added.
pub fn line(grid: Grid, points: impl IntoIterator<Item = (Minute, f64)>) -> Line {
    let mut values: Vec<Option<f64>> = vec![None; grid.steps()];
    for (minute, value) in points {
        if let Some(slot) = grid.index(minute).and_then(|index| values.get_mut(index)) {
            *slot = Some(slot.unwrap_or(0.0) + value);
        }
    }
    Line { values }
}

/// The last known value; `None` where nothing is.
pub fn last(line: &Line) -> Option<f64> {
    line.values.iter().rev().find_map(|value| *value)
}
