//! The open traces: which one a span belongs to, when each is to be looked at, and which has to go when there are too many
//! (LIM-1). It must not decide what becomes of a trace that is taken out (`seal`).

use std::collections::BTreeMap;

use plumbline_model::{ObservationId, TraceId, journal::StateEntry, rules::LatencyRule, time::ReceivedTime};

use super::{
    hash::IdMap,
    open::{self, Kept, OpenTrace},
};
use crate::RestoreError;

/// Spans of all open traces together: about 200 MB. A trace is never too long by itself, all of them together may be.
const MAX_OPEN_SPANS: usize = 2_000_000;

#[derive(Default)]
pub(crate) struct Assembly {
    traces: IdMap<TraceId, OpenTrace>,
    /// By their number: the oldest first.
    order: BTreeMap<u64, TraceId>,
    /// When to look at which; what does not fit the trace's own `due` any more is void.
    due: BTreeMap<ReceivedTime, Vec<TraceId>>,
    next_number: u64,
    spans: usize,
    dirty: Vec<TraceId>,
    gone: Vec<StateEntry>,
}

impl Assembly {
    pub fn get_mut(&mut self, trace: TraceId) -> Option<&mut OpenTrace> {
        self.traces.get_mut(&trace)
    }

    /// Adds a span that the trace does not contain, opening the trace with its first.
    pub fn add(&mut self, rule: &LatencyRule, now: ReceivedTime, id: TraceId, span: Kept, observation: &ObservationId) {
        let quiet = now.plus(rule.settle);
        let trace = self.traces.entry(id).or_insert_with(|| {
            let number = self.next_number;
            self.next_number += 1;
            self.order.insert(number, id);
            self.due.entry(quiet).or_default().push(id);
            OpenTrace::new(number, now, quiet)
        });
        trace.head.last = now;
        trace.add(span, observation);
        // It was to be given up; now it may become whole before that.
        if trace.head.due > quiet {
            trace.head.due = quiet;
            self.due.entry(quiet).or_default().push(id);
        }
        if !trace.dirty {
            trace.dirty = true;
            self.dirty.push(id);
        }
        self.spans += 1;
    }

    /// All open traces, by id.
    pub fn ids(&self) -> Vec<TraceId> {
        let mut ids: Vec<TraceId> = self.order.values().copied().collect();
        ids.sort_unstable();
        ids
    }

    /// The oldest trace, if there are more traces or spans than may be kept.
    pub fn too_many(&self, rule: &LatencyRule) -> Option<TraceId> {
        let too_many = self.traces.len() > rule.max_open_traces.max(1) as usize || self.spans > MAX_OPEN_SPANS;
        self.order.values().next().copied().filter(|_| too_many)
    }

    /// The traces to be looked at by now, by id.
    pub fn take_due(&mut self, now: ReceivedTime) -> Vec<TraceId> {
        let later = self.due.split_off(&ReceivedTime(now.0.saturating_add(1)));
        let due = std::mem::replace(&mut self.due, later);
        let mut ids: Vec<TraceId> = due
            .into_iter()
            .flat_map(|(due, ids)| ids.into_iter().map(move |id| (due, id)))
            .filter(|(due, id)| self.traces.get(id).is_some_and(|trace| trace.head.due == *due))
            .map(|(_, id)| id)
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Looks at the trace again later.
    pub fn put_off(&mut self, id: TraceId, due: ReceivedTime) {
        if let Some(trace) = self.traces.get_mut(&id) {
            // Not kept: to look at it too early after a restart decides nothing.
            trace.head.due = due;
            self.due.entry(due).or_default().push(id);
        }
    }

    /// Starts the clock of a trace that came before the first tick.
    pub fn start(&mut self, rule: &LatencyRule, now: ReceivedTime, id: TraceId) {
        if let Some(trace) = self.traces.get_mut(&id) {
            (trace.head.opened, trace.head.last) = (now, now);
            if !trace.dirty {
                trace.dirty = true;
                self.dirty.push(id);
            }
        }
        self.put_off(id, now.plus(rule.settle));
    }

    pub fn remove(&mut self, id: TraceId) -> Option<OpenTrace> {
        let trace = self.traces.remove(&id)?;
        self.order.remove(&trace.head.number);
        self.spans -= trace.spans.len();
        trace.save_gone(id, &mut self.gone);
        Some(trace)
    }

    pub fn take_dirty(&mut self, entries: &mut Vec<StateEntry>) {
        // What is gone goes first: a trace of the same id may have been opened again.
        entries.append(&mut self.gone);
        let mut dirty = std::mem::take(&mut self.dirty);
        dirty.sort_unstable();
        for id in dirty {
            if let Some(trace) = self.traces.get_mut(&id).filter(|trace| trace.dirty) {
                trace.save(id, entries);
            }
        }
    }

    pub fn load(&mut self, entry: &StateEntry) -> Result<(), RestoreError> {
        let Some(loaded) = open::load(entry, &mut self.traces)? else { return Ok(()) };
        self.spans += loaded.spans;
        if let Some(head) = loaded.head {
            self.order.insert(head.number, loaded.trace);
            self.due.entry(head.due).or_default().push(loaded.trace);
            self.next_number = self.next_number.max(head.number + 1);
        }
        Ok(())
    }
}
