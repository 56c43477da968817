//! What is wrong across keys, found before any I/O: names that lead nowhere, values that exclude each other, promises that
//! cannot be kept. One file for each section; all of them are looked at, so that all problems are told at once.

mod alerts;
mod entities;
mod listen;
mod sagas;
mod sources;

use miette::Severity;

pub use self::sources::is_built;
use super::{
    Purpose,
    file::File,
    yaml::{Node, Path, Problem, nearest, one_of},
};

/// Everything that is wrong (errors), or may not do what one thinks (warnings).
pub fn validate(file: &File, tree: &Node, purpose: Purpose) -> Vec<Problem> {
    let mut look = Look { file, tree, purpose, problems: Vec::new() };
    listen::look(&mut look);
    sources::look(&mut look);
    entities::look(&mut look);
    sagas::look(&mut look);
    alerts::look(&mut look);
    look.problems
}

/// The file under inspection, and what was found.
struct Look<'a> {
    file: &'a File,
    tree: &'a Node,
    purpose: Purpose,
    problems: Vec<Problem>,
}

impl Look<'_> {
    /// At a value.
    fn error(&mut self, path: &Path, message: impl Into<String>, help: impl Into<String>) {
        let problem = Problem::error(path.clone(), self.tree.place_of(path), message);
        self.problems.push(problem.help(help));
    }

    /// At a key, because what is wrong is that it is there.
    fn key_error(&mut self, path: &Path, message: impl Into<String>, help: impl Into<String>) {
        let problem = Problem::error(path.clone(), self.tree.key_place(path), message);
        self.problems.push(problem.help(help));
    }

    fn warn(&mut self, path: &Path, message: impl Into<String>, help: impl Into<String>) {
        let problem = Problem::error(path.clone(), self.tree.place_of(path), message).help(help);
        self.problems.push(Problem { severity: Severity::Warning, ..problem });
    }

    /// A value that must be one of `known`; true if it is.
    fn known(&mut self, path: &Path, what: &str, name: &str, known: &[&str]) -> bool {
        let unknown = unknown(what, name, known);
        if let Some((message, help)) = &unknown {
            self.error(path, message.as_str(), help.as_str());
        }
        unknown.is_none()
    }
}

/// What is said of a name that is none of `known`.
fn unknown(what: &str, name: &str, known: &[&str]) -> Option<(String, String)> {
    if known.contains(&name) {
        return None;
    }
    let help = match (known.is_empty(), nearest(name, known.iter().copied())) {
        (true, _) => format!("no {what} is declared"),
        (false, Some(near)) => format!("did you mean `{near}`? {}", one_of(known)),
        (false, None) => one_of(known),
    };
    Some((format!("there is no {what} `{name}`"), help))
}
