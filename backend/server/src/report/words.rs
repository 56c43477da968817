//! Small words of reports: marks, figures, times. One place, so that all forms say them alike.

use std::borrow::Cow;

use plumbline_model::{
    Lag, SourceTime,
    api::{Consistency, Coverage, Mix, Quantiles, Report, VerdictWord},
    journal::GapReason,
    prose::counted,
};

use super::consistency::percent;

/// The shape of a verdict; its word always stands beside it.
pub const fn mark(verdict: VerdictWord) -> char {
    match verdict {
        VerdictWord::Converged => '●',
        VerdictWord::Lagging => '◐',
        VerdictWord::Diverged => '◆',
        VerdictWord::Unknown => '◌',
    }
}

/// Whether a report has to say that its data is simulated: not where the environment's name says so already.
pub fn says_simulated(report: &Report) -> bool {
    report.simulated && !report.environment.to_lowercase().contains("simulated")
}

/// `2026-11-21 10:00:00 UTC`.
pub fn time(at: SourceTime) -> String {
    let text = at.to_string();
    let whole = text.split_once('.').map_or(text.trim_end_matches('Z'), |(whole, _)| whole);
    format!("{} UTC", whole.replace('T', " "))
}

/// `120 ms`; `–` where there is none.
pub fn seconds(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |seconds| Lag((seconds * 1e9) as i64).to_string())
}

/// `120 ms / 1.20 s`: p50 and p99.
pub fn lag(quantiles: &Quantiles) -> String {
    if quantiles.count == 0 {
        return "–".to_owned();
    }
    format!("{} / {}", seconds(quantiles.p50_seconds), seconds(quantiles.p99_seconds))
}

/// `99.9 %`; `–` where there was nothing to check.
pub fn ratio(it: &Consistency) -> String {
    it.ratio.zip(it.nines).map_or_else(|| "–".to_owned(), |(ratio, nines)| percent(ratio, nines))
}

/// `3.5`; `≥ 2.5` where the denominator bears no more.
pub fn nines(it: &Consistency) -> String {
    match it.nines {
        None => "–".to_owned(),
        Some(nines) if it.bounded => format!("≥ {nines:.1}"),
        Some(nines) => format!("{nines:.1}"),
    }
}

/// `11 records, 6 of them could not be read, or not wholly; 2 fit no mapping`; `no record came`.
pub fn records(coverage: &Coverage) -> String {
    let records = counted(coverage.records, "record");
    let read = match coverage.issues {
        _ if coverage.records == 0 => return "no record came".to_owned(),
        0 => format!("{records}, all of them read"),
        some => format!("{records}, {some} of them could not be read, or not wholly"),
    };
    match coverage.unmapped {
        None | Some(0) => read,
        Some(1) => format!("{read}; 1 fits no mapping"),
        Some(some) => format!("{read}; {some} fit no mapping"),
    }
}

/// Why records of a source were missed.
pub fn gap(reason: &GapReason) -> String {
    match reason {
        GapReason::NotRunning => "Plumbline was not running, and the source cannot replay".to_owned(),
        GapReason::Truncated { first_kept } => {
            format!("the log was truncated before it was read; it begins at {first_kept}")
        }
        GapReason::Disconnected => "the connection was lost, and the source cannot replay".to_owned(),
        GapReason::Declared(text) => text.to_string(),
        GapReason::Poison => "a record could not be read".to_owned(),
    }
}

/// Text that came from outside, for a terminal: what would move the cursor, colour or break the line is shown as its escape.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(char::is_control) {
        return Cow::Borrowed(text);
    }
    let shown = |it: char| if it.is_control() { it.escape_default().to_string() } else { it.to_string() };
    Cow::Owned(text.chars().map(shown).collect())
}

/// A share of things checked: `98.6 %`, rounded down so that only all of them is 100 %.
pub fn coverage(ratio: Option<f64>) -> String {
    ratio.map_or_else(|| "–".to_owned(), |ratio| percent(ratio, 2.0))
}

/// The verdicts of a mix with their counts, worst first, without those that do not occur.
pub fn mix(mix: Mix) -> Vec<(VerdictWord, u64)> {
    [
        (VerdictWord::Diverged, mix.diverged),
        (VerdictWord::Unknown, mix.unknown),
        (VerdictWord::Lagging, mix.lagging),
        (VerdictWord::Converged, mix.converged),
    ]
    .into_iter()
    .filter(|(_, count)| *count > 0)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_move_the_cursor_is_shown_as_its_escape() {
        assert_eq!(visible("o-1\u{1b}[2J\n\u{9b}m"), "o-1\\u{1b}[2J\\n\\u{9b}m");
        assert!(matches!(visible("Größe ◆ 1"), Cow::Borrowed("Größe ◆ 1")));
    }
}
