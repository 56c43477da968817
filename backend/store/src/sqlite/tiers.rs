//! The widths in which rollups are kept: minutes as they come, and sums of finished tens of minutes and hours, so that a
//! long range is read from few rows. Only names and arithmetic; the summing is in `keep/sums.rs`.

use super::marks;

/// A width in minutes, and the table of its amounts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Tier {
    pub minutes: i64,
    pub table: &'static str,
    /// The column of the time, counted in widths since the epoch.
    pub column: &'static str,
}

/// A tier that is summed from the one below it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Summed {
    pub tier: Tier,
    pub from: Tier,
    /// The mark of the first width that is not summed.
    pub until: &'static str,
}

pub(super) const MINUTE: Tier = Tier { minutes: 1, table: "rollup_minute", column: "minute" };
const TEN: Tier = Tier { minutes: 10, table: "rollup_ten", column: "ten" };
const HOUR: Tier = Tier { minutes: 60, table: "rollup_hour", column: "hour" };

/// In the order in which they are summed.
pub(super) const SUMMED: [Summed; 2] = [
    Summed { tier: TEN, from: MINUTE, until: marks::TENS_UNTIL },
    Summed { tier: HOUR, from: TEN, until: marks::HOURS_UNTIL },
];

impl Tier {
    /// The width that a minute lies in.
    pub(super) const fn of(self, minute: i64) -> i64 {
        minute.div_euclid(self.minutes)
    }
    /// The first width that begins at this minute or later.
    pub(super) const fn at_or_after(self, minute: i64) -> i64 {
        self.of(minute + self.minutes - 1)
    }
}

/// A part of a range that is read from one tier, in minutes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Piece {
    pub tier: Tier,
    pub from: i64,
    pub to: i64,
}

/// Cuts a range of minutes into pieces, in the order of time: as much as can be from the widest tier, the rest from narrower
/// ones. `summed` has the tiers that may be used, the narrowest first, each with the minute that its sums end before.
pub(super) fn pieces(from: i64, to: i64, summed: &[(Tier, i64)]) -> Vec<Piece> {
    if from >= to {
        return Vec::new();
    }
    let Some(((tier, until), narrower)) = summed.split_last() else {
        return vec![Piece { tier: MINUTE, from, to }];
    };
    let first = tier.at_or_after(from) * tier.minutes;
    let last = tier.of(to.min(*until)) * tier.minutes;
    if first >= last {
        return pieces(from, to, narrower);
    }
    let mut all = pieces(from, first, narrower);
    all.push(Piece { tier: *tier, from: first, to: last });
    all.extend(pieces(last, to, narrower));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(from: i64, to: i64, summed: &[(Tier, i64)]) -> Vec<(i64, i64, i64)> {
        pieces(from, to, summed).into_iter().map(|piece| (piece.from, piece.to, piece.tier.minutes)).collect()
    }

    #[test]
    fn a_range_is_cut_into_the_widest_pieces_that_are_summed() {
        let all = [(TEN, 230), (HOUR, 180)];
        assert_eq!(cut(5, 5, &all), []);
        assert_eq!(cut(0, 60, &all), [(0, 60, 60)]);
        assert_eq!(cut(3, 9, &all), [(3, 9, 1)]);
        let long = [(47, 50, 1), (50, 60, 10), (60, 180, 60), (180, 230, 10), (230, 247, 1)];
        assert_eq!(cut(47, 247, &all), long);
        assert_eq!(cut(47, 247, &all[..1]), [(47, 50, 1), (50, 230, 10), (230, 247, 1)]);
        assert_eq!(cut(-65, -50, &[(TEN, -50)]), [(-65, -60, 1), (-60, -50, 10)]);
        assert_eq!(cut(0, 20, &[]), [(0, 20, 1)]);
    }
}
