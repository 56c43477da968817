//! One open trace: its spans, as small as the path allows, each once. Attributes, messages and versions stay in the journal.

use plumbline_model::{
    ObservationId, SourceTime, SpanId, TraceId,
    journal::StateEntry,
    span::{EdgeKind, SpanKind},
    time::ReceivedTime,
};
use serde::{Deserialize, Serialize};

use super::{LETTER, hash::IdMap, names::NameId, path::PathSpan};
use crate::{RestoreError, context};

/// The second letter of the keys under which open traces are kept.
pub(crate) const OPEN: u8 = b't';
/// Spans in one piece of kept state: a growing trace is written anew by the piece, not as a whole.
const CHUNK: usize = 1_024;
/// Below this many spans a look at all of them is quicker than a map.
const FEW: usize = 32;

/// What stays of a span in memory.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub span: SpanId,
    pub parent: Option<SpanId>,
    pub start: SourceTime,
    pub end: SourceTime,
    pub service: NameId,
    pub operation: NameId,
    /// The edge to what it calls, where it is a caller and names it.
    pub peer: Option<(EdgeKind, NameId)>,
    pub kind: SpanKind,
    pub failed: bool,
}

impl Kept {
    pub fn path_span(&self) -> PathSpan {
        PathSpan {
            trace: 0,
            span: self.span,
            parent: self.parent,
            start: self.start,
            end: self.end,
            service: self.service.0,
            kind: self.kind,
        }
    }
}

/// When a trace was opened, and the rest that is said of it as a whole.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub(crate) struct Head {
    /// Counts opened traces: the least is the oldest.
    pub number: u64,
    pub opened: ReceivedTime,
    /// The tick before the last new span.
    pub last: ReceivedTime,
    /// When it is to be looked at next.
    pub due: ReceivedTime,
    /// The observation of the root, or of the earliest span while there is none, and why it is this one.
    pub observation: ObservationId,
    rank: Rank,
}

/// Roots first, then by start and id.
type Rank = (bool, SourceTime, SpanId);

#[derive(Default)]
pub(crate) struct OpenTrace {
    pub head: Head,
    pub spans: Vec<Kept>,
    /// Made when it is first needed.
    index: Option<IdMap<SpanId, ()>>,
    /// Pieces that are in the kept state.
    saved: usize,
    /// Spans that are in the kept state.
    clean: usize,
    pub dirty: bool,
}

impl OpenTrace {
    /// A trace without spans; `add` its first at once.
    pub fn new(number: u64, now: ReceivedTime, due: ReceivedTime) -> Self {
        let rank = (true, SourceTime::MAX, SpanId(u64::MAX));
        let head = Head { number, opened: now, last: now, due, observation: ObservationId::default(), rank };
        Self { head, ..Self::default() }
    }

    pub fn contains(&mut self, span: SpanId) -> bool {
        if self.spans.len() <= FEW {
            return self.spans.iter().any(|it| it.span == span);
        }
        self.index.get_or_insert_with(|| self.spans.iter().map(|it| (it.span, ())).collect()).contains_key(&span)
    }

    /// Adds a span that it does not contain.
    pub fn add(&mut self, span: Kept, observation: &ObservationId) {
        let rank = (span.parent.is_some(), span.start, span.span);
        if rank <= self.head.rank {
            self.head.rank = rank;
            self.head.observation = observation.clone();
        }
        if let Some(index) = &mut self.index {
            index.insert(span.span, ());
        }
        self.spans.push(span);
    }

    /// Writes the pieces that changed: the first, which has the head, and those with new spans.
    pub fn save(&mut self, trace: TraceId, entries: &mut Vec<StateEntry>) {
        let pieces = self.spans.len().div_ceil(CHUNK).max(1);
        let first_changed = self.clean / CHUNK;
        for piece in (0..pieces).filter(|&piece| piece == 0 || piece >= first_changed) {
            let spans = &self.spans[piece * CHUNK..self.spans.len().min((piece + 1) * CHUNK)];
            let value = Piece { head: (piece == 0).then(|| self.head.clone()), spans: spans.to_vec() };
            entries.push(context::save(LETTER, &key(trace, piece), Some(&value)));
        }
        (self.saved, self.clean, self.dirty) = (pieces, self.spans.len(), false);
    }

    /// Writes that the trace is open no longer.
    pub fn save_gone(&self, trace: TraceId, entries: &mut Vec<StateEntry>) {
        entries.extend((0..self.saved).map(|piece| context::save(LETTER, &key(trace, piece), None::<&Piece>)));
    }

    /// Takes in a piece of the kept state; pieces come in any order.
    fn take_in(&mut self, number: usize, piece: Piece) {
        if let Some(head) = piece.head {
            self.head = head;
        }
        let from = number * CHUNK;
        let end = from + piece.spans.len();
        // Pieces before this one that are still to come overwrite what fills their place until then.
        if let Some(filler) = piece.spans.last().filter(|_| self.spans.len() < end) {
            self.spans.resize(end, filler.clone());
        }
        for (slot, span) in self.spans.iter_mut().skip(from).zip(piece.spans) {
            *slot = span;
        }
        self.saved = self.saved.max(number + 1);
        self.clean = self.spans.len();
    }
}

#[derive(Serialize, Deserialize)]
struct Piece {
    /// In the first piece.
    head: Option<Head>,
    spans: Vec<Kept>,
}

const KEY_LEN: usize = 21;

fn key(trace: TraceId, piece: usize) -> [u8; KEY_LEN] {
    let mut key = [OPEN; KEY_LEN];
    key[1..17].copy_from_slice(&trace.0.to_be_bytes());
    key[17..].copy_from_slice(&(piece as u32).to_be_bytes());
    key
}

/// What a piece of the kept state brought.
pub(crate) struct Loaded {
    pub trace: TraceId,
    pub head: Option<Head>,
    pub spans: usize,
}

/// Reads a piece of an open trace into what is known of the open ones; `None` if it says that the piece is gone.
pub(crate) fn load(entry: &StateEntry, traces: &mut IdMap<TraceId, OpenTrace>) -> Result<Option<Loaded>, RestoreError> {
    let Some(piece) = context::load::<Piece>(entry)? else { return Ok(None) };
    let bytes = |at: std::ops::Range<usize>| entry.key.get(at);
    let trace = bytes(2..18).and_then(|id| Some(TraceId(u128::from_be_bytes(id.try_into().ok()?))));
    let number = bytes(18..22).and_then(|id| Some(u32::from_be_bytes(id.try_into().ok()?)));
    let (Some(trace), Some(number)) = (trace, number) else {
        return Err(context::bad(entry, "an open trace is kept under its id of 16 bytes and a number of 4"));
    };
    let loaded = Loaded { trace, head: piece.head.clone(), spans: piece.spans.len() };
    traces.entry(trace).or_default().take_in(number as usize, piece);
    Ok(Some(loaded))
}
