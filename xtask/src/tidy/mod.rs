//! `cargo xtask tidy`: the repository's own rules, as a check and as a test. Each rule is a pure function from the files to
//! what is wrong with them.

mod layers;
mod lines;
mod links;
mod shape;

use std::{fmt, fs, process::Command};

use anyhow::{Result, bail};

use crate::{shell, workspace};

/// A text file of the repository; the path is relative to its root.
#[derive(Clone, Debug)]
pub struct File {
    pub path: String,
    pub text: String,
}

impl File {
    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }
}

/// What is wrong, and where.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Problem {
    pub path: String,
    /// From 1; 0 where it is about the whole file.
    pub line: usize,
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.what),
            line => write!(f, "{}:{line}: {}", self.path, self.what),
        }
    }
}

/// Checks every rule.
///
/// # Errors
/// Lists what is wrong.
pub fn tidy() -> Result<()> {
    let files = files()?;
    let problems = problems(&files);
    if problems.is_empty() {
        println!("{} files keep the rules", files.len());
        return Ok(());
    }
    for problem in &problems {
        println!("  {problem}");
    }
    bail!("{} places break the repository's rules", problems.len())
}

fn problems(files: &[File]) -> Vec<Problem> {
    let rules = [shape::check, lines::check, layers::check, links::check];
    let mut problems: Vec<Problem> = rules.iter().flat_map(|rule| rule(files)).collect();
    problems.sort();
    problems
}

/// What git tracks or would track, as far as it is text.
fn files() -> Result<Vec<File>> {
    let root = workspace::root()?;
    let mut command = Command::new("git");
    command.current_dir(&root).args(["ls-files", "--cached", "--others", "--exclude-standard"]);
    let list = shell::output(&mut command)?;
    let text_of = |path: &str| fs::read(root.join(path)).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    Ok(list.lines().filter_map(|path| Some(File { path: path.to_owned(), text: text_of(path)? })).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_keeps_its_rules() {
        let problems = problems(&files().unwrap());
        let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert!(problems.is_empty(), "{}", shown.join("\n"));
    }

    /// What a rule says of one made-up file.
    pub(super) fn said(rule: fn(&[File]) -> Vec<Problem>, path: &str, text: &str) -> Vec<String> {
        let file = File { path: path.to_owned(), text: text.to_owned() };
        rule(&[file]).into_iter().map(|problem| format!("{}: {}", problem.line, problem.what)).collect()
    }
}
