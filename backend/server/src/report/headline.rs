//! The report in one sentence.

use plumbline_model::{
    api::{Consistency, VerdictWord},
    prose::{counted, list},
};

/// What a person should know first. Counts are of open findings; `others` says whether there were sagas or traces, which are
/// in no count of writes.
pub fn headline(diverged: u64, stuck: u64, hotspots: u64, consistency: &Consistency, others: bool) -> String {
    let mut wrong = Vec::new();
    if diverged > 0 {
        wrong.push(agree(diverged));
    }
    if stuck > 0 {
        let verb = if stuck == 1 { "will not finish by itself" } else { "will not finish by themselves" };
        wrong.push(format!("{} {verb}", counted(stuck, "saga")));
    }
    if hotspots > 0 {
        let verb = if hotspots == 1 { "is above its baseline" } else { "are above their baseline" };
        wrong.push(format!("{} {verb}", counted(hotspots, "hotspot")));
    }
    let checked = consistency.closed - consistency.unknown;
    let said = if !wrong.is_empty() {
        // A slow call alone does not make state inconsistent.
        let lead = match (diverged + stuck, checked) {
            (1.., _) => "Not consistent",
            (0, 1..) => "Consistent, but slower",
            (0, 0) => "Slower",
        };
        format!("{lead}: {}", list(wrong, "and"))
    } else if consistency.not_in_time > 0 {
        format!("Consistent now, but {} of {} came late", consistency.not_in_time, counted(checked, "checked write"))
    } else if checked > 0 {
        format!("Consistent: {} converged in time", all(checked))
    } else if consistency.closed > 0 {
        "Nothing could be checked".to_owned()
    } else if others {
        "Nothing was found".to_owned()
    } else {
        "There was nothing to check".to_owned()
    };
    let unknown = match consistency.unknown {
        0 => String::new(),
        some => format!("; {} of {} could not be checked", some, counted(consistency.closed, "write")),
    };
    format!("{said}{unknown}.")
}

fn agree(diverged: u64) -> String {
    let verb = if diverged == 1 { "does" } else { "do" };
    format!("{} {verb} not agree with the authority", counted(diverged, "copy"))
}

fn all(checked: u64) -> String {
    if checked == 1 {
        "the only write that was checked".to_owned()
    } else {
        format!("all {}", counted(checked, "checked write"))
    }
}

/// The mark that stands before the headline.
pub fn verdict(diverged: u64, stuck: u64, hotspots: u64, consistency: &Consistency) -> VerdictWord {
    if diverged + stuck > 0 {
        VerdictWord::Diverged
    } else if hotspots > 0 {
        VerdictWord::Lagging
    } else if consistency.unknown > 0 || consistency.closed == 0 {
        VerdictWord::Unknown
    } else {
        VerdictWord::Converged
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn consistency(closed: u64, not_in_time: u64, unknown: u64) -> Consistency {
        Consistency { closed, not_in_time, unknown, in_time: closed - not_in_time - unknown, ..Consistency::default() }
    }

    #[test]
    fn each_state_has_its_sentence() {
        let table = [
            (
                (2, 1, 0),
                (9, 2, 0),
                "Not consistent: 2 copies do not agree with the authority and 1 saga will not finish by itself.",
            ),
            (
                (1, 0, 0),
                (9, 1, 3),
                "Not consistent: 1 copy does not agree with the authority; 3 of 9 writes could not be checked.",
            ),
            ((0, 0, 1), (9, 0, 0), "Consistent, but slower: 1 hotspot is above its baseline."),
            ((0, 0, 2), (0, 0, 0), "Slower: 2 hotspots are above their baseline."),
            ((0, 0, 0), (9, 0, 0), "Consistent: all 9 checked writes converged in time."),
            ((0, 0, 0), (9, 2, 0), "Consistent now, but 2 of 9 checked writes came late."),
            ((0, 0, 0), (9, 0, 9), "Nothing could be checked; 9 of 9 writes could not be checked."),
            ((0, 0, 0), (0, 0, 0), "There was nothing to check."),
        ];
        for ((diverged, stuck, hotspots), (closed, late, unknown), said) in table {
            assert_eq!(headline(diverged, stuck, hotspots, &consistency(closed, late, unknown), false), said);
        }
        assert_eq!(headline(0, 0, 0, &consistency(0, 0, 0), true), "Nothing was found.", "of sagas or traces");
    }
}
