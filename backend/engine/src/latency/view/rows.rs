//! The rows of a waterfall: each span below what set it off, children by start, and above the consumer of a message the
//! time that it stayed in its topic. It keeps its own stack, so that a trace may be as deep as it likes.

use plumbline_model::{
    Lag,
    trace::{RowMark, SpanRow, TopicRow, TraceRow},
};

use crate::latency::path::{Facts, NONE, Step, Tie};

/// What each span has of the paths, and which overlaps were bent.
pub(crate) struct Own {
    request: Vec<Lag>,
    operation: Vec<Lag>,
    /// Stay before the consumer, on the operation path.
    stay: Vec<Lag>,
    overlap: Vec<Lag>,
}

impl Own {
    pub fn new(spans: usize) -> Self {
        let none = vec![Lag::ZERO; spans];
        Self { request: none.clone(), operation: none.clone(), stay: none.clone(), overlap: none }
    }

    pub fn request(&mut self, step: Step) {
        match step {
            Step::Own { span, start, end } => add(&mut self.request, span, end.since(start)),
            Step::Overlap { before, by, .. } => self.overlap[before as usize] = by,
            Step::Topic { .. } => {}
        }
    }

    pub fn operation(&mut self, step: Step) {
        match step {
            Step::Own { span, start, end } => add(&mut self.operation, span, end.since(start)),
            Step::Topic { consumer, start, end, .. } => add(&mut self.stay, consumer, end.since(start)),
            Step::Overlap { before, by, .. } => self.overlap[before as usize] = by,
        }
    }

    pub fn on_request(&self, span: u32) -> Lag {
        self.request[span as usize]
    }
    pub fn on_operation(&self, span: u32) -> Lag {
        self.operation[span as usize]
    }
}

fn add(times: &mut [Lag], span: u32, time: Lag) {
    times[span as usize] = times[span as usize].saturating_add(time);
}

pub(crate) fn rows(facts: &Facts<'_>, own: &Own) -> Vec<TraceRow> {
    let Some(start) = facts.forest.spans.iter().map(|span| span.start).min() else { return Vec::new() };
    let (first, children) = below(facts);
    let mut rows = Vec::with_capacity(facts.facts.len());
    // Spans still to be shown, the next one last.
    let of = |span: usize| &children[first[span] as usize..first[span + 1] as usize];
    let roots = of(facts.facts.len());
    let mut stack: Vec<(u32, u32)> = roots.iter().rev().map(|&root| (root, 0)).collect();
    while let Some((span, depth)) = stack.pop() {
        if let Some(cause) = facts.causes.of(span).filter(|cause| cause.message) {
            let sent = facts.forest.span(cause.by).end;
            rows.push(TraceRow::Topic(TopicRow {
                depth,
                topic: facts.topic_name(cause.by).into(),
                to: facts.fact(span).service.clone(),
                producer: facts.fact(cause.by).span,
                consumer: facts.fact(cause.entry).span,
                offset: sent.since(start),
                duration: facts.forest.span(cause.entry).start.since(sent).max(Lag::ZERO),
                on_operation: own.stay[cause.entry as usize],
            }));
        }
        let fact = facts.fact(span);
        rows.push(TraceRow::Span(Box::new(SpanRow {
            depth,
            trace: fact.trace,
            span: fact.span,
            parent: fact.parent,
            descendants: 0,
            service: fact.service.clone(),
            version: fact.version.clone(),
            operation: fact.operation.clone(),
            kind: fact.kind,
            offset: fact.start.since(start),
            duration: facts.forest.span(span).duration(),
            on_request: own.on_request(span),
            on_operation: own.on_operation(span),
            failed: fact.failed,
            message: fact.message.clone(),
            peer: fact.peer.clone(),
            links: fact.links.clone(),
            marks: marks(facts, own, span),
        })));
        stack.extend(of(span as usize).iter().rev().map(|&child| (child, depth + 1)));
    }
    count_descendants(&mut rows);
    rows
}

/// What is shown below each span, by start; what is shown below none comes last, at the index after all spans.
fn below(facts: &Facts<'_>) -> (Vec<u32>, Vec<u32>) {
    let forest = &facts.forest;
    let count = facts.facts.len();
    let above = |span: u32| {
        let above = if forest.tie(span).is_head() {
            facts.causes.of(span).map_or(NONE, |cause| cause.by)
        } else {
            forest.parents[span as usize]
        };
        if above == NONE { count } else { above as usize }
    };
    let mut order: Vec<u32> = (0..count as u32).collect();
    order.sort_unstable_by_key(|&span| {
        let it = forest.span(span);
        (above(span), it.start, std::cmp::Reverse(it.end), it.trace, it.span)
    });
    let mut first = vec![0; count + 2];
    for &span in &order {
        first[above(span) + 1] += 1;
    }
    for at in 0..=count {
        first[at + 1] += first[at];
    }
    (first, order)
}

fn marks(facts: &Facts<'_>, own: &Own, span: u32) -> Vec<RowMark> {
    let mut marks = Vec::new();
    match facts.forest.tie(span) {
        Tie::MissingParent => marks.push(RowMark::MissingParent),
        Tie::Cycle => marks.push(RowMark::Cycle),
        Tie::Dropped => marks.push(RowMark::Dropped),
        Tie::Root | Tie::Waited | Tie::Detached | Tie::Message => {}
    }
    if facts.causes.of(span).is_some() {
        marks.push(RowMark::Asynchronous);
    }
    let out = facts.forest.sticks_out(span);
    if out > Lag::ZERO {
        marks.push(RowMark::Clamped { by: out });
    }
    let overlap = own.overlap[span as usize];
    if overlap > Lag::ZERO {
        marks.push(RowMark::Overlap { by: overlap });
    }
    marks
}

fn count_descendants(rows: &mut [TraceRow]) {
    let depth = |row: &TraceRow| match row {
        TraceRow::Span(row) => row.depth,
        TraceRow::Topic(row) => row.depth,
    };
    let mut open: Vec<usize> = Vec::new();
    for at in 0..=rows.len() {
        let present = rows.get(at).map(depth);
        while let Some(&last) = open.last()
            && present.is_none_or(|present| present <= depth(&rows[last]))
        {
            open.pop();
            if let TraceRow::Span(row) = &mut rows[last] {
                row.descendants = (at - last - 1) as u32;
            }
        }
        open.push(at);
    }
}
