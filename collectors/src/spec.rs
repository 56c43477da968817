//! What is wrong with a configuration, found before any I/O. Where in the file that is, the server knows; here it is a path.

use std::ops::Range;

use thiserror::Error;

/// One mistake in the configuration.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{path}: {message}; expected {expected}")]
pub struct SpecError {
    /// Members from the top, joined by dots: `entities.order.replicas.order-view.fields.total`.
    pub path: String,
    pub message: String,
    pub expected: String,
    /// Bytes of the value's text that are meant, where it is not the whole value.
    pub part: Option<Range<usize>>,
}

/// What is wrong with a text of the configuration that was to be compiled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Wrong {
    pub message: String,
    /// What would have been right, where more is known than what the place asks for.
    pub expected: Option<String>,
    pub part: Option<Range<usize>>,
}

impl Wrong {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), expected: None, part: None }
    }
    #[must_use]
    pub fn at(self, part: Option<Range<usize>>) -> Self {
        Self { part, ..self }
    }
    #[must_use]
    pub fn expected(self, expected: impl Into<String>) -> Self {
        Self { expected: Some(expected.into()), ..self }
    }
    /// At a path; `expected` is what the place asks for.
    fn under(self, path: String, expected: &str) -> SpecError {
        let expected = self.expected.unwrap_or_else(|| expected.to_owned());
        SpecError { path, message: self.message, expected, part: self.part }
    }
}

/// Gathers all mistakes, so that people need not correct them one by one.
#[derive(Default)]
pub(crate) struct Errors(pub Vec<SpecError>, pub Doubts);

/// What may be meant as it is written, and more likely is not.
pub(crate) type Doubts = Vec<SpecError>;

impl Errors {
    pub fn push(&mut self, path: impl Into<String>, message: impl Into<String>, expected: impl Into<String>) {
        self.0.push(SpecError { path: path.into(), message: message.into(), expected: expected.into(), part: None });
    }

    /// Something that may be meant as it is written.
    pub fn doubt(&mut self, path: impl Into<String>, doubt: Wrong) {
        self.1.push(doubt.under(path.into(), "something else"));
    }

    /// A name that is none of `known`: says which one is nearest, and which there are.
    pub fn unknown<'a>(
        &mut self,
        path: impl Into<String>,
        what: &str,
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) {
        let known: Vec<_> = known.into_iter().collect();
        let near = did_you_mean(near(name, known.iter().copied()));
        let message = format!("there is no {what} `{name}`{near}");
        let expected = match known.as_slice() {
            [] => format!("a {what}, of which none is declared"),
            _ => format!("one of `{}`", known.join("`, `")),
        };
        self.push(path, message, expected);
    }

    /// Keeps what a fallible step gave, or its error under `path`.
    pub fn keep<T>(&mut self, path: impl Into<String>, expected: &str, result: Result<T, Wrong>) -> Option<T> {
        result.map_err(|wrong| self.0.push(wrong.under(path.into(), expected))).ok()
    }
}

/// The name that was most likely meant; `None` where none is near.
pub(crate) fn near<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|it| (strsim::normalized_damerau_levenshtein(name, it), it))
        .filter(|(likeness, _)| *likeness > 0.5)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, it)| it)
}

/// What a message ends with; empty where nothing is near.
pub(crate) fn did_you_mean(near: Option<&str>) -> String {
    near.map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default()
}
