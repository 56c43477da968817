//! Names and ids: each one is a type of its own, so that a replica can never be passed for a source.
//! They hold short text inline (no allocation up to 24 bytes). They must not normalise what they are given.

use std::fmt;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => { $(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub CompactString);

        impl $name {
            pub fn new(text: impl AsRef<str>) -> Self {
                Self(CompactString::new(text))
            }
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.0.as_str())
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    )+ };
}

names! {
    /// A thing that a collector taps, as named under `sources:`.
    SourceName,
    /// A partition of a source as its holder names it (`shop.orders/3`); empty for a source that has only one.
    Partition,
    /// A kind of thing with a key, as named under `entities:`.
    EntityName,
    /// The key of one thing of an entity, in its text form.
    Key,
    /// A named place that holds copies of an entity's state.
    ReplicaName,
    /// A compared field of an entity, as named under `compare:`.
    FieldName,
    /// The type of a domain event (`order.placed`).
    EventType,
    /// The id of a domain event; with its CloudEvents `source` it is unique.
    EventId,
    /// What ties the events of one saga instance together.
    CorrelationId,
    /// A saga type, as named under `sagas:`.
    SagaName,
    /// A step of a saga: the type of the event that completes it.
    StepName,
    /// A service (`service.name`), or the owner of a step.
    ServiceName,
    /// What a service does, in few words (`POST /orders`): the name of a span.
    OperationName,
    /// A receiver of alerts, as named under `alerts.receivers`.
    ReceiverName,
}

macro_rules! hex_ids {
    ($($(#[$doc:meta])* $name:ident($raw:ty, $bytes:literal)),+ $(,)?) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub $raw);

        impl $name {
            /// Reads the id from exactly its number of bytes; `None` if the length differs or all are zero.
            pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
                let raw = <$raw>::from_be_bytes(bytes.try_into().ok()?);
                (raw != 0).then_some(Self(raw))
            }
            /// Reads the id from exactly its number of hexadecimal digits; `None` otherwise or if all are zero.
            pub fn from_hex(text: &str) -> Option<Self> {
                if text.len() != $bytes * 2 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
                    return None;
                }
                <$raw>::from_str_radix(text, 16).ok().filter(|raw| *raw != 0).map(Self)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:0width$x}", self.0, width = $bytes * 2)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() { serializer.collect_str(self) } else { self.0.serialize(serializer) }
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                    <$raw>::from_str_radix(&text, 16).map(Self).map_err(serde::de::Error::custom)
                } else {
                    <$raw>::deserialize(deserializer).map(Self)
                }
            }
        }
    )+ };
}

hex_ids! {
    /// W3C trace id, 16 bytes.
    TraceId(u128, 16),
    /// W3C parent (span) id, 8 bytes.
    SpanId(u64, 8),
}
