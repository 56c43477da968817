//! The direction of dependencies (ARCHITECTURE.md): engine, store, collectors and frontend know the model and not one
//! another; the server knows all of them; nothing but the tests knows the server.

use super::{File, Problem};

struct Layer {
    folder: &'static str,
    /// Packages of this workspace that it may name.
    knows: &'static [&'static str],
    /// Packages of others that it must not name: I/O, async, clocks and randomness where there are none.
    never: &'static [&'static str],
}

const IO: &[&str] =
    &["tokio", "futures", "async-trait", "axum", "hyper", "reqwest", "tonic", "rdkafka", "sqlx", "rand", "getrandom"];
const MODEL: &[&str] = &["plumbline-model"];

const LAYERS: [Layer; 9] = [
    Layer { folder: "backend/model", knows: &[], never: IO },
    Layer { folder: "backend/engine", knows: MODEL, never: IO },
    Layer { folder: "backend/store", knows: MODEL, never: &["axum", "reqwest", "rdkafka", "tonic"] },
    Layer { folder: "collectors", knows: MODEL, never: &["axum"] },
    Layer { folder: "frontend", knows: MODEL, never: &["sqlx", "rdkafka", "reqwest"] },
    Layer {
        folder: "backend/server",
        knows: &["plumbline-model", "plumbline-engine", "plumbline-store", "plumbline-collectors", "plumbline-ui"],
        never: &["sqlx", "rdkafka"],
    },
    Layer {
        folder: "tests",
        knows: &[
            "plumbline-model",
            "plumbline-engine",
            "plumbline-store",
            "plumbline-collectors",
            "plumbline-ui",
            "plumbline",
            "xtask",
        ],
        never: &[],
    },
    Layer { folder: "tests/measure", knows: &[], never: IO },
    // Compiles in seconds, and so without any other package of the workspace.
    Layer { folder: "xtask", knows: &[], never: &["tokio", "axum", "reqwest", "sqlx"] },
];

pub fn check(files: &[File]) -> Vec<Problem> {
    files.iter().filter(|file| file.path.ends_with("/Cargo.toml")).flat_map(check_one).collect()
}

fn check_one(file: &File) -> Vec<Problem> {
    let folder = file.path.trim_end_matches("/Cargo.toml");
    let problem = |line, what| Problem { path: file.path.clone(), line, what };
    let Some(layer) = LAYERS.iter().find(|layer| layer.folder == folder) else {
        return vec![problem(0, "a package without a place in the layers of xtask/src/tidy/layers.rs".to_owned())];
    };
    let mut problems = Vec::new();
    for (line, package) in dependencies(&file.text) {
        let ours = package == "xtask" || package.starts_with("plumbline");
        if ours && !layer.knows.contains(&package) {
            problems.push(problem(line, format!("{folder} must not depend on {package}")));
        }
        if layer.never.contains(&package) {
            problems.push(problem(line, format!("{folder} must not depend on {package}: it has no such business")));
        }
    }
    problems
}

/// Names in the tables `[dependencies]`; what only tests need is free.
fn dependencies(manifest: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut inside = false;
    manifest.lines().enumerate().filter_map(move |(number, line)| {
        if line.starts_with('[') {
            inside = line.trim() == "[dependencies]";
            return None;
        }
        let name = line.split(['=', '.', ' ']).next().unwrap_or_default();
        (inside && !name.is_empty() && !name.starts_with('#')).then_some((number + 1, name))
    })
}

#[cfg(test)]
mod tests {
    use super::{super::tests::said, *};

    #[test]
    fn dependencies_point_one_way() {
        let manifest = |name: &str| format!("[package]\nname = \"x\"\n[dependencies]\n{name}.workspace = true\n");
        let said = |path: &str, name: &str| said(check, path, &manifest(name));
        assert_eq!(said("backend/engine/Cargo.toml", "plumbline-model"), [""; 0]);
        assert_eq!(
            said("backend/engine/Cargo.toml", "plumbline-store"),
            ["4: backend/engine must not depend on plumbline-store"]
        );
        assert_eq!(said("backend/engine/Cargo.toml", "tokio").len(), 1);
        assert_eq!(said("backend/engine/Cargo.toml", "tokio-util").len(), 0);
        assert_eq!(said("backend/store/Cargo.toml", "plumbline").len(), 1);
        assert_eq!(said("gizmo/Cargo.toml", "serde").len(), 1);
    }

    #[test]
    fn what_only_tests_need_is_free() {
        let manifest = "[dev-dependencies]\ntokio.workspace = true\n";
        assert_eq!(said(check, "backend/engine/Cargo.toml", manifest), [""; 0]);
    }
}
