//! Sealed traces, remembered for a bounded time: so that a repeated span is recognised, and a late one revises the trace's
//! summary without ever reaching the times on paths (SEM-19).

use std::collections::{BTreeMap, BTreeSet};

use plumbline_model::{
    Change, Lag, ObservationId, SpanId, TraceId, journal::StateEntry, rules::LatencyRule, time::ReceivedTime,
    trace::TraceSummary,
};
use serde::{Deserialize, Serialize};

use super::{
    LETTER,
    hash::IdMap,
    names::{NameId, Names},
    open::Kept,
};
use crate::{RestoreError, context};

/// The second letter of the keys under which sealed traces are kept.
pub(crate) const SEALED: u8 = b's';
/// How long a sealed trace is remembered: exporters that retry give up sooner (OpenTelemetry's default is 5 minutes).
pub(crate) const REMEMBERED: Lag = Lag::from_secs(600);
/// Span ids of all of them together: 32 MB.
const MAX_SPANS: usize = 4_000_000;

/// What is remembered of a sealed trace.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Remembered {
    pub summary: TraceSummary,
    pub services: Vec<NameId>,
    /// Sorted.
    pub ids: Vec<SpanId>,
    /// Otherwise a late root becomes what the summary is about.
    pub has_root: bool,
}

/// Traces in a batch at the most: a late span writes all of its trace's batch again.
const BATCH: usize = 64;

/// Traces sealed at one tick: remembered, kept and forgotten together.
type Batch = BTreeMap<TraceId, Remembered>;

/// The tick of a batch, and its number among those of that tick.
type BatchId = (ReceivedTime, u32);

#[derive(Default)]
pub(crate) struct Sealed {
    batches: BTreeMap<BatchId, Batch>,
    at: IdMap<TraceId, BatchId>,
    spans: usize,
    /// Sealed or revised, and not told yet.
    untold: BTreeSet<TraceId>,
    dirty: BTreeSet<BatchId>,
}

impl Sealed {
    pub fn len(&self) -> usize {
        self.at.len()
    }

    pub fn contains(&self, trace: TraceId) -> bool {
        self.at.contains_key(&trace)
    }

    /// Remembers a trace sealed at `now`.
    pub fn add(&mut self, now: ReceivedTime, remembered: Remembered) {
        let trace = remembered.summary.trace;
        self.spans += remembered.ids.len();
        let at = match self.batches.range((now, 0)..=(now, u32::MAX)).next_back() {
            Some((&(_, last), batch)) => (now, last.saturating_add(u32::from(batch.len() >= BATCH))),
            None => (now, 0),
        };
        self.at.insert(trace, at);
        self.batches.entry(at).or_default().insert(trace, remembered);
        self.untold.insert(trace);
        self.dirty.insert(at);
    }

    /// Whether the trace, which must be remembered, has the span already.
    pub fn has_span(&self, trace: TraceId, span: SpanId) -> bool {
        let batch = self.at.get(&trace).and_then(|at| self.batches.get(at));
        batch.and_then(|batch| batch.get(&trace)).is_some_and(|it| it.ids.binary_search(&span).is_ok())
    }

    /// Revises a remembered trace by a span that it did not have.
    pub fn revise(&mut self, trace: TraceId, late: &Kept, observation: &ObservationId, names: &Names) {
        let Some(at) = self.at.get(&trace) else { return };
        let Some(known) = self.batches.get_mut(at).and_then(|batch| batch.get_mut(&trace)) else { return };
        let Err(place) = known.ids.binary_search(&late.span) else { return };
        known.ids.insert(place, late.span);
        self.spans += 1;
        let summary = &mut known.summary;
        summary.spans = summary.spans.saturating_add(1);
        summary.late_spans = summary.late_spans.saturating_add(1);
        summary.errors = summary.errors.saturating_add(u32::from(late.failed));
        if let Err(place) = known.services.binary_search(&late.service) {
            known.services.insert(place, late.service);
            summary.services = known.services.len() as u32;
        }
        if late.parent.is_none() && !known.has_root {
            known.has_root = true;
            (summary.service, summary.operation) = names.operation_names(late.operation);
            (summary.start, summary.duration) = (late.start, late.end.since(late.start));
            summary.observation = observation.clone();
        }
        self.dirty.insert(*at);
        self.untold.insert(trace);
    }

    /// Tells what was sealed or revised since the last call, by trace id.
    pub fn tell(&mut self, out: &mut Vec<Change>) {
        for trace in std::mem::take(&mut self.untold) {
            let known = self.at.get(&trace).and_then(|at| self.batches.get(at)?.get(&trace));
            if let Some(known) = known {
                out.push(Change::Trace(Box::new(known.summary.clone())));
            }
        }
    }

    /// Forgets what was sealed too long ago, and the oldest where it is too much (LIM-1). What is untold is told before.
    pub fn forget(&mut self, rule: &LatencyRule, now: ReceivedTime) {
        while let Some((&at, _)) = self.batches.first_key_value() {
            let too_many = self.len() > rule.max_open_traces as usize || self.spans > MAX_SPANS;
            let stays = now < at.0.plus(REMEMBERED) && !(too_many && self.batches.len() > 1);
            let Some(batch) = (!stays).then(|| self.batches.remove(&at)).flatten() else { break };
            for (trace, known) in batch {
                self.spans -= known.ids.len();
                // It may have been forgotten, opened and sealed again.
                if self.at.get(&trace) == Some(&at) {
                    self.at.remove(&trace);
                }
            }
            self.dirty.insert(at);
        }
    }

    pub fn untold(&self) -> &BTreeSet<TraceId> {
        &self.untold
    }
    pub fn set_untold(&mut self, untold: BTreeSet<TraceId>) {
        self.untold = untold;
    }

    pub fn take_dirty(&mut self, entries: &mut Vec<StateEntry>) {
        for at in std::mem::take(&mut self.dirty) {
            let mut key = vec![SEALED];
            key.extend_from_slice(&at.0.0.to_be_bytes());
            key.extend_from_slice(&at.1.to_be_bytes());
            entries.push(context::save(LETTER, &key, self.batches.get(&at)));
        }
    }

    pub fn load(&mut self, entry: &StateEntry) -> Result<(), RestoreError> {
        let at =
            batch_id(entry).ok_or_else(|| context::bad(entry, "sealed traces are kept under a time and a number"))?;
        let Some(batch) = context::load::<Batch>(entry)? else { return Ok(()) };
        for (trace, known) in &batch {
            self.spans += known.ids.len();
            self.at.insert(*trace, at);
        }
        self.batches.insert(at, batch);
        Ok(())
    }
}

fn batch_id(entry: &StateEntry) -> Option<BatchId> {
    let (at, number) = entry.key.get(2..)?.split_first_chunk()?;
    Some((ReceivedTime(i64::from_be_bytes(*at)), u32::from_be_bytes(number.try_into().ok()?)))
}
