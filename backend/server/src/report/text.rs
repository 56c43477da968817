//! The report for people at a terminal: the sentence first, then what is wrong with its evidence, then the figures, then what
//! was not checked. Colour only for verdicts, and never alone.

use std::fmt::{self, Write as _};

use plumbline_model::{
    SourceTime,
    api::{FindingView, Report, SagaReport, VerdictWord},
};

use super::{
    headline::verdict,
    words::{self, mark, visible},
};

/// Findings of one kind that are shown; the other forms have all of them.
const SHOWN: usize = 20;

/// Writes the report; with `colour` verdicts are coloured by ANSI sequences.
///
/// # Errors
/// Never, as it writes into memory.
pub fn render(report: &Report, colour: bool) -> Result<String, fmt::Error> {
    let mut text = Text { out: String::new(), colour };
    text.head(report)?;
    text.findings(report)?;
    text.replicas(report)?;
    text.sagas(report)?;
    text.hotspots(report)?;
    text.coverage(report)?;
    Ok(text.out)
}

struct Text {
    out: String,
    colour: bool,
}

impl Text {
    fn paint(&self, verdict: VerdictWord, text: &str) -> String {
        // Teal, amber, red and grey of the 256 colours; readable on dark and light grounds.
        let code = match verdict {
            VerdictWord::Converged => 37,
            VerdictWord::Lagging => 172,
            VerdictWord::Diverged => 160,
            VerdictWord::Unknown => 245,
        };
        if self.colour { format!("\x1b[38;5;{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn strong(&self, text: &str) -> String {
        if self.colour { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn dim(&self, text: &str) -> String {
        if self.colour { format!("\x1b[2m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn section(&mut self, title: &str) -> fmt::Result {
        let title = self.strong(title);
        writeln!(self.out, "\n{title}")
    }

    fn head(&mut self, report: &Report) -> fmt::Result {
        let summary = &report.summary;
        let verdict = verdict(summary.diverged, summary.stuck, summary.hotspots, &summary.consistency);
        let mark = self.paint(verdict, &mark(verdict).to_string());
        let headline = self.strong(&summary.headline);
        writeln!(self.out, "{mark} {headline}")?;
        let simulated = if report.simulated { " · simulated" } else { "" };
        let range = format!(
            "  {} to {} · {}{simulated}",
            words::time(report.range.from),
            words::time(report.range.to),
            report.environment
        );
        let range = self.dim(&range);
        writeln!(self.out, "{range}")
    }

    fn findings(&mut self, report: &Report) -> fmt::Result {
        type Belongs = fn(&FindingView) -> bool;
        let groups: [(&str, Belongs); 5] = [
            ("Diverged", |it| it.open && it.rule == "convergence"),
            ("Stuck", |it| it.open && it.rule.starts_with("saga")),
            ("Slower", |it| it.open && it.rule == "hotspot"),
            ("Came right", |it| !it.open && !it.skipped()),
            ("Left out by runs that were completed", |it| !it.open && it.skipped()),
        ];
        for (title, belongs) in groups {
            let all: Vec<_> = report.findings.iter().filter(|it| belongs(it)).collect();
            if all.is_empty() {
                continue;
            }
            let stuck = report.summary.stuck;
            match title {
                "Stuck" if stuck != all.len() as u64 => {
                    self.section(&format!("Stuck, {stuck} by {} broken promises", all.len()))?;
                }
                _ => self.section(&format!("{title}, {}", all.len()))?,
            }
            for finding in all.iter().take(SHOWN) {
                self.finding(finding)?;
            }
            if all.len() > SHOWN {
                writeln!(self.out, "  … and {} more; `--format json` has all of them", all.len() - SHOWN)?;
            }
        }
        Ok(())
    }

    fn finding(&mut self, it: &FindingView) -> fmt::Result {
        let verdict = match it.open {
            true if it.rule == "hotspot" => VerdictWord::Lagging,
            true => VerdictWord::Diverged,
            false if it.skipped() => VerdictWord::Lagging,
            false => VerdictWord::Converged,
        };
        let mark = self.paint(verdict, &mark(verdict).to_string());
        let reason = self.paint(verdict, &it.reason.replace('_', " "));
        writeln!(self.out, "  {mark} {reason}  {}", visible(&it.sentence))?;
        for evidence in &it.evidence {
            let line =
                format!("      {:<12} {}  {}", evidence.role.replace('_', " "), evidence.at, visible(&evidence.id));
            let line = self.dim(&line);
            writeln!(self.out, "{line}")?;
        }
        if let Some(seen) = it.frontiers.iter().min_by_key(|it| it.frontier) {
            let names: Vec<_> = it.frontiers.iter().map(|it| it.source.as_str()).collect();
            let assumed = if it.frontiers.iter().any(|it| it.assumed) { ", partly assumed" } else { "" };
            let until = SourceTime::from_millis(seen.frontier.millis());
            let line = format!("      {:<12} {until}  {}{assumed}", "seen until", names.join(", "));
            let line = self.dim(&line);
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    fn replicas(&mut self, report: &Report) -> fmt::Result {
        if report.replicas.is_empty() {
            return Ok(());
        }
        self.section("Replicas")?;
        let rows = report.replicas.iter().map(|it| {
            [
                format!("{} / {}", it.entity, it.replica),
                words::seconds(Some(it.within_seconds)),
                format!("{} of {}", words::ratio(&it.consistency), it.consistency.closed - it.consistency.unknown),
                words::nines(&it.consistency),
                words::coverage(it.consistency.coverage),
                words::lag(&it.lag),
                words::mix(it.keys)
                    .iter()
                    .map(|(verdict, count)| format!("{count} {}", verdict.word()))
                    .collect::<Vec<_>>()
                    .join(", "),
            ]
        });
        let head = ["", "promised", "in time", "nines", "checked", "lag p50 / p99", "keys at the end"];
        self.table(head, rows.collect())
    }

    fn sagas(&mut self, report: &Report) -> fmt::Result {
        if report.sagas.is_empty() {
            return Ok(());
        }
        self.section("Sagas")?;
        let ends = |it: &SagaReport| [it.started, it.completed, it.failed].map(|count| count.to_string());
        let open = |it: &SagaReport| [it.open, it.stuck, it.unknown].map(|count| count.to_string());
        if report.sagas.iter().all(|it| it.zombie == 0) {
            let rows = report.sagas.iter().map(|it| {
                let ([started, completed, failed], [open, stuck, unknown]) = (ends(it), open(it));
                [it.saga.clone(), started, completed, failed, open, stuck, unknown]
            });
            return self.table(["", "started", "completed", "failed", "open", "stuck", "unknown"], rows.collect());
        }
        let rows = report.sagas.iter().map(|it| {
            let ([started, completed, failed], [open, stuck, unknown]) = (ends(it), open(it));
            [it.saga.clone(), started, completed, failed, it.zombie.to_string(), open, stuck, unknown]
        });
        let head = ["", "started", "completed", "failed", "zombie", "open", "stuck", "unknown"];
        self.table(head, rows.collect())
    }

    fn hotspots(&mut self, report: &Report) -> fmt::Result {
        if report.hotspots.is_empty() {
            return Ok(());
        }
        self.section("Where the time goes")?;
        let rows = report.hotspots.iter().take(SHOWN).map(|it| {
            [
                visible(&it.name).into_owned(),
                it.shape.clone(),
                format!("{:.0} %", it.share * 100.0),
                it.traces.to_string(),
                words::seconds(it.now.p50_seconds),
                words::seconds(it.now.p95_seconds),
                it.excess_seconds.map_or_else(|| "no baseline".to_owned(), |_| words::seconds(it.excess_seconds)),
            ]
        });
        self.table(["", "kind", "of the path", "traces", "p50", "p95", "excess at p95"], rows.collect())
    }

    /// Columns as wide as their widest cell; the first is left, the others right, the last left again.
    fn table<const N: usize>(&mut self, head: [&str; N], rows: Vec<[String; N]>) -> fmt::Result {
        let width = |column: usize| {
            let cells = rows.iter().map(|row| row[column].chars().count());
            cells.chain([head[column].chars().count()]).max().unwrap_or(0)
        };
        let widths: Vec<_> = (0..N).map(width).collect();
        let line = |cells: [&str; N]| {
            let mut line = String::from("  ");
            for (column, cell) in cells.iter().enumerate() {
                let fill = " ".repeat(widths[column] - cell.chars().count());
                let gap = if column == 0 { "" } else { "  " };
                let left = column == 0 || column == N - 1;
                line.push_str(gap);
                line.push_str(&if left { format!("{cell}{fill}") } else { format!("{fill}{cell}") });
            }
            line.trim_end().to_owned()
        };
        let first = self.dim(&line(head));
        writeln!(self.out, "{first}")?;
        for row in &rows {
            let cells: [&str; N] = std::array::from_fn(|column| row[column].as_str());
            writeln!(self.out, "{}", line(cells))?;
        }
        Ok(())
    }

    fn coverage(&mut self, report: &Report) -> fmt::Result {
        let coverage = &report.coverage;
        self.section("What was checked")?;
        writeln!(self.out, "  {}", words::records(coverage))?;
        match coverage.ratio {
            Some(_) => writeln!(self.out, "  {} of what was due was checked", words::coverage(coverage.ratio))?,
            None => writeln!(self.out, "  no write was due to be checked")?,
        }
        let unknown = self.paint(VerdictWord::Unknown, &mark(VerdictWord::Unknown).to_string());
        for why in &coverage.not_checked {
            let source = why.source.as_ref().map(|source| format!(" ({source})")).unwrap_or_default();
            let remedy = why.remedy.as_ref().map(|remedy| format!(": {remedy}")).unwrap_or_default();
            writeln!(self.out, "  {unknown} {} {}{source}{remedy}", why.count, why.why)?;
        }
        for words in coverage.unwatched.iter().chain(&coverage.uncompared).chain(&coverage.notes) {
            writeln!(self.out, "  {unknown} {words}")?;
        }
        for gap in &coverage.gaps {
            let to = gap.to.map_or_else(|| "now".to_owned(), words::time);
            writeln!(
                self.out,
                "  {unknown} {} missed from {} to {to}: {}",
                gap.source,
                words::time(gap.from),
                visible(&gap.reason)
            )?;
        }
        for name in &coverage.unchecked {
            writeln!(self.out, "  {unknown} {name}")?;
        }
        if coverage.issues > 0 {
            self.section(&format!("Not read, {}", coverage.issues))?;
            for sample in &coverage.issue_samples {
                writeln!(self.out, "  {}", visible(sample))?;
            }
            let more = coverage.issues.saturating_sub(coverage.issue_samples.len() as u64);
            if more > 0 {
                writeln!(self.out, "  … and {more} more")?;
            }
        }
        Ok(())
    }
}
