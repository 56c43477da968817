//! What serde says is wrong, in words for people, with the place where it was read.

use std::fmt;

use serde::de;

use super::{Path, Place, Problem};

/// How a value is not what was expected. The reader adds the place on the way out; the innermost one counts.
#[derive(Debug)]
pub struct ReadError {
    pub message: String,
    pub help: Option<String>,
    /// A key that is not there; the reader must not complain of one that it took out itself.
    pub missing: Option<&'static str>,
    pub at: Option<(Path, Place)>,
    /// The value that is no value any more without the part that is wrong.
    pub whole: Option<Path>,
}

impl ReadError {
    fn new(message: String) -> Self {
        Self { message, help: None, missing: None, at: None, whole: None }
    }

    #[must_use]
    pub fn or_at(mut self, path: &Path, place: &Place) -> Self {
        if self.at.is_none() {
            self.at = Some((path.clone(), place.clone()));
        }
        self
    }

    #[must_use]
    pub fn within(self, whole: &Path) -> Self {
        Self { whole: Some(whole.clone()), ..self }
    }

    pub fn problem(self) -> Problem {
        let (path, place) = self.at.unwrap_or_default();
        Problem { help: self.help, ..Problem::error(path, place, self.message) }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ReadError {}

impl de::Error for ReadError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
    fn invalid_type(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::new(format!("expected {}, found {}", plain(expected), words(found)))
    }
    fn invalid_value(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::new(format!("expected {}, found {}", plain(expected), words(found)))
    }
    fn invalid_length(length: usize, expected: &dyn de::Expected) -> Self {
        Self::new(format!("expected {}, found {length} values", plain(expected)))
    }
    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let name = short(variant);
        Self { help: Some(suggest(variant, expected)), ..Self::new(format!("`{name}` is not known here")) }
    }
    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self { help: Some(suggest(field, expected)), ..Self::new(format!("the key `{field}` is not known here")) }
    }
    fn missing_field(field: &'static str) -> Self {
        Self { missing: Some(field), ..Self::new(format!("the key `{field}` is missing")) }
    }
}

/// Serde names Rust's types; people write YAML.
fn plain(expected: &dyn de::Expected) -> String {
    let text = expected.to_string();
    match text.as_str() {
        "a string" => "a text".to_owned(),
        "a boolean" => "`true` or `false`".to_owned(),
        "a sequence" => "a list".to_owned(),
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number".to_owned(),
        _ if text.starts_with("struct ") || text == "a map" => "a map of keys and values".to_owned(),
        _ if text.starts_with("enum ") => "a name".to_owned(),
        _ => text,
    }
}

fn words(found: de::Unexpected<'_>) -> String {
    use de::Unexpected as U;
    match found {
        U::Bool(value) => format!("`{value}`"),
        U::Unsigned(value) => format!("the number {value}"),
        U::Signed(value) => format!("the number {value}"),
        U::Float(value) => format!("the number {value}"),
        U::Str(text) => format!("`{}`", short(text)),
        U::Unit | U::Option => "nothing".to_owned(),
        U::Seq => "a list".to_owned(),
        U::Map | U::StructVariant | U::NewtypeStruct => "a map".to_owned(),
        other => other.to_string(),
    }
}

/// A value as it is quoted: its beginning, where it is long.
pub fn short(text: &str) -> String {
    const LETTERS: usize = 80;
    match text.char_indices().nth(LETTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// `did you mean `lateness`?`, or the whole list where nothing is near.
pub fn suggest(found: &str, expected: &[&str]) -> String {
    match nearest(found, expected.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? {}", one_of(expected)),
        None => one_of(expected),
    }
}

/// The valid name that a person most likely meant; `None` where none is near.
pub fn nearest<'a>(found: &str, expected: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Below this Jaro-Winkler similarity a suggestion misleads more often than it helps.
    const NEAR: f64 = 0.8;
    let found = found.to_lowercase();
    expected
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&found, &name.to_lowercase()), name))
        // Jaro-Winkler is blind to a letter left out of a short word.
        .filter(|(similar, name)| *similar >= NEAR || strsim::damerau_levenshtein(&found, name) <= 1)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, name)| name)
}

/// `expected one of `a`, `b`, `c``, `expected `a``, or that there is none.
pub fn one_of(expected: &[&str]) -> String {
    let quoted: Vec<_> = expected.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => "there are none".to_owned(),
        [only] => format!("expected {only}"),
        many => format!("expected one of {}", many.join(", ")),
    }
}
