//! Events and sagas: where an event says what it is, and which run of which saga it belongs to.

use std::{collections::HashSet, sync::Arc};

use plumbline_model::{EventType, SagaName};

use super::{
    SourceDecoder,
    compile::Compiler,
    event::{EventMapping, SagaMapping},
    matcher::Matcher,
};
use crate::{
    config::{EventConfig, OneOrMany, OrderedMap, SagaConfig, Selector},
    expr::Names,
    format::Format,
};

const CORRELATION: &str = "$.correlationid";

pub(super) fn events(compiler: &mut Compiler<'_>, events: &[EventConfig]) {
    for (index, event) in events.iter().enumerate() {
        let path = format!("events[{index}]");
        let matcher = compiler.matcher(&format!("{path}.match"), &event.source, event.matches.as_ref());
        let compiled = mapping(compiler, &path, matcher, event);
        if let (Some(compiled), Some(source)) = (compiled, compiler.mapping(&format!("{path}.source"), &event.source)) {
            source.events.push(compiled);
        }
    }
    // CloudEvents are events without being told so; what is declared for a source goes first.
    let cloud_events: Vec<_> = compiler
        .sources
        .iter()
        .filter(|(_, source)| matches!(source, SourceDecoder::Mapped(it) if it.format == Format::CloudEvents))
        .map(|(name, _)| name.to_string())
        .collect();
    for source in cloud_events {
        let event = EventConfig {
            source,
            matches: None,
            event_type: None,
            subject: None,
            correlation: None,
            causation: None,
            id: None,
            time: None,
        };
        let compiled = mapping(compiler, "cloudevents", Matcher::default(), &event);
        if let (Some(compiled), Some(SourceDecoder::Mapped(source))) =
            (compiled, compiler.sources.get_mut(event.source.as_str()))
        {
            source.events.push(compiled);
        }
    }
}

fn mapping(compiler: &mut Compiler<'_>, path: &str, matcher: Matcher, event: &EventConfig) -> Option<EventMapping> {
    let names = compiler.names(&event.source);
    let mut find = |name: &str, selector: Option<&Selector>, default: &str| {
        let default = Selector::path(default);
        compiler.selector(&format!("{path}.{name}"), selector.unwrap_or(&default), &names)
    };
    Some(EventMapping {
        path: path.to_owned(),
        matcher,
        event_type: find("type", event.event_type.as_ref(), "$.type")?,
        subject: find("subject", event.subject.as_ref(), "$.subject")?,
        correlation: find("correlation", event.correlation.as_ref(), CORRELATION)?,
        causation: find("causation", event.causation.as_ref(), "$.causationid")?,
        id: find("id", event.id.as_ref(), "$.id")?,
        time: compiler.optional(&format!("{path}.time"), event.time.as_ref(), &names),
    })
}

pub(super) fn sagas(compiler: &mut Compiler<'_>, sagas: &OrderedMap<SagaConfig>) {
    for (name, saga) in sagas {
        let path = format!("sagas.{name}");
        let declared = declared(saga);
        if declared.contains("") {
            compiler.errors.push(&path, "an event of the saga has no name", "the type of an event");
        }
        check_sources(compiler, &path, saga);
        let default = OneOrMany::One(Selector::path(CORRELATION));
        let correlate = saga.correlate.as_ref().unwrap_or(&default);
        if correlate.is_empty() {
            compiler.errors.push(
                format!("{path}.correlate"),
                "the list is empty",
                "a JSONPath such as `$.correlationid`",
            );
        }
        // Its events come from several sources, of several formats.
        let names = Names::default();
        let finds = correlate.iter().enumerate().filter_map(|(index, selector)| match correlate {
            OneOrMany::One(_) => compiler.selector(&format!("{path}.correlate"), selector, &names),
            OneOrMany::Many(_) => compiler.selector(&format!("{path}.correlate[{index}]"), selector, &names),
        });
        let mapping = Arc::new(SagaMapping {
            saga: SagaName::new(name),
            correlate: finds.collect(),
            declared: declared.into_iter().map(EventType::new).collect(),
        });
        for source in feeding(compiler, saga) {
            if let Some(SourceDecoder::Mapped(source)) = compiler.sources.get_mut(source.as_str()) {
                source.sagas.push(Arc::clone(&mapping));
            }
        }
    }
}

/// Every event type that the saga names.
fn declared(saga: &SagaConfig) -> HashSet<&str> {
    let steps = saga.steps.iter().flat_map(|step| std::iter::once(&step.event).chain(&step.compensate));
    let ends = saga.ends.completed.iter().chain(saga.ends.failed.iter());
    std::iter::once(&saga.start).chain(steps).chain(ends).map(String::as_str).collect()
}

fn check_sources(compiler: &mut Compiler<'_>, path: &str, saga: &SagaConfig) {
    let of_steps =
        saga.steps.iter().enumerate().map(|(index, step)| (format!("{path}.steps[{index}].from"), &step.from));
    for (path, from) in std::iter::once((format!("{path}.from"), &saga.from)).chain(of_steps) {
        for source in from.iter() {
            if compiler.mapping(&path, source).is_some_and(|mapping| mapping.events.is_empty()) {
                let message = format!("no record of `{source}` is an event");
                compiler.errors.push(&path, message, "a source of CloudEvents, or one that `events` names");
            }
        }
    }
}

/// The sources whose events the saga is offered: those it names, else all that bring events.
fn feeding(compiler: &Compiler<'_>, saga: &SagaConfig) -> Vec<String> {
    let brings =
        |name: &str| matches!(compiler.sources.get(name), Some(SourceDecoder::Mapped(it)) if !it.events.is_empty());
    saga.event_sources(compiler.configs.keys().filter(|name| brings(name)).map(String::as_str))
}

impl SagaConfig {
    /// The sources that can bring its events, in declared order: those it or its steps name, else all of `bringing`.
    pub fn event_sources<'a>(&'a self, bringing: impl Iterator<Item = &'a str>) -> Vec<String> {
        if self.from.is_empty() {
            return bringing.map(str::to_owned).collect();
        }
        let mut named: Vec<String> = Vec::new();
        for source in self.from.iter().chain(self.steps.iter().flat_map(|step| step.from.iter())) {
            if !named.contains(source) {
                named.push(source.clone());
            }
        }
        named
    }
}
