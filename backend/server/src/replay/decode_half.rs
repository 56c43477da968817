//! Two decode halves of a configuration (SEM-11), compared member by member, so that every difference is named.

use std::fmt;

use serde_json::Value;

use crate::config::{decode_half, file::File};

/// A member of the decode half that is not the same.
#[derive(Clone, PartialEq, Debug)]
pub struct Difference {
    /// `entities.order.replicas.order-view.key`.
    pub path: String,
    /// `None`: it is not there.
    pub journal: Option<Value>,
    pub now: Option<Value>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.journal, &self.now) {
            (Some(journal), Some(now)) => write!(f, "{}: the journal has {journal}, the file says {now}", self.path),
            (Some(_), None) => write!(f, "{}: it was there when the journal was written", self.path),
            (None, _) => write!(f, "{}: nothing was decoded for it", self.path),
        }
    }
}

/// What `now` would decode otherwise than `journal` did.
pub fn differences(journal: &File, now: &File) -> Vec<Difference> {
    let mut differences = Vec::new();
    compare("", &decode_half::of(journal), &decode_half::of(now), &mut differences);
    differences
}

fn compare(path: &str, journal: &Value, now: &Value, out: &mut Vec<Difference>) {
    match (journal, now) {
        (Value::Object(left), Value::Object(right)) => {
            let names = left.keys().chain(right.keys().filter(|name| !left.contains_key(*name)));
            for name in names {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                match (left.get(name), right.get(name)) {
                    (Some(left), Some(right)) => compare(&path, left, right, out),
                    (left, right) => out.push(Difference { path, journal: left.cloned(), now: right.cloned() }),
                }
            }
        }
        _ if journal == now => {}
        _ => out.push(Difference { path: path.to_owned(), journal: Some(journal.clone()), now: Some(now.clone()) }),
    }
}
