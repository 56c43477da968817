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
            let mark = if it.open { "◆ open" } else { "● came right" };
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
        writeln!(out, "## Sagas\n\n| Saga | Started | Completed | Failed | Open | Stuck | Unknown |")?;
        writeln!(out, "| --- | ---: | ---: | ---: | ---: | ---: | ---: |")?;
        for it in &report.sagas {
            let (saga, started, completed) = (cell(&it.saga), it.started, it.completed);
            writeln!(
                out,
                "| {saga} | {started} | {completed} | {} | {} | {} | {} |",
                it.failed, it.open, it.stuck, it.unknown
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
                it.shape,
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
        writeln!(out, "- ◌ {} {}{}{remedy}", why.count, why.why, cell(&source))?;
    }
    for words in coverage.unwatched.iter().chain(&coverage.uncompared) {
        writeln!(out, "- ◌ {}", cell(words))?;
    }
    for line in coverage.unchecked.iter().chain(&coverage.issue_samples) {
        writeln!(out, "- {}", cell(line))?;
    }
    Ok(())
}

/// A text inside of a table: nothing of it may end the cell or become markup.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '|' | '\\' | '`' | '*' | '_' | '<' | '>' | '[' | ']' => {
                out.push('\\');
                out.push(letter);
            }
            '\n' | '\r' => out.push(' '),
            _ => out.push(letter),
        }
    }
    out
}
