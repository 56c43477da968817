//! Where the time on critical paths goes, as rows: what is above its baseline first, then by share.

use std::collections::BTreeMap;

use plumbline_model::{
    Lag, SourceTime, Subject,
    api::{EdgeView, HotspotRow, Line, Quantiles},
    prose::counted,
    rollup::PathTime,
    span::EdgeKind,
    trace::PathPlace,
};

use super::quantiles;

/// Rows beside those that are above their baseline: enough to see where the time goes.
const MOST: usize = 10;

/// What an open finding says of a place: its excess and its baseline at p95, and since when.
pub type Above = BTreeMap<Subject, (Lag, Lag, Option<SourceTime>)>;

pub fn rows(paths: &[(PathPlace, PathTime)], above: &Above) -> Vec<HotspotRow> {
    let total: i64 = paths.iter().fold(0, |sum, (_, path)| sum.saturating_add(path.time.sum().0));
    let mut rows: Vec<_> = paths.iter().map(|(place, path)| row(place, path, total, above)).collect();
    rows.sort_by(|left, right| {
        let by_excess = || right.excess_seconds.unwrap_or(0.0).total_cmp(&left.excess_seconds.unwrap_or(0.0));
        let by_share = || right.share.total_cmp(&left.share);
        let above = right.above.cmp(&left.above);
        above.then_with(|| if left.above { by_excess() } else { by_share() }).then_with(|| left.name.cmp(&right.name))
    });
    let above = rows.iter().filter(|row| row.above).count();
    rows.truncate(above.max(MOST));
    rows
}

/// Why no hotspot could have been found, in words; `None` where durations were held against earlier ones, and where traces are
/// neither `asked` for nor there.
pub fn uncompared(asked: bool, traces: u64, compared: bool) -> Option<String> {
    match traces {
        _ if compared => None,
        0 => asked.then(|| "latency: no trace was seen".to_owned()),
        some => {
            let traces = counted(some, "trace");
            Some(format!("latency: nothing to compare {traces} with: too few came, or none came in the time before"))
        }
    }
}

fn row(place: &PathPlace, path: &PathTime, total: i64, above: &Above) -> HotspotRow {
    let subject = match place.clone() {
        PathPlace::Operation { service, operation } => Subject::Operation { service, operation },
        PathPlace::Edge { from, to, edge } => Subject::Edge { from, to, edge },
    };
    let found = above.get(&subject);
    let (shape, name, service, operation, edge) = match place {
        PathPlace::Operation { service, operation } => {
            let name = format!("{service} {operation}");
            ("operation", name, service.to_string(), Some(operation.to_string()), None)
        }
        PathPlace::Edge { from, to, edge } => {
            let kind = kind(*edge);
            let view = EdgeView { from: from.to_string(), to: to.to_string(), kind: kind.to_owned() };
            (kind, format!("{from} → {to}"), from.to_string(), None, Some(view))
        }
    };
    HotspotRow {
        shape: shape.to_owned(),
        name,
        service,
        operation,
        edge,
        traces: path.traces,
        share: if total > 0 { path.time.sum().0 as f64 / total as f64 } else { 0.0 },
        now: quantiles::of(&path.time),
        before: Quantiles { p95_seconds: found.map(|(_, baseline, _)| baseline.seconds()), ..Quantiles::default() },
        share_before: None,
        excess_seconds: found.map(|(excess, _, _)| excess.seconds()),
        margin_seconds: None,
        above: found.is_some(),
        since: found.and_then(|(_, _, since)| *since),
        includes_caller: false,
        error_share: None,
        p95_line: Line::default(),
        exemplars: path.exemplars.iter().map(|(trace, _)| trace.to_string()).collect(),
    }
}

const fn kind(edge: EdgeKind) -> &'static str {
    match edge {
        EdgeKind::Network => "network",
        EdgeKind::Topic => "topic",
        EdgeKind::Database => "database",
        EdgeKind::Cache => "cache",
        EdgeKind::Outside => "outside",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_without_earlier_ones_are_not_called_usual() {
        assert_eq!(uncompared(true, 200, true), None);
        assert_eq!(uncompared(false, 0, false), None, "nobody asked");
        assert_eq!(uncompared(true, 0, false).unwrap(), "latency: no trace was seen");
        assert!(uncompared(false, 200, false).unwrap().starts_with("latency: nothing to compare 200 traces with"));
    }
}
