//! What people write under `sources:`, `entities:`, `events:` and `sagas:`, as plain data. Doc comments here are the user's
//! documentation and the JSON Schema's descriptions. Nothing is compiled or checked across fields here: `Decoder::compile` does.

mod duration;
mod entity;
mod event;
mod field_type;
mod list;
mod saga;
mod selector;
mod source;

#[cfg(test)]
mod tests;

/// A map that keeps the order in which people wrote it: ties go by declared order (SEM-4), and so do pages.
pub type OrderedMap<T> = indexmap::IndexMap<String, T>;

pub use self::{
    duration::Duration,
    entity::{AuthorityConfig, BaselineConfig, EntityConfig, MatchConfig, ProbeConfig, ReplicaConfig, ValuesConfig},
    event::EventConfig,
    field_type::{FieldType, Precision},
    list::OneOrMany,
    saga::{CompensationConfig, EndsConfig, SagaConfig, StepConfig},
    selector::{FieldSelector, Selector, TimeUnit},
    source::{
        CaptureConfig, DeliveryConfig, FileConfig, FileFormat, HttpConfig, KafkaConfig, KafkaFormat, LaterConfig,
        OtlpConfig, SourceConfig,
    },
};
