//! The geometry of a waterfall: which rows are shown, where their bars lie, and the critical path as one stroke below the
//! bars. Pure; the trace's page draws it.

use std::collections::BTreeMap;

use plumbline_model::{
    SpanId,
    span::EdgeKind,
    trace::{PathPlace, PathView, TraceRow, TraceView},
};

/// Height of a row in pixels.
pub const ROW: f64 = 25.0;
/// Width that paths are drawn in before they stretch.
pub const W: f64 = 1000.0;
/// Rows beyond which those off the path are folded: a page must stay quick to draw and to read.
pub const MANY: usize = 300;

/// The stretch of the trace that is shown, as shares of its length.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Window {
    pub from: f64,
    pub to: f64,
}

impl Default for Window {
    fn default() -> Self {
        Self { from: 0.0, to: 1.0 }
    }
}

impl Window {
    /// Reads `FROM-TO` in per mille.
    pub fn parse(text: Option<&str>) -> Self {
        let ends = text
            .and_then(|text| text.split_once('-'))
            .and_then(|(from, to)| Some((from.parse::<f64>().ok()?, to.parse::<f64>().ok()?)));
        match ends {
            Some((from, to)) if from < to && from >= 0.0 => Self { from: from / 1000.0, to: (to / 1000.0).min(1.0) },
            _ => Self::default(),
        }
    }
    pub fn text(self) -> String {
        format!("{}-{}", super::scale::trim(self.from * 1000.0), super::scale::trim(self.to * 1000.0))
    }
    /// Where a share of the trace lies in the window.
    pub fn x(self, share: f64) -> f64 {
        (share - self.from) / (self.to - self.from).max(1e-9)
    }
}

/// Indices of the rows that are shown: all, or without subtrees off the path where there are too many.
pub fn shown(view: &TraceView, operation: bool, all: bool) -> Vec<usize> {
    if all || view.rows.len() <= MANY {
        return (0..view.rows.len()).collect();
    }
    let mut keep = vec![false; view.rows.len()];
    // The row above at each depth, so that what is kept keeps its callers.
    let mut above: Vec<usize> = Vec::new();
    for (at, row) in view.rows.iter().enumerate() {
        let (depth, wanted) = match row {
            TraceRow::Span(span) => (
                span.depth,
                span.failed
                    || span.depth == 0
                    || if operation { span.on_operation.0 > 0 } else { span.on_request.0 > 0 },
            ),
            TraceRow::Topic(topic) => (topic.depth, operation && topic.on_operation.0 > 0),
        };
        above.truncate(depth as usize);
        if wanted {
            keep[at] = true;
            above.iter().for_each(|row| keep[*row] = true);
        }
        above.push(at);
    }
    (0..view.rows.len()).filter(|at| keep[*at]).take(MANY * 10).collect()
}

/// A piece of the path on a row, as shares of the trace.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Piece {
    pub row: usize,
    pub from: f64,
    pub to: f64,
}

/// The path's pieces on the shown rows, in order of time. A piece whose row is not shown is left out.
pub fn pieces(view: &TraceView, path: &PathView, rows: &[usize]) -> Vec<Piece> {
    let mut spans: BTreeMap<SpanId, usize> = BTreeMap::new();
    let mut topics: BTreeMap<SpanId, usize> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        match &view.rows[*row] {
            TraceRow::Span(span) => {
                spans.entry(span.span).or_insert(at);
            }
            TraceRow::Topic(topic) => {
                topics.entry(topic.consumer).or_insert(at);
                topics.entry(topic.producer).or_insert(at);
            }
        }
    }
    let length = view.end.since(view.start).0.max(1) as f64;
    let share = |at: plumbline_model::SourceTime| at.since(view.start).0 as f64 / length;
    let row = |span: SpanId, place: &PathPlace| match place {
        PathPlace::Edge { edge: EdgeKind::Topic, .. } => topics.get(&span).or_else(|| spans.get(&span)),
        _ => spans.get(&span),
    };
    path.path
        .sections
        .iter()
        .filter_map(|section| {
            Some(Piece { row: *row(section.span, &section.place)?, from: share(section.start), to: share(section.end) })
        })
        .collect()
}

/// The stroke: along the bottom of each piece's row, up or down where the next one begins.
pub fn stroke(pieces: &[Piece], window: Window) -> String {
    let mut out = String::new();
    for (index, piece) in pieces.iter().enumerate() {
        let y = (piece.row + 1) as f64 * ROW - 4.0;
        let (from, to) = (window.x(piece.from) * W, window.x(piece.to) * W);
        out.push_str(&format!("{}{from:.2} {y:.1}L{to:.2} {y:.1}", if index == 0 { 'M' } else { 'L' }));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_travel_in_the_url() {
        assert_eq!(Window::parse(Some("250-500")), Window { from: 0.25, to: 0.5 });
        assert_eq!(Window::parse(Some(&Window { from: 0.25, to: 0.5 }.text())), Window { from: 0.25, to: 0.5 });
        for wrong in [None, Some("x"), Some("5-1"), Some("-3-9")] {
            assert_eq!(Window::parse(wrong), Window::default());
        }
    }

    #[test]
    fn the_stroke_steps_from_row_to_row() {
        let pieces = [Piece { row: 0, from: 0.0, to: 0.5 }, Piece { row: 2, from: 0.5, to: 1.0 }];
        assert_eq!(stroke(&pieces, Window::default()), "M0.00 21.0L500.00 21.0L500.00 71.0L1000.00 71.0");
    }
}
