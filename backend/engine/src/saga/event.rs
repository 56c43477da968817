//! One event of an instance in compact form: what it is by number, where it stands by number. The numbers belong to this
//! process (`plan.rs`, `sources.rs`) and must never be kept or shown; `kept.rs` writes names.

use plumbline_model::{Observation, Position, SourceTime, TraceId};

/// An event as an instance remembers it: 48 bytes, whatever its names are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Seen {
    pub at: SourceTime,
    pub position: Position,
    /// The two halves of the trace id; zero is none, as W3C has it.
    trace: [u64; 2],
    /// Source and partition, by number.
    pub place: u32,
    pub part: u16,
    /// Kind and marks.
    bits: u16,
}

/// The event's type: an index into the saga's declared types, or into the instance's own list of undeclared ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Kind(u16);

const UNDECLARED: u16 = 1 << 13;
const COUNTED: u16 = 1 << 14;
const TIMED: u16 = 1 << 15;
const INDEX: u16 = UNDECLARED - 1;

impl Kind {
    pub const fn declared(index: u16) -> Self {
        Self(index & INDEX)
    }
    pub const fn undeclared(index: u16) -> Self {
        Self(index & INDEX | UNDECLARED)
    }
    /// Index into the plan's declared types.
    pub const fn as_declared(self) -> Option<usize> {
        if self.0 & UNDECLARED == 0 { Some(self.0 as usize) } else { None }
    }
    /// Index into the instance's undeclared types.
    pub const fn as_undeclared(self) -> Option<usize> {
        if self.0 & UNDECLARED == 0 { None } else { Some((self.0 & INDEX) as usize) }
    }
}

impl Seen {
    pub fn new(observation: &Observation, place: u32, kind: Kind) -> Self {
        Self::from_parts(
            observation.at,
            observation.id.position,
            observation.id.part,
            observation.cause.trace,
            place,
            kind,
        )
    }

    pub fn from_parts(
        at: SourceTime,
        position: Position,
        part: u16,
        trace: Option<TraceId>,
        place: u32,
        kind: Kind,
    ) -> Self {
        let trace = trace.map_or(0, |trace| trace.0);
        let trace = [(trace >> 64) as u64, trace as u64];
        Self { at, position, trace, place, part, bits: kind.0 }
    }

    pub fn trace(&self) -> Option<TraceId> {
        let raw = (u128::from(self.trace[0]) << 64) | u128::from(self.trace[1]);
        (raw != 0).then_some(TraceId(raw))
    }

    pub const fn kind(&self) -> Kind {
        Kind(self.bits & (UNDECLARED | INDEX))
    }

    pub const fn set_kind(&mut self, kind: Kind) {
        self.bits = self.bits & (COUNTED | TIMED) | kind.0;
    }

    /// Whether the event was counted, so that judging again never counts it twice.
    pub const fn counted(&self) -> bool {
        self.bits & COUNTED != 0
    }

    /// Whether the time since the event before it was counted.
    pub const fn timed(&self) -> bool {
        self.bits & TIMED != 0
    }

    pub const fn mark(&mut self, counted: bool, timed: bool) {
        self.bits |= if counted { COUNTED } else { 0 } | if timed { TIMED } else { 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_stays_small() {
        assert!(size_of::<Seen>() <= 48, "a million open instances keep millions of these");
    }

    #[test]
    fn traces_kinds_and_marks_survive_packing() {
        let trace = TraceId(0x7f3a_c200_0000_0000_0000_0000_0000_41be);
        let mut seen = Seen::from_parts(SourceTime(1), Position::offset(2), 3, Some(trace), 4, Kind::undeclared(5));
        seen.mark(false, true);
        assert_eq!(
            (seen.trace(), seen.kind().as_undeclared(), seen.kind().as_declared()),
            (Some(trace), Some(5), None)
        );
        seen.set_kind(Kind::declared(7));
        assert_eq!((seen.kind().as_declared(), seen.counted(), seen.timed()), (Some(7), false, true));
        assert_eq!(Seen::from_parts(SourceTime(1), Position::offset(2), 3, None, 4, Kind::declared(5)).trace(), None);
    }
}
