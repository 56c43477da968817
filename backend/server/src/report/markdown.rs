//! The report as Markdown, for pull requests, chats and issues.

use std::fmt::{self, Write as _};

use plumbline_model::api::Report;

use super::words;

/// # Errors
/// Never, as it writes into memory.
pub fn render(report: &Report) -> Result<String, fmt::Error> {
    let mut out = String::new();
    let simulated = if report.simulated { ", simulated" } else { "" };
    writeln!(out, "# {}\n", cell(&report.summary.headline))?;
    writeln!(
        out,
        "{}{simulated}, {} to {}.\n",
        cell(&report.environment),
        words::time(report.range.from),
        words::time(report.range.to)
    )?;
    if !report.findings.is_empty() {
        writeln!(out, "## Findings\n\n| | Reason | What | Since | Until |\n| --- | --- | --- | --- | --- |")?;
        for it in &report.findings {
            let mark = match it.open {
                true => "◆ open",
                false if it.skipped() => "◐ left out",
                false => "● came right",
            };
            let since = it.since.map_or_else(|| "before it was watched".to_owned(), |at| at.to_string());
            let until = it.until.map(|at| at.to_string()).unwrap_or_default();
            let reason = it.reason.replace('_', " ");
            writeln!(out, "| {mark} | {} | {} | {since} | {until} |", cell(&reason), cell(&it.sentence))?;
        }
        out.push('\n');
    }
    if !report.replicas.is_empty() {
        writeln!(out, "## Replicas\n\n| Entity | Replica | Promised | In time | Nines | Checked | Lag p50 / p99 |")?;
        writeln!(out, "| --- | --- | ---: | ---: | ---: | ---: | ---: |")?;
        for it in &report.replicas {
            writeln!(
                out,
                "| {} | {} | {} | {} of {} | {} | {} | {} |",
                cell(&it.entity),
                cell(&it.replica),
                words::seconds(Some(it.within_seconds)),
                words::ratio(&it.consistency),
                it.consistency.closed - it.consistency.unknown,
                words::nines(&it.consistency),
                words::coverage(it.consistency.coverage),
                words::lag(&it.lag)
            )?;
        }
        out.push('\n');
    }
    if !report.sagas.is_empty() {
        let zombies = report.sagas.iter().any(|it| it.zombie > 0);
        let (head, line) = if zombies { (" Zombie |", " ---: |") } else { ("", "") };
        writeln!(out, "## Sagas\n\n| Saga | Started | Completed | Failed | Open | Stuck | Unknown |{head}")?;
        writeln!(out, "| --- | ---: | ---: | ---: | ---: | ---: | ---: |{line}")?;
        for it in &report.sagas {
            let (saga, started, completed) = (cell(&it.saga), it.started, it.completed);
            writeln!(
                out,
                "| {saga} | {started} | {completed} | {} | {} | {} | {} |{}",
                it.failed,
                it.open,
                it.stuck,
                it.unknown,
                if zombies { format!(" {} |", it.zombie) } else { String::new() }
            )?;
        }
        out.push('\n');
    }
    if !report.hotspots.is_empty() {
        writeln!(out, "## Where the time goes\n\n| Where | Kind | Of the path | p50 | p95 | Excess at p95 |")?;
        writeln!(out, "| --- | --- | ---: | ---: | ---: | ---: |")?;
        for it in &report.hotspots {
            let (p50, p95) = (words::seconds(it.now.p50_seconds), words::seconds(it.now.p95_seconds));
            let excess = words::seconds(it.excess_seconds);
            writeln!(
                out,
                "| {} | {} | {:.0} % | {p50} | {p95} | {excess} |",
                cell(&it.name),
                cell(&it.shape),
                it.share * 100.0
            )?;
        }
        out.push('\n');
    }
    coverage(&mut out, report)?;
    Ok(out)
}

fn coverage(out: &mut String, report: &Report) -> fmt::Result {
    let coverage = &report.coverage;
    writeln!(out, "## What was checked\n")?;
    writeln!(out, "- {}", words::records(coverage))?;
    match coverage.ratio {
        Some(_) => writeln!(out, "- {} of what was due was checked", words::coverage(coverage.ratio))?,
        None => writeln!(out, "- no write was due to be checked")?,
    }
    for why in &coverage.not_checked {
        let remedy = why.remedy.as_ref().map(|remedy| format!(": {remedy}")).unwrap_or_default();
        let source = why.source.as_ref().map(|source| format!(" ({source})")).unwrap_or_default();
        // A remedy is our own sentence, with code in it; of others it has no more than the source's name of the configuration.
        writeln!(out, "- ◌ {} {}{}{remedy}", why.count, why.why, cell(&source))?;
    }
    for words in coverage.unwatched.iter().chain(&coverage.uncompared).chain(&coverage.notes) {
        writeln!(out, "- ◌ {}", cell(words))?;
    }
    for line in coverage.unchecked.iter().chain(&coverage.issue_samples) {
        writeln!(out, "- {}", cell(line))?;
    }
    Ok(())
}

/// A text inside of a table: nothing of it may end the cell or become markup. Tags are entities and not behind backslashes, which
/// old readers of Markdown leave as they are, with the tag behind them.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '|' | '\\' | '`' | '*' | '_' | '~' | '[' | ']' => {
                out.push('\\');
                out.push(letter);
            }
            '\n' | '\r' => out.push(' '),
            _ => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_holds_no_markup() {
        let table = [
            ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
            ("&lt;b&gt; | `a`", "&amp;lt;b&amp;gt; \\| \\`a\\`"),
            ("![x](y)\n# z", "!\\[x\\](y) # z"),
            ("not_in~time", "not\\_in\\~time"),
        ];
        for (text, expected) in table {
            assert_eq!(cell(text), expected);
        }
    }
}
