//! Paths over spans as they were observed: names in, names out. The checker itself walks compact spans (`assembly`) and
//! comes here for nothing but the shared rules; pages and the command line come here.

use std::collections::BTreeMap;

use plumbline_model::{
    Lag, SourceTime,
    span::SpanFact,
    trace::{CriticalPath, PathPlace, PathWarning, Section},
};

use super::{
    forest::{Forest, PathSpan, Tie},
    operation::{Causes, Extent, extent, resolve_links, walk_operation},
    place::{Own, own},
    walk::{Step, walk},
};

/// Spans of one trace, or of several that belong together, each once, with their forest.
pub(crate) struct Facts<'a> {
    pub facts: Vec<&'a SpanFact>,
    pub forest: Forest,
    pub causes: Causes,
}

impl<'a> Facts<'a> {
    /// Of spans with the same trace and span id the first counts.
    pub fn new(spans: &'a [SpanFact]) -> Self {
        let mut order: Vec<usize> = (0..spans.len()).collect();
        order.sort_by_key(|&at| (spans[at].trace, spans[at].span));
        order.dedup_by_key(|at| (spans[*at].trace, spans[*at].span));
        let facts: Vec<&SpanFact> = order.into_iter().map(|at| &spans[at]).collect();

        let (mut traces, mut services) = (BTreeMap::new(), BTreeMap::new());
        let path_spans: Vec<PathSpan> = facts
            .iter()
            .map(|fact| {
                let next = traces.len() as u32;
                let trace = *traces.entry(fact.trace).or_insert(next);
                let next = services.len() as u32;
                let service = *services.entry(&fact.service).or_insert(next);
                PathSpan {
                    trace,
                    span: fact.span,
                    parent: fact.parent,
                    start: fact.start,
                    end: fact.end.max(fact.start),
                    service,
                    kind: fact.kind,
                }
            })
            .collect();
        let forest = Forest::new(path_spans);
        let links = facts.iter().enumerate().flat_map(|(from, fact)| {
            let traces = &traces;
            fact.links.iter().filter_map(move |link| Some((from as u32, *traces.get(&link.trace)?, link.span)))
        });
        let links = resolve_links(forest.spans.iter().map(|span| (span.trace, span.span)), links);
        let causes = Causes::new(&forest, &links);
        Self { facts, forest, causes }
    }

    pub fn fact(&self, span: u32) -> &'a SpanFact {
        self.facts[span as usize]
    }

    pub fn extent(&self) -> Option<Extent> {
        extent(&self.forest, &self.causes)
    }

    /// The request path of a head; `seen` is shown every step, latest first. Its warnings are those of the walk, `warnings`
    /// has those of the trees.
    pub fn request(&self, head: u32, seen: &mut dyn FnMut(Step)) -> CriticalPath {
        self.path(head, seen, |tell| walk(&self.forest, head, &mut |step| tell(step)))
    }

    /// The operation path; otherwise like `request`.
    pub fn operation(&self, extent: Extent, seen: &mut dyn FnMut(Step)) -> CriticalPath {
        self.path(extent.root, seen, |tell| {
            walk_operation(&self.forest, &self.causes, extent, &mut |step| tell(step));
        })
    }

    fn path(&self, root: u32, seen: &mut dyn FnMut(Step), walk: impl FnOnce(&mut dyn FnMut(Step))) -> CriticalPath {
        let mut path = CriticalPath { root: self.fact(root).span, ..CriticalPath::default() };
        walk(&mut |step| {
            seen(step);
            self.add(&mut path, step);
        });
        path.sections.reverse();
        path.warnings.reverse();
        path
    }

    fn add(&self, path: &mut CriticalPath, step: Step) {
        match step {
            Step::Own { span, start, end } => path.sections.push(self.section(span, start, end)),
            Step::Topic { producer, consumer, start, end } => path.sections.push(Section {
                span: self.fact(consumer).span,
                start,
                end,
                place: self.topic(producer, consumer),
                includes_caller: false,
            }),
            Step::Overlap { before, after, by } => path.warnings.push(PathWarning::Overlap {
                before: self.fact(before).span,
                after: self.fact(after).span,
                by,
            }),
        }
    }

    fn section(&self, span: u32, start: SourceTime, end: SourceTime) -> Section {
        let fact = self.fact(span);
        let peer = fact.peer.as_ref();
        let operation = || PathPlace::Operation { service: fact.service.clone(), operation: fact.operation.clone() };
        let (place, includes_caller) = match own(&self.forest, span, peer.map(|peer| peer.kind)) {
            Own::Operation => (operation(), false),
            Own::Child(child) => (PathPlace::network(&fact.service, &self.fact(child).service), false),
            Own::Peer { includes_caller } => match peer {
                Some(peer) => (
                    PathPlace::Edge { from: fact.service.clone(), to: peer.name.clone(), edge: peer.kind },
                    includes_caller,
                ),
                None => (operation(), false),
            },
        };
        Section { span: fact.span, start, end, place, includes_caller }
    }

    /// The stay in a topic between two spans.
    pub fn topic(&self, producer: u32, consumer: u32) -> PathPlace {
        PathPlace::stay(self.topic_name(producer), &self.fact(consumer).service)
    }

    /// The topic, or the producing service where the spans do not name it.
    pub fn topic_name(&self, producer: u32) -> &'a str {
        let fact = self.fact(producer);
        fact.peer.as_ref().map_or(fact.service.as_str(), |peer| peer.name.as_str())
    }

    /// What had to be bent to make trees of the spans, each with the span that it is about.
    pub fn warnings(&self) -> impl Iterator<Item = (u32, PathWarning)> + '_ {
        let first_root = self.forest.heads().first().copied();
        (0..self.facts.len() as u32).filter_map(move |at| {
            let (forest, span) = (&self.forest, self.fact(at).span);
            let parent = || forest.span(forest.parents[at as usize]);
            let warning = match forest.tie(at) {
                Tie::Root if Some(at) != first_root && self.causes.of(at).is_none() => {
                    PathWarning::SeveralRoots { span }
                }
                Tie::MissingParent => PathWarning::MissingParent { span },
                Tie::Cycle => PathWarning::Cycle { span },
                Tie::Dropped => PathWarning::Dropped { span },
                Tie::Detached => PathWarning::Detached { span, by: forest.span(at).end.since(parent().end) },
                Tie::Waited if forest.sticks_out(at) > Lag::ZERO => {
                    PathWarning::Clamped { span, by: forest.sticks_out(at) }
                }
                Tie::Root | Tie::Waited | Tie::Message => return None,
            };
            Some((at, warning))
        })
    }
}
