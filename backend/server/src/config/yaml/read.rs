//! Typed values from a tree. Unknown keys are gathered and stepped over; after any other problem the value is taken out and
//! the rest is read again, so that one look at the file's problems shows all of them.

use std::cell::RefCell;

use serde::{
    Deserializer,
    de::{self, DeserializeOwned, IntoDeserializer as _, Visitor, value::BorrowedStrDeserializer},
    forward_to_deserialize_any,
};

use super::{
    Entry, Kind, Node, Path, Place, Problem, Segment,
    read_error::{ReadError, one_of, suggest},
};

/// Problems shown at most: a file with more is not the file that was meant.
const MOST: usize = 30;

/// Reads a value of type `T`.
///
/// # Errors
/// Everything that is wrong with its shape.
pub fn read<T: DeserializeOwned>(root: &Node) -> Result<T, Vec<Problem>> {
    let mut tree = root.clone();
    let mut problems = Vec::new();
    // Values that were wrong and were taken out: that they are missing is then no news.
    let mut taken: Vec<Path> = Vec::new();
    let unknown = RefCell::new(Vec::new());
    loop {
        let outcome = T::deserialize(Reader { node: &tree, path: Path::default(), key_place: None, unknown: &unknown });
        let error = match outcome {
            Ok(value) => {
                let problems = all(problems, unknown);
                return if problems.is_empty() { Ok(value) } else { Err(problems) };
            }
            Err(error) => error,
        };
        let missing = error.missing;
        let problem = error.problem();
        let at = problem.path.clone();
        let known = missing.is_some_and(|key| taken.contains(&at.key(key)));
        if !known {
            problems.push((problem, missing));
        }
        if at.0.is_empty() || problems.len() >= MOST || !take_out(&mut tree, &at) {
            return Err(all(problems, unknown));
        }
        taken.push(at);
    }
}

/// Both kinds together; a key that is missing because it was misspelt is one problem, not two.
fn all(problems: Vec<(Problem, Option<&'static str>)>, unknown: RefCell<Vec<Problem>>) -> Vec<Problem> {
    let unknown = once_each(unknown);
    let misspelt = |problem: &Problem, key: &str| {
        let meant = format!("did you mean `{key}`?");
        unknown
            .iter()
            .any(|it| it.path.parent() == problem.path && it.help.as_ref().is_some_and(|help| help.starts_with(&meant)))
    };
    let mut all: Vec<_> = problems
        .into_iter()
        .filter(|(problem, missing)| !missing.is_some_and(|key| misspelt(problem, key)))
        .map(|(problem, _)| problem)
        .collect();
    all.extend(unknown);
    all
}

/// Every reading names the unknown keys anew.
fn once_each(unknown: RefCell<Vec<Problem>>) -> Vec<Problem> {
    let mut all = unknown.into_inner();
    all.sort_by(|left, right| left.path.cmp(&right.path));
    all.dedup_by(|left, right| left.path == right.path);
    all
}

/// Removes the value at a path; false where it is not there.
fn take_out(tree: &mut Node, path: &Path) -> bool {
    let Some((last, above)) = path.0.split_last() else { return false };
    let Segment::Key(key) = last else {
        // Taking an item out would shift the others' places: the list goes with it.
        return take_out(tree, &path.parent());
    };
    let mut node = tree;
    for segment in above {
        let next = match (&mut node.kind, segment) {
            (Kind::Map(entries), Segment::Key(key)) => {
                entries.iter_mut().find(|entry| entry.key == *key).map(|entry| &mut entry.value)
            }
            (Kind::List(items), Segment::Index(index)) => items.get_mut(*index),
            _ => None,
        };
        match next {
            Some(next) => node = next,
            None => return false,
        }
    }
    let Kind::Map(entries) = &mut node.kind else { return false };
    let before = entries.len();
    entries.retain(|entry| entry.key != *key);
    entries.len() < before
}

/// The problems that do not end the reading.
type Sink<'p> = &'p RefCell<Vec<Problem>>;

struct Reader<'de, 'p> {
    node: &'de Node,
    path: Path,
    /// Where a missing key is complained of: at the key whose map lacks it.
    key_place: Option<&'de Place>,
    unknown: Sink<'p>,
}

impl<'de> Reader<'de, '_> {
    fn place(&self) -> &'de Place {
        self.key_place.filter(|_| self.node.is_collection()).unwrap_or(&self.node.place)
    }

    /// Hands the value to the visitor as what it is in the file.
    fn visit<V: Visitor<'de>>(
        self,
        visitor: V,
        fields: Option<&'static [&'static str]>,
    ) -> Result<V::Value, ReadError> {
        let (path, place) = (self.path.clone(), self.place());
        let outcome = match &self.node.kind {
            Kind::Null => visitor.visit_unit(),
            Kind::Bool(value) => visitor.visit_bool(*value),
            Kind::Int(value, _) => match (u64::try_from(*value), i64::try_from(*value)) {
                (Ok(value), _) => visitor.visit_u64(value),
                (_, Ok(value)) => visitor.visit_i64(value),
                _ => visitor.visit_i128(*value),
            },
            Kind::Float(value, _) => visitor.visit_f64(*value),
            Kind::Text(text) => visitor.visit_borrowed_str(text),
            Kind::List(items) => visitor.visit_seq(Items { items, next: 0, path: &path, unknown: self.unknown }),
            Kind::Map(entries) => {
                if let Some(fields) = fields {
                    self.name_unknown(entries, fields);
                }
                visitor.visit_map(Entries { entries, next: 0, path: &path, unknown: self.unknown, fields })
            }
        };
        outcome.map_err(|error| error.or_at(&path, place))
    }

    fn name_unknown(&self, entries: &[Entry], fields: &[&str]) {
        for entry in entries.iter().filter(|entry| !fields.contains(&entry.key.as_str())) {
            let message = format!("the key `{}` is not known here", entry.key);
            let problem = Problem::error(self.path.key(&entry.key), entry.key_place.clone(), message);
            self.unknown.borrow_mut().push(problem.help(suggest(&entry.key, fields)));
        }
    }
}

impl<'de> Deserializer<'de> for Reader<'de, '_> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.visit(visitor, None)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        if self.node.kind == Kind::Null { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, ReadError> {
        let (path, place) = (self.path.clone(), self.place());
        visitor.visit_newtype_struct(self).map_err(|error| error.or_at(&path, place))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.visit(visitor, Some(fields))
    }

    /// A name without quotes that looks like a number (`version: 1.10`) is the text that was written.
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match &self.node.kind {
            Kind::Int(_, text) | Kind::Float(_, text) => {
                visitor.visit_borrowed_str(text).map_err(|error: ReadError| error.or_at(&self.path, self.place()))
            }
            _ => self.visit(visitor, None),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        let outcome = match &self.node.kind {
            Kind::Text(name) => visitor.visit_enum(name.as_str().into_deserializer()),
            Kind::Map(entries) if entries.len() == 1 => {
                visitor.visit_enum(Variant { entry: &entries[0], path: &self.path, unknown: self.unknown })
            }
            _ => {
                let mut error: ReadError =
                    de::Error::custom(format!("expected a name, found {}", self.node.describe()));
                error.help = Some(one_of(variants));
                Err(error)
            }
        };
        outcome.map_err(|error| error.or_at(&self.path, self.place()))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

struct Items<'de, 'p> {
    items: &'de [Node],
    next: usize,
    path: &'p Path,
    unknown: Sink<'p>,
}

impl<'de> de::SeqAccess<'de> for Items<'de, '_> {
    type Error = ReadError;

    fn next_element_seed<T: de::DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, ReadError> {
        let Some(node) = self.items.get(self.next) else { return Ok(None) };
        let path = self.path.index(self.next);
        self.next += 1;
        seed.deserialize(Reader { node, path, key_place: None, unknown: self.unknown }).map(Some)
    }
    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len() - self.next)
    }
}

struct Entries<'de, 'p> {
    entries: &'de [Entry],
    next: usize,
    path: &'p Path,
    unknown: Sink<'p>,
    /// The keys of the struct that is read; others were named already and are stepped over.
    fields: Option<&'static [&'static str]>,
}

impl<'de> de::MapAccess<'de> for Entries<'de, '_> {
    type Error = ReadError;

    fn next_key_seed<K: de::DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ReadError> {
        if let Some(fields) = self.fields {
            while self.entries.get(self.next).is_some_and(|entry| !fields.contains(&entry.key.as_str())) {
                self.next += 1;
            }
        }
        let Some(entry) = self.entries.get(self.next) else { return Ok(None) };
        let key: BorrowedStrDeserializer<'de, ReadError> = BorrowedStrDeserializer::new(&entry.key);
        seed.deserialize(key).map(Some).map_err(|error| error.or_at(&self.path.key(&entry.key), &entry.key_place))
    }

    fn next_value_seed<V: de::DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ReadError> {
        // Serde asks for a value only after its key.
        let Some(entry) = self.entries.get(self.next) else { return Err(de::Error::custom("no value")) };
        self.next += 1;
        seed.deserialize(entry_reader(entry, self.path, self.unknown))
    }
}

fn entry_reader<'de, 'p>(entry: &'de Entry, path: &Path, unknown: Sink<'p>) -> Reader<'de, 'p> {
    Reader { node: &entry.value, path: path.key(&entry.key), key_place: Some(&entry.key_place), unknown }
}

/// `decimal: 2`: the one entry of a map names the variant.
struct Variant<'de, 'p> {
    entry: &'de Entry,
    path: &'p Path,
    unknown: Sink<'p>,
}

impl<'de, 'p> de::EnumAccess<'de> for Variant<'de, 'p> {
    type Error = ReadError;
    type Variant = Self;

    fn variant_seed<V: de::DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), ReadError> {
        let key: BorrowedStrDeserializer<'de, ReadError> = BorrowedStrDeserializer::new(&self.entry.key);
        let name = seed.deserialize(key).map_err(|error| error.or_at(self.path, &self.entry.key_place))?;
        Ok((name, self))
    }
}

impl<'de> de::VariantAccess<'de> for Variant<'de, '_> {
    type Error = ReadError;

    fn unit_variant(self) -> Result<(), ReadError> {
        let message = format!("`{}` takes no value: write `{0}` alone", self.entry.key);
        let error: ReadError = de::Error::custom(message);
        Err(error.or_at(self.path, &self.entry.key_place))
    }
    fn newtype_variant_seed<T: de::DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, ReadError> {
        seed.deserialize(entry_reader(self.entry, self.path, self.unknown))
    }
    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, ReadError> {
        entry_reader(self.entry, self.path, self.unknown).deserialize_any(visitor)
    }
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        entry_reader(self.entry, self.path, self.unknown).deserialize_struct("", fields, visitor)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::{super::parse, *};

    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Top {
        name: String,
        #[serde(default)]
        things: BTreeMap<String, Thing>,
        #[serde(default)]
        list: Vec<Thing>,
    }

    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Thing {
        size: u8,
        #[serde(default)]
        kind: Kinds,
    }

    #[derive(Deserialize, Debug, PartialEq, Default)]
    #[serde(rename_all = "snake_case")]
    enum Kinds {
        #[default]
        Plain,
        Cut(u8),
    }

    fn said(text: &str) -> Vec<String> {
        let problems = read::<Top>(&parse(text).unwrap()).unwrap_err();
        let problems = crate::config::yaml::Problems::new("f", text, problems);
        problems.to_string().lines().map(str::to_owned).collect()
    }

    #[test]
    fn what_is_right_is_read() {
        let top: Top =
            read(&parse("name: 1.10\nthings: { a: { size: 3, kind: { cut: 2 } } }\nlist: [{ size: 1 }]").unwrap())
                .unwrap();
        assert_eq!(top.name, "1.10", "a text is what was written");
        assert_eq!(top.things["a"], Thing { size: 3, kind: Kinds::Cut(2) });
        assert_eq!(top.list, [Thing { size: 1, kind: Kinds::Plain }]);
    }

    #[test]
    fn every_problem_of_a_file_is_named_at_once() {
        let text = "nam: x\nthings:\n  a: { size: big }\n  b: { siz: 1 }\n  c: { size: 300, kind: ct }\n  d: {size: 1, kind: {plain: 1}}\n";
        let expected = [
            "f:1:1: the key `nam` is not known here (did you mean `name`? expected one of `name`, `things`, `list`)",
            "f:3:14: expected a whole number, found `big`",
            "f:4:8: the key `siz` is not known here (did you mean `size`? expected one of `size`, `kind`)",
            "f:5:14: expected a whole number, found the number 300",
            "f:5:25: `ct` is not known here (did you mean `cut`? expected one of `plain`, `cut`)",
            "f:6:23: `plain` takes no value: write `plain` alone",
        ];
        assert_eq!(said(text), expected);
    }

    #[test]
    fn a_value_that_was_wrong_is_not_called_missing_too() {
        assert_eq!(
            said("name: [1]\nlist: [{ size: x }, { size: 1 }]"),
            ["f:1:1: expected a text, found a list", "f:2:16: expected a whole number, found `x`"]
        );
    }
}
