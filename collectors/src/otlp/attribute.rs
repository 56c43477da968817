//! What is kept of attributes, and what resources say of the service (LIM-1: bounded in number and length, cuts are counted).

use compact_str::CompactString;
use opentelemetry_proto::tonic::{
    common::v1::{KeyValue, any_value::Value},
    resource::v1::Resource,
};
use plumbline_model::ServiceName;

use super::value;

/// Attributes of a span that are kept: SDKs send at most 128 by default, people look at a few dozen.
pub(super) const MAX_ATTRIBUTES: usize = 64;
/// Bytes of one attribute's text: enough for a URL or a statement's head.
pub(super) const MAX_VALUE_BYTES: usize = 256;
/// Bytes of a name that becomes part of a series.
pub(super) const MAX_NAME_BYTES: usize = 256;

/// Who sent it. Shared by all that one resource sent.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    pub service: ServiceName,
    pub version: CompactString,
}

/// What OpenTelemetry calls a service that does not say its name.
const UNKNOWN_SERVICE: &str = "unknown_service";

impl Sender {
    pub fn of(resource: Option<&Resource>) -> Self {
        let text = |name: &str| {
            let found = resource?.attributes.iter().find(|attribute| attribute.key == name)?;
            match found.value.as_ref()?.value.as_ref()? {
                Value::StringValue(text) if !text.is_empty() => {
                    Some(value::cut(CompactString::new(text), MAX_NAME_BYTES).0)
                }
                _ => None,
            }
        };
        Self {
            service: ServiceName(text("service.name").unwrap_or(CompactString::const_new(UNKNOWN_SERVICE))),
            version: text("service.version").unwrap_or_default(),
        }
    }
}

/// The attributes that are kept, and how many were cut or left out.
pub(super) fn keep(attributes: Vec<KeyValue>) -> (Vec<(CompactString, CompactString)>, u64) {
    let mut cut = attributes.len().saturating_sub(MAX_ATTRIBUTES) as u64;
    let kept = attributes.into_iter().take(MAX_ATTRIBUTES).map(|attribute| {
        let (name, name_cut) = value::cut(CompactString::from(attribute.key), MAX_NAME_BYTES);
        let (text, text_cut) = value::text(attribute.value, MAX_VALUE_BYTES);
        cut += u64::from(name_cut | text_cut);
        (name, text)
    });
    (kept.collect(), cut)
}
