//! A YAML text as a tree of values that know where they stand. Syntax, anchors, duplicate keys and the budget against
//! hostile files are serde-saphyr's business.

use std::fmt;

use serde::{Deserialize, Deserializer, de};
use serde_saphyr::{Location, Spanned, budget::BudgetBreach};

use super::{Path, Place, Problem, Segment, read_error::short};

/// A value and its place.
#[derive(Clone, PartialEq, Debug)]
pub struct Node {
    pub place: Place,
    pub kind: Kind,
    /// Its text came from the environment, so it is never shown (see `env`).
    pub secret: bool,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Kind {
    Null,
    Bool(bool),
    /// A number, with the text as it was written: a text field takes it as that.
    Int(i128, String),
    Float(f64, String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// One `key: value` of a map, in the order of the file.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    pub key: String,
    pub key_place: Place,
    pub value: Node,
}

impl Node {
    pub fn child(&self, segment: &Segment) -> Option<&Self> {
        match (&self.kind, segment) {
            (Kind::Map(entries), Segment::Key(key)) => {
                entries.iter().find(|entry| entry.key == *key).map(|entry| &entry.value)
            }
            (Kind::List(items), Segment::Index(index)) => items.get(*index),
            _ => None,
        }
    }

    pub fn at(&self, path: &Path) -> Option<&Self> {
        path.0.iter().try_fold(self, |node, segment| node.child(segment))
    }

    /// Reads a path as `Path` writes it. Names may hold dots: at each map the longest key that fits is taken.
    pub fn resolve(&self, text: &str) -> Path {
        let mut path = Path::default();
        let mut node = Some(self);
        let mut rest = text;
        while !rest.is_empty() {
            let (segment, tail) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                Some((index, tail)) if index.parse::<usize>().is_ok() => {
                    (Segment::Index(index.parse().unwrap_or(0)), tail)
                }
                _ => {
                    let key = node.and_then(|node| node.longest_key(rest)).unwrap_or(rest);
                    (Segment::Key(key.to_owned()), &rest[key.len()..])
                }
            };
            node = node.and_then(|node| node.child(&segment));
            path.0.push(segment);
            rest = tail.strip_prefix('.').unwrap_or(tail);
        }
        path
    }

    /// The longest key of this map with which the text begins, up to its end, a dot or a bracket.
    fn longest_key<'a>(&self, text: &'a str) -> Option<&'a str> {
        let Kind::Map(entries) = &self.kind else { return None };
        let fits = |key: &&String| {
            text.strip_prefix(key.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let longest = entries.iter().map(|entry| &entry.key).filter(fits).max_by_key(|key| key.len())?;
        text.get(..longest.len())
    }

    /// Where to point for a path: the value, or, for a map, a list or nothing, its key; where the path leads nowhere, the nearest
    /// value above.
    pub fn place_of(&self, path: &Path) -> Place {
        let mut node = self;
        let mut place = self.place.clone();
        for segment in &path.0 {
            let Some(child) = node.child(segment) else { break };
            place = match (&node.kind, segment) {
                (Kind::Map(entries), Segment::Key(key)) if child.stands_at_its_key() => {
                    entries.iter().find(|entry| entry.key == *key).map_or(place, |entry| entry.key_place.clone())
                }
                _ => child.place.clone(),
            };
            node = child;
        }
        place
    }

    /// The place of a key itself.
    pub fn key_place(&self, path: &Path) -> Place {
        let parent = self.at(&path.parent());
        match (parent.map(|node| &node.kind), path.0.last()) {
            (Some(Kind::Map(entries)), Some(Segment::Key(key))) => entries
                .iter()
                .find(|entry| entry.key == *key)
                .map_or_else(|| self.place_of(path), |entry| entry.key_place.clone()),
            _ => self.place_of(path),
        }
    }

    /// What is wrong with it is shown at its key: it has many lines, or none at all.
    pub const fn stands_at_its_key(&self) -> bool {
        matches!(self.kind, Kind::List(_) | Kind::Map(_) | Kind::Null)
    }

    /// What it is, for "expected …, found …".
    pub fn describe(&self) -> String {
        match &self.kind {
            Kind::Null => "nothing".to_owned(),
            Kind::Bool(value) => format!("`{value}`"),
            Kind::Int(_, text) | Kind::Float(_, text) => format!("the number {text}"),
            Kind::Text(_) if self.secret => "a text".to_owned(),
            Kind::Text(text) => format!("`{}`", short(text)),
            Kind::List(_) => "a list".to_owned(),
            Kind::Map(_) => "a map".to_owned(),
        }
    }
}

/// Reads the text.
///
/// # Errors
/// The first thing that is not YAML, with its place.
pub fn parse(text: &str) -> Result<Node, Problem> {
    let options = serde_saphyr::options! { with_snippet: false, strict_booleans: true };
    match serde_saphyr::from_str_with_options::<Spanned<Raw>>(text, options) {
        Ok(raw) => Ok(build(raw, text)),
        Err(error) => {
            let place = error.location().map_or_else(Place::default, |at| place(at, text));
            let message = match error.without_snippet() {
                serde_saphyr::Error::DuplicateMappingKey { key, .. } => match key {
                    Some(key) => format!("`{key}` is there twice"),
                    None => "a key is there twice".to_owned(),
                },
                serde_saphyr::Error::MultipleDocuments { .. } => {
                    return Err(Problem::error(Path::default(), place, "a second document begins here")
                        .help("a configuration is one document: take the `---` out, or make two files of it"));
                }
                serde_saphyr::Error::Budget { breach, .. } => {
                    let (what, help) = too_much(breach);
                    return Err(Problem::error(Path::default(), place, what).help(help));
                }
                other => {
                    // The place is told apart from the words.
                    let words = other.to_string();
                    if words.contains("recursion limit exceeded") {
                        let problem = Problem::error(Path::default(), place, "values are nested too deep");
                        return Err(problem.help("expected fewer levels"));
                    }
                    format!("not YAML: {}", words.split(" at line ").next().unwrap_or(&words))
                }
            };
            Err(Problem::error(Path::default(), place, message))
        }
    }
}

/// What a file has too much of.
fn too_much(breach: &BudgetBreach) -> (String, String) {
    let large = "no configuration is so large: is it the right file?".to_owned();
    match breach {
        BudgetBreach::Depth { depth } => {
            (format!("values are nested {depth} deep"), "expected fewer levels".to_owned())
        }
        BudgetBreach::Nodes { nodes } => (format!("the file has more than {} values", nodes - 1), large),
        BudgetBreach::Events { events } => (format!("the file has more than {} parts", events - 1), large),
        BudgetBreach::ScalarBytes { total_scalar_bytes } => {
            (format!("the texts of the file have {total_scalar_bytes} bytes"), large)
        }
        BudgetBreach::Aliases { .. } | BudgetBreach::Anchors { .. } | BudgetBreach::AliasAnchorRatio { .. } => {
            let help = "write out what is repeated".to_owned();
            ("the file refers to its own parts too often".to_owned(), help)
        }
        _ => ("the file is larger than a configuration may be".to_owned(), large),
    }
}

/// What serde-saphyr tells of a value, before texts of numbers are looked up.
enum Raw {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

fn build(raw: Spanned<Raw>, text: &str) -> Node {
    let here = place(raw.referenced, text);
    let written = |at: Location| text.get(place(at, text).bytes).unwrap_or_default().trim().to_owned();
    let kind = match raw.value {
        Raw::Null => Kind::Null,
        Raw::Bool(value) => Kind::Bool(value),
        Raw::Int(value) => Kind::Int(value, written(raw.defined)),
        Raw::Float(value) => Kind::Float(value, written(raw.defined)),
        Raw::Text(value) => Kind::Text(value),
        Raw::List(items) => Kind::List(items.into_iter().map(|item| build(item, text)).collect()),
        Raw::Map(entries) => Kind::Map(
            entries
                .into_iter()
                .map(|(key, value)| Entry {
                    key_place: place(key.referenced, text),
                    key: key.value,
                    value: build(value, text),
                })
                .collect(),
        ),
    };
    Node { place: here, kind, secret: false }
}

fn place(at: Location, text: &str) -> Place {
    let span = at.span();
    // Of what is not YAML only the characters are counted.
    let characters = || text.char_indices().nth(usize::try_from(span.offset()).unwrap_or(0)).map(|(start, _)| start);
    let start = span.byte_offset().and_then(|offset| usize::try_from(offset).ok()).or_else(characters);
    let start = start.unwrap_or(text.len()).min(text.len());
    let length = span.byte_len().map_or(0, |length| usize::try_from(length).unwrap_or(0));
    Place {
        line: u32::try_from(at.line()).unwrap_or(0),
        column: u32::try_from(at.column()).unwrap_or(0),
        bytes: start..start.saturating_add(length).min(text.len()),
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> de::Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }
    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }
    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Int(value.into()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Int(value.into()))
    }
    fn visit_i128<E>(self, value: i128) -> Result<Raw, E> {
        Ok(Raw::Int(value))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Float(value))
    }
    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }
    fn visit_string<E>(self, value: String) -> Result<Raw, E> {
        Ok(Raw::Text(value))
    }
    fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }
    fn visit_map<A: de::MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Raw::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_know_where_they_stand() {
        let text = "a: 1\nb:\n  - x\n  - ünï: 2.50\n    c: \"5\"\n";
        let tree = parse(text).unwrap();
        let at = |path: &Path| {
            let place = tree.place_of(path);
            (place.line, place.column, text[place.bytes].trim_end().to_owned())
        };
        assert_eq!(at(&Path::of(&["a"])), (1, 4, "1".into()));
        let item = Path::of(&["b"]).index(1);
        assert_eq!(at(&item.key("ünï")), (4, 10, "2.50".into()));
        assert_eq!(at(&item.key("c")), (5, 8, "\"5\"".into()));
        assert_eq!(at(&Path::of(&["b"])), (2, 1, "b".into()), "of a collection: its key");
        assert_eq!(at(&Path::of(&["a", "nowhere"])), (1, 4, "1".into()), "the nearest value above");
        assert_eq!(tree.at(&item.key("ünï")).unwrap().kind, Kind::Float(2.5, "2.50".into()), "the text is kept");
        assert_eq!(tree.at(&item.key("c")).unwrap().kind, Kind::Text("5".into()));
    }

    #[test]
    fn what_is_not_yaml_is_named_with_its_place() {
        for (text, line, column, said) in [
            ("a: 1\na: 2\n", 2, 1, "`a` is there twice"),
            ("a: [1, 2\nb: 3\n", 2, 2, "not YAML"),
            ("a: \"x\n", 2, 1, "not YAML"),
            ("ü: 1\nb:\n\tc: 2\n", 3, 2, "tabs"),
            ("a: 1\nb: 2\nc: {d: 1, e\nf: 3\n", 3, 4, "unclosed bracket"),
            ("a: 1\nb: [1, 2}\n", 2, 4, "mismatched bracket"),
        ] {
            let problem = parse(text).unwrap_err();
            let place = &problem.place;
            assert!(problem.message.contains(said), "{text:?}: {problem:?}");
            assert_eq!((place.line, place.column), (line, column), "{text:?}: {problem:?}");
            // It is shown by its bytes.
            let before = &text[..place.bytes.start];
            let shown = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            assert_eq!((before.matches('\n').count() + 1, shown), (line as usize, column as usize), "{text:?}");
        }
    }

    #[test]
    fn what_is_too_much_is_said_plainly() {
        let many = format!("a: [{}]\n", "1,".repeat(260_000));
        let deep = format!("a: {}{}\n", "[".repeat(3_000), "]".repeat(3_000));
        for (text, said) in [
            ("a: 1\n---\nb: 2\n", "a second document begins here"),
            (&many, "the file has more than 250000 values"),
            (&deep, "values are nested too deep"),
        ] {
            let problem = parse(text).unwrap_err();
            assert!(problem.message.starts_with(said), "{}", problem.message);
            assert!(problem.help.is_some() && !problem.message.contains(['{', '_']), "{problem:?}");
        }
        assert_eq!(parse("a: 1\n---\nb: 2\n").unwrap_err().place.line, 3);
    }
}
