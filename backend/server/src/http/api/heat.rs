//! A heat map of time × duration from sketches: counts of traces in rows of a logarithmic scale.

use plumbline_model::{Lag, api::HeatMap, rollup::PathTime, time::Minute};

use super::{charts, params::Grid};

/// Rows for each power of ten: fine enough to see two modes, coarse enough to be seen.
const ROWS_PER_DECADE: i32 = 8;

pub fn map(grid: Grid, steps: &[(Minute, PathTime)]) -> HeatMap {
    let all = || steps.iter().flat_map(|(_, path)| path.time.buckets());
    let least = all().map(|(from, to, _)| middle(from, to)).min_by(f64::total_cmp);
    let most = all().map(|(from, to, _)| middle(from, to)).max_by(f64::total_cmp);
    let (Some(least), Some(most)) = (least, most) else { return HeatMap::default() };
    let (first, last) = (row(least), row(most));
    let bounds_seconds =
        (first..=last + 1).map(|row| 10_f64.powf(f64::from(row) / f64::from(ROWS_PER_DECADE))).collect();
    let mut columns = vec![vec![0_u32; (last - first + 1) as usize]; grid.steps()];
    for (minute, path) in steps {
        let Some(column) = grid.index(*minute).and_then(|index| columns.get_mut(index)) else { continue };
        for (from, to, count) in path.time.buckets() {
            if let Some(cell) = usize::try_from(row(middle(from, to)) - first).ok().and_then(|row| column.get_mut(row))
            {
                *cell = cell.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
            }
        }
    }
    let p95 = steps.iter().filter_map(|(minute, path)| Some((*minute, path.time.quantile_ppm(950_000)?.seconds())));
    HeatMap { bounds_seconds, columns, p95: charts::line(grid, p95) }
}

/// Half a bucket above its lower bound; a tenth of a millisecond is as fast as it is told.
fn middle(from: Lag, to: Lag) -> f64 {
    ((from.seconds() + to.seconds()) / 2.0).max(1e-4)
}

fn row(seconds: f64) -> i32 {
    (seconds.log10() * f64::from(ROWS_PER_DECADE)).floor() as i32
}

#[cfg(test)]
mod tests {
    use plumbline_model::{Sketch, SourceTime, api::Range};

    use super::*;

    #[test]
    fn every_trace_is_in_one_cell() {
        let range = Range { from: SourceTime::from_secs(0), to: SourceTime::from_secs(180) };
        let mut time = Sketch::default();
        for ms in [1, 20, 20, 950, 31_000] {
            time.add(Lag::from_millis(ms));
        }
        let steps = [(Minute(1), PathTime { traces: 5, time, ..PathTime::default() })];
        let heat = map(Grid::of(range), &steps);
        assert_eq!(heat.columns.iter().map(|column| column.iter().sum::<u32>()).collect::<Vec<_>>(), [0, 5, 0]);
        assert_eq!(heat.bounds_seconds.len(), heat.columns[0].len() + 1);
        let (low, high) = (heat.bounds_seconds[0], heat.bounds_seconds[heat.bounds_seconds.len() - 1]);
        assert!(low <= 0.0011 && high >= 31.0, "{low} {high}");
    }
}
