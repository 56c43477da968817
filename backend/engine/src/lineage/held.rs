//! What a replica holds after each sight, and how that relates to what was written before: by it, or by the authority.

use plumbline_model::{
    FieldName, Observation,
    state::{Content, FieldValue, StateFact, StateKind},
};

/// The present content of one replica. A field that a record does not carry stays as it was (SEM-6).
#[derive(Clone, PartialEq, Default, Debug)]
pub(super) struct Held {
    pub present: bool,
    fields: Vec<(FieldName, FieldValue)>,
}

/// One observation of a replica, with what it held before and after.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Sight<'a> {
    pub observation: &'a Observation,
    pub state: &'a StateFact,
    pub before: Held,
    pub held: Held,
}

/// Which write of the authority a replica's content shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown<'a> {
    /// The newest that was made by then.
    pub write: Option<&'a Sight<'a>>,
    /// Whether it equals what the authority held at that time; `None` where that is not known.
    pub equals: Option<bool>,
}

impl Held {
    pub fn take(&mut self, state: &StateFact) {
        let Content::Fields(fields) = &state.content else {
            *self = Self::default();
            return;
        };
        if state.kind == StateKind::Create || !self.present {
            self.fields.clear();
        }
        self.present = true;
        for field in fields {
            match self.fields.iter_mut().find(|(name, _)| *name == field.name) {
                Some(_) if field.value == FieldValue::NotCarried => {}
                Some((_, value)) => *value = field.value.clone(),
                None => self.fields.push((field.name.clone(), field.value.clone())),
            }
        }
    }

    pub fn get(&self, name: &FieldName) -> Option<&FieldValue> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// Equal in the named fields as far as both are known; `None` where a field is not.
    pub fn agrees(&self, other: &Self, fields: &[FieldName]) -> Option<bool> {
        if !self.present || !other.present {
            return Some(self.present == other.present);
        }
        let mut known = true;
        for name in fields {
            match (self.digest(name), other.digest(name)) {
                (Some(left), Some(right)) if left != right => return Some(false),
                (Some(_), Some(_)) => {}
                _ => known = false,
            }
        }
        known.then_some(true)
    }

    pub fn digest(&self, name: &FieldName) -> Option<u64> {
        self.get(name).and_then(FieldValue::digest)
    }

    /// The fields that have another value than before.
    pub fn changed_since(&self, before: &Self, fields: &[FieldName]) -> Vec<String> {
        if !self.present {
            return Vec::new();
        }
        let differs = |name: &&FieldName| !before.present || self.digest(name) != before.digest(name);
        fields.iter().filter(differs).map(ToString::to_string).collect()
    }
}

/// What the authority's writes say of a replica's content at its time.
pub(super) fn shown<'a>(writes: &'a [Sight<'a>], sight: &Sight<'_>, fields: &[FieldName]) -> Shown<'a> {
    let made = writes.partition_point(|write| write.observation.at <= sight.observation.at);
    let made = &writes[..made];
    let equals = made.last().and_then(|last| sight.held.agrees(&last.held, fields));
    let write = made.iter().rev().find(|write| sight.held.agrees(&write.held, fields) == Some(true));
    Shown { write, equals }
}

/// The earlier sight whose content this one brings back after another had replaced it.
pub(super) fn reverts(earlier: &[Sight<'_>], sight: &Sight<'_>, fields: &[FieldName]) -> Option<String> {
    if sight.held.agrees(&sight.before, fields) != Some(false) {
        return None;
    }
    let same = |old: &&Sight<'_>| old.held.present && old.held.agrees(&sight.held, fields) == Some(true);
    earlier.iter().rev().find(same).map(|old| old.observation.id.to_string())
}
