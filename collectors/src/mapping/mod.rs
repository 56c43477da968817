//! The one mapping layer: from records of any format to observations, as the configuration says. Compiled completely before
//! any I/O; pure and total from then on (COL-1).

mod circumstances;
mod compile;
mod compile_entity;
mod compile_event;
mod compile_source;
mod event;
mod matcher;
mod replica;
mod scalar;
mod snapshot;
pub(crate) mod time;

#[cfg(test)]
mod tests;

use std::{collections::HashMap, sync::Arc};

use plumbline_model::{
    Observation, ObservationId, Position, SourceName, SourceTime,
    observation::{Cause, Fact, Route},
};

pub use self::snapshot::FromStart;
use self::{
    event::{EventMapping, SagaMapping},
    replica::ReplicaMapping,
};
use crate::{
    Decoded, Issue, IssueKind, Place, RawRecord, SpecError,
    canonical::Keeper,
    config::{EntityConfig, EventConfig, OrderedMap, SagaConfig, SourceConfig},
    format::{Document, Format, parse},
    otlp,
};

/// Turns records into observations. Cheap to share, never changed; a new configuration compiles a new one.
#[derive(Debug)]
pub struct Decoder {
    sources: HashMap<SourceName, SourceDecoder>,
    keeper: Keeper,
    doubts: Vec<SpecError>,
}

/// How the records of one source are read.
#[derive(Debug)]
enum SourceDecoder {
    Otlp,
    Mapped(SourceMapping),
}

/// The mappings of one source, in declared order.
#[derive(Debug)]
struct SourceMapping {
    format: Format,
    events: Vec<EventMapping>,
    sagas: Vec<Arc<SagaMapping>>,
    replicas: Vec<ReplicaMapping>,
    /// No entity forbids to keep values, so issues may quote them and keep raw bytes.
    quotes: bool,
}

/// Keys the hashes of `values: hash` where no secret is given. It keeps nothing secret; it only differs from no key.
const DEFAULT_KEY: [u8; 32] = *b"plumbline: no secret was given..";

impl Decoder {
    /// Compiles the decode half of a configuration (SEM-11).
    ///
    /// # Errors
    /// Every mistake found, not only the first one.
    pub fn compile(
        sources: &OrderedMap<SourceConfig>,
        entities: &OrderedMap<EntityConfig>,
        events: &[EventConfig],
        sagas: &OrderedMap<SagaConfig>,
    ) -> Result<Self, Vec<SpecError>> {
        let (sources, doubts) = compile::compile(sources, entities, events, sagas)?;
        Ok(Self { sources, keeper: Keeper::new(DEFAULT_KEY), doubts })
    }

    /// What was compiled as it is written, and most likely finds nothing.
    pub fn doubts(&self) -> &[SpecError] {
        &self.doubts
    }

    /// Keys the hashes that stand for values which must not be kept. The key must stay the same as long as the journal lives.
    #[must_use]
    pub fn with_hash_key(mut self, key: [u8; 32]) -> Self {
        self.keeper = Keeper::new(key);
        self
    }

    /// Whether bytes of a source's records may be kept aside: no entity of it forbids to keep values.
    pub fn keeps_raw(&self, source: &SourceName) -> bool {
        !matches!(self.sources.get(source), Some(SourceDecoder::Mapped(mapping)) if !mapping.quotes)
    }

    /// What a record says. Total: any bytes give observations, issues, or a count of what no mapping took.
    pub fn decode(&self, record: &RawRecord) -> Decoded {
        match self.sources.get(&record.source) {
            Some(SourceDecoder::Otlp) => otlp::decode_record(record),
            Some(SourceDecoder::Mapped(mapping)) => mapping.decode(&self.keeper, record),
            None => {
                let reason = format!("no source is called `{}`", record.source);
                Decoded::issue(Issue::of(record, IssueKind::Unsupported, Place::Whole, reason, "a configured source"))
            }
        }
    }
}

impl SourceMapping {
    fn decode(&self, keeper: &Keeper, record: &RawRecord) -> Decoded {
        let parsed = parse(self.format, record);
        // A document is read, or there is one issue of it.
        let documents = (parsed.documents.len() + parsed.issues.len()) as u64;
        let mut decoded = Decoded { documents, issues: parsed.issues, ..Decoded::default() };
        for document in &parsed.documents {
            let (first, first_issue) = (decoded.observations.len(), decoded.issues.len());
            let mut mapper = Mapper { mapping: self, keeper, record, document, first, first_issue, out: &mut decoded };
            mapper.map();
        }
        if !self.quotes {
            decoded.issues.iter_mut().for_each(|issue| issue.raw.clear());
        }
        decoded
    }
}

/// One document on its way to observations.
struct Mapper<'a> {
    mapping: &'a SourceMapping,
    keeper: &'a Keeper,
    record: &'a RawRecord,
    document: &'a Document,
    /// Observations of the record that are of documents before this one.
    first: usize,
    /// Issues of the record that are of documents before this one, or of its envelope.
    first_issue: usize,
    out: &'a mut Decoded,
}

impl Mapper<'_> {
    fn map(&mut self) {
        let (observations, issues, marks) =
            (self.out.observations.len(), self.out.issues.len(), self.out.snapshots.len());
        let event = self.event();
        let cause = event.as_ref().map_or_else(|| self.cause(), |event| event.cause.clone());
        if let Some(event) = &event {
            self.saga_events(event);
        }
        let states = self.states();
        if let Some(event) = &event {
            self.key_events(event, &states);
        }
        for (at, state) in states {
            let route = Route::Key { entity: state.entity.clone(), key: state.key.clone() };
            self.observe(at, route, cause.clone(), Fact::State(Box::new(state)));
        }
        let out = &self.out;
        if (out.observations.len(), out.issues.len(), out.snapshots.len()) == (observations, issues, marks) {
            self.out.unmapped += 1;
        }
    }

    /// Adds an observation as the next part of its record.
    fn observe(&mut self, at: SourceTime, route: Route, cause: Cause, fact: Fact) {
        // A pushed event is known by its own id, whatever batch it comes in when it is sent again (SEM-13).
        let before = if self.record.offset.is_some() { 0 } else { self.first };
        let Ok(part) = u16::try_from(self.out.observations.len() - before) else {
            if !self.out.issues.iter().any(|issue| issue.kind == IssueKind::Unsupported) {
                let reason = "the record gives more than 65536 observations; the rest is left out".to_owned();
                self.issue(IssueKind::Unsupported, Place::Whole, reason, "a smaller batch");
            }
            return;
        };
        let position = match self.record.offset {
            Some(offset) => Position::offset(offset),
            None => Position::pushed(at.0, self.document.ident.unwrap_or_default()),
        };
        let id = ObservationId {
            source: self.record.source.clone(),
            partition: self.record.partition.clone(),
            position,
            part,
        };
        let received = time::received(self.record, at);
        self.out.observations.push(Observation { id, at, received, route, cause, fact });
    }

    fn issue(&mut self, kind: IssueKind, place: Place, reason: String, expected: &str) {
        let place = match (self.document.index, place) {
            (Some(index), Place::Mapping(text) | Place::Member(text)) => Place::Mapping(format!("$[{index}], {text}")),
            (Some(index), Place::Whole) => Place::Member(format!("$[{index}]")),
            (_, place) => place,
        };
        // Every mapping that takes the document asks for its time; it is wrong once.
        let told = |issue: &Issue| (issue.kind, &issue.place) == (kind, &place);
        if kind == IssueKind::Time && self.out.issues[self.first_issue..].iter().any(told) {
            return;
        }
        self.out.issues.push(Issue::of(self.record, kind, place, reason, expected));
    }
}
