//! The configuration: one YAML file, read and checked completely before anything is opened or listened on. `file` is what
//! people write, `Config` is what the program works with; between them stand `yaml` (places), `env` (variables),
//! `validate` (what is wrong across keys) and `compile` (rules for the checkers).

pub mod compile;
pub(crate) mod decode_half;
mod env;
pub mod file;
mod later;
mod mask;
pub mod scalar;
pub mod schema;
pub mod secrets;
mod validate;
pub mod yaml;

#[cfg(test)]
mod tests;

use std::{path::Path, sync::Arc};

use miette::Severity;
use plumbline_collectors::{
    Decoder,
    config::{OtlpConfig, SourceConfig},
};
use plumbline_model::rules::Rules;
use thiserror::Error;

use self::{
    file::{File, OtlpFile},
    yaml::{Problem, Problems},
};

/// A configuration that is right, with what was made of it.
#[derive(Clone, Debug)]
pub struct Config {
    /// As it was written, with defaults and variables filled in.
    pub file: File,
    /// For the checkers.
    pub rules: Rules,
    /// For the collectors.
    pub decoder: Arc<Decoder>,
    /// The text with secrets masked: what may be shown and journaled.
    pub text: String,
    /// BLAKE3 of the text as it was written, hexadecimal.
    pub digest: String,
    /// What may not do what one thinks.
    pub warnings: Problems,
}

/// Why there is no configuration.
#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("{file} cannot be read: {error}")]
    Read { file: String, error: std::io::Error },
    #[error(transparent)]
    Wrong(#[from] Problems),
}

/// What the configuration is needed for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// To run: every variable must be set.
    Serve,
    /// To look at recorded data: nobody is asked or told, so variables may be missing, and recordings stand for sources of kinds
    /// that are not built yet.
    Offline,
}

/// Reads and checks a file; `env` gives environment variables.
///
/// # Errors
/// When the file cannot be read, or everything that is wrong with it.
pub fn load(path: &Path, env: &dyn Fn(&str) -> Option<String>, purpose: Purpose) -> Result<Config, ConfigError> {
    let file = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| ConfigError::Read { file: file.clone(), error })?;
    let text = String::from_utf8(bytes).map_err(|error| not_utf8(&file, &error))?;
    Ok(parse(&file, &text, env, purpose)?)
}

/// Where a file stops to be text.
fn not_utf8(file: &str, error: &std::string::FromUtf8Error) -> Problems {
    let (bytes, at) = (error.as_bytes(), error.utf8_error().valid_up_to());
    let wide = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let message = match bytes.get(at) {
        _ if wide => "the file is UTF-16, not UTF-8".to_owned(),
        Some(byte) => format!("the byte 0x{byte:02x} here is not UTF-8"),
        None => "the file is not UTF-8".to_owned(),
    };
    let text = String::from_utf8_lossy(bytes).into_owned();
    let shown = char::REPLACEMENT_CHARACTER.len_utf8().min(text.len() - at);
    let place = yaml::Place::of(&text, at..at + shown);
    let problem = Problem::error(yaml::Path::default(), place, message);
    Problems::new(file, &text, vec![problem.help("save the file as UTF-8")])
}

/// Checks a text; `name` is the file's, for messages.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse(
    name: &str,
    text: &str,
    env: &dyn Fn(&str) -> Option<String>,
    purpose: Purpose,
) -> Result<Config, Problems> {
    let wrong = |problems: Vec<Problem>| Problems::new(name, text, problems);
    let mut tree = yaml::parse(text).map_err(|problem| wrong(vec![problem]))?;
    let shown = mask::mask(text, &tree);
    let missing = match purpose {
        Purpose::Serve => env::Missing::IsAnError,
        Purpose::Offline => env::Missing::IsKept,
    };
    let mut problems = env::expand(&mut tree, env, missing);
    let mut file: File = match yaml::read(&tree) {
        Ok(file) => file,
        Err(more) => {
            problems.extend(more);
            return Err(wrong(problems));
        }
    };
    if purpose == Purpose::Offline {
        later::as_recordings(&mut file);
    }
    problems.extend(validate::validate(&file, &tree, purpose));
    imply_otlp(&mut file);
    let offline = (purpose == Purpose::Offline).then(|| later::without_probes(&file));
    let decoder = compile::mappings(offline.as_ref().unwrap_or(&file), &tree, text, &problems)
        .map_err(|more| problems.extend(more));
    if let Ok(decoder) = &decoder {
        problems.extend(compile::doubts(decoder, &tree, text));
    }
    let (errors, warnings): (Vec<_>, Vec<_>) =
        problems.into_iter().partition(|problem| problem.severity == Severity::Error);
    let Ok(decoder) = decoder else { return Err(wrong(errors)) };
    if !errors.is_empty() {
        return Err(wrong(errors));
    }
    let rules = compile::rules(&file);
    let digest = blake3::hash(text.as_bytes()).to_hex().to_string();
    Ok(Config { rules, decoder: Arc::new(decoder), text: shown, digest, warnings: wrong(warnings), file })
}

/// The addresses for OTLP imply a source of that name, and a source of that kind implies the addresses.
fn imply_otlp(file: &mut File) {
    let declared = file.sources.values().any(|source| source.otlp.is_some());
    if file.otlp.is_some() && !declared {
        let source = SourceConfig { otlp: Some(OtlpConfig {}), ..SourceConfig::default() };
        file.sources.insert("otlp".to_owned(), source);
    } else if declared && file.otlp.is_none() {
        file.otlp = Some(OtlpFile::default());
    }
}
