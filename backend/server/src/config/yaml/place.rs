//! Where in a file something stands, and what is wrong there. A problem says what was expected and the nearest valid name.

use std::{fmt, ops::Range};

use miette::{GraphicalReportHandler, GraphicalTheme, Severity};

use super::draw::Drawn;

/// A stretch of the file. Lines and columns count from 1, columns in characters.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Place {
    pub line: u32,
    pub column: u32,
    /// Bytes of the text.
    pub bytes: Range<usize>,
}

impl Place {
    /// A stretch of a text.
    pub fn of(text: &str, bytes: Range<usize>) -> Self {
        let before = text.get(..bytes.start).unwrap_or(text);
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Self { line: count(before.matches('\n').count() + 1), column: count(column), bytes }
    }
}

/// One step on the way from the top of the file to a value.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Segment {
    Key(String),
    Index(usize),
}

/// The way from the top of the file to a value: `entities.order.replicas`, `sagas.checkout.steps[2].within`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Path(pub Vec<Segment>);

impl Path {
    pub fn of(keys: &[&str]) -> Self {
        Self(keys.iter().map(|key| Segment::Key((*key).to_owned())).collect())
    }
    #[must_use]
    pub fn key(&self, key: impl Into<String>) -> Self {
        let mut path = self.clone();
        path.0.push(Segment::Key(key.into()));
        path
    }
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        let mut path = self.clone();
        path.0.push(Segment::Index(index));
        path
    }
    pub fn starts_with(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }
    pub fn parent(&self) -> Self {
        Self(self.0[..self.0.len().saturating_sub(1)].to_vec())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Key(key) if at == 0 => f.write_str(key)?,
                Segment::Key(key) => write!(f, ".{key}")?,
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// One thing that is wrong, or (`Severity::Warning`) that does not do what one may think.
#[derive(Clone, PartialEq, Debug)]
pub struct Problem {
    pub path: Path,
    pub place: Place,
    pub severity: Severity,
    /// What is wrong, without the place.
    pub message: String,
    /// What was expected, or what to do.
    pub help: Option<String>,
}

impl Problem {
    pub fn error(path: Path, place: Place, message: impl Into<String>) -> Self {
        Self { path, place, severity: Severity::Error, message: message.into(), help: None }
    }
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// What is wrong with one file, with its text to show the lines.
#[derive(Clone, PartialEq, Debug)]
pub struct Problems {
    pub file: String,
    pub text: String,
    /// By place.
    pub list: Vec<Problem>,
}

impl Problems {
    pub fn new(file: &str, text: &str, mut list: Vec<Problem>) -> Self {
        list.sort_by_key(|problem| (problem.place.line, problem.place.column));
        list.dedup();
        Self { file: file.to_owned(), text: text.to_owned(), list }
    }

    /// Each problem with the lines around it, for a terminal of so many columns.
    pub fn render(&self, colour: bool, width: usize) -> String {
        let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_context_lines(1)
            .with_width(width)
            .with_links(false)
            .with_wrap_lines(true);
        let mut text = String::new();
        for problem in &self.list {
            // Writing into memory has no way to fail.
            let _ = handler.render_report(&mut text, &Drawn::new(problem, &self.file, &self.text));
        }
        text
    }
}

impl fmt::Display for Problems {
    /// One line each: `plumbline.yaml:12:5: message (help)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.list.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}:{}:{}: {}", self.file, problem.place.line, problem.place.column, problem.message)?;
            if let Some(help) = &problem.help {
                write!(f, " ({help})")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
