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
        let (missing, whole) = (error.missing, error.whole.clone());
        let problem = error.problem();
        let at = whole.unwrap_or_else(|| problem.path.clone());
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
        self.key_place.filter(|_| self.node.stands_at_its_key()).unwrap_or(&self.node.place)
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

    /// A map without entries.
    fn nothing<V: Visitor<'de>>(self, visitor: V, fields: &'static [&'static str]) -> Result<V::Value, ReadError> {
        let (path, place) = (self.path.clone(), self.place());
        let none = Entries { entries: &[], next: 0, path: &path, unknown: self.unknown, fields: Some(fields) };
        visitor.visit_map(none).map_err(|error: ReadError| error.or_at(&path, place))
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
        match &self.node.kind {
            // A derived visitor would take the items for the fields in their order.
            Kind::List(_) => {
                let mut error: ReadError = de::Error::custom("expected a map of keys and values, found a list");
                error.help = fields.first().map(|first| format!("write `{first}: …` and so on, without `-`"));
                Err(error.or_at(&self.path, self.place()))
            }
            Kind::Null => self.nothing(visitor, fields),
            _ => self.visit(visitor, Some(fields)),
        }
    }

    /// A section whose entries are all commented out is empty.
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        if self.node.kind == Kind::Null { self.nothing(visitor, &[]) } else { self.visit(visitor, None) }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let (path, place) = (self.path.clone(), self.place());
        match &self.node.kind {
            Kind::Null => visitor
                .visit_seq(Items { items: &[], next: 0, path: &path, unknown: self.unknown })
                .map_err(|error: ReadError| error.or_at(&path, place)),
            _ => self.visit(visitor, None),
        }
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
        // A map that names the variant is none without its one entry.
        outcome.map_err(|error| error.or_at(&self.path, self.place()).within(&self.path))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct tuple
        tuple_struct identifier ignored_any
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
        let at = path.clone();
        let item = seed.deserialize(Reader { node, path, key_place: None, unknown: self.unknown });
        item.map(Some).map_err(|error: ReadError| error.or_at(&at, &node.place))
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
        let reader = entry_reader(entry, self.path, self.unknown);
        // One of several forms is tried without its place: what fits none of them is told here.
        let (path, place) = (reader.path.clone(), reader.place());
        seed.deserialize(reader).map_err(|error: ReadError| error.or_at(&path, place))
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
