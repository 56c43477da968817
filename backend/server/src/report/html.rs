//! The report as one self-contained page: readable on a screen, printable, without scripts and without anything fetched. It uses
//! the dashboard's own tokens, so that both look alike.

use std::fmt::{self, Display, Write as _};

use plumbline_model::api::{FindingView, Mix, Report, VerdictWord};

use super::{RenderError, charts, consistency, headline::verdict, words};

const TOKENS: &str = include_str!("../../../../frontend/style/tokens.css");
const STYLE: &str = "
html { color-scheme: light; } body { display: block; max-width: 1040px; margin: 0 auto; padding: var(--s6) var(--s5); }
header.report { display: flex; gap: var(--s3); align-items: baseline; margin-bottom: var(--s5); }
.figures { display: flex; flex-wrap: wrap; gap: var(--s6); border-block: 1px solid var(--line); padding: var(--s4) 0; }
.figures dt { color: var(--ink-3); font-size: var(--t12); } .figures dd { margin: 0; }
section { margin-top: var(--s6); } section > h2 { font-size: var(--t14); margin-bottom: var(--s2); }
td, th { vertical-align: baseline; } th:first-child, td:first-child { padding-left: 0; } td.what { max-width: 46ch; }
figure { margin: var(--s6) 0 0; background: var(--panel); border: 1px solid var(--line); border-radius: 8px; overflow: hidden; } figure svg { width: 100%; height: auto; }
details summary { cursor: pointer; color: var(--link); } details td { border: 0; padding: 2px var(--s3) 2px 0; }
ul { padding-left: 1.2em; } li { margin: 3px 0; } footer { margin-top: var(--s6); color: var(--ink-3); }
@media print { body { padding: 0; max-width: none; } details:not([open]) { display: none; } section { break-inside: avoid; } }
";

/// # Errors
/// When a chart cannot be drawn.
pub fn render(report: &Report) -> Result<String, RenderError> {
    let mut page = Page(String::with_capacity(64 * 1024));
    let charts = charts::inline(report)?;
    page.whole(report, charts.as_deref())?;
    Ok(page.0)
}

/// A text from outside: nothing of it is markup.
struct Text<T>(T);

impl<T: Display> Display for Text<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.to_string().chars() {
            match letter {
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '&' => f.write_str("&amp;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

struct Page(String);

impl Page {
    fn whole(&mut self, report: &Report, charts: Option<&str>) -> fmt::Result {
        let out = &mut self.0;
        // The charts bring the sizes and colours of their own text.
        let tokens: Vec<_> = TOKENS.lines().filter(|line| !line.starts_with("svg text")).collect();
        let tokens = tokens.join("\n");
        let headline = Text(&report.summary.headline);
        write!(
            out,
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{headline} – Plumbline</title>\n<style>{tokens}{STYLE}</style></head>\n<body>\n"
        )?;
        self.head(report)?;
        self.findings("What is held against whom", report, |it| it.open)?;
        self.findings("What came right", report, |it| !it.open && !it.skipped())?;
        self.findings("What runs left out that were completed", report, |it| !it.open && it.skipped())?;
        self.replicas(report)?;
        self.sagas(report)?;
        if let Some(charts) = charts {
            writeln!(self.0, "<figure>{charts}</figure>")?;
        }
        self.coverage(report)?;
        write!(
            self.0,
            "<footer>Made {} by Plumbline {}. Times are UTC.</footer>\n</body></html>\n",
            Text(words::time(plumbline_model::SourceTime(report.made.0))),
            env!("CARGO_PKG_VERSION")
        )
    }

    fn head(&mut self, report: &Report) -> fmt::Result {
        let summary = &report.summary;
        let verdict = verdict(summary.diverged, summary.stuck, summary.hotspots, &summary.consistency);
        let simulated = if words::says_simulated(report) { " · simulated" } else { "" };
        writeln!(
            self.0,
            "<header class=\"report\">{}<div><h1>{}</h1><p class=\"dim\">{}{simulated} · {} to {}</p></div></header>",
            mark(verdict),
            Text(&summary.headline),
            Text(&report.environment),
            words::time(report.range.from),
            words::time(report.range.to)
        )?;
        let figures = [
            ("Diverged", summary.diverged.to_string(), keys(summary.verdicts)),
            ("Stuck sagas", summary.stuck.to_string(), String::new()),
            ("Hotspots", summary.hotspots.to_string(), String::new()),
            ("Nines", words::nines(&summary.consistency), consistency::phrase(&summary.consistency)),
            ("Checked", words::coverage(report.coverage.ratio), "of what was due".to_owned()),
        ];
        self.0.push_str("<dl class=\"figures\">");
        for (name, value, note) in figures {
            let (value, note) = (Text(value), Text(note));
            write!(
                self.0,
                "<div><dt>{name}</dt><dd><span class=\"big\">{value}</span> <span class=\"dim\">{note}</span></dd></div>"
            )?;
        }
        self.0.push_str("</dl>\n");
        Ok(())
    }

    fn findings(&mut self, title: &str, report: &Report, which: fn(&FindingView) -> bool) -> fmt::Result {
        let all: Vec<_> = report.findings.iter().filter(|it| which(it)).collect();
        if all.is_empty() {
            return Ok(());
        }
        let ended = all.iter().any(|it| it.until.is_some());
        let head = ["", "What", "Since", "Until", "Evidence"];
        let head: Vec<_> = head.into_iter().filter(|it| ended || *it != "Until").collect();
        self.open_table(&format!("{title} ({})", all.len()), &head)?;
        for it in all {
            let verdict = match it.open {
                true if it.rule == "hotspot" => VerdictWord::Lagging,
                true => VerdictWord::Diverged,
                false if it.skipped() => VerdictWord::Lagging,
                false => VerdictWord::Converged,
            };
            let since = it.since.map_or_else(|| "before it was watched".to_owned(), words::time);
            write!(
                self.0,
                "<tr><td class=\"nowrap\"><span class=\"v {}\">{} {}</span></td><td class=\"what\">{}</td>\
                 <td class=\"nowrap\">{}</td>",
                verdict.word(),
                mark(verdict),
                Text(it.reason.replace('_', " ")),
                Text(&it.sentence),
                Text(since)
            )?;
            if ended {
                write!(self.0, "<td class=\"nowrap\">{}</td>", Text(it.until.map(words::time).unwrap_or_default()))?;
            }
            self.0.push_str("<td>");
            self.evidence(it)?;
            self.0.push_str("</td></tr>\n");
        }
        self.close_table()
    }

    fn evidence(&mut self, it: &FindingView) -> fmt::Result {
        write!(self.0, "<details><summary>{}</summary><table>", it.evidence.len() + it.frontiers.len())?;
        for evidence in &it.evidence {
            let role = evidence.role.replace('_', " ");
            write!(
                self.0,
                "<tr><td>{}</td><td class=\"mono\">{}</td><td class=\"nowrap\">{}</td></tr>",
                Text(role),
                Text(&evidence.id),
                evidence.at
            )?;
        }
        for frontier in &it.frontiers {
            let word = if frontier.assumed { "assumed seen until" } else { "seen until" };
            write!(
                self.0,
                "<tr><td>{word}</td><td class=\"mono\">{}</td><td class=\"nowrap\">{}</td></tr>",
                Text(&frontier.source),
                frontier.frontier
            )?;
        }
        self.0.push_str("</table></details>");
        Ok(())
    }

    fn replicas(&mut self, report: &Report) -> fmt::Result {
        if report.replicas.is_empty() {
            return Ok(());
        }
        let head =
            ["Entity", "Replica", "#Promised", "#In time", "#Nines", "#Checked", "#Lag p50 / p99", "Keys at the end"];
        self.open_table("Replicas", &head)?;
        for it in &report.replicas {
            let checked = it.consistency.closed - it.consistency.unknown;
            self.row(&[
                it.entity.clone(),
                it.replica.clone(),
                format!("#{}", words::seconds(Some(it.within_seconds))),
                format!("#{} of {checked}", words::ratio(&it.consistency)),
                format!("#{}", words::nines(&it.consistency)),
                format!("#{}", words::coverage(it.consistency.coverage)),
                format!("#{}", words::lag(&it.lag)),
                keys(it.keys),
            ])?;
        }
        self.close_table()
    }

    fn sagas(&mut self, report: &Report) -> fmt::Result {
        if report.sagas.is_empty() {
            return Ok(());
        }
        let zombies = report.sagas.iter().any(|it| it.zombie > 0);
        let mut heads = vec!["Saga", "#Started", "#Completed", "#Failed", "#Open", "#Stuck", "#Unknown"];
        if zombies {
            heads.push("#Zombie");
        }
        self.open_table("Sagas", &heads)?;
        for it in &report.sagas {
            let counts = [it.started, it.completed, it.failed, it.open, it.stuck, it.unknown];
            let counts = counts.into_iter().chain(zombies.then_some(it.zombie));
            let cells = counts.map(|count| format!("#{count}"));
            self.row(&std::iter::once(it.saga.clone()).chain(cells).collect::<Vec<_>>())?;
        }
        self.close_table()
    }

    fn coverage(&mut self, report: &Report) -> fmt::Result {
        let coverage = &report.coverage;
        write!(self.0, "<section><h2>What was checked, and what was not</h2><ul>")?;
        write!(self.0, "<li>{}</li>", Text(words::records(coverage)))?;
        for why in &coverage.not_checked {
            let source = why.source.as_ref().map(|source| format!(" ({source})")).unwrap_or_default();
            let remedy = why.remedy.as_ref().map(|remedy| format!(": {remedy}")).unwrap_or_default();
            write!(self.0, "<li>◌ {} {}{}</li>", why.count, Text(&why.why), Text(format!("{source}{remedy}")))?;
        }
        for words in coverage.unwatched.iter().chain(&coverage.uncompared).chain(&coverage.notes) {
            write!(self.0, "<li>◌ {}</li>", Text(words))?;
        }
        for gap in &coverage.gaps {
            let to = gap.to.map_or_else(|| "now".to_owned(), words::time);
            let said = format!("{} missed from {} to {to}: {}", gap.source, words::time(gap.from), gap.reason);
            write!(self.0, "<li>◌ {}</li>", Text(said))?;
        }
        for name in &coverage.unchecked {
            write!(self.0, "<li>◌ {}</li>", Text(name))?;
        }
        for sample in &coverage.issue_samples {
            write!(self.0, "<li class=\"mono\">{}</li>", Text(sample))?;
        }
        self.0.push_str("</ul></section>\n");
        Ok(())
    }

    /// A heading that begins with `#` stands over figures.
    fn open_table(&mut self, title: &str, head: &[&str]) -> fmt::Result {
        write!(self.0, "<section><h2>{}</h2><table><thead><tr>", Text(title))?;
        for cell in head {
            match cell.strip_prefix('#') {
                Some(figure) => write!(self.0, "<th class=\"num\">{}</th>", Text(figure))?,
                None => write!(self.0, "<th>{}</th>", Text(cell))?,
            }
        }
        self.0.push_str("</tr></thead><tbody>\n");
        Ok(())
    }

    fn row(&mut self, cells: &[String]) -> fmt::Result {
        self.0.push_str("<tr>");
        for cell in cells {
            match cell.strip_prefix('#') {
                Some(figure) => write!(self.0, "<td class=\"num nowrap\">{}</td>", Text(figure))?,
                None => write!(self.0, "<td>{}</td>", Text(cell))?,
            }
        }
        self.0.push_str("</tr>\n");
        Ok(())
    }

    fn close_table(&mut self) -> fmt::Result {
        self.0.push_str("</tbody></table></section>\n");
        Ok(())
    }
}

/// `6 diverged, 2 converged`.
fn keys(mix: Mix) -> String {
    let said: Vec<_> = words::mix(mix).iter().map(|(verdict, count)| format!("{count} {}", verdict.word())).collect();
    if said.is_empty() { "no keys seen".to_owned() } else { said.join(", ") }
}

/// The mark of a verdict, as the dashboard draws it.
fn mark(verdict: VerdictWord) -> String {
    let shape = match verdict {
        VerdictWord::Converged => "<circle cx=\"5\" cy=\"5\" r=\"3.6\" fill=\"currentColor\"/>",
        VerdictWord::Lagging => {
            "<circle cx=\"5\" cy=\"5\" r=\"3.3\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.4\"/><path d=\"M5 1.7a3.3 3.3 0 0 1 0 6.6z\" fill=\"currentColor\"/>"
        }
        VerdictWord::Diverged => "<path d=\"M5 .4 9.6 5 5 9.6.4 5z\" fill=\"currentColor\"/>",
        VerdictWord::Unknown => {
            "<circle cx=\"5\" cy=\"5\" r=\"3.3\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.4\" stroke-dasharray=\"1.6 1.4\"/>"
        }
    };
    format!(
        "<span class=\"v {}\"><svg width=\"10\" height=\"10\" viewBox=\"0 0 10 10\" aria-hidden=\"true\">{shape}</svg></span>",
        verdict.word()
    )
}
