//! Sealing: what a finished trace adds to the rollups, once (SEM-19), and what the list of traces says of it. Times on
//! paths are added for whole traces only; rate, errors and duration of its edges for every span, whole or not.

use plumbline_model::{Lag, TraceId, span::EdgeKind, trace::TraceSummary};

use super::{
    names::{NameId, Names},
    open::{Kept, OpenTrace},
    path::{Forest, Own, Step, Tie, names_itself, own, walk},
    sealed::Remembered,
    tally::{Kind, Tally},
};

/// The trees of an open trace.
pub(crate) fn trees(trace: &OpenTrace) -> Forest {
    Forest::new(trace.spans.iter().map(Kept::path_span).collect())
}

/// Whether there is a root, and every span has its parent.
pub(crate) fn is_whole(forest: &Forest) -> bool {
    forest.ties.contains(&Tie::Root) && !forest.ties.contains(&Tie::MissingParent)
}

/// A trace with its trees, ready to be sealed.
pub(crate) struct Sealing<'a> {
    pub id: TraceId,
    pub trace: &'a OpenTrace,
    pub forest: &'a Forest,
}

/// A stay on a path: which series, and how long.
type Stay = (Kind, NameId, Lag);

impl<'a> Sealing<'a> {
    /// Adds the trace to the rollups and makes what is remembered of it. `whole`: sealed because it was done.
    pub fn seal(self, whole: bool, names: &mut Names, tally: &mut Tally) -> Option<Remembered> {
        self.count_edges(names, tally);
        let mut stays = Vec::new();
        let heads = self.forest.heads();
        let root = *heads.first()?;
        let mut longest = None;
        for head in heads {
            if !whole && head != root {
                continue;
            }
            self.stays(head, names, &mut stays);
            if head == root {
                longest = longest_of(&stays, names);
            }
            if whole {
                self.count_path(head, &stays, names, tally);
            }
        }
        if !whole {
            tally.incomplete(self.kept(root).end.minute(), self.kept(root).operation);
        }
        Some(self.remember(root, whole, longest, names))
    }

    fn kept(&self, span: u32) -> &'a Kept {
        &self.trace.spans[span as usize]
    }

    /// The time of each place on the request path of a head, by place.
    fn stays(&self, head: u32, names: &mut Names, stays: &mut Vec<Stay>) {
        stays.clear();
        walk(self.forest, head, &mut |step| {
            if let Step::Own { span, start, end } = step {
                let (kind, name) = self.place(span, names);
                stays.push((kind, name, end.since(start)));
            }
        });
        stays.sort_unstable_by_key(|&(kind, name, _)| (kind, name));
        stays.dedup_by(|next, sum| {
            let same = (next.0, next.1) == (sum.0, sum.1);
            if same {
                sum.2 = sum.2.saturating_add(next.2);
            }
            same
        });
    }

    fn place(&self, span: u32, names: &mut Names) -> (Kind, NameId) {
        let kept = self.kept(span);
        match (own(self.forest, span, kept.peer.map(|peer| peer.0)), kept.peer) {
            (Own::Child(child), _) => (Kind::EdgePath, names.network(kept.service, self.kept(child).service)),
            (Own::Peer { .. }, Some((_, edge))) => (Kind::EdgePath, edge),
            _ => (Kind::OperationPath, kept.operation),
        }
    }

    fn count_path(&self, head: u32, stays: &[Stay], names: &mut Names, tally: &mut Tally) {
        let (span, kept) = (self.forest.span(head), self.kept(head));
        let (minute, duration) = (span.end.minute(), span.duration());
        tally.path(minute, Kind::Root, kept.operation, self.id, duration, duration);
        for &(kind, name, time) in stays {
            tally.path(minute, kind, name, self.id, time, duration);
        }
        if let Some((edge, stay)) = self.topic_stay(head, names) {
            tally.path(minute, Kind::EdgePath, edge, self.id, stay, duration.saturating_add(stay));
        }
    }

    /// Calls that could not be named before the other side was seen, and what came through topics.
    fn count_edges(&self, names: &mut Names, tally: &mut Tally) {
        for (at, kept) in (0_u32..).zip(&self.trace.spans) {
            let minute = kept.end.minute();
            let span = self.forest.span(at);
            if !is_counted(kept)
                && let (Kind::EdgePath, edge) = self.place(at, names)
            {
                tally.red(minute, Kind::Edge, edge, span.duration(), kept.failed);
            }
            if let Some((edge, stay)) = self.topic_stay(at, names) {
                tally.red(minute, Kind::Edge, edge, stay, kept.failed);
            }
        }
    }

    /// The edge from the topic to the handler of its message, and how long the message stayed.
    fn topic_stay(&self, span: u32, names: &mut Names) -> Option<(NameId, Lag)> {
        if self.forest.tie(span) != Tie::Message {
            return None;
        }
        let (producer, consumer) = (self.kept(self.forest.parents[span as usize]), self.kept(span));
        let topic = match producer.peer {
            Some((EdgeKind::Topic, edge)) => names.edge_to(edge),
            _ => names.service_name(producer.service).0,
        };
        Some((names.stay(&topic, consumer.service), consumer.start.since(producer.end).max(Lag::ZERO)))
    }

    fn remember(&self, root: u32, whole: bool, longest: Option<(NameId, Lag)>, names: &Names) -> Remembered {
        let spans = &self.trace.spans;
        let mut services: Vec<NameId> = spans.iter().map(|span| span.service).collect();
        services.sort_unstable();
        services.dedup();
        let mut ids: Vec<_> = spans.iter().map(|span| span.span).collect();
        ids.sort_unstable();
        let (service, operation) = names.operation_names(self.kept(root).operation);
        let summary = TraceSummary {
            trace: self.id,
            service,
            operation,
            start: self.kept(root).start,
            duration: self.forest.span(root).duration(),
            spans: spans.len() as u32,
            services: services.len() as u32,
            errors: spans.iter().filter(|span| span.failed).count() as u32,
            incomplete: !whole,
            late_spans: 0,
            longest: longest.map(|(name, time)| (names.place(name), time)),
            observation: self.trace.head.observation.clone(),
        };
        Remembered { summary, services, ids, has_root: self.forest.tie(root) == Tie::Root }
    }
}

/// Whether the span's edge was counted when the span came, because its name was certain.
pub(crate) fn is_counted(kept: &Kept) -> bool {
    kept.peer.is_some_and(|(kind, _)| names_itself(kind))
}

/// The longest stay; of equal ones that with the least name, which alone is the same on every machine.
fn longest_of(stays: &[Stay], names: &Names) -> Option<(NameId, Lag)> {
    let most = stays.iter().map(|stay| stay.2).max()?;
    let longest = stays.iter().filter(|stay| stay.2 == most).map(|stay| stay.1);
    longest.min_by_key(|name| names.place(*name)).map(|name| (name, most))
}
