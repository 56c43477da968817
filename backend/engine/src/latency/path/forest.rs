//! The spans of a trace as trees: who is whose child, and whether the parent waited for it. Order of arrival, duplicates,
//! missing parents and circles of parents leave no trace in the result. It must not decide where time is charged (`walk`).

use plumbline_model::{Lag, SourceTime, SpanId, span::SpanKind};

/// "No span": indexes are 32 bits wide, and a trace has fewer spans than that.
pub(crate) const NONE: u32 = u32::MAX;

/// By how much two clocks (or an instrumentation that ends spans a little late) may bend the order of things before it is
/// believed. Greater, and real concurrency is taken for sequence; smaller, and the path jumps over what it waited for.
pub(crate) const SKEW: Lag = Lag::from_millis(3);

/// What the path needs to know of a span.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PathSpan {
    /// Tells traces apart where several are looked at together; 0 where there is only one.
    pub trace: u32,
    pub span: SpanId,
    pub parent: Option<SpanId>,
    pub start: SourceTime,
    pub end: SourceTime,
    /// Equal numbers are equal services.
    pub service: u32,
    pub kind: SpanKind,
}

impl PathSpan {
    pub fn duration(&self) -> Lag {
        self.end.since(self.start)
    }
}

/// How a span hangs on its parent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tie {
    /// It has no parent.
    Root,
    /// Its parent is not among the spans.
    MissingParent,
    /// It is its own ancestor; the circle was cut here.
    Cycle,
    /// The parent waited for it.
    Waited,
    /// It lies wholly outside of a parent that should have waited: some clock is off.
    Dropped,
    /// It goes on after its parent, by the same clock: fire and forget.
    Detached,
    /// It handles a message of its parent.
    Message,
}

impl Tie {
    /// Whether a request path begins here: nobody waits for it.
    pub const fn is_head(self) -> bool {
        !matches!(self, Self::Waited | Self::Dropped)
    }
    /// Whether it has no parent that could be looked at.
    pub const fn is_root(self) -> bool {
        matches!(self, Self::Root | Self::MissingParent | Self::Cycle)
    }
}

/// All spans with their ties. Each span belongs to exactly one head.
pub(crate) struct Forest {
    pub spans: Vec<PathSpan>,
    pub ties: Vec<Tie>,
    pub parents: Vec<u32>,
    heads: Vec<u32>,
    /// The waited children of span `i` are `waited[first[i]..first[i + 1]]`.
    first: Vec<u32>,
    waited: Vec<u32>,
}

impl Forest {
    /// `spans` must not hold a (trace, span id) twice.
    pub fn new(spans: Vec<PathSpan>) -> Self {
        let mut parents = find_parents(&spans);
        let cuts = cut_cycles(&mut parents, |span| (spans[span as usize].start, spans[span as usize].span));
        let mut ties: Vec<Tie> = spans
            .iter()
            .zip(&parents)
            .map(|(span, &parent)| match (parent, span.parent) {
                (NONE, None) => Tie::Root,
                (NONE, Some(_)) => Tie::MissingParent,
                (parent, _) => tie(&spans[parent as usize], span),
            })
            .collect();
        for cut in cuts {
            ties[cut as usize] = Tie::Cycle;
        }
        let heads = find_heads(&ties, &parents);
        let (first, waited) = sort_children(&spans, &ties, &parents);
        Self { spans, ties, parents, heads, first, waited }
    }

    pub fn span(&self, span: u32) -> &PathSpan {
        &self.spans[span as usize]
    }
    pub fn tie(&self, span: u32) -> Tie {
        self.ties[span as usize]
    }
    /// The span whose request path this one belongs to.
    pub fn head_of(&self, span: u32) -> u32 {
        self.heads[span as usize]
    }
    /// The children that the span waited for, the last to finish last. Of those that finish together the longest is last.
    pub fn waited(&self, span: u32) -> &[u32] {
        &self.waited[self.first[span as usize] as usize..self.first[span as usize + 1] as usize]
    }
    /// By how much a waited child sticks out of its parent, at both ends together.
    pub fn sticks_out(&self, span: u32) -> Lag {
        if self.tie(span) != Tie::Waited {
            return Lag::ZERO;
        }
        let (child, parent) = (self.span(span), self.span(self.parents[span as usize]));
        let before = parent.start.since(child.start).max(Lag::ZERO);
        before.saturating_add(child.end.since(parent.end).max(Lag::ZERO))
    }

    /// The beginnings of request paths: roots by start, then what has no parent that could be looked at, then what runs
    /// asynchronously.
    pub fn heads(&self) -> Vec<u32> {
        let mut heads: Vec<u32> = (0..self.spans.len() as u32).filter(|&span| self.tie(span).is_head()).collect();
        heads.sort_unstable_by_key(|&head| {
            let class = match self.tie(head) {
                Tie::Root => 0,
                Tie::MissingParent | Tie::Cycle => 1,
                _ => 2,
            };
            (class, self.span(head).start, self.span(head).span, self.span(head).trace)
        });
        heads
    }
}

/// Whether a parent waits for its child.
fn tie(parent: &PathSpan, child: &PathSpan) -> Tie {
    let same_service = parent.service == child.service;
    if child.kind == SpanKind::Consumer {
        // A poll inside a service is waited for; the handling of a message is not.
        if parent.kind == SpanKind::Producer || !same_service || child.start >= parent.end {
            return Tie::Message;
        }
    } else if parent.kind == SpanKind::Producer && !same_service {
        return Tie::Message;
    }
    // Spans that one process starts for itself share its clock, so skew does not explain that one ends after its parent.
    if same_service && child.kind != SpanKind::Server && child.end.since(parent.end) > SKEW {
        return Tie::Detached;
    }
    let inside = child.start >= parent.start && child.end <= parent.end;
    let touches = child.end > parent.start && child.start < parent.end;
    if inside || touches { Tie::Waited } else { Tie::Dropped }
}

fn find_parents(spans: &[PathSpan]) -> Vec<u32> {
    let mut index: Vec<(u32, SpanId, u32)> = (0_u32..).zip(spans).map(|(at, it)| (it.trace, it.span, at)).collect();
    index.sort_unstable();
    let find = |span: &PathSpan| {
        let parent = span.parent?;
        let at = index.binary_search_by(|probe| (probe.0, probe.1).cmp(&(span.trace, parent))).ok()?;
        Some(index[at].2)
    };
    spans.iter().map(|span| find(span).unwrap_or(NONE)).collect()
}

/// Cuts every circle in `next` (at most one successor each) at its member with the least key, and returns the cut ones.
pub(crate) fn cut_cycles<K: Ord>(next: &mut [u32], key: impl Fn(u32) -> K) -> Vec<u32> {
    const NEW: u32 = NONE;
    // The walk in which each one was first met.
    let mut met = vec![NEW; next.len()];
    let mut cuts = Vec::new();
    for walk in 0..next.len() as u32 {
        let mut at = walk;
        while at != NONE && met[at as usize] == NEW {
            met[at as usize] = walk;
            at = next[at as usize];
        }
        if at == NONE || met[at as usize] != walk {
            continue;
        }
        let (start, mut least) = (at, at);
        loop {
            at = next[at as usize];
            if key(at) < key(least) {
                least = at;
            }
            if at == start {
                break;
            }
        }
        next[least as usize] = NONE;
        cuts.push(least);
    }
    cuts
}

fn find_heads(ties: &[Tie], parents: &[u32]) -> Vec<u32> {
    let mut heads = vec![NONE; ties.len()];
    let mut way = Vec::new();
    for span in 0..ties.len() as u32 {
        let mut at = span;
        let head = loop {
            if heads[at as usize] != NONE {
                break heads[at as usize];
            }
            way.push(at);
            if ties[at as usize].is_head() {
                break at;
            }
            at = parents[at as usize];
        };
        for passed in way.drain(..) {
            heads[passed as usize] = head;
        }
    }
    heads
}

fn sort_children(spans: &[PathSpan], ties: &[Tie], parents: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let is_waited = |span: usize| ties[span] == Tie::Waited;
    let mut first = vec![0; spans.len() + 1];
    for span in (0..spans.len()).filter(|&span| is_waited(span)) {
        first[parents[span] as usize + 1] += 1;
    }
    for span in 0..spans.len() {
        first[span + 1] += first[span];
    }
    let mut waited = vec![NONE; first[spans.len()] as usize];
    let mut free = first.clone();
    for span in (0..spans.len()).filter(|&span| is_waited(span)) {
        let slot = &mut free[parents[span] as usize];
        waited[*slot as usize] = span as u32;
        *slot += 1;
    }
    for parent in 0..spans.len() {
        let children = &mut waited[first[parent] as usize..first[parent + 1] as usize];
        if children.len() > 1 {
            children.sort_unstable_by(|&left, &right| {
                let (left, right) = (&spans[left as usize], &spans[right as usize]);
                left.end.cmp(&right.end).then(right.start.cmp(&left.start)).then(right.span.cmp(&left.span))
            });
        }
    }
    (first, waited)
}
