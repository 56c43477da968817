//! The walk along a critical path, from the end backwards over the child that finished last (as in Uber's CRISP). It keeps
//! its own stack, so that a trace may be as deep as it likes, and looks at every child once. It must not know of names.

use plumbline_model::{Lag, SourceTime};

use super::forest::{Forest, NONE, SKEW};

/// An overlap of siblings may be at most this part of the shorter one to be taken for skew.
const OVERLAP_PART: i64 = 4;

/// What the walk tells, latest first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// The span's own time; never empty.
    Own { span: u32, start: SourceTime, end: SourceTime },
    /// The message stayed between the two; never empty.
    Topic { producer: u32, consumer: u32, start: SourceTime, end: SourceTime },
    /// Two siblings overlap by so little that they were taken one after the other.
    Overlap { before: u32, after: u32, by: Lag },
}

struct Frame {
    span: u32,
    /// Where the part of the span that is on the path begins.
    start: SourceTime,
    /// What lies behind it is told.
    cursor: SourceTime,
    /// Children below this index are still to be looked at.
    next: usize,
    /// The child that was walked last: the one that comes after what is looked at.
    after: u32,
}

/// Walks the request path of a head. The steps tile [start, end) of the head.
pub(crate) fn walk(forest: &Forest, head: u32, tell: &mut impl FnMut(Step)) {
    let span = forest.span(head);
    let next = forest.waited(head).len();
    run(forest, Frame { span: head, start: span.start, cursor: span.end, next, after: NONE }, tell);
}

/// Walks from a moment inside of `span`, at which `after` began, back to the start of its head, and returns where it came
/// out: at the start of the head, or at `cursor` if that is earlier. The steps tile what lies between.
pub(crate) fn climb(
    forest: &Forest,
    span: u32,
    after: u32,
    cursor: SourceTime,
    tell: &mut impl FnMut(Step),
) -> SourceTime {
    let mut ancestors = vec![span];
    while let Some(&last) = ancestors.last()
        && last != forest.head_of(span)
    {
        ancestors.push(forest.parents[last as usize]);
    }
    // No ancestor begins before the head, whatever their clocks say.
    let mut starts = Vec::with_capacity(ancestors.len());
    let mut least = SourceTime::MIN;
    for &ancestor in ancestors.iter().rev() {
        least = least.max(forest.span(ancestor).start);
        starts.push(least);
    }
    let (mut cursor, mut after) = (cursor, after);
    for (&span, &start) in ancestors.iter().zip(starts.iter().rev()) {
        if start < cursor {
            let latest = cursor.plus(SKEW);
            let next = forest.waited(span).partition_point(|&child| forest.span(child).end <= latest);
            run(forest, Frame { span, start, cursor, next, after }, tell);
            cursor = start;
        }
        after = span;
    }
    cursor
}

fn run(forest: &Forest, first: Frame, tell: &mut impl FnMut(Step)) {
    let mut stack = vec![first];
    while let Some(frame) = stack.last_mut() {
        match next_child(forest, frame, tell) {
            Some((child, start, end)) => {
                if end < frame.cursor {
                    tell(Step::Own { span: frame.span, start: end, end: frame.cursor });
                }
                frame.cursor = start;
                frame.after = child;
                stack.push(Frame { span: child, start, cursor: end, next: forest.waited(child).len(), after: NONE });
            }
            None => {
                if frame.start < frame.cursor {
                    tell(Step::Own { span: frame.span, start: frame.start, end: frame.cursor });
                }
                stack.pop();
            }
        }
    }
}

/// The child that finished last before the cursor, with the part of it that is on the path. A child that is passed over
/// ran beside what is already on the path and can never come onto it again.
fn next_child(
    forest: &Forest,
    frame: &mut Frame,
    tell: &mut impl FnMut(Step),
) -> Option<(u32, SourceTime, SourceTime)> {
    let children = forest.waited(frame.span);
    while frame.next > 0 {
        frame.next -= 1;
        let child = children[frame.next];
        let span = forest.span(child);
        let start = span.start.max(frame.start);
        if start >= frame.cursor || child == frame.after {
            continue;
        }
        let over = span.end.since(frame.cursor);
        if over > Lag::ZERO && frame.after != NONE {
            let shorter = span.duration().min(forest.span(frame.after).duration());
            if over > SKEW || over.0 * OVERLAP_PART > shorter.0 {
                continue;
            }
            tell(Step::Overlap { before: child, after: frame.after, by: over });
        }
        let end = span.end.min(frame.cursor);
        if start < end {
            return Some((child, start, end));
        }
    }
    None
}
