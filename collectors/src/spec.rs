//! What is wrong with a configuration, found before any I/O. Where in the file that is, the server knows; here it is a path.

use thiserror::Error;

/// One mistake in the configuration.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{path}: {message}; expected {expected}")]
pub struct SpecError {
    /// Members from the top, joined by dots: `entities.order.replicas.order-view.fields.total`.
    pub path: String,
    pub message: String,
    pub expected: String,
}

/// Gathers all mistakes, so that people need not correct them one by one.
#[derive(Default)]
pub(crate) struct Errors(pub Vec<SpecError>);

impl Errors {
    pub fn push(&mut self, path: impl Into<String>, message: impl Into<String>, expected: impl Into<String>) {
        self.0.push(SpecError { path: path.into(), message: message.into(), expected: expected.into() });
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
        let near = known
            .iter()
            .map(|it| (strsim::normalized_damerau_levenshtein(name, it), *it))
            .filter(|(likeness, _)| *likeness > 0.5)
            .max_by(|left, right| left.0.total_cmp(&right.0))
            .map(|(_, it)| format!(" (did you mean `{it}`?)"));
        let message = format!("there is no {what} `{name}`{}", near.unwrap_or_default());
        let expected = match known.as_slice() {
            [] => format!("a {what}, of which none is declared"),
            _ => format!("one of `{}`", known.join("`, `")),
        };
        self.push(path, message, expected);
    }

    /// Keeps what a fallible step gave, or its error under `path`.
    pub fn keep<T>(&mut self, path: impl Into<String>, expected: &str, result: Result<T, String>) -> Option<T> {
        result.map_err(|message| self.push(path, message, expected)).ok()
    }
}
