//! A trace as its page shows it: waterfall rows, both paths, and what each place takes of them. A pure function of the
//! stored spans, asked for when somebody opens the page, so that late spans are in it without anything being revised.

mod rows;

use std::collections::{BTreeMap, BTreeSet};

use plumbline_model::{
    Lag, ServiceName,
    span::SpanFact,
    trace::{CriticalPath, PathPlace, PathView, PathWarning, PlaceTime, TraceView},
};

use self::rows::{Own, rows};
use crate::latency::path::{Facts, Step, Tie};

/// Assembles the page of a trace, or of several traces that belong together. Without spans it is empty.
pub fn trace_view(spans: &[SpanFact]) -> TraceView {
    let facts = Facts::new(spans);
    let Some(extent) = facts.extent() else { return TraceView::default() };
    let mut own = Own::new(facts.facts.len());
    let mut warnings: BTreeMap<u32, Vec<(u32, PathWarning)>> = BTreeMap::new();
    for (span, warning) in facts.warnings() {
        warnings.entry(facts.forest.head_of(span)).or_default().push((span, warning));
    }

    let requests: Vec<PathView> = facts
        .forest
        .heads()
        .into_iter()
        .map(|head| {
            let mut path = facts.request(head, &mut |step| own.request(step));
            let of_tree = warnings.get(&head).map_or(&[][..], Vec::as_slice);
            let uncertain = add_warnings(&mut path, of_tree, |span| own.on_request(span));
            path_view(path, uncertain, facts.fact(head).start, facts.forest.span(head).end)
        })
        .collect();

    let mut heads = BTreeSet::from([extent.root, extent.last]);
    let mut path = facts.operation(extent, &mut |step| {
        own.operation(step);
        if let Step::Own { span, .. } = step {
            heads.insert(facts.forest.head_of(span));
        }
    });
    let of_trees: Vec<_> = heads.iter().flat_map(|head| warnings.get(head).into_iter().flatten().cloned()).collect();
    let uncertain = add_warnings(&mut path, &of_trees, |span| own.on_operation(span));
    let operation = path_view(path, uncertain, extent.start, extent.end);

    let ties = &facts.forest.ties;
    TraceView {
        trace: facts.fact(extent.root).trace,
        start: facts.forest.spans.iter().map(|span| span.start).min().unwrap_or(extent.start),
        end: facts.forest.spans.iter().map(|span| span.end).max().unwrap_or(extent.end),
        services: services(&facts),
        spans: facts.facts.len() as u32,
        errors: facts.facts.iter().filter(|fact| fact.failed).count() as u32,
        incomplete: ties.contains(&Tie::MissingParent) || !ties.contains(&Tie::Root),
        rows: rows(&facts, &own),
        requests,
        operation: Some(operation),
    }
}

/// Adds what had to be bent in the trees of a path, and says how much of the path could belong elsewhere: what was bent on
/// it. `on_path` is the time of a span on the path.
fn add_warnings(path: &mut CriticalPath, of_trees: &[(u32, PathWarning)], on_path: impl Fn(u32) -> Lag) -> Lag {
    let by = |warning: &PathWarning| match warning {
        PathWarning::Overlap { by, .. } | PathWarning::Clamped { by, .. } => *by,
        _ => Lag::ZERO,
    };
    let overlaps = path.warnings.iter().map(by).fold(Lag::ZERO, Lag::saturating_add);
    let clamped = of_trees.iter().filter(|(span, _)| on_path(*span) > Lag::ZERO).map(|(_, warning)| by(warning));
    let uncertain = clamped.fold(overlaps, Lag::saturating_add);
    path.warnings.extend(of_trees.iter().map(|(_, warning)| warning.clone()));
    uncertain
}

fn path_view(
    path: CriticalPath,
    uncertain: Lag,
    start: plumbline_model::SourceTime,
    end: plumbline_model::SourceTime,
) -> PathView {
    let mut times: BTreeMap<&PathPlace, (Lag, bool)> = BTreeMap::new();
    for section in &path.sections {
        let entry = times.entry(&section.place).or_default();
        entry.0 = entry.0.saturating_add(section.end.since(section.start));
        entry.1 |= section.includes_caller;
    }
    let whole = end.since(start);
    let mut places: Vec<PlaceTime> = times
        .into_iter()
        .map(|(place, (time, includes_caller))| PlaceTime {
            place: place.clone(),
            time,
            share_ppm: share_ppm(time, whole),
            includes_caller,
        })
        .collect();
    places.sort_by_key(|it| std::cmp::Reverse(it.time));
    PathView { path, start, end, places, uncertain: uncertain.min(whole) }
}

/// Parts per million, rounded down; 0 of nothing.
pub(crate) fn share_ppm(part: Lag, whole: Lag) -> u32 {
    if whole.0 <= 0 {
        return 0;
    }
    (i128::from(part.0.max(0)) * 1_000_000 / i128::from(whole.0)).min(1_000_000) as u32
}

/// Services in the order in which they began.
fn services(facts: &Facts<'_>) -> Vec<ServiceName> {
    let mut first: BTreeMap<&ServiceName, plumbline_model::SourceTime> = BTreeMap::new();
    for fact in &facts.facts {
        let start = first.entry(&fact.service).or_insert(fact.start);
        *start = fact.start.min(*start);
    }
    let mut services: Vec<_> = first.into_iter().collect();
    services.sort_by_key(|(service, start)| (*start, *service));
    services.into_iter().map(|(service, _)| service.clone()).collect()
}

#[cfg(test)]
mod tests;
