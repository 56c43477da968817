//! Links of the documentation to files of the repository lead somewhere.

use std::collections::BTreeSet;

use super::{File, Problem};
use crate::workspace;

pub fn check(files: &[File]) -> Vec<Problem> {
    let known: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    // Pictures are no text and so not among the files.
    let root = workspace::root().ok();
    let exists = |path: &str| {
        let folder = format!("{path}/");
        known.contains(path)
            || known.iter().any(|other| other.starts_with(&folder))
            || root.as_ref().is_some_and(|root| root.join(path).exists())
    };
    let pages = files.iter().filter(|file| file.path.ends_with(".md"));
    pages.flat_map(|page| dead(page, &exists)).collect()
}

fn dead(page: &File, exists: &dyn Fn(&str) -> bool) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (number, line) in page.text.lines().enumerate() {
        for link in targets(line) {
            let path = link.split('#').next().unwrap_or_default();
            let foreign = path.is_empty() || path.contains("://") || path.starts_with("mailto:");
            if !foreign && !exists(&resolve(&page.path, path)) {
                let what = format!("the link to {path:?} leads nowhere");
                problems.push(Problem { path: page.path.clone(), line: number + 1, what });
            }
        }
    }
    problems
}

/// What stands between `](` and `)`.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next())
}

/// The path from the root to which a link on `page` leads.
fn resolve(page: &str, link: &str) -> String {
    let mut parts: Vec<&str> = match link.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => page.split('/').rev().skip(1).collect::<Vec<_>>().into_iter().rev().collect(),
    };
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_resolved_from_their_page() {
        assert_eq!(resolve("docs/a/page.md", "../b.md"), "docs/b.md");
        assert_eq!(resolve("README.md", "docs/a.md"), "docs/a.md");
        assert_eq!(resolve("docs/a.md", "/README.md"), "README.md");
    }

    #[test]
    fn a_dead_link_is_found() {
        let page = |text: &str| File { path: "docs/a.md".to_owned(), text: text.to_owned() };
        let text = "See [one](b.md#part), [two](c.md) and [the web](https://example.org/x).";
        let problems = dead(&page(text), &|path| path == "docs/b.md");
        assert_eq!(problems.len(), 1);
        assert!(problems[0].what.contains("c.md"), "{problems:?}");
    }
}
