//! The collectors' half: mappings are compiled there, and what is wrong with them is given a place in the file here.

use std::ops::Range;

use miette::Severity;
use plumbline_collectors::{Decoder, SpecError};

use crate::config::{
    file::File,
    validate,
    yaml::{Kind, Node, Path, Place, Problem, Segment},
};

/// Compiles the mappings; `text` is the file's.
///
/// # Errors
/// Everything that is wrong with them, less what `known` says of the same places.
pub fn mappings(file: &File, tree: &Node, text: &str, known: &[Problem]) -> Result<Decoder, Vec<Problem>> {
    Decoder::compile(&file.sources, &file.entities, &file.events, &file.sagas).map_err(|errors| {
        let problems = errors.into_iter().map(|error| problem(tree, text, error));
        problems.filter(|it| !known.iter().any(|known| known.path == it.path) && !follows(file, it)).collect()
    })
}

/// What was compiled and most likely finds nothing.
pub fn doubts(decoder: &Decoder, tree: &Node, text: &str) -> Vec<Problem> {
    let warning = |problem| Problem { severity: Severity::Warning, ..problem };
    decoder.doubts().iter().map(|doubt| warning(problem(tree, text, doubt.clone()))).collect()
}

fn problem(tree: &Node, text: &str, error: SpecError) -> Problem {
    let path = tree.resolve(&error.path);
    let place = error.part.and_then(|part| part_of(tree, text, &path, part)).unwrap_or_else(|| tree.place_of(&path));
    // The suggestion belongs to what is expected.
    let (message, near) = match error.message.strip_suffix("?)").and_then(|it| it.rsplit_once(" (did you mean ")) {
        Some((message, near)) => (message.to_owned(), format!("did you mean {near}? ")),
        None => (error.message, String::new()),
    };
    Problem::error(path, place, message).help(format!("{near}expected {}", error.expected))
}

/// Where a part of a value stands, if the value stands in the file as it is: not folded over lines, nor with escapes.
fn part_of(tree: &Node, text: &str, path: &Path, part: Range<usize>) -> Option<Place> {
    let node = tree.at(path)?;
    let node = match node.kind {
        // `{ cel: "…" }`, `{ path: $.a }`
        Kind::Map(_) => ["cel", "path"].into_iter().find_map(|key| node.child(&Segment::Key(key.to_owned())))?,
        _ => node,
    };
    let Kind::Text(value) = &node.kind else { return None };
    let written = text.get(node.place.bytes.clone())?;
    let start = node.place.bytes.start + written.find(value.as_str())?;
    Some(Place::of(text, start + part.start..start + part.end))
}

/// What is wrong with a replica only because its source is of a kind that is not built.
fn follows(file: &File, problem: &Problem) -> bool {
    let key = |at: usize| match problem.path.0.get(at) {
        Some(Segment::Key(key)) => key.as_str(),
        _ => "",
    };
    let replica = (key(0) == "entities").then(|| file.entities.get(key(1))?.replicas.get(key(3))).flatten();
    let source = replica.and_then(|replica| file.sources.get(&replica.source));
    source.is_some_and(|source| !validate::is_built(source))
}

#[cfg(test)]
mod tests {
    use crate::config::yaml::Path;

    #[test]
    fn dotted_paths_find_names_with_dots() {
        let tree = crate::config::yaml::parse("a:\n  b.c: [{ d: 1 }]\n").unwrap();
        assert_eq!(tree.resolve("a.b.c[0].d"), Path::of(&["a", "b.c"]).index(0).key("d"));
        assert_eq!(tree.resolve("a.b.c[0].x.y"), Path::of(&["a", "b.c"]).index(0).key("x.y"), "what is not there");
    }
}
