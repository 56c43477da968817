//! From configuration to mappings: everything is parsed and every name is checked before any I/O, and all mistakes are told.

use std::{collections::HashMap, sync::Arc};

use cel::Env;
use plumbline_model::SourceName;

use super::{SourceDecoder, SourceMapping, compile_entity, compile_event, compile_source, matcher::Matcher};
use crate::{
    SpecError,
    config::{EntityConfig, EventConfig, MatchConfig, OrderedMap, SagaConfig, Selector, SourceConfig},
    expr::{Cel, Find},
    format::Format,
    spec::Errors,
};

/// What compiling needs at every place: the environment of expressions, the sources, and the mistakes so far.
pub(super) struct Compiler<'a> {
    pub env: Arc<Env>,
    pub configs: &'a OrderedMap<SourceConfig>,
    pub sources: HashMap<SourceName, SourceDecoder>,
    pub errors: Errors,
}

pub(super) fn compile(
    sources: &OrderedMap<SourceConfig>,
    entities: &OrderedMap<EntityConfig>,
    events: &[EventConfig],
    sagas: &OrderedMap<SagaConfig>,
) -> Result<HashMap<SourceName, SourceDecoder>, Vec<SpecError>> {
    let mut compiler =
        Compiler { env: Arc::new(Env::stdlib()), configs: sources, sources: HashMap::new(), errors: Errors::default() };
    compile_source::sources(&mut compiler);
    for (name, entity) in entities {
        compile_entity::entity(&mut compiler, name, entity);
    }
    compile_event::events(&mut compiler, events);
    compile_event::sagas(&mut compiler, sagas);
    if compiler.errors.0.is_empty() { Ok(compiler.sources) } else { Err(compiler.errors.0) }
}

impl Compiler<'_> {
    /// The mappings of a source that maps; `None`, with a mistake, where there is no such source or it maps nothing.
    pub fn mapping(&mut self, path: &str, source: &str) -> Option<&mut SourceMapping> {
        match self.sources.get_mut(source) {
            Some(SourceDecoder::Mapped(mapping)) => Some(mapping),
            Some(SourceDecoder::Otlp) => {
                let expected = "a source of records with keys (kafka, http, file)";
                self.errors.push(path, format!("`{source}` brings spans, logs and metrics only"), expected);
                None
            }
            None => {
                // A source that has mistakes of its own is there, though it was not compiled.
                if !self.configs.contains_key(source) {
                    self.errors.unknown(path, "source", source, self.configs.keys().map(String::as_str));
                }
                None
            }
        }
    }

    pub fn selector(&mut self, path: &str, selector: &Selector) -> Option<Find> {
        let expected = "a JSONPath (RFC 9535) such as `$.data.id`, or `{ cel: \"…\" }`";
        self.errors.keep(path, expected, Find::compile(selector, &self.env))
    }

    pub fn optional(&mut self, path: &str, selector: Option<&Selector>) -> Option<Find> {
        selector.and_then(|selector| self.selector(path, selector))
    }

    pub fn condition(&mut self, path: &str, text: &str) -> Option<Cel> {
        self.errors.keep(path, "a CEL expression that is true or false", Cel::parse(text, &self.env))
    }

    /// Compiles `match:` and checks that the source can say what it asks for.
    pub fn matcher(&mut self, path: &str, source: &str, config: Option<&MatchConfig>) -> Matcher {
        let Some(config) = config else { return Matcher::default() };
        let configs = self.configs;
        let known = configs.get(source);
        if !config.topic.is_empty() {
            match known.and_then(|it| it.kafka.as_ref()) {
                Some(kafka) => {
                    for topic in config.topic.iter().filter(|topic| !kafka.topics.contains(topic)) {
                        let topics = kafka.topics.iter().map(String::as_str);
                        self.errors.unknown(format!("{path}.topic"), "topic", topic, topics);
                    }
                }
                None if known.is_some_and(|it| it.file.is_none()) => {
                    let message = format!("`{source}` has no topics");
                    self.errors.push(format!("{path}.topic"), message, "`type` or `when`");
                }
                None => {}
            }
        }
        let captured = known.and_then(SourceConfig::format).is_none_or(|format| format == Format::Debezium);
        if !config.table.is_empty() && !captured {
            let message = format!("records of `{source}` name no table");
            self.errors.push(format!("{path}.table"), message, "`topic`, `type` or `when`");
        }
        let names = |list: &crate::config::OneOrMany<String>| list.iter().map(Into::into).collect();
        Matcher {
            topics: names(&config.topic),
            tables: names(&config.table),
            types: names(&config.event_type),
            when: config.when.as_ref().and_then(|when| self.condition(&format!("{path}.when"), when)),
        }
    }
}
