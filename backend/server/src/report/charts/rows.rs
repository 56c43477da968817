//! The charts themselves: one row for each replica, saga or place. Names stand left, figures right, the picture between.

use plumbline_model::api::{HotspotRow, Report, SagaReport, VerdictWord};

use super::{
    super::{RenderError, words},
    canvas::{Canvas, Colour, LEFT},
    cut,
};

pub const TITLE: i32 = 36;
pub const ROW: i32 = 30;
pub const LEGEND: i32 = 26;
pub const AXIS: i32 = 24;
/// Rows of a chart at most; tables have all of them.
pub const MOST: usize = 40;

/// Where the picture of a row begins and ends.
const FROM: i32 = 250;
const TO: i32 = 560;
const FIGURES: i32 = 576;
const BAR: i32 = 10;
/// Letters that a line of figures, and a name, hold at their size in the widest of the fonts.
const LETTERS: usize = 50;
const NAME: usize = 31;

type Drawn = Result<(), RenderError>;

pub fn verdicts(canvas: &Canvas<'_>, report: &Report, top: i32) -> Drawn {
    for (y, it) in rows(&report.replicas, top) {
        name(canvas, &format!("{} / {}", it.entity, it.replica), y)?;
        let parts = [
            (it.keys.converged, Colour::Converged),
            (it.keys.lagging, Colour::Lagging),
            (it.keys.diverged, Colour::Diverged),
            (it.keys.unknown, Colour::Unknown),
        ];
        stack(canvas, &parts, y)?;
        let said: Vec<_> =
            words::mix(it.keys).iter().map(|(verdict, count)| format!("{count} {}", verdict.word())).collect();
        figures(canvas, &if said.is_empty() { "no keys seen".to_owned() } else { said.join(", ") }, y)?;
    }
    let y = top + ROW * count(report.replicas.len()) + LEGEND / 2;
    let all = [VerdictWord::Converged, VerdictWord::Lagging, VerdictWord::Diverged, VerdictWord::Unknown];
    for (at, verdict) in all.into_iter().enumerate() {
        let x = FROM + 96 * at as i32;
        canvas.mark(verdict, x + 5, y)?;
        canvas.text(verdict.word(), x + 17, y, 11, Colour::Faint)?;
    }
    Ok(())
}

/// From p50 over p95 to p99 on a logarithmic axis, with the promise as a stroke.
pub fn lags(canvas: &Canvas<'_>, report: &Report, top: i32) -> Drawn {
    let axis = Axis::of(report);
    let bottom = top + ROW * count(report.replicas.len());
    for decade in axis.decades() {
        let x = axis.x(decade);
        canvas.line((x, top), (x, bottom), Colour::Line)?;
        canvas.text_around(&words::seconds(Some(decade)), x, bottom + AXIS / 2, 11, Colour::Faint)?;
    }
    for (y, it) in rows(&report.replicas, top) {
        name(canvas, &format!("{} / {}", it.entity, it.replica), y)?;
        let promise = axis.x(it.within_seconds);
        canvas.stroke((promise, y - 9), (promise, y + 9), 2, Colour::Ink)?;
        if let (Some(p50), Some(p95), Some(p99)) = (it.lag.p50_seconds, it.lag.p95_seconds, it.lag.p99_seconds) {
            canvas.stroke((axis.x(p50), y), (axis.x(p99).max(axis.x(p50) + 2), y), 4, Colour::Series)?;
            canvas.dot((axis.x(p95), y), 5, Colour::Series)?;
        }
        let said = match it.lag.count {
            0 => "no write was seen to arrive".to_owned(),
            _ => format!(
                "p50 {}, p99 {}; {} in time",
                words::seconds(it.lag.p50_seconds),
                words::seconds(it.lag.p99_seconds),
                words::ratio(&it.consistency)
            ),
        };
        figures(canvas, &said, y)?;
    }
    canvas.text("p50 – p95 – p99, | promised", LEFT, bottom + AXIS / 2, 11, Colour::Faint)
}

pub fn sagas(canvas: &Canvas<'_>, report: &Report, top: i32) -> Drawn {
    for (y, it) in rows(&report.sagas, top) {
        name(canvas, &it.saga, y)?;
        let running = running(it);
        let parts = [
            (it.completed, Colour::Converged),
            (running, Colour::Lagging),
            (it.stuck, Colour::Diverged),
            (it.unknown, Colour::Unknown),
            (ended_otherwise(it, running), Colour::Faint),
        ];
        stack(canvas, &parts, y)?;
        let said = [
            (it.completed, "completed"),
            (running, "running"),
            (it.stuck, "stuck"),
            (it.unknown, "unknown"),
            (it.failed, "failed"),
            (it.zombie, "went on after the end"),
        ];
        let said: Vec<_> =
            said.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
        figures(canvas, &if said.is_empty() { "none seen".to_owned() } else { said.join(", ") }, y)?;
    }
    Ok(())
}

/// Open ones that are neither stuck nor unknown.
const fn running(it: &SagaReport) -> u64 {
    it.open.saturating_sub(it.stuck).saturating_sub(it.unknown)
}

/// What is left of those that were started: failed ones that owe nothing, and the like.
const fn ended_otherwise(it: &SagaReport, running: u64) -> u64 {
    it.started.saturating_sub(it.completed + running + it.stuck + it.unknown)
}

pub fn hotspots(canvas: &Canvas<'_>, report: &Report, top: i32) -> Drawn {
    let greatest = report.hotspots.iter().map(|it| it.share).fold(0.0, f64::max);
    for (y, it) in rows(&report.hotspots, top) {
        name(canvas, &it.name, y)?;
        let width = if greatest > 0.0 { (it.share / greatest * f64::from(TO - FROM)) as i32 } else { 0 };
        let fill = if it.above { Colour::Lagging } else { Colour::Series };
        canvas.bar((FROM, y - BAR / 2), (FROM + width.max(1), y + BAR / 2), fill)?;
        figures(canvas, &hotspot_words(it), y)?;
    }
    Ok(())
}

fn hotspot_words(it: &HotspotRow) -> String {
    let share = format!("{:.0} %, p95 {}", it.share * 100.0, words::seconds(it.now.p95_seconds));
    match it.excess_seconds.filter(|_| it.above) {
        Some(excess) => format!("{share}, {} above its baseline", words::seconds(Some(excess))),
        None => share,
    }
}

/// The rows that are shown, each with the height of its middle.
fn rows<T>(all: &[T], top: i32) -> impl Iterator<Item = (i32, &T)> {
    all.iter().take(MOST).enumerate().map(move |(at, row)| (top + ROW * at as i32 + ROW / 2, row))
}

fn count(rows: usize) -> i32 {
    i32::try_from(rows.min(MOST)).unwrap_or(0)
}

fn name(canvas: &Canvas<'_>, text: &str, y: i32) -> Drawn {
    canvas.text(&cut(text, NAME), LEFT, y, 12, Colour::Ink)
}

fn figures(canvas: &Canvas<'_>, text: &str, y: i32) -> Drawn {
    match lines(text) {
        (one, None) => canvas.text(&one, FIGURES, y, 12, Colour::Faint),
        (first, Some(second)) => {
            canvas.text(&first, FIGURES, y - 7, 11, Colour::Faint)?;
            canvas.text(&second, FIGURES, y + 7, 11, Colour::Faint)
        }
    }
}

/// Figures in one line, or in two where they are too many: a figure that is cut away says less than a small one.
fn lines(text: &str) -> (String, Option<String>) {
    if text.chars().count() <= LETTERS {
        return (text.to_owned(), None);
    }
    let ends = text.match_indices(", ").map(|(at, _)| at + 1);
    let end = ends.filter(|at| text[..*at].chars().count() <= LETTERS).last();
    end.map_or_else(
        || (cut(text, LETTERS), None),
        |end| (text[..end].to_owned(), Some(cut(text[end..].trim_start(), LETTERS))),
    )
}

/// Parts of a whole, side by side; one that occurs is never thinner than can be seen.
fn stack(canvas: &Canvas<'_>, parts: &[(u64, Colour)], y: i32) -> Drawn {
    let total: u64 = parts.iter().map(|(count, _)| count).sum();
    if total == 0 {
        return canvas.line((FROM, y), (TO, y), Colour::Line);
    }
    let least = 4;
    let there = parts.iter().filter(|(count, _)| *count > 0).count() as i32;
    let room = f64::from(TO - FROM - least * there);
    let mut x = FROM;
    for (count, fill) in parts.iter().filter(|(count, _)| *count > 0) {
        let width = least + (room * *count as f64 / total as f64).round() as i32;
        canvas.bar((x, y - BAR / 2), ((x + width - 1).min(TO), y + BAR / 2), *fill)?;
        x += width;
    }
    Ok(())
}

/// A logarithmic axis of seconds.
struct Axis {
    least: f64,
    greatest: f64,
}

impl Axis {
    fn of(report: &Report) -> Self {
        let lags =
            report.replicas.iter().flat_map(|it| [it.lag.p50_seconds, it.lag.p99_seconds, Some(it.within_seconds)]);
        let known: Vec<f64> = lags.flatten().filter(|seconds| *seconds > 0.0).collect();
        let floor = |seconds: f64| 10_f64.powf(seconds.log10().floor());
        let least = known.iter().copied().fold(f64::INFINITY, f64::min);
        let greatest = known.iter().copied().fold(1e-3, f64::max);
        let least = if least.is_finite() { floor(least.max(1e-6)) } else { 1e-3 };
        Self { least, greatest: (floor(greatest) * 10.0).max(least * 10.0) }
    }

    fn x(&self, seconds: f64) -> i32 {
        let share = (seconds.max(self.least) / self.least).log10() / (self.greatest / self.least).log10();
        FROM + (share.clamp(0.0, 1.0) * f64::from(TO - FROM)).round() as i32
    }

    fn decades(&self) -> Vec<f64> {
        let decades = (self.greatest / self.least).log10().round() as i32;
        // No more labels than fit beside one another.
        let step = (decades / 7 + 1) as usize;
        (0..=decades).step_by(step).map(|power| self.least * 10_f64.powi(power)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::charts::canvas::RIGHT;

    /// The widest of the fonts that a reader may have takes so much for a letter of 12 px on average.
    const WIDE: f64 = 7.2;

    #[test]
    fn figures_end_before_the_edge_and_none_is_lost() {
        let many = "1234567 completed, 4321 running, 210 stuck, 77 unknown, 45678 failed, 12 went on after the end";
        let (first, second) = lines(many);
        let second = second.unwrap();
        assert_eq!(format!("{first} {second}"), many);
        for line in [&first, &second, &lines("665 completed, 4 running, 2 stuck, 42 failed").0] {
            let end = f64::from(FIGURES) + WIDE * line.chars().count() as f64;
            assert!(end <= f64::from(RIGHT), "{line:?} ends at {end}");
        }
        assert!(f64::from(LEFT) + WIDE * NAME as f64 <= f64::from(FROM));
    }
}
