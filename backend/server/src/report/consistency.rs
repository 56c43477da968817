//! Consistency from cells (SEM-9): the ratio, its nines as far as the denominator bears them, and the coverage beside it.
//! Floats are for display here; nothing of this goes back into a verdict (SEM-21).

use plumbline_model::{api::Consistency, rollup::Cells};

use super::why;

/// What is told is true with this confidence: at 95 % the true share of failures is no greater than the one shown.
const DOUBT: f64 = 0.05;

/// The figures of a range from its cells and the share of the range in which the frontiers of authority and replica
/// advanced (`None` where nobody measured it). `open` is left at 0 for the caller to set.
///
/// 0 of 0 gives no ratio and no nines ("nothing to check"), never 100 %.
pub fn of(cells: &Cells, watched_share: Option<f64>) -> Consistency {
    let closed = cells.closed();
    let checked = closed - cells.unknown;
    let ratio = share(cells.in_time, checked);
    let shown = ratio.map(|ratio| nines(1.0 - ratio, checked));
    Consistency {
        closed,
        in_time: cells.in_time,
        not_in_time: cells.not_in_time,
        unknown: cells.unknown,
        late: cells.late,
        open: 0,
        ratio,
        nines: shown.map(|(nines, _)| nines),
        bounded: shown.is_some_and(|(_, bounded)| bounded),
        coverage: coverage(cells, watched_share),
        whys: why::counted(&cells.whys),
    }
}

/// `1 − unknown ÷ closed`, or the share of time watched if that is less; `None` where neither is known.
pub fn coverage(cells: &Cells, watched_share: Option<f64>) -> Option<f64> {
    let known = share(cells.closed() - cells.unknown, cells.closed());
    match (known, watched_share) {
        (Some(known), Some(watched)) => Some(known.min(watched)),
        (known, watched) => known.or(watched),
    }
}

/// The most nines that `checked` writes bear: with none of them failed, the true share of failures still may be
/// `1 − 0.05^(1/n)` at 95 % (Clopper and Pearson 1934; for large n the "rule of three", 3 ÷ n).
pub fn most_nines(checked: u64) -> f64 {
    if checked == 0 {
        return 0.0;
    }
    let failing = -(DOUBT.ln() / checked as f64).exp_m1();
    -failing.log10()
}

/// `−log10(failed)`, and whether the denominator cut it.
fn nines(failed: f64, checked: u64) -> (f64, bool) {
    let most = most_nines(checked);
    let plain = if failed > 0.0 { -failed.log10() } else { f64::INFINITY };
    // −log10(1) is −0; a ratio of 0 has no nines, and no sign.
    (plain.min(most).max(0.0) + 0.0, plain > most)
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// `99.97 % in time, 3.5 nines`, `nothing to check`: the figure in words.
pub fn phrase(it: &Consistency) -> String {
    match (it.ratio, it.nines) {
        (Some(ratio), Some(nines)) => {
            let most = if it.bounded {
                format!(" (as many as {} writes bear)", it.closed - it.unknown)
            } else {
                String::new()
            };
            format!("{} in time, {nines:.1} nines{most}", percent(ratio, nines))
        }
        _ if it.closed > 0 => format!("nothing checked: all {} unknown", it.closed),
        _ => "nothing to check".to_owned(),
    }
}

/// A share in per cent with so many digits that a failure stays visible and none is invented: `99.97 %`, `100 %`.
/// Rounds down, so that only a full share reads 100 %.
pub fn percent(ratio: f64, nines: f64) -> String {
    if ratio >= 1.0 {
        return "100 %".to_owned();
    }
    let digits = (nines.floor() as i32 - 1).clamp(1, 6);
    let scale = 10_f64.powi(digits);
    // Half a billionth keeps a share such as 0.999 from falling to 99.89 by its binary form.
    let cut = (ratio * 100.0 * scale + 1e-7).floor() / scale;
    format!("{cut:.*} %", digits as usize)
}

#[cfg(test)]
mod tests {
    use plumbline_model::Why;

    use super::*;

    fn cells(in_time: u64, not_in_time: u64, unknown: u64) -> Cells {
        Cells { in_time, not_in_time, unknown, ..Cells::default() }
    }

    #[test]
    fn nothing_to_check_is_not_a_hundred_per_cent() {
        let nothing = of(&Cells::default(), None);
        assert_eq!((nothing.ratio, nothing.nines, nothing.coverage), (None, None, None));
        assert_eq!(phrase(&nothing), "nothing to check");
        let blind = of(&cells(0, 0, 7), Some(1.0));
        assert_eq!((blind.ratio, blind.coverage), (None, Some(0.0)));
        assert_eq!(phrase(&blind), "nothing checked: all 7 unknown");
    }

    #[test]
    fn nines_are_bounded_by_the_denominator() {
        // in time, not in time → nines to one digit, bounded
        let table = [
            (3, 0, "0.2", true),
            (99, 0, "1.5", true),
            (100, 0, "1.5", true),
            (1_000_000, 0, "5.5", true),
            (999_999, 1, "5.5", true), // one failure alone would say 6.0, which a million writes do not bear
            (999_990, 10, "5.0", false), // ten do
            (50, 50, "0.3", false),
            (0, 4, "0.0", false),
        ];
        for (good, bad, nines, bounded) in table {
            let it = of(&cells(good, bad, 0), None);
            let told = it.nines.map(|nines| format!("{nines:.1}"));
            assert_eq!((told.as_deref(), it.bounded), (Some(nines), bounded), "{good} of {}", good + bad);
        }
    }

    #[test]
    fn the_bound_is_the_rule_of_three() {
        let rule = -(3.0_f64 / 1e6).log10();
        assert!((most_nines(1_000_000) - rule).abs() < 0.001);
    }

    #[test]
    fn unknown_lowers_coverage_and_never_the_ratio() {
        let mut some = cells(80, 0, 20);
        some.add_why(Why::NoBaseline, 20);
        let it = of(&some, Some(0.9));
        assert_eq!((it.ratio, it.coverage), (Some(1.0), Some(0.8)));
        assert_eq!(it.whys.iter().map(|it| (it.why.as_str(), it.count)).collect::<Vec<_>>(), [("no baseline", 20)]);
        assert_eq!(of(&some, Some(0.5)).coverage, Some(0.5), "the lesser of the two");
    }

    #[test]
    fn only_all_of_them_reads_a_hundred() {
        let told: Vec<_> = [(999_999, 1), (9_997, 3), (999, 1), (1, 1), (1_000, 0)]
            .map(|(good, bad)| of(&cells(good, bad, 0), None))
            .iter()
            .map(phrase)
            .collect();
        let expected = [
            "99.9999 % in time, 5.5 nines (as many as 1000000 writes bear)",
            "99.97 % in time, 3.5 nines",
            "99.9 % in time, 2.5 nines (as many as 1000 writes bear)",
            "50.0 % in time, 0.1 nines (as many as 2 writes bear)",
            "100 % in time, 2.5 nines (as many as 1000 writes bear)",
        ];
        assert_eq!(told, expected);
    }
}
