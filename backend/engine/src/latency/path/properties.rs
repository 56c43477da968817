//! What must hold of every path of every trace, however bent: sections tile the root, every span is on one path at most,
//! the order of arrival is nothing, and a slow walk written straight from the definition tells the same.

use plumbline_model::{
    Lag, ServiceName, SourceTime, SpanId, TraceId,
    name::OperationName,
    span::{EdgeKind, Link, Peer, SpanFact, SpanKind},
    trace::{CriticalPath, Section},
};
use proptest::prelude::*;

use super::{Facts, NONE, Tie, critical_paths, forest::SKEW, operation_path};
use crate::latency::notation::EPOCH;

const KINDS: [SpanKind; 6] = [
    SpanKind::Unspecified,
    SpanKind::Internal,
    SpanKind::Server,
    SpanKind::Client,
    SpanKind::Producer,
    SpanKind::Consumer,
];

/// (parent: none, a span by index, or one that is not there), start and length in ms, kind, service, linked span.
type Seed = (Option<usize>, i64, i64, usize, usize, Option<usize>);

fn seeds(most: usize) -> impl Strategy<Value = Vec<Seed>> {
    let length = prop_oneof![Just(0_i64), 1..5_i64, 1..60_i64];
    let seed = (
        prop::option::weighted(0.9, 0..most + 1),
        0..60_i64,
        length,
        0..KINDS.len(),
        0..3_usize,
        prop::option::weighted(0.1, 0..most),
    );
    prop::collection::vec(seed, 1..most)
}

fn facts(seeds: &[Seed]) -> Vec<SpanFact> {
    let id = |at: usize| SpanId(at as u64 + 1);
    seeds
        .iter()
        .enumerate()
        .map(|(at, &(parent, start, length, kind, service, link))| SpanFact {
            trace: TraceId(1),
            span: id(at),
            parent: parent.map(id),
            service: ServiceName::new(format!("s{service}")),
            version: "".into(),
            operation: OperationName::new(format!("o{at}")),
            kind: KINDS[kind],
            start: EPOCH.plus(Lag::from_millis(start)),
            end: EPOCH.plus(Lag::from_millis(start + length)),
            failed: false,
            message: "".into(),
            peer: (service == 1).then(|| Peer { kind: EdgeKind::Database, name: "db".into() }),
            links: link.map(|to| Link { trace: TraceId(1), span: id(to) }).into_iter().collect(),
            attributes: Vec::new(),
        })
        .collect()
}

/// The definition, taken literally: at every step look at all spans again for the child that finished last.
fn slow_walk(facts: &Facts<'_>, span: u32, start: SourceTime, end: SourceTime, told: &mut Vec<Stretch>) {
    let forest = &facts.forest;
    let (mut cursor, mut after) = (end, NONE);
    let mut walked = Vec::new();
    loop {
        let fits = |child: u32| {
            let it = forest.span(child);
            let over = it.end.since(cursor);
            let tolerated =
                |sibling: u32| over <= SKEW && over.0 * 4 <= it.duration().min(forest.span(sibling).duration()).0;
            it.start.max(start) < it.end.min(cursor) && (over <= Lag::ZERO || after == NONE || tolerated(after))
        };
        let child = (0..forest.spans.len() as u32)
            .filter(|&child| forest.parents[child as usize] == span && forest.tie(child) == Tie::Waited)
            .filter(|&child| !walked.contains(&child) && fits(child))
            .max_by_key(|&child| {
                let it = forest.span(child);
                (it.end, std::cmp::Reverse((it.start, it.span)))
            });
        let Some(child) = child else { break };
        let (from, to) = (forest.span(child).start.max(start), forest.span(child).end.min(cursor));
        told.push((facts.fact(span).span, to, cursor));
        slow_walk(facts, child, from, to, told);
        walked.push(child);
        (cursor, after) = (from, child);
    }
    told.push((facts.fact(span).span, start, cursor));
}

type Stretch = (SpanId, SourceTime, SourceTime);

fn tiles(sections: &[Section], start: SourceTime, end: SourceTime) -> Result<(), TestCaseError> {
    let mut at = start;
    for section in sections {
        prop_assert_eq!(section.start, at, "a section begins where the one before ended");
        prop_assert!(section.end > section.start, "no section is empty");
        at = section.end;
    }
    prop_assert_eq!(at, end);
    Ok(())
}

fn fact_of<'a>(facts: &'a [SpanFact], path: &CriticalPath) -> &'a SpanFact {
    facts.iter().find(|fact| fact.span == path.root).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn request_paths_tile_their_roots_and_share_no_span(seeds in seeds(14)) {
        let facts = facts(&seeds);
        let mut owner = std::collections::BTreeMap::new();
        for path in critical_paths(&facts) {
            let root = fact_of(&facts, &path);
            tiles(&path.sections, root.start, root.end)?;
            for section in &path.sections {
                prop_assert_eq!(*owner.entry(section.span).or_insert(path.root), path.root, "one span, one path");
                let span = facts.iter().find(|fact| fact.span == section.span).unwrap();
                prop_assert!(section.start >= span.start && section.end <= span.end, "nobody gets time that it did not have");
            }
        }
    }

    #[test]
    fn the_walk_is_the_definition(seeds in seeds(14)) {
        let facts = facts(&seeds);
        let known = Facts::new(&facts);
        for head in known.forest.heads() {
            let mut slow = Vec::new();
            let span = *known.forest.span(head);
            slow_walk(&known, head, span.start, span.end, &mut slow);
            slow.retain(|(_, start, end)| start < end);
            slow.reverse();
            let walked: Vec<_> = known.request(head, &mut |_| ()).sections.iter().map(|it| (it.span, it.start, it.end)).collect();
            prop_assert_eq!(walked, slow);
        }
    }

    #[test]
    fn the_operation_path_tiles_its_extent(seeds in seeds(14)) {
        let facts = facts(&seeds);
        let known = Facts::new(&facts);
        let extent = known.extent().unwrap();
        let path = operation_path(&facts).unwrap();
        tiles(&path.sections, extent.start, extent.end)?;
        let root = fact_of(&facts, &path);
        prop_assert_eq!(root.start, extent.start);
        prop_assert!(extent.end >= root.end);
    }

    #[test]
    fn every_span_hangs_on_one_head(seeds in seeds(14)) {
        let facts = facts(&seeds);
        let known = Facts::new(&facts);
        let heads = known.forest.heads();
        for span in 0..facts.len() as u32 {
            prop_assert!(heads.contains(&known.forest.head_of(span)));
        }
    }

    #[test]
    fn the_order_of_spans_is_nothing(seeds in seeds(14), swaps in prop::collection::vec((0..14_usize, 0..14_usize), 0..20)) {
        let facts = facts(&seeds);
        let mut mixed = facts.clone();
        for (left, right) in swaps {
            if left < mixed.len() && right < mixed.len() {
                mixed.swap(left, right);
            }
        }
        prop_assert_eq!(critical_paths(&mixed), critical_paths(&facts));
        prop_assert_eq!(operation_path(&mixed), operation_path(&facts));
    }
}
