//! Rules on whole files: a header that says what the file is for, and a length that one can hold in mind.

use super::{File, Problem};

const LINES_MAX: usize = 400;
/// Bytes of a file that belongs into a repository.
const BYTES_MAX: usize = 1 << 20;
/// Longer files, each with the reason for which it is one thing.
const LONG: [(&str, &str); 5] = [
    ("backend/engine/src/convergence/mod.rs", "the checker's entry points, one for each kind of record"),
    ("backend/engine/src/latency/tests.rs", "one table of cases"),
    ("backend/engine/tests/checkers/latency.rs", "one table of cases"),
    ("backend/engine/tests/checkers/saga/notation.rs", "a notation is read as a whole"),
    ("collectors/src/kafka/client.rs", "the one place that touches the driver"),
];

pub fn check(files: &[File]) -> Vec<Problem> {
    files.iter().flat_map(check_one).collect()
}

fn check_one(file: &File) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut say = |what: String| problems.push(Problem { path: file.path.clone(), line: 0, what });
    if file.text.len() > BYTES_MAX {
        say(format!("{} KiB; at most {} are kept in the repository", file.text.len() >> 10, BYTES_MAX >> 10));
    }
    if !file.is_rust() {
        return problems;
    }
    let lines = file.text.lines().count();
    if lines > LINES_MAX && !LONG.iter().any(|(path, _)| *path == file.path) {
        say(format!("{lines} lines; over {LINES_MAX} needs a reason in xtask/src/tidy/shape.rs"));
    }
    let header = file.text.lines().take(3).find_map(|line| line.strip_prefix("//!"));
    match header {
        None => say("no //! header that says what the file is for".to_owned()),
        Some(words) if ["", "placeholder"].contains(&words.trim()) => say("its //! header says nothing".to_owned()),
        Some(_) => {}
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::{super::tests::said, *};

    #[test]
    fn a_file_says_what_it_is_for() {
        assert_eq!(said(check, "a.rs", "//! Reads the words of a line.\n"), [""; 0]);
        assert_eq!(said(check, "a.rs", "fn main() {}\n"), ["0: no //! header that says what the file is for"]);
        assert_eq!(said(check, "a.rs", "//! placeholder\n"), ["0: its //! header says nothing"]);
        assert_eq!(said(check, "a.md", "words\n"), [""; 0]);
    }

    #[test]
    fn a_long_file_needs_a_reason() {
        let text = format!("//! What it is for.\n{}", "x\n".repeat(LINES_MAX));
        assert_eq!(said(check, "a.rs", &text).len(), 1);
    }
}
