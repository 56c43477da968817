//! From configuration to mappings: everything is parsed and every name is checked before any I/O, and all mistakes are told.

use std::{collections::HashMap, sync::Arc};

use cel::Env;
use plumbline_model::SourceName;

use super::{SourceDecoder, SourceMapping, compile_entity, compile_event, compile_source, matcher::Matcher};
use crate::{
    SpecError,
    config::{EntityConfig, EventConfig, MatchConfig, OrderedMap, SagaConfig, Selector, SourceConfig},
    expr::{Cel, Find, Names},
    format::Format,
    spec::{Doubts, Errors, Wrong},
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
) -> Result<(HashMap<SourceName, SourceDecoder>, Doubts), Vec<SpecError>> {
    let mut compiler =
        Compiler { env: Arc::new(Env::stdlib()), configs: sources, sources: HashMap::new(), errors: Errors::default() };
    compile_source::sources(&mut compiler);
    for (name, entity) in entities {
        compile_entity::entity(&mut compiler, name, entity);
    }
    compile_event::events(&mut compiler, events);
    compile_event::sagas(&mut compiler, sagas);
    let Errors(errors, doubts) = compiler.errors;
    if errors.is_empty() { Ok((compiler.sources, doubts)) } else { Err(errors) }
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

    /// What expressions over the records of a source may name.
    pub fn names(&self, source: &str) -> Names<'static> {
        Names { format: self.configs.get(source).and_then(SourceConfig::format), fields: &[] }
    }

    pub fn selector(&mut self, path: &str, selector: &Selector, names: &Names<'_>) -> Option<Find> {
        let expected = "a JSONPath (RFC 9535) such as `$.data.id`, or `{ cel: \"…\" }`";
        let find = self.errors.keep(path, expected, Find::compile(selector, &self.env))?;
        find.doubts(names).into_iter().for_each(|doubt| self.errors.doubt(path, doubt));
        Some(find)
    }

    pub fn optional(&mut self, path: &str, selector: Option<&Selector>, names: &Names<'_>) -> Option<Find> {
        selector.and_then(|selector| self.selector(path, selector, names))
    }

    pub fn condition(&mut self, path: &str, text: &str, names: &Names<'_>) -> Option<Cel> {
        let expected = "a CEL expression that is true or false";
        let cel = self.errors.keep(path, expected, Cel::parse(text, &self.env))?;
        cel.doubts(names).into_iter().for_each(|doubt| self.errors.doubt(path, doubt));
        Some(cel)
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
        self.unlikely(path, config);
        let names_of = self.names(source);
        let names = |list: &crate::config::OneOrMany<String>| list.iter().map(Into::into).collect();
        Matcher {
            topics: names(&config.topic),
            tables: names(&config.table),
            types: names(&config.event_type),
            when: config.when.as_ref().and_then(|when| self.condition(&format!("{path}.when"), when, &names_of)),
        }
    }

    /// Names that hardly any record has: tables without their schema, and patterns where names are compared whole.
    fn unlikely(&mut self, path: &str, config: &MatchConfig) {
        let lists = [("table", &config.table), ("type", &config.event_type)];
        for (kind, name) in lists.into_iter().flat_map(|(kind, list)| list.iter().map(move |name| (kind, name))) {
            let path = format!("{path}.{kind}");
            if name.contains('*') {
                let message = format!("`{name}` is compared whole, with its `*`");
                let expected = format!("the whole name, or a `when` such as `{}`", pattern(kind, name));
                self.errors.doubt(path, Wrong::new(message).expected(expected));
            } else if kind == "table" && !name.contains('.') {
                let message = format!("`{name}` is hardly the whole name of a table");
                let expected = format!("the table with its schema or database (`public.{name}`)");
                self.errors.doubt(path, Wrong::new(message).expected(expected));
            }
        }
    }
}

/// The condition that people mean by `orders.*`.
fn pattern(kind: &str, name: &str) -> String {
    let prefix = name.split('*').next().unwrap_or_default();
    let what = if kind == "table" { "record.table" } else { "type" };
    format!("{what}.startsWith('{prefix}')")
}
