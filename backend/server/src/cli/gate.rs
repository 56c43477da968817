//! From a report to an exit code: what fails a gate, and whether enough was checked to pass it.

use clap::{Args, ValueEnum};
use plumbline_model::api::Report;

use super::Exit;
use crate::report::percent;

/// What a gate asks for.
#[derive(Args, Clone, Debug, Default)]
pub struct GateArgs {
    /// Exit with 1 if one of these is open at the end: diverged, stuck, hotspot, any (may be a list)
    #[arg(long, value_delimiter = ',', value_name = "WHAT,…")]
    pub fail_on: Vec<FailOn>,
    /// Exit with 3 if a smaller share than this of what was due was checked, such as 0.9 or 90%; by default, if a
    /// configured replica or saga was not checked at all
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub min_coverage: Option<f64>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum FailOn {
    /// A replica that does not hold what it should
    Diverged,
    /// A saga that will not finish by itself
    Stuck,
    /// An operation or edge above its baseline
    Hotspot,
    /// Any of them
    Any,
}

/// Why a gate does not open, in words for standard error.
#[derive(Clone, PartialEq, Debug)]
pub struct Verdict {
    pub exit: Exit,
    pub words: Option<String>,
}

impl GateArgs {
    /// Judges a report. Bad input is judged before, by who read it.
    pub fn judge(&self, report: &Report) -> Verdict {
        let summary = &report.summary;
        let counts = [
            (FailOn::Diverged, summary.diverged, "diverged"),
            (FailOn::Stuck, summary.stuck, "stuck"),
            (FailOn::Hotspot, summary.hotspots, "above its baseline"),
        ];
        let asked = |what: FailOn| self.fail_on.contains(&what) || self.fail_on.contains(&FailOn::Any);
        let found: Vec<_> = counts
            .iter()
            .filter(|(what, count, _)| asked(*what) && *count > 0)
            .map(|(_, count, word)| format!("{count} {word}"))
            .collect();
        if !found.is_empty() {
            return Verdict { exit: Exit::Found, words: Some(format!("--fail-on: {}", found.join(", "))) };
        }
        match self.uncovered(report) {
            Some(words) => Verdict { exit: Exit::NotCovered, words: Some(words) },
            None => Verdict { exit: Exit::Clean, words: None },
        }
    }

    fn uncovered(&self, report: &Report) -> Option<String> {
        let coverage = &report.coverage;
        // Who asks for hotspots by name wants to know that there are none, which takes something to compare with.
        if let Some(words) = coverage.uncompared.as_ref().filter(|_| self.fail_on.contains(&FailOn::Hotspot)) {
            return Some(format!("--fail-on hotspot: not checked: {words}"));
        }
        match self.min_coverage {
            None if coverage.complete => None,
            None => Some(format!("not checked at all: {}", coverage.unchecked.join("; "))),
            Some(least) => {
                let ratio = coverage.ratio.unwrap_or(0.0);
                let asked = percent(least, 2.0);
                (ratio < least).then(|| match coverage.ratio {
                    Some(ratio) => format!("--min-coverage: {} was checked, {asked} is asked for", percent(ratio, 2.0)),
                    None => format!("--min-coverage: nothing was due to be checked, {asked} is asked for"),
                })
            }
        }
    }
}

/// `0.9` or `90%`.
fn share(text: &str) -> Result<f64, String> {
    let expected = || "expected a share between 0 and 1, such as 0.9, or a percentage such as 90%".to_owned();
    let (number, scale) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 100.0));
    let share = number.trim().parse::<f64>().map_err(|_| expected())? / scale;
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err(expected()) }
}

#[cfg(test)]
mod tests {
    use plumbline_model::{
        ReceivedTime, SourceTime,
        api::{Consistency, Coverage, Mix, Range, Summary},
    };

    use super::*;

    fn report(hotspots: u64, uncompared: Option<&str>) -> Report {
        Report {
            environment: String::new(),
            simulated: false,
            range: Range { from: SourceTime(0), to: SourceTime(1) },
            made: ReceivedTime(1),
            summary: Summary {
                headline: String::new(),
                verdicts: Mix::default(),
                findings_open: hotspots,
                findings_resolved: 0,
                diverged: 0,
                stuck: 0,
                hotspots,
                consistency: Consistency::default(),
            },
            coverage: Coverage {
                ratio: None,
                complete: true,
                unchecked: Vec::new(),
                not_checked: Vec::new(),
                unwatched: Vec::new(),
                uncompared: uncompared.map(str::to_owned),
                notes: Vec::new(),
                gaps: Vec::new(),
                records: 0,
                issues: 0,
                unmapped: Some(0),
                issue_samples: Vec::new(),
            },
            findings: Vec::new(),
            replicas: Vec::new(),
            sagas: Vec::new(),
            hotspots: Vec::new(),
        }
    }

    #[test]
    fn a_gate_on_hotspots_does_not_open_where_nothing_could_be_compared() {
        let judged = |fail_on: &[FailOn], report: &Report| {
            let gate = GateArgs { fail_on: fail_on.to_vec(), min_coverage: None };
            gate.judge(report).exit
        };
        let uncompared = report(0, Some("latency: no trace was seen"));
        assert_eq!(judged(&[FailOn::Hotspot], &uncompared), Exit::NotCovered);
        assert_eq!(judged(&[FailOn::Diverged], &uncompared), Exit::Clean, "nobody asked for it");
        assert_eq!(judged(&[FailOn::Hotspot], &report(0, None)), Exit::Clean);
        assert_eq!(judged(&[FailOn::Hotspot], &report(1, None)), Exit::Found);
    }
}
