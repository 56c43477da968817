//! The report's charts as one SVG: how the keys of each replica stand, how long writes took against the promise, sagas, and
//! where the time goes. Drawn by plotters; every bar carries its figures as text, so that nothing hangs on colour alone.

mod canvas;
mod rows;

use plumbline_model::api::{Report, VerdictWord};

use self::canvas::{Canvas, Colour};
use super::{RenderError, headline::verdict, words};

/// Room for the headline and the range.
const HEAD: i32 = 76;
/// Room at the foot of a section.
const FOOT: i32 = 26;

/// One chart: its title, and as many rows of a height as it needs.
struct Section {
    title: &'static str,
    height: i32,
    draw: fn(&Canvas<'_>, &Report, i32) -> Result<(), RenderError>,
}

/// The charts under a headline of their own, as a document.
///
/// # Errors
/// When a chart cannot be drawn.
pub fn render(report: &Report) -> Result<String, RenderError> {
    draw(report, HEAD)
}

/// The charts alone, for a page that has a headline; `None` where there is nothing to draw.
///
/// # Errors
/// When a chart cannot be drawn.
pub fn inline(report: &Report) -> Result<Option<String>, RenderError> {
    if sections(report).is_empty() { Ok(None) } else { draw(report, 0).map(Some) }
}

fn draw(report: &Report, head: i32) -> Result<String, RenderError> {
    let sections = sections(report);
    let height = head + sections.iter().map(|it| rows::TITLE + it.height + FOOT).sum::<i32>();
    let mut out = String::new();
    {
        let canvas = Canvas::new(&mut out, height)?;
        if head > 0 {
            headline(&canvas, report)?;
        }
        let mut top = head;
        for section in &sections {
            canvas.title(section.title, top, top > 0)?;
            (section.draw)(&canvas, report, top + rows::TITLE)?;
            top += rows::TITLE + section.height + FOOT;
        }
        canvas.finish()?;
    }
    Ok(named(out, &report.summary.headline))
}

fn headline(canvas: &Canvas<'_>, report: &Report) -> Result<(), RenderError> {
    let summary = &report.summary;
    let verdict = verdict(summary.diverged, summary.stuck, summary.hotspots, &summary.consistency);
    canvas.mark(verdict, canvas::LEFT + 6, 27)?;
    canvas.text(&cut(&summary.headline, 112), canvas::LEFT + 22, 27, 17, Colour::Ink)?;
    let simulated = if words::says_simulated(report) { ", simulated" } else { "" };
    let range = format!(
        "{}{simulated} · {} to {}",
        cut(&report.environment, 40),
        words::time(report.range.from),
        words::time(report.range.to)
    );
    canvas.text(&range, canvas::LEFT + 22, 50, 12, Colour::Faint)
}

/// Those that have something to show, so that an empty chart is never drawn.
fn sections(report: &Report) -> Vec<Section> {
    let rows = |count: usize, height: i32| i32::try_from(count).unwrap_or(0).saturating_mul(height);
    let mut sections = Vec::new();
    let replicas = report.replicas.len().min(rows::MOST);
    if report.replicas.iter().any(|it| it.keys.total() > 0) {
        let height = rows(replicas, rows::ROW) + rows::LEGEND;
        sections.push(Section { title: "Keys by verdict, at the end", height, draw: rows::verdicts });
    }
    if report.replicas.iter().any(|it| it.lag.count > 0) {
        let height = rows(replicas, rows::ROW) + rows::AXIS;
        sections.push(Section { title: "How long until a write is there", height, draw: rows::lags });
    }
    if report.sagas.iter().any(|it| it.started > 0) {
        let height = rows(report.sagas.len().min(rows::MOST), rows::ROW);
        sections.push(Section { title: "Sagas", height, draw: rows::sagas });
    }
    if !report.hotspots.is_empty() {
        let height = rows(report.hotspots.len().min(rows::MOST), rows::ROW);
        sections.push(Section { title: "Share of the critical path", height, draw: rows::hotspots });
    }
    sections
}

/// Gives the picture its name, for those who do not see it.
fn named(svg: String, headline: &str) -> String {
    let title: String = headline
        .chars()
        .map(|letter| match letter {
            '<' => "&lt;".to_owned(),
            '&' => "&amp;".to_owned(),
            other => other.to_string(),
        })
        .collect();
    match svg.split_once(">\n") {
        Some((open, rest)) if open.starts_with("<svg") => {
            format!("{open} role=\"img\">\n<title>{title}</title>\n{rest}")
        }
        _ => svg,
    }
}

/// Cuts a long name in the middle.
fn cut(text: &str, most: usize) -> String {
    let letters: Vec<char> = text.chars().collect();
    if letters.len() <= most {
        return text.to_owned();
    }
    let (front, back) = (most * 2 / 3, most - most * 2 / 3 - 1);
    let front: String = letters[..front].iter().collect();
    let back: String = letters[letters.len() - back..].iter().collect();
    format!("{front}…{back}")
}

const fn colour(verdict: VerdictWord) -> Colour {
    match verdict {
        VerdictWord::Converged => Colour::Converged,
        VerdictWord::Lagging => Colour::Lagging,
        VerdictWord::Diverged => Colour::Diverged,
        VerdictWord::Unknown => Colour::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_in_the_middle() {
        assert_eq!(cut("short", 10), "short");
        assert_eq!(cut("a-very-long-name-of-a-replica", 12), "a-very-l…ica");
    }

    #[test]
    fn a_name_is_never_markup() {
        let svg = named("<svg width=\"1\">\n</svg>".to_owned(), "a <b> & c");
        assert!(svg.contains("<title>a &lt;b> &amp; c</title>"), "{svg}");
    }
}
