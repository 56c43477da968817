//! The latency checker: traces are assembled from spans in any order, sealed when they are done, and added up to minute
//! rollups of operations, edges and paths (SEM-19, SEM-20). It looks at one trace at a time; what it takes many traces to
//! see, a hotspot, is a fold over the rollups of all partitions (`hotspot`, ENG-5) and must not be decided here.

mod assembly;
mod hash;
pub mod hotspot;
mod names;
#[cfg(test)]
mod notation;
mod open;
pub mod path;
mod seal;
mod sealed;
mod tally;
#[cfg(test)]
mod tests;
pub mod view;

use std::collections::BTreeSet;

use plumbline_model::{
    Change, Observation, SourceName, TraceId,
    journal::{Proof, StateEntry},
    observation::LogFact,
    rules::Rules,
    span::SpanFact,
    time::ReceivedTime,
};

use self::{
    assembly::Assembly,
    names::{NAME, Names},
    open::{Kept, OPEN},
    path::{Forest, is_caller},
    seal::{Sealing, is_counted, is_whole, trees},
    sealed::{REMEMBERED, SEALED, Sealed},
    tally::{Kind, Tally},
};
pub use self::{
    hotspot::Hotspots,
    names::OTHER,
    path::{critical_paths, operation_path},
    view::trace_view,
};
use crate::{Context, RestoreError, context};

/// The letter of this checker's pieces of state.
const LETTER: u8 = b'l';
/// The second letter of the piece that is not told yet.
const UNTOLD: u8 = b'u';

/// Assembly of traces and what is added up from them.
#[derive(Default)]
pub struct Latency {
    names: Names,
    open: Assembly,
    sealed: Sealed,
    tally: Tally,
    /// A piece of untold amounts is in the kept state.
    saved_untold: bool,
}

impl Latency {
    pub fn configure(&mut self, _rules: &Rules) {
        // Every rule is read where it is applied: a change counts from the next tick on.
    }

    pub(crate) fn advance(&mut self, _cx: &Context<'_>, _out: &mut Vec<Change>) {
        // Sealing goes by ticks; frontiers matter to hotspots only.
    }

    pub(crate) fn observe(
        &mut self,
        cx: &Context<'_>,
        observation: &Observation,
        span: &SpanFact,
        out: &mut Vec<Change>,
    ) {
        let id = span.trace;
        let open = self.open.get_mut(id);
        let is_late = open.is_none() && self.sealed.contains(id);
        if open.is_some_and(|trace| trace.contains(span.span)) || (is_late && self.sealed.has_span(id, span.span)) {
            return;
        }
        self.clock(cx);
        let kept = self.keep(span);
        self.count(&kept, is_late);
        if is_late {
            self.sealed.revise(id, &kept, &observation.id, &self.names);
        } else {
            let rule = &cx.rules.latency;
            self.open.add(rule, cx.now, id, kept, &observation.id);
            while let Some(oldest) = self.open.too_many(rule) {
                self.evict(cx.now, oldest);
            }
        }
        self.relieve(cx, out);
    }

    pub(crate) fn observe_log(&mut self, cx: &Context<'_>, observation: &Observation, log: &LogFact) {
        self.clock(cx);
        let service = self.names.service(&log.service);
        self.tally.log(observation.at.minute(), service, log.severity);
    }

    pub(crate) fn tick(&mut self, cx: &Context<'_>, out: &mut Vec<Change>) {
        self.clock(cx);
        if input_ended(cx) {
            self.open.ids().into_iter().for_each(|id| self.seal_at_end(cx.now, id));
        }
        for id in self.open.take_due(cx.now) {
            self.look_at(cx, id);
        }
        self.tell(cx, out);
    }

    /// Seals a trace if it is done or has had its time, and otherwise says when to look again.
    fn look_at(&mut self, cx: &Context<'_>, id: TraceId) {
        let (rule, now) = (&cx.rules.latency, cx.now);
        let Some(trace) = self.open.get_mut(id) else { return };
        if trace.head.opened == ReceivedTime::default() {
            return self.open.start(rule, now, id);
        }
        let (quiet_at, give_up_at) = (trace.head.last.plus(rule.settle), trace.head.opened.plus(rule.give_up));
        let (is_quiet, is_over) = (quiet_at <= now, give_up_at <= now);
        if !is_quiet && !is_over {
            return self.open.put_off(id, quiet_at.min(give_up_at));
        }
        let forest = trees(trace);
        let is_done = is_quiet && is_whole(&forest);
        if is_done || is_over {
            self.seal(now, id, &forest, is_done);
        } else {
            self.open.put_off(id, give_up_at);
        }
    }

    /// Seals the oldest trace without waiting for it any longer.
    fn evict(&mut self, now: ReceivedTime, id: TraceId) {
        let Some(trace) = self.open.get_mut(id) else { return };
        let forest = trees(trace);
        self.seal(now, id, &forest, false);
    }

    /// Seals a trace to which nothing can come any more.
    fn seal_at_end(&mut self, now: ReceivedTime, id: TraceId) {
        let Some(trace) = self.open.get_mut(id) else { return };
        let forest = trees(trace);
        let whole = is_whole(&forest);
        self.seal(now, id, &forest, whole);
    }

    fn seal(&mut self, now: ReceivedTime, id: TraceId, forest: &Forest, whole: bool) {
        let Some(trace) = self.open.remove(id) else { return };
        let sealing = Sealing { id, trace: &trace, forest };
        if let Some(remembered) = sealing.seal(whole, &mut self.names, &mut self.tally) {
            self.sealed.add(now, remembered);
        }
    }

    fn clock(&mut self, cx: &Context<'_>) {
        self.names.clock(cx.now, cx.rules.latency.give_up.saturating_add(REMEMBERED));
    }

    /// Of a span, what stays in memory.
    fn keep(&mut self, span: &SpanFact) -> Kept {
        let service = self.names.service(&span.service);
        Kept {
            span: span.span,
            parent: span.parent,
            start: span.start,
            end: span.end.max(span.start),
            service,
            operation: self.names.operation(service, &span.operation),
            peer: span
                .peer
                .as_ref()
                .filter(|_| is_caller(span.kind))
                .map(|peer| (peer.kind, self.names.edge(service, &peer.name, peer.kind))),
            kind: span.kind,
            failed: span.failed,
        }
    }

    /// Rate, errors and duration count at ingest, late or not. An edge whose name only the other side tells is counted at
    /// sealing, when that side has been seen; after it there is nothing to wait for.
    fn count(&mut self, kept: &Kept, is_late: bool) {
        let (minute, duration) = (kept.end.minute(), kept.end.since(kept.start));
        self.tally.red(minute, Kind::Operation, kept.operation, duration, kept.failed);
        if let Some((_, edge)) = kept.peer.filter(|_| is_late || is_counted(kept)) {
            self.tally.red(minute, Kind::Edge, edge, duration, kept.failed);
        }
    }

    /// Tells without waiting for a tick where a flood would fill memory. It depends on the records alone, not on their
    /// cutting.
    fn relieve(&mut self, cx: &Context<'_>, out: &mut Vec<Change>) {
        let most = (cx.rules.latency.max_open_traces as usize).saturating_mul(2);
        if self.tally.is_full() || self.sealed.len() > most {
            self.tell(cx, out);
        }
    }

    fn tell(&mut self, cx: &Context<'_>, out: &mut Vec<Change>) {
        self.sealed.tell(out);
        self.tally.tell(&self.names, out);
        self.sealed.forget(&cx.rules.latency, cx.now);
    }

    pub(crate) fn take_dirty(&mut self, entries: &mut Vec<StateEntry>) {
        self.names.take_dirty(entries);
        self.open.take_dirty(entries);
        self.sealed.take_dirty(entries);
        let untold =
            (!self.tally.is_empty() || !self.sealed.untold().is_empty()).then(|| (self.sealed.untold(), &self.tally));
        if untold.is_some() || self.saved_untold {
            self.saved_untold = untold.is_some();
            entries.push(context::save(LETTER, &[UNTOLD], untold.as_ref()));
        }
    }

    pub(crate) fn load(&mut self, entry: &StateEntry) -> Result<(), RestoreError> {
        match entry.key.get(1) {
            Some(&NAME) => self.names.load(entry),
            Some(&OPEN) => self.open.load(entry),
            Some(&SEALED) => self.sealed.load(entry),
            Some(&UNTOLD) => {
                if let Some((untold, tally)) = context::load::<(BTreeSet<TraceId>, Tally)>(entry)? {
                    self.sealed.set_untold(untold);
                    self.tally = tally;
                    self.saved_untold = true;
                }
                Ok(())
            }
            _ => Err(context::bad(entry, "the latency checker has no such piece")),
        }
    }
}

/// Whether all spans that there are have been read: recorded input at its end (SEM-4). Nothing is waited for then.
fn input_ended(cx: &Context<'_>) -> bool {
    let sources = &cx.rules.latency.sources;
    let has_ended = |source: &SourceName| {
        cx.frontiers.source(source).is_some_and(|it| it.partitions.values().all(|it| it.proof == Proof::InputEnd))
    };
    !sources.is_empty() && sources.iter().all(has_ended)
}
