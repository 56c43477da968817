//! Where in a source an observation stands, and the id made from that (SEM-13: ids come from positions, never from chance).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::name::{Partition, SourceName};

/// A place in one partition of a source.
///
/// * A log (Kafka, a recorded file, a replication slot) gives offset, line or LSN: `order` and `ident` are that number.
/// * A push source (OTLP, HTTP) has no log. `order` is the source time in nanoseconds, so that a late or repeated
///   arrival falls where it belongs; `ident` is a hash of the sender's own id, by which repeats are recognised.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize)]
pub struct Position {
    /// Orders the writes of one partition (SEM-7).
    pub order: u64,
    /// Tells two records of one partition apart, and one from its repetition.
    pub ident: u64,
}

impl Position {
    /// The position of a record in a log.
    pub const fn offset(offset: u64) -> Self {
        Self { order: offset, ident: offset }
    }
    /// The position of a pushed record: `at_ns` is its source time, `id` a hash of the sender's id for it.
    pub const fn pushed(at_ns: i64, id: u64) -> Self {
        Self { order: if at_ns < 0 { 0 } else { at_ns as u64 }, ident: id }
    }
    /// Whether the position is a place in a log that can be read again.
    pub const fn is_offset(self) -> bool {
        self.order == self.ident
    }
}

/// The id of an observation: the position of its record, and which of the record's observations it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct ObservationId {
    pub source: SourceName,
    pub partition: Partition,
    pub position: Position,
    /// Index among the observations that one record gave.
    pub part: u16,
}

impl fmt::Display for ObservationId {
    /// `shop-events/shop.orders/3@881204#1`; a pushed record shows its id in hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.source.as_str())?;
        if !self.partition.as_str().is_empty() {
            write!(f, "/{}", self.partition)?;
        }
        if self.position.is_offset() {
            write!(f, "@{}", self.position.order)?;
        } else {
            write!(f, "@{:016x}", self.position.ident)?;
        }
        if self.part > 0 { write!(f, "#{}", self.part) } else { Ok(()) }
    }
}

impl fmt::Debug for ObservationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
