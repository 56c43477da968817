//! States: what a record says that a replica holds of a key (SEM-6).

use std::borrow::Cow;

use plumbline_model::{
    EntityName, FieldName, Key, ReplicaName, SourceTime,
    state::{Content, Field, FieldValue, StateFact, StateKind, Version},
};
use serde_json::Value;
use smallvec::SmallVec;

use super::{Mapper, matcher::Matcher, scalar::id_text};
use crate::{
    IssueKind, Place,
    canonical::{Written, canonical, describe},
    config::{FieldType, ValuesConfig},
    expr::{Cel, Find, Scope},
    format::{Change, is_unavailable, key_of},
};

/// Where records of a source say what one replica holds.
#[derive(Debug)]
pub(super) struct ReplicaMapping {
    pub entity: EntityName,
    pub replica: ReplicaName,
    /// For issues: `order.order-view`.
    pub path: String,
    pub matcher: Matcher,
    pub key: Find,
    pub version: Option<Find>,
    pub base: Option<Find>,
    pub time: Option<Find>,
    pub fields: Vec<FieldMapping>,
    pub deleted: Option<Cel>,
    pub values: ValuesConfig,
    /// Of the authority: the other replicas that declare which keys they should hold.
    pub holds: Vec<(ReplicaName, Cel)>,
    /// A snapshot of it is told by the source (SEM-8).
    pub snapshots: bool,
    /// Reading its log from the start would show that it was empty before.
    pub from_start: bool,
}

#[derive(Debug)]
pub(super) struct FieldMapping {
    pub name: FieldName,
    pub find: Find,
    pub kind: FieldType,
    pub written: Written,
}

impl Mapper<'_> {
    /// The states that the document shows, one for each mapping that matches it; and the marks of snapshots.
    pub(super) fn states(&mut self) -> Vec<(SourceTime, StateFact)> {
        let mapping = self.mapping;
        let mut states = Vec::new();
        for replica in &mapping.replicas {
            if self.matches(&replica.matcher, &replica.path) {
                let state = self.scoped(|mapper, scope| mapper.state(replica, scope));
                if let (Some((at, _)), Some(mark)) = (&state, self.document.mark) {
                    self.mark(replica, mark, *at);
                }
                states.extend(state);
            }
        }
        states
    }

    fn state(&mut self, replica: &ReplicaMapping, scope: &Scope<'_>) -> Option<(SourceTime, StateFact)> {
        let key = self.key(replica, scope)?;
        let at = self.time(replica.time.as_ref(), scope, &format!("{}.time", replica.path))?;
        let flagged = replica.deleted.as_ref().is_some_and(|deleted| {
            let place = format!("{}.deleted", replica.path);
            self.condition(deleted, &place).unwrap_or(false)
        });
        let kind = match self.document.change {
            Change::Delete => StateKind::Delete,
            _ if flagged => StateKind::Delete,
            Change::Create => StateKind::Create,
            Change::Update => StateKind::Update,
            Change::Write => StateKind::Write,
            Change::Snapshot => StateKind::Snapshot,
        };
        let mut state = StateFact {
            entity: replica.entity.clone(),
            replica: replica.replica.clone(),
            key,
            kind,
            version: None,
            base: None,
            content: Content::Absent,
            not_held: SmallVec::new(),
        };
        if kind != StateKind::Delete {
            state.version = self.version(replica, replica.version.as_ref(), scope, "version");
            state.base = self.version(replica, replica.base.as_ref(), scope, "base");
            let (fields, texts) = self.fields(replica, scope);
            state.content = Content::Fields(fields);
            state.not_held = self.not_held(replica, scope, &texts);
        }
        Some((at, state))
    }

    fn key(&mut self, replica: &ReplicaMapping, scope: &Scope<'_>) -> Option<Key> {
        let place = || Place::Mapping(format!("{}.key at {}", replica.path, replica.key.text()));
        let found = match replica.key.find(scope) {
            Ok(found) => found.filter(|value| !value.is_null()),
            Err(failure) => {
                let reason = self.quote_failure(failure);
                self.issue(IssueKind::Key, place(), reason, "one value");
                return None;
            }
        };
        let Some(value) = found.or_else(|| self.key_of_gone(replica)) else {
            self.issue(IssueKind::Key, place(), "the record has no key there".to_owned(), "a key");
            return None;
        };
        match id_text(&value) {
            Ok(text) => Some(Key(text)),
            Err(expected) => {
                let reason = format!("found {}", self.quote(&value));
                self.issue(IssueKind::Key, place(), reason, &expected);
                None
            }
        }
    }

    /// Of a record that only says that its key is gone: the key of the record itself, as an object under the same path, or
    /// as the plain value that it is.
    fn key_of_gone<'a>(&self, replica: &ReplicaMapping) -> Option<Cow<'a, Value>> {
        if self.document.change != Change::Delete || !replica.key.is_path() {
            return None;
        }
        let key = key_of(self.record)?;
        if !key.is_object() {
            return self.document.tombstone.then_some(Cow::Owned(key));
        }
        let scope = Scope { view: &key, record: &|| Value::Null, extra: &[] };
        replica.key.find(&scope).ok().flatten().map(|value| Cow::Owned(value.into_owned()))
    }

    fn version(
        &mut self,
        replica: &ReplicaMapping,
        find: Option<&Find>,
        scope: &Scope<'_>,
        name: &str,
    ) -> Option<Version> {
        let find = find?;
        let reason = match find.find(scope) {
            Ok(None) => return None,
            Ok(Some(value)) if value.is_null() => return None,
            Ok(Some(value)) => match whole_number(&value) {
                Some(version) => return Some(version),
                None => format!("found {}", self.quote(&value)),
            },
            Err(failure) => self.quote_failure(failure),
        };
        let place = Place::Mapping(format!("{}.{name} at {}", replica.path, find.text()));
        self.issue(IssueKind::Version, place, reason, "a whole number of 64 bits");
        None
    }

    /// The fields for the state, and what expressions may see of them.
    fn fields<'m>(
        &mut self,
        replica: &'m ReplicaMapping,
        scope: &Scope<'_>,
    ) -> (SmallVec<[Field; 4]>, Vec<(&'m str, Value)>) {
        let mut fields = SmallVec::with_capacity(replica.fields.len());
        let mut seen = Vec::new();
        for field in &replica.fields {
            let value = match self.field(replica, field, scope) {
                None => FieldValue::NotCarried,
                Some(None) => {
                    seen.push((field.name.as_str(), Value::Null));
                    FieldValue::Null
                }
                Some(Some(text)) => {
                    let kept = self.keeper.keep(replica.values, &text);
                    if !replica.holds.is_empty() {
                        seen.push((field.name.as_str(), typed(field.kind, text)));
                    }
                    kept
                }
            };
            fields.push(Field { name: field.name.clone(), value });
        }
        (fields, seen)
    }

    /// The canonical text; `Some(None)` for null, `None` for what the record does not carry or what does not convert.
    fn field(&mut self, replica: &ReplicaMapping, field: &FieldMapping, scope: &Scope<'_>) -> Option<Option<String>> {
        let place = || Place::Mapping(format!("{}.{} at {}", replica.path, field.name, field.find.text()));
        let value = match field.find.find(scope) {
            Ok(value) => value?,
            Err(failure) => {
                let reason = self.quote_failure(failure);
                self.issue(IssueKind::Field, place(), reason, &describe(field.kind));
                return None;
            }
        };
        if value.is_null() {
            return Some(None);
        }
        if field.written.capture && is_unavailable(&value) {
            return None;
        }
        // What an expression computed is no longer in the form of change capture.
        let mut written = Written { capture: field.written.capture && field.find.is_path(), ..field.written };
        if matches!(field.kind, FieldType::Decimal(_)) && self.document.is_plain(&value) {
            // The envelope's schema has the last word: a numeral that could be base64 is still a numeral.
            written = Written { capture: false, scale: None, ..written };
        }
        match canonical(field.kind, &value, written) {
            Ok(text) => Some(Some(text)),
            Err(expected) => {
                let reason = format!("found {}", self.quote(&value));
                self.issue(IssueKind::Field, place(), reason, &expected);
                None
            }
        }
    }

    /// The replicas whose `holds` is false of this write of the authority. One that cannot be evaluated counts as held.
    fn not_held(
        &mut self,
        replica: &ReplicaMapping,
        scope: &Scope<'_>,
        fields: &[(&str, Value)],
    ) -> SmallVec<[ReplicaName; 2]> {
        let scope = Scope { extra: fields, ..*scope };
        let mut not_held = SmallVec::new();
        for (name, holds) in &replica.holds {
            let reason = match holds.evaluate(&scope) {
                Ok(Some(Value::Bool(true))) => continue,
                Ok(Some(Value::Bool(false))) => {
                    not_held.push(name.clone());
                    continue;
                }
                Ok(Some(other)) => format!("`{}` gives {}", holds.text(), self.quote(&other)),
                Ok(None) => format!("`{}` speaks of something that the record does not have", holds.text()),
                Err(failure) => self.quote_failure(failure),
            };
            let place = Place::Mapping(format!("{}.{name}.holds", replica.entity));
            self.issue(IssueKind::Expression, place, reason, "true or false");
        }
        not_held
    }
}

fn whole_number(value: &Value) -> Option<Version> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A canonical text as expressions expect the type.
fn typed(kind: FieldType, text: String) -> Value {
    let json = matches!(kind, FieldType::Number | FieldType::Decimal(_) | FieldType::Boolean | FieldType::Json);
    json.then(|| serde_json::from_str(&text).ok()).flatten().unwrap_or(Value::String(text))
}
