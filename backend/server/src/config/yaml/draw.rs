//! A problem as miette draws it: its line and those around it. Long lines are cut around the place, so that a file that is
//! one line, or none of ours, does not fill the terminal.

use std::{fmt, ops::Range};

use miette::{
    Diagnostic, LabeledSpan, MietteError, MietteSpanContents, Severity, SourceCode, SourceSpan, SpanContents,
};

use super::Problem;

/// Characters of a line that are shown on each side of the place.
const AROUND: usize = 100;

#[derive(Debug)]
pub(super) struct Drawn<'a> {
    problem: &'a Problem,
    excerpt: Excerpt,
    label: Range<usize>,
}

/// The text with its long lines cut, and the place as it is in the whole text.
#[derive(Debug)]
struct Excerpt {
    file: String,
    text: String,
    column: usize,
}

impl<'a> Drawn<'a> {
    pub fn new(problem: &'a Problem, file: &str, text: &str) -> Self {
        let bytes = problem.place.bytes.clone();
        // A label of several lines hides more than it shows: the first line says where.
        let length = text.get(bytes.clone()).and_then(|text| text.lines().next()).map_or(0, str::len);
        let (text, label) = cut(text, bytes.start.min(text.len()), length);
        let column = usize::try_from(problem.place.column).unwrap_or(0).saturating_sub(1);
        Self { problem, excerpt: Excerpt { file: file.to_owned(), text, column }, label }
    }
}

/// The text with long lines cut, and where the label of so many bytes is in it.
fn cut(text: &str, start: usize, length: usize) -> (String, Range<usize>) {
    let (mut shown, mut label) = (String::new(), 0..0);
    let mut begin = 0;
    for line in text.split_inclusive('\n') {
        let here = (begin..begin + line.len()).contains(&start) || start == text.len() && begin + line.len() == start;
        let at = if here { start - begin } else { 0 };
        // Of the label, too, only so much is shown.
        let left = line[..at].char_indices().rev().nth(AROUND).map_or(0, |(cut, letter)| cut + letter.len_utf8());
        let right = line[at..].char_indices().nth(AROUND).map_or(line.len(), |(cut, _)| at + cut);
        if left > 0 {
            shown.push('…');
        }
        if here {
            let from = shown.len() + at - left;
            label = from..from + length.min(right - at);
        }
        shown.push_str(&line[left..right]);
        if right < line.len() {
            shown.push_str(if line.ends_with('\n') { "…\n" } else { "…" });
        }
        begin += line.len();
    }
    (shown, label)
}

impl SourceCode for Excerpt {
    fn read_span<'t>(
        &'t self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'t> + 't>, MietteError> {
        let read = self.text.read_span(span, before, after)?;
        // The place itself is asked for to head the excerpt: it is that of the whole file.
        let column = if before == 0 && after == 0 { self.column } else { read.column() };
        let (data, span, line, lines) = (read.data(), *read.span(), read.line(), read.line_count());
        let contents = MietteSpanContents::new_named(self.file.clone(), data, span, line, column, lines);
        Ok(Box::new(contents.with_language("yaml")))
    }
}

impl fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem.message)
    }
}

impl std::error::Error for Drawn<'_> {}

impl Diagnostic for Drawn<'_> {
    fn severity(&self) -> Option<Severity> {
        Some(self.problem.severity)
    }
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.problem.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.excerpt)
    }
    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(std::iter::once(LabeledSpan::underline(self.label.clone()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let text = format!("{}\na: {}Xyz{}\nshort\n", "p".repeat(500), "ü".repeat(50_000), "ö".repeat(50_000));
        let start = text.find("Xyz").unwrap();
        let (shown, label) = cut(&text, start, 3);
        assert_eq!(&shown[label], "Xyz");
        let lines: Vec<_> = shown.lines().map(|line| line.chars().count()).collect();
        assert_eq!(lines, [AROUND + 1, 2 * AROUND + 2, 5]);
        assert!(shown.contains("…ü") && shown.contains("ö…\nshort\n"));
        let plain = "a: 1\nb: 2\n";
        assert_eq!(cut(plain, 8, 1), (plain.to_owned(), 8..9));
        assert_eq!(cut(plain, plain.len(), 0).0, plain, "the end of the file");
    }
}
