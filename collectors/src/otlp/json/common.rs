//! Attributes, values and resources.

use opentelemetry_proto::tonic::{
    common::v1::{self as proto, any_value},
    resource::v1::Resource as ProtoResource,
};
use serde::Deserialize;

use super::scalar::{Base64, Double, Int, nullable};

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Resource {
    #[serde(deserialize_with = "nullable")]
    attributes: Vec<KeyValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct KeyValue {
    #[serde(deserialize_with = "nullable")]
    key: String,
    value: Option<AnyValue>,
}

/// At most one member is set; none is an empty value.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct AnyValue {
    string_value: Option<String>,
    bool_value: Option<bool>,
    int_value: Option<Int>,
    double_value: Option<Double>,
    array_value: Option<List<AnyValue>>,
    kvlist_value: Option<List<KeyValue>>,
    bytes_value: Option<Base64>,
}

#[derive(Deserialize)]
#[serde(default)]
struct List<T> {
    #[serde(deserialize_with = "nullable", bound(deserialize = "T: Deserialize<'de>"))]
    values: Vec<T>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { values: Vec::new() }
    }
}

pub(super) fn attributes(attributes: Vec<KeyValue>) -> Vec<proto::KeyValue> {
    attributes.into_iter().map(Into::into).collect()
}

impl From<Resource> for ProtoResource {
    fn from(resource: Resource) -> Self {
        Self { attributes: attributes(resource.attributes), ..Self::default() }
    }
}

impl From<KeyValue> for proto::KeyValue {
    fn from(attribute: KeyValue) -> Self {
        Self { key: attribute.key, value: attribute.value.map(Into::into), ..Self::default() }
    }
}

impl From<AnyValue> for proto::AnyValue {
    fn from(value: AnyValue) -> Self {
        use any_value::Value;
        let list = |list: List<AnyValue>| {
            Value::ArrayValue(proto::ArrayValue { values: list.values.into_iter().map(Into::into).collect() })
        };
        let map = |list: List<KeyValue>| {
            Value::KvlistValue(proto::KeyValueList { values: list.values.into_iter().map(Into::into).collect() })
        };
        let value = value
            .string_value
            .map(Value::StringValue)
            .or(value.bool_value.map(Value::BoolValue))
            .or(value.int_value.map(|it| Value::IntValue(it.0)))
            .or(value.double_value.map(|it| Value::DoubleValue(it.0)))
            .or_else(|| value.array_value.map(list))
            .or_else(|| value.kvlist_value.map(map))
            .or(value.bytes_value.map(|it| Value::BytesValue(it.0)));
        Self { value }
    }
}
