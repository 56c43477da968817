//! A JSONPath (RFC 9535), compiled. Paths of plain member names, which nearly all are, are walked without a node list.

use serde_json::Value;
use serde_json_path::JsonPath;

use crate::spec::{Wrong, did_you_mean};

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
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        if text.len() > MAX_LENGTH || nesting(text) > MAX_NESTING {
            return Err(Wrong::new(format!(
                "the JSONPath is longer than {MAX_LENGTH} bytes or nested more than {MAX_NESTING} deep"
            )));
        }
        if !text.starts_with('$') {
            let near = right(match text.chars().next() {
                Some('.' | '[') => format!("${text}"),
                _ => format!("$.{text}"),
            });
            let message = format!("`{text}` is not a JSONPath: it does not begin with `$`");
            return Err(Wrong::new(message + &did_you_mean(near.as_deref())));
        }
        let general = JsonPath::parse(text).map_err(|error| unreadable(text, error.position(), error.message()))?;
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

/// The text, if it is a JSONPath.
fn right(text: String) -> Option<String> {
    JsonPath::parse(&text).is_ok().then_some(text)
}

/// What is said of a path that cannot be read from a byte on. The parser's own words are shown where they name a rule.
fn unreadable(text: &str, at: usize, said: &str) -> Wrong {
    let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let number = text[..at].chars().count() + 1;
    let why = match (text[at..].chars().next(), said) {
        (None, _) => "it ends too early".to_owned(),
        (Some(_), "parser error" | "empty error") => {
            let rest: String = text[at..].chars().take(12).collect();
            format!("`{rest}` cannot be read, from its character {number} on")
        }
        (Some(_), rule) => format!("{rule}, at its character {number}"),
    };
    let near = did_you_mean(quoted(text, at).as_deref());
    Wrong::new(format!("`{text}` is not a JSONPath: {why}{near}")).at(Some(at..text.len()))
}

/// `$.order-id` with the name in which it breaks off in quotes: `$['order-id']`.
fn quoted(text: &str, at: usize) -> Option<String> {
    let dot = text.get(..=at).and_then(|before| before.rfind('.'))?;
    let end = text[dot + 1..].find(['.', '[']).map_or(text.len(), |end| dot + 1 + end);
    let name = text[dot + 1..end].trim();
    let plain = !name.is_empty() && !name.contains(['\'', '"', '\\', ']', '$', '*', '?', '@', '(', ')']);
    plain.then(|| format!("{}['{name}']{}", &text[..dot], &text[end..])).and_then(right)
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
