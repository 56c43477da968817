//! Where in a record a value is found: a JSONPath, or a CEL expression that computes it.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeMap};

/// A JSONPath (RFC 9535) such as `$.data.order`, or `{ cel: "…" }`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Selector {
    Path(String),
    Cel(String),
}

/// Where a compared field is found, and how the record writes it where its form does not tell.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FieldSelector {
    pub selector: Selector,
    /// What a number counts since the epoch, where its size does not tell (times before 1990).
    pub unit: Option<TimeUnit>,
    /// Places of a decimal that Debezium sends as base64, where they differ from the declared ones.
    pub scale: Option<u8>,
}

/// What a number counts since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TimeUnit {
    /// Days.
    D,
    S,
    Ms,
    Us,
    Ns,
}

impl Selector {
    pub fn path(path: impl Into<String>) -> Self {
        Self::Path(path.into())
    }
}

/// The written form of both kinds of selector.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    path: Option<String>,
    cel: Option<String>,
    unit: Option<TimeUnit>,
    scale: Option<u8>,
}

struct Visitor;

impl<'de> de::Visitor<'de> for Visitor {
    type Value = FieldSelector;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSONPath such as `$.data.id`, or `{ cel: \"…\" }`")
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<FieldSelector, E> {
        Ok(FieldSelector { selector: Selector::Path(text.to_owned()), unit: None, scale: None })
    }
    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<FieldSelector, A::Error> {
        let written = Written::deserialize(de::value::MapAccessDeserializer::new(map))?;
        let selector = match (written.path, written.cel) {
            (Some(path), None) => Selector::Path(path),
            (None, Some(cel)) => Selector::Cel(cel),
            _ => return Err(de::Error::custom("expected exactly one of `path` and `cel`")),
        };
        Ok(FieldSelector { selector, unit: written.unit, scale: written.scale })
    }
}

impl<'de> Deserialize<'de> for FieldSelector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor)
    }
}

impl<'de> Deserialize<'de> for Selector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let field = FieldSelector::deserialize(deserializer)?;
        match (field.unit, field.scale) {
            (None, None) => Ok(field.selector),
            _ => Err(de::Error::custom("`unit` and `scale` belong to compared fields only")),
        }
    }
}

impl Serialize for FieldSelector {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (name, text) = match &self.selector {
            Selector::Path(path) if self.unit.is_none() && self.scale.is_none() => {
                return serializer.serialize_str(path);
            }
            Selector::Path(path) => ("path", path),
            Selector::Cel(cel) => ("cel", cel),
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(name, text)?;
        if let Some(unit) = self.unit {
            map.serialize_entry("unit", &unit)?;
        }
        if let Some(scale) = self.scale {
            map.serialize_entry("scale", &scale)?;
        }
        map.end()
    }
}

impl Serialize for Selector {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        FieldSelector { selector: self.clone(), unit: None, scale: None }.serialize(serializer)
    }
}

impl JsonSchema for Selector {
    fn schema_name() -> Cow<'static, str> {
        "Selector".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A JSONPath (RFC 9535) into the record, or a CEL expression over it.",
            "oneOf": [
                { "type": "string", "pattern": "^\\$", "examples": ["$.data.order"] },
                { "type": "object", "properties": { "cel": { "type": "string" } }, "required": ["cel"], "additionalProperties": false },
                { "type": "object", "properties": { "path": { "type": "string" } }, "required": ["path"], "additionalProperties": false },
            ],
        })
    }
}

impl JsonSchema for FieldSelector {
    fn schema_name() -> Cow<'static, str> {
        "FieldSelector".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let unit = generator.subschema_for::<TimeUnit>();
        let scale = json_schema!({ "type": "integer", "minimum": 0, "maximum": 28 });
        json_schema!({
            "description": "A JSONPath (RFC 9535) into the record, or a CEL expression over it; `unit` and `scale` say how the record writes the value.",
            "oneOf": [
                { "type": "string", "pattern": "^\\$", "examples": ["$.data.status"] },
                { "type": "object", "properties": { "cel": { "type": "string" }, "unit": unit, "scale": scale }, "required": ["cel"], "additionalProperties": false },
                { "type": "object", "properties": { "path": { "type": "string" }, "unit": unit, "scale": scale }, "required": ["path"], "additionalProperties": false },
            ],
        })
    }
}
