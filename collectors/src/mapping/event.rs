//! Domain events: one observation for each saga that can tell its run, and one for each key that the record names (SEM-15).

use std::collections::HashSet;

use compact_str::CompactString;
use plumbline_model::{
    Cause, CorrelationId, EventId, EventType, Fact, Route, SagaName, SourceTime, observation::EventFact,
    state::StateFact,
};
use serde_json::Value;

use super::{Mapper, matcher::Matcher, scalar::id_text};
use crate::{
    IssueKind, Place,
    expr::{Find, Scope},
};

/// Where a record of a source says what event it is.
#[derive(Debug)]
pub(super) struct EventMapping {
    /// For issues: `events[0]`.
    pub path: String,
    pub matcher: Matcher,
    pub event_type: Find,
    pub subject: Find,
    pub correlation: Find,
    pub causation: Find,
    pub id: Find,
    pub time: Option<Find>,
}

/// Where an event says which run of a saga it belongs to.
#[derive(Debug)]
pub(super) struct SagaMapping {
    pub saga: SagaName,
    /// The first one that an event carries counts.
    pub correlate: Vec<Find>,
    /// The types that the saga declares: one of these without a correlation id is an issue.
    pub declared: HashSet<EventType>,
}

/// An event, read.
pub(super) struct Event {
    pub at: SourceTime,
    pub cause: Cause,
    pub fact: EventFact,
}

impl Mapper<'_> {
    /// The event that the document is, by the first mapping that matches it; `None` where it is none.
    pub(super) fn event(&mut self) -> Option<Event> {
        let mapping = self.mapping;
        if self.document.tombstone {
            return None;
        }
        let known = mapping.events.iter().find(|it| self.matches(&it.matcher, &it.path))?;
        self.scoped(|mapper, scope| {
            let event_type = mapper.id(&known.event_type, scope, &known.path, "type");
            let Some(event_type) = event_type else {
                let reason = "the event has no type".to_owned();
                mapper.issue(IssueKind::Envelope, Place::Mapping(format!("{}.type", known.path)), reason, "a type");
                return None;
            };
            let at = mapper.time(known.time.as_ref(), scope, &format!("{}.time", known.path))?;
            let mut cause = mapper.cause();
            cause.event = mapper.id(&known.id, scope, &known.path, "id").map(EventId);
            cause.event_type = Some(EventType(event_type.clone()));
            cause.correlation = mapper.id(&known.correlation, scope, &known.path, "correlation").map(CorrelationId);
            cause.causation = mapper.id(&known.causation, scope, &known.path, "causation").map(EventId);
            let subject = mapper.id(&known.subject, scope, &known.path, "subject").unwrap_or_default();
            Some(Event { at, cause, fact: EventFact { event_type: EventType(event_type), subject } })
        })
    }

    /// An id of the event; `None` where it has none, with an issue where it has one that cannot be an id.
    fn id(&mut self, find: &Find, scope: &Scope<'_>, path: &str, name: &str) -> Option<CompactString> {
        let wrong = |mapper: &mut Self, reason: String, expected: &str| {
            let place = Place::Mapping(format!("{path}.{name} at {}", find.text()));
            mapper.issue(IssueKind::Envelope, place, reason, expected);
            None
        };
        match find.find(scope) {
            Ok(None) => None,
            Ok(Some(value)) if matches!(*value, Value::Null) => None,
            Ok(Some(value)) => match id_text(&value) {
                Ok(text) => Some(text),
                Err(expected) => {
                    let reason = format!("found {}", self.quote(&value));
                    wrong(self, reason, &expected)
                }
            },
            Err(failure) => {
                let reason = self.quote_failure(failure);
                wrong(self, reason, "one value")
            }
        }
    }

    /// One observation for each saga that finds its run's id in the event.
    pub(super) fn saga_events(&mut self, event: &Event) {
        let mapping = self.mapping;
        for saga in &mapping.sagas {
            let path = format!("sagas.{}", saga.saga);
            let found = saga
                .correlate
                .iter()
                .find_map(|find| self.scoped(|mapper, scope| mapper.id(find, scope, &path, "correlate")));
            match found {
                Some(id) => {
                    let route = Route::Saga { saga: saga.saga.clone(), id: CorrelationId(id.clone()) };
                    let mut cause = event.cause.clone();
                    cause.correlation.get_or_insert(CorrelationId(id));
                    self.observe(event.at, route, cause, Fact::Event(Box::new(event.fact.clone())));
                }
                None if saga.declared.contains(&event.fact.event_type) => {
                    let looked: Vec<_> = saga.correlate.iter().map(Find::text).collect();
                    let reason = format!("`{}` carries no correlation id", event.fact.event_type);
                    let expected = format!("one at {}", looked.join(" or "));
                    self.issue(IssueKind::Correlation, Place::Mapping(path), reason, &expected);
                }
                None => {}
            }
        }
    }

    /// One observation for each key that the record's states name, so that the lineage of a key needs no other route.
    pub(super) fn key_events(&mut self, event: &Event, states: &[(SourceTime, StateFact)]) {
        let mut told: Vec<(&str, &str)> = Vec::new();
        for (_, state) in states {
            let key = (state.entity.as_str(), state.key.as_str());
            if !told.contains(&key) {
                told.push(key);
                let route = Route::Key { entity: state.entity.clone(), key: state.key.clone() };
                self.observe(event.at, route, event.cause.clone(), Fact::Event(Box::new(event.fact.clone())));
            }
        }
    }
}
