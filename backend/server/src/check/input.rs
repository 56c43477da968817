//! Which file is a recording of which source (SEM-4): `SOURCE=FILE`, or a bare file that is named like its source.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use plumbline_collectors::recording::Tape;
use plumbline_model::{Partition, ReceivedTime};
use thiserror::Error;

use super::spool::{self, Spool};
use crate::config::{Config, yaml::nearest};

/// A file, and what it is a recording of.
#[derive(Clone, Debug)]
pub struct Input {
    /// `-` is standard input.
    pub path: PathBuf,
    /// What it gave, where it can be read only once.
    pub spool: Option<Spool>,
    pub tape: Tape,
    /// The place of its source in the configuration: ties go by it.
    pub order: usize,
}

/// A file that belongs to no source.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum InputError {
    #[error("{file}: no source is named `{stem}`{near}; give it as SOURCE=FILE, with one of: {names}")]
    NoSource { file: String, stem: String, near: String, names: String },
    #[error("{argument}: there is no source `{source_name}`{near}; expected one of: {names}")]
    UnknownSource { argument: String, source_name: String, near: String, names: String },
    #[error("{file}: `{source_name}` is of a kind that cannot be recorded")]
    NotRecordable { file: String, source_name: String },
    #[error("{file} is given twice")]
    Twice { file: String },
}

/// Finds the source of each file.
///
/// # Errors
/// Every file that belongs to no source.
pub fn inputs(arguments: &[String], config: &Config, now: ReceivedTime) -> Result<Vec<Input>, Vec<InputError>> {
    let (mut inputs, mut errors) = (Vec::new(), Vec::new());
    for argument in arguments {
        match input(argument, config, now) {
            Ok(input) => inputs.push(input),
            Err(error) => errors.push(error),
        }
    }
    errors.extend(twice(&inputs));
    tell_apart(&mut inputs);
    if errors.is_empty() { Ok(inputs) } else { Err(errors) }
}

fn input(argument: &str, config: &Config, now: ReceivedTime) -> Result<Input, InputError> {
    let sources = &config.file.sources;
    let names = || sources.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    let near = |name: &str| {
        let near = nearest(name, sources.keys().map(String::as_str));
        near.map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default()
    };
    // A file whose own name has an equals sign is still a file.
    let named =
        argument.split_once('=').filter(|(name, _)| sources.contains_key(*name) || !Path::new(argument).exists());
    let (name, path) = match named {
        Some((name, path)) => {
            if !sources.contains_key(name) {
                let (argument, source_name) = (argument.to_owned(), name.to_owned());
                return Err(InputError::UnknownSource { argument, near: near(name), source_name, names: names() });
            }
            (name.to_owned(), PathBuf::from(path))
        }
        None => {
            let path = PathBuf::from(argument);
            let name = stems(&path).into_iter().find(|stem| sources.contains_key(stem));
            let Some(name) = name else {
                let stem = stems(&path).pop().unwrap_or_default();
                return Err(InputError::NoSource {
                    file: argument.to_owned(),
                    near: near(&stem),
                    stem,
                    names: names(),
                });
            };
            (name, path)
        }
    };
    let order = sources.get_index_of(&name).unwrap_or(usize::MAX);
    let tape = sources.get(&name).and_then(|source| Tape::of(&name, source, &path, now));
    let tape = tape.ok_or_else(|| InputError::NotRecordable { file: path.display().to_string(), source_name: name })?;
    Ok(Input { path, spool: None, tape, order })
}

/// The names under which a file's source may be known: without one ending after the other (`shop.orders.jsonl.gz` gives
/// `shop.orders.jsonl`, `shop.orders`, `shop`).
fn stems(path: &Path) -> Vec<String> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut stems = vec![name];
    while let Some((stem, _)) = stems.last().and_then(|name| name.rsplit_once('.')).filter(|(stem, _)| !stem.is_empty())
    {
        let stem = stem.to_owned();
        stems.push(stem);
    }
    stems
}

fn twice(inputs: &[Input]) -> Vec<InputError> {
    let mut seen = BTreeSet::new();
    let again = inputs.iter().filter(|input| {
        // What can be read only once cannot be a recording of two sources either.
        let source = spool::readable_again(&input.path).then_some(&input.tape.source);
        !seen.insert((&input.path, source))
    });
    again.map(|input| InputError::Twice { file: input.path.display().to_string() }).collect()
}

/// Two files of one source and one name are two partitions: they are told apart by their whole paths.
fn tell_apart(inputs: &mut [Input]) {
    for at in 0..inputs.len() {
        let same = |other: &Input| {
            (&other.tape.source, &other.tape.partition) == (&inputs[at].tape.source, &inputs[at].tape.partition)
        };
        let others: Vec<_> = (0..inputs.len()).filter(|other| *other != at && same(&inputs[*other])).collect();
        for index in others.iter().chain([&at]).filter(|_| !others.is_empty()) {
            inputs[*index].tape.partition = Partition::new(inputs[*index].path.to_string_lossy());
        }
    }
}
