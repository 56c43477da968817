//! Names of an expression that records of a format most likely do not have. Records are open: JSON may hold any member and a
//! CloudEvent any extension, so that this is a doubt and no mistake; written as `value.name` it is none.

use super::spoken::Variable;
use crate::{
    format::{ATTRIBUTES, Format},
    spec::{Wrong, did_you_mean, near},
};

/// What an expression has at its place.
#[derive(Clone, Copy, Default)]
pub(crate) struct Names<'a> {
    /// What the records are; `None` where they may be of several sources.
    pub format: Option<Format>,
    /// Names beside the record's members: the compared fields, for `holds`.
    pub fields: &'a [&'a str],
}

/// Names of types, which are values of CEL.
const TYPES: [&str; 13] = [
    "bool",
    "bytes",
    "double",
    "duration",
    "dyn",
    "int",
    "list",
    "map",
    "null_type",
    "string",
    "timestamp",
    "type",
    "uint",
];

/// What there is to say of a name; `None` where nothing speaks against it.
pub(super) fn doubt(names: &Names<'_>, variable: &Variable) -> Option<Wrong> {
    let name = variable.name.as_str();
    let own = ["value", "record"];
    if own.contains(&name) || names.fields.contains(&name) || TYPES.contains(&name) {
        return None;
    }
    let attributes: &[&str] = if names.format == Some(Format::CloudEvents) { &ATTRIBUTES } else { &[] };
    if attributes.contains(&name) {
        return None;
    }
    let known = names.fields.iter().chain(attributes).copied();
    if !attributes.is_empty() {
        let near = did_you_mean(near(name, known.chain(own)));
        let message = format!("`{name}` is no attribute of CloudEvents: without it nothing is found{near}");
        let expected =
            format!("`data.{name}` for what the event carries, or `value.{name}` for an extension attribute");
        return Some(Wrong::new(message).at(variable.part.clone()).expected(expected));
    }
    // A plural is a likely name of its own.
    let close = |it: &&str| strsim::damerau_levenshtein(name, it) == 1 && name != format!("{it}s");
    let near = known.chain(own.into_iter().filter(|_| variable.selected)).find(close)?;
    let message = format!("`{name}` is read as a member of the record (did you mean `{near}`?)");
    let expected = format!("`{near}`, or `value.{name}` for a member of the record");
    Some(Wrong::new(message).at(variable.part.clone()).expected(expected))
}
