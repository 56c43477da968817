//! Where a span's own time is charged: to its operation, or to the edge that it waits on (SEM-20). What a client spends
//! beyond its server is the edge's; so is all of its own time where the hop has only one span.

use plumbline_model::span::{EdgeKind, SpanKind};

use super::forest::Forest;

/// Where the own time of a span belongs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Own {
    Operation,
    /// The edge to the peer that the span names.
    Peer {
        includes_caller: bool,
    },
    /// The network between the span's service and that of this child.
    Child(u32),
}

/// `peer` is the kind of what the span says it talks to.
pub(crate) fn own(forest: &Forest, span: u32, peer: Option<EdgeKind>) -> Own {
    let it = forest.span(span);
    if !is_caller(it.kind) {
        return Own::Operation;
    }
    // The last to finish, where a client tried several.
    let remote = || forest.waited(span).iter().rev().copied().find(|&child| forest.span(child).service != it.service);
    match (peer, it.kind) {
        // Topics and stores keep their own name even where they have spans of their own.
        (Some(kind), _) if names_itself(kind) => Own::Peer { includes_caller: remote().is_none() },
        (_, SpanKind::Client) | (Some(_), _) => match remote() {
            Some(child) => Own::Child(child),
            None if peer.is_some() => Own::Peer { includes_caller: true },
            None => Own::Operation,
        },
        _ => Own::Operation,
    }
}

/// Whether spans of this kind may stand for a hop; all others keep their own time.
pub(crate) const fn is_caller(kind: SpanKind) -> bool {
    matches!(kind, SpanKind::Client | SpanKind::Producer | SpanKind::Unspecified)
}

/// Whether the far end is known by the name that its caller gives it, so that it can be counted before a child is seen.
pub(crate) const fn names_itself(kind: EdgeKind) -> bool {
    matches!(kind, EdgeKind::Topic | EdgeKind::Database | EdgeKind::Cache)
}
