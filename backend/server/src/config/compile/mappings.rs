//! The collectors' half: mappings are compiled there, and what is wrong with them is given a place in the file here.

use plumbline_collectors::{Decoder, SpecError};

use crate::config::{
    file::File,
    validate,
    yaml::{Node, Problem, Segment},
};

/// Compiles the mappings.
///
/// # Errors
/// Everything that is wrong with them, less what `known` says of the same places.
pub fn mappings(file: &File, tree: &Node, known: &[Problem]) -> Result<Decoder, Vec<Problem>> {
    Decoder::compile(&file.sources, &file.entities, &file.events, &file.sagas).map_err(|errors| {
        let problems = errors.into_iter().map(|error| problem(tree, error));
        problems.filter(|it| !known.iter().any(|known| known.path == it.path) && !follows(file, it)).collect()
    })
}

fn problem(tree: &Node, error: SpecError) -> Problem {
    let path = tree.resolve(&error.path);
    let place = tree.place_of(&path);
    // The suggestion belongs to what is expected.
    let (message, near) = match error.message.strip_suffix("?)").and_then(|it| it.rsplit_once(" (did you mean ")) {
        Some((message, near)) => (message.to_owned(), format!("did you mean {near}? ")),
        None => (error.message, String::new()),
    };
    Problem::error(path, place, message).help(format!("{near}expected {}", error.expected))
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
