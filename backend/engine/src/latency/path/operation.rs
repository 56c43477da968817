//! The operation path (SEM-20): what a business operation waited for, from its first root to the last thing that it set off,
//! through topics. It goes backwards over request paths, from each head to what caused it, by parent or by link.

use plumbline_model::{SourceTime, SpanId};

use super::{
    forest::{Forest, NONE, Tie, cut_cycles},
    walk::{Step, climb, walk},
};

/// What set a head off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Cause {
    /// The span that began by it: the head, or a span below it that says so by a link.
    pub entry: u32,
    /// The span that set it off.
    pub by: u32,
    /// Through a topic or queue; otherwise the same process went on.
    pub message: bool,
}

/// The causes of all heads, free of circles; `None` where a span is no head, or begins by itself.
pub(crate) struct Causes(Vec<Option<Cause>>);

impl Causes {
    /// `links` are (linking span, linked span), both among the spans of the forest.
    pub fn new(forest: &Forest, links: &[(u32, u32)]) -> Self {
        let mut causes: Vec<Option<Cause>> = (0..forest.spans.len() as u32)
            .map(|span| match forest.tie(span) {
                Tie::Message | Tie::Detached => {
                    let message = forest.tie(span) == Tie::Message;
                    Some(Cause { entry: span, by: forest.parents[span as usize], message })
                }
                _ => None,
            })
            .collect();
        // A batch was set off by the message that was produced last before its first span began to handle one.
        let mut links: Vec<(u32, u32)> =
            links.iter().copied().filter(|&(entry, by)| forest.head_of(entry) != forest.head_of(by)).collect();
        links.sort_unstable_by_key(|&(entry, by)| {
            let (entry, by) = (forest.span(entry), forest.span(by));
            (entry.start, entry.trace, entry.span, std::cmp::Reverse((by.end, by.trace, by.span)))
        });
        for (entry, by) in links {
            let head = forest.head_of(entry);
            if forest.tie(head).is_root() {
                causes[head as usize].get_or_insert(Cause { entry, by, message: true });
            }
        }
        let mut next: Vec<u32> =
            causes.iter().map(|cause| cause.map_or(NONE, |cause| forest.head_of(cause.by))).collect();
        for cut in cut_cycles(&mut next, |head| (forest.span(head).start, forest.span(head).span)) {
            causes[cut as usize] = None;
        }
        Self(causes)
    }

    pub fn of(&self, head: u32) -> Option<Cause> {
        self.0[head as usize]
    }

    /// The head in which the chain of causes of each head begins.
    fn origins(&self, forest: &Forest) -> Vec<u32> {
        let mut origins = vec![NONE; self.0.len()];
        let mut way = Vec::new();
        for head in 0..self.0.len() as u32 {
            let mut at = head;
            let origin = loop {
                if origins[at as usize] != NONE {
                    break origins[at as usize];
                }
                way.push(at);
                match self.of(at) {
                    Some(cause) => at = forest.head_of(cause.by),
                    None => break at,
                }
            };
            for passed in way.drain(..) {
                origins[passed as usize] = origin;
            }
        }
        origins
    }
}

/// The first root, and where and when the operation that it began ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Extent {
    pub root: u32,
    pub last: u32,
    pub start: SourceTime,
    pub end: SourceTime,
}

/// `None` if there are no spans.
pub(crate) fn extent(forest: &Forest, causes: &Causes) -> Option<Extent> {
    let heads = forest.heads();
    let root = heads.iter().copied().find(|&head| causes.of(head).is_none())?;
    let origins = causes.origins(forest);
    let last = heads
        .iter()
        .copied()
        .filter(|&head| origins[head as usize] == root)
        // The root, if nothing ends later than it.
        .max_by_key(|&head| {
            let span = forest.span(head);
            (span.end, head == root, std::cmp::Reverse((span.start, span.trace, span.span)))
        })?;
    Some(Extent { root, last, start: forest.span(root).start, end: forest.span(last).end })
}

/// Walks the operation path, latest first. The steps tile [start, end) of the extent.
pub(crate) fn walk_operation(forest: &Forest, causes: &Causes, extent: Extent, tell: &mut impl FnMut(Step)) {
    let mut tell_from = |start: SourceTime, step: Step| {
        if let Some(step) = cut(step, start.max(extent.start)) {
            tell(step);
        }
    };
    let mut head = extent.last;
    let mut cause = causes.of(head);
    // What the head did before the message came is not of this operation.
    let entry_start = |head: u32, cause: Option<Cause>| {
        let (head, from) = (forest.span(head), cause.map_or(extent.start, |it| forest.span(it.entry).start));
        from.min(head.end).max(head.start)
    };
    let from = entry_start(head, cause);
    walk(forest, head, &mut |step| tell_from(from, step));
    let mut cursor = from.max(extent.start);
    while let Some(Cause { entry, by, message }) = cause {
        let sent = forest.span(by).end;
        if sent < cursor {
            let stay = if message {
                Step::Topic { producer: by, consumer: entry, start: sent, end: cursor }
            } else {
                Step::Own { span: entry, start: sent, end: cursor }
            };
            tell_from(extent.start, stay);
            cursor = sent;
        }
        head = forest.head_of(by);
        cause = causes.of(head);
        let from = entry_start(head, cause);
        let out = climb(forest, by, entry, cursor, &mut |step| tell_from(from, step));
        cursor = cursor.min(out.max(from));
    }
}

/// The step without what lies before `start`; `None` if nothing is left of it.
fn cut(step: Step, from: SourceTime) -> Option<Step> {
    match step {
        Step::Own { span, start, end } if end > from => Some(Step::Own { span, start: start.max(from), end }),
        Step::Topic { producer, consumer, start, end } if end > from => {
            Some(Step::Topic { producer, consumer, start: start.max(from), end })
        }
        Step::Overlap { .. } => Some(step),
        _ => None,
    }
}

/// Pairs every link of `spans` with the index of the span that it names, where that is among them.
pub(crate) fn resolve_links(
    ids: impl Iterator<Item = (u32, SpanId)>,
    links: impl Iterator<Item = (u32, u32, SpanId)>,
) -> Vec<(u32, u32)> {
    let mut links = links.peekable();
    if links.peek().is_none() {
        return Vec::new();
    }
    let mut index: Vec<(u32, SpanId, u32)> = (0_u32..).zip(ids).map(|(at, (trace, span))| (trace, span, at)).collect();
    index.sort_unstable();
    links
        .filter_map(|(from, trace, span)| {
            let at = index.binary_search_by(|probe| (probe.0, probe.1).cmp(&(trace, span))).ok()?;
            Some((from, index[at].2))
        })
        .collect()
}
