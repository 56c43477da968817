//! Which records a mapping means: `match:` compiled.

use compact_str::CompactString;
use serde_json::Value;

use super::Mapper;
use crate::{IssueKind, Place, expr::Cel};

/// All that is said must hold; what is not said holds.
#[derive(Default, Debug)]
pub(super) struct Matcher {
    pub topics: Vec<CompactString>,
    pub tables: Vec<CompactString>,
    pub types: Vec<CompactString>,
    pub when: Option<Cel>,
}

impl Mapper<'_> {
    pub(super) fn matches(&mut self, matcher: &Matcher, place: &str) -> bool {
        let (record, document) = (self.record, self.document);
        let listed = |names: &[CompactString], name: &str| names.is_empty() || names.iter().any(|it| it == name);
        let event_type = || document.view.get("type").and_then(Value::as_str);
        let topic = listed(&matcher.topics, &record.topic);
        let table = matcher.tables.is_empty() || document.tables.iter().any(|name| matcher.tables.contains(name));
        let kind = matcher.types.is_empty() || event_type().is_some_and(|it| listed(&matcher.types, it));
        topic && table && kind && matcher.when.as_ref().is_none_or(|when| self.condition(when, place).unwrap_or(false))
    }

    /// Whether a condition holds; `None`, with an issue, where it cannot be evaluated.
    pub(super) fn condition(&mut self, condition: &Cel, place: &str) -> Option<bool> {
        let held = self.scoped(|_, scope| condition.holds(scope));
        held.map_err(|failure| {
            let reason = self.quote_failure(failure);
            self.issue(IssueKind::Expression, Place::Mapping(place.to_owned()), reason, "true or false");
        })
        .ok()
    }
}
