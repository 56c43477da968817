//! A JSONPath (RFC 9535), compiled. Paths of plain member names, which nearly all are, are walked without a node list.

use serde_json::Value;
use serde_json_path::JsonPath;

/// Longer or deeper ones are mistakes or attacks: the parser is recursive.
const MAX_LENGTH: usize = 1024;
const MAX_NESTING: usize = 32;

#[derive(Debug)]
pub(crate) struct Path {
    text: String,
    form: Form,
}

#[derive(Debug)]
enum Form {
    Members(Vec<String>),
    General(JsonPath),
}

/// What a path selects.
#[derive(Debug, PartialEq)]
pub(crate) enum Found<'v> {
    Nothing,
    One(&'v Value),
    Many(usize),
}

impl Path {
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > MAX_LENGTH || nesting(text) > MAX_NESTING {
            return Err(format!(
                "the JSONPath is longer than {MAX_LENGTH} bytes or nested more than {MAX_NESTING} deep"
            ));
        }
        if !text.starts_with('$') {
            return Err(format!("`{text}` is not a JSONPath: it does not begin with `$`"));
        }
        let general =
            JsonPath::parse(text).map_err(|error| format!("`{text}` is not a JSONPath: {}", error.message()))?;
        let form = members(text).map_or(Form::General(general), Form::Members);
        Ok(Self { text: text.to_owned(), form })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn find<'v>(&self, root: &'v Value) -> Found<'v> {
        match &self.form {
            Form::Members(members) => members
                .iter()
                .try_fold(root, |value, member| value.as_object()?.get(member))
                .map_or(Found::Nothing, Found::One),
            Form::General(path) => {
                let nodes = path.query(root);
                match nodes.len() {
                    0 => Found::Nothing,
                    1 => nodes.first().map_or(Found::Nothing, Found::One),
                    many => Found::Many(many),
                }
            }
        }
    }
}

/// The member names of `$.a.b`; `None` for any other form.
fn members(text: &str) -> Option<Vec<String>> {
    let rest = text.strip_prefix('$')?;
    if rest.is_empty() {
        return Some(Vec::new());
    }
    rest.strip_prefix('.')?
        .split('.')
        .map(|name| {
            let mut letters = name.chars();
            let first = letters.next()?;
            let plain = (first.is_ascii_alphabetic() || first == '_')
                && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
            plain.then(|| name.to_owned())
        })
        .collect()
}

/// How deep brackets are nested at most, those in quotes counted too.
pub(super) fn nesting(text: &str) -> usize {
    let mut depth = 0_usize;
    text.bytes().fold(0, |most, byte| {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        most.max(depth)
    })
}
