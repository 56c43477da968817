//! One event of an instance in compact form: what it is by number, where it stands by number. The numbers belong to this
//! process (`plan.rs`, `sources.rs`) and must never be kept or shown; `kept.rs` writes names.

use plumbline_model::{Observation, Position, SourceTime, TraceId};

/// An event as an instance remembers it: 56 bytes, whatever its names are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Seen {
    pub at: SourceTime,
    pub position: Position,
    /// The two halves of the trace id; zero is none, as W3C has it.
    trace: [u64; 2],
    /// Source and partition, by number.
    pub place: u32,
    pub part: u16,
    pub kind: Kind,
    pub marks: Marks,
}

/// The event's type: an index into the saga's declared types, or into the instance's own list of undeclared ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Kind(u16);

const UNDECLARED: u16 = 0x8000;

impl Kind {
    pub const fn declared(index: u16) -> Self {
        Self(index & !UNDECLARED)
    }
    pub const fn undeclared(index: u16) -> Self {
        Self(index | UNDECLARED)
    }
    /// Index into the plan's declared types.
    pub const fn as_declared(self) -> Option<usize> {
        if self.0 & UNDECLARED == 0 { Some(self.0 as usize) } else { None }
    }
    /// Index into the instance's undeclared types.
    pub const fn as_undeclared(self) -> Option<usize> {
        if self.0 & UNDECLARED == 0 { None } else { Some((self.0 & !UNDECLARED) as usize) }
    }
}

/// What the event has already been counted for, so that judging again never counts twice.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Marks {
    pub counted: bool,
    pub timed: bool,
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
        Self { at, position, trace, place, part, kind, marks: Marks::default() }
    }

    pub fn trace(&self) -> Option<TraceId> {
        let raw = (u128::from(self.trace[0]) << 64) | u128::from(self.trace[1]);
        (raw != 0).then_some(TraceId(raw))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_stays_small() {
        assert!(size_of::<Seen>() <= 56, "a million open instances keep millions of these");
    }

    #[test]
    fn traces_and_kinds_survive_packing() {
        let trace = TraceId(0x7f3a_c200_0000_0000_0000_0000_0000_41be);
        let seen = Seen::from_parts(SourceTime(1), Position::offset(2), 3, Some(trace), 4, Kind::undeclared(5));
        assert_eq!((seen.trace(), seen.kind.as_undeclared(), seen.kind.as_declared()), (Some(trace), Some(5), None));
        let seen = Seen::from_parts(SourceTime(1), Position::offset(2), 3, None, 4, Kind::declared(5));
        assert_eq!((seen.trace(), seen.kind.as_undeclared(), seen.kind.as_declared()), (None, None, Some(5)));
    }
}
