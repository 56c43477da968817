//! Critical paths: what a request, or a whole business operation, waited for (SEM-20). Pure functions over spans in any
//! order; near linear in their number and free of recursion. They must not know of minutes, sealing or rollups.
//!
//! Two paths. The *request path* of a root tiles the root's duration: at every moment it is in the span that the root was
//! waiting for. What nobody waits for (a message's handler, fire and forget) is pruned from it and is the root of a request
//! path of its own. The *operation path* goes on through those: from the first root to the last thing that it set off.

mod facts;
mod forest;
mod operation;
mod place;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::BTreeMap;

use plumbline_model::{
    span::SpanFact,
    trace::{CriticalPath, PathWarning},
};

pub(crate) use self::{
    facts::Facts,
    forest::{Forest, NONE, PathSpan, Tie},
    place::{Own, is_caller, names_itself, own},
    walk::{Step, walk},
};

/// The request path of every root, the first root's first, then those of what ran asynchronously, by start. The sections of a
/// path are in order of time, disjoint, and sum to its root's duration exactly. A span that comes twice counts once.
pub fn critical_paths(spans: &[SpanFact]) -> Vec<CriticalPath> {
    let facts = Facts::new(spans);
    let heads = facts.forest.heads();
    let mut warnings: BTreeMap<u32, Vec<PathWarning>> = BTreeMap::new();
    for (span, warning) in facts.warnings() {
        warnings.entry(facts.forest.head_of(span)).or_default().push(warning);
    }
    heads
        .into_iter()
        .map(|head| {
            let mut path = facts.request(head, &mut |_| ());
            path.warnings.extend(warnings.remove(&head).unwrap_or_default());
            path
        })
        .collect()
}

/// The operation path: from the start of the first root to the end of the last thing that it set off, by parent or by link,
/// also across traces where the spans of several are given. `None` if there are no spans.
pub fn operation_path(spans: &[SpanFact]) -> Option<CriticalPath> {
    let facts = Facts::new(spans);
    Some(facts.operation(facts.extent()?, &mut |_| ()))
}
