//! The cells of one write, two bits for each replica: small, because every remembered write has them.

use serde::{Deserialize, Serialize};

/// How the cell of a write and a replica stands (SEM-9).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cell {
    /// Closed in time or as unknown, or the write does not concern the replica.
    None,
    Open,
    /// The replica has shown the write; it closes when the frontiers have passed its deadline.
    Shown,
    /// Closed as not in time, and the replica has not shown the write since.
    Missed,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(super) struct CellSet(u32);

impl CellSet {
    pub const fn get(self, replica: usize) -> Cell {
        match self.0 >> (2 * replica) & 0b11 {
            0 => Cell::None,
            1 => Cell::Open,
            2 => Cell::Shown,
            _ => Cell::Missed,
        }
    }

    pub const fn set(&mut self, replica: usize, cell: Cell) {
        let bits = match cell {
            Cell::None => 0,
            Cell::Open => 1,
            Cell::Shown => 2,
            Cell::Missed => 3,
        };
        self.0 = self.0 & !(0b11 << (2 * replica)) | bits << (2 * replica);
    }

    /// Whether anything is still to be said of any cell.
    pub const fn any(self) -> bool {
        self.0 != 0
    }

    /// Whether any cell has not closed.
    pub const fn any_open(self) -> bool {
        // Exactly one of the two bits.
        (self.0 ^ (self.0 >> 1)) & 0x5555_5555 != 0
    }
}

impl Cell {
    pub const fn open(self) -> bool {
        matches!(self, Self::Open | Self::Shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_do_not_touch_one_another() {
        let mut cells = CellSet::default();
        for (replica, cell) in [(0, Cell::Missed), (7, Cell::Shown), (15, Cell::Open), (7, Cell::Missed)] {
            cells.set(replica, cell);
            assert_eq!(cells.get(replica), cell);
        }
        assert_eq!([0, 1, 7, 15].map(|at| cells.get(at)), [Cell::Missed, Cell::None, Cell::Missed, Cell::Open]);
        assert!(cells.any_open());
        cells.set(15, Cell::None);
        assert!(!cells.any_open(), "what was missed has closed");
    }
}
