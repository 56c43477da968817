//! What a replica was seen to hold of one key. Values arrive here already in canonical form (the declared type of the
//! field decides it, in decode); the engine compares digests and never looks at text.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::name::{EntityName, FieldName, Key, ReplicaName};

/// A version number that the holder gives its state; grows with every write of one incarnation (SEM-7).
pub type Version = i64;

/// One sight of one key in one replica.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StateFact {
    pub entity: EntityName,
    pub replica: ReplicaName,
    pub key: Key,
    pub kind: StateKind,
    pub version: Option<Version>,
    /// The version that the writer had read, where it is known (`base:`, If-Match); proves lost updates (SEM-7).
    pub base: Option<Version>,
    pub content: Content,
    /// Of a write of the authority: the replicas whose `holds:` says that they should not have this state, so that
    /// *absent* is expected of them (SEM-6). Empty in all other observations.
    pub not_held: SmallVec<[ReplicaName; 2]>,
}

/// How a state came to be seen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateKind {
    /// The first write of an incarnation, known as such (Debezium `c`, an insert).
    Create,
    /// A write to a key that existed before, known as such (Debezium `u`).
    Update,
    /// A write of which the source does not say whether the key existed before.
    Write,
    /// The key ceased to exist. Its content is `Absent`.
    Delete,
    /// A row of a snapshot: a baseline, not a write (SEM-8).
    Snapshot,
    /// An answer to a question, true at some time between `asked` and the observation's source time (SEM-10).
    Probe { asked: crate::SourceTime },
}

/// Present with fields, or known not to be there.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    Absent,
    Fields(SmallVec<[Field; 4]>),
}

impl Content {
    pub fn field(&self, name: &FieldName) -> Option<&FieldValue> {
        match self {
            Self::Absent => None,
            Self::Fields(fields) => fields.iter().find(|field| field.name == *name).map(|field| &field.value),
        }
    }
}

/// One mapped field of a state.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Field {
    pub name: FieldName,
    pub value: FieldValue,
}

/// Value, null, or not carried by this record (SEM-6). A field that is not listed at all is one that the replica does not map.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldValue {
    Value {
        /// 64 bits of the BLAKE3 hash of the canonical form.
        digest: u64,
        /// The canonical text where `values: store`, cut if it is long; the keyed hash as `#…` where `values: hash`; else empty.
        text: CompactString,
    },
    Null,
    /// The record says nothing of the field (unchanged TOAST, patch events): what was known stays.
    NotCarried,
}

impl FieldValue {
    /// What is compared: equal digests are equal values. `None` where nothing is known.
    pub const fn digest(&self) -> Option<u64> {
        match self {
            Self::Value { digest, .. } => Some(*digest),
            Self::Null => Some(NULL_DIGEST),
            Self::NotCarried => None,
        }
    }
    /// For people: the kept text, `null`, or nothing where the value is not kept.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Value { text, .. } if text.is_empty() => None,
            Self::Value { text, .. } => Some(text),
            Self::Null => Some("null"),
            Self::NotCarried => None,
        }
    }
}

/// The digest of null. Decode never gives it to a value (it maps a hash that hits it to its neighbour).
pub const NULL_DIGEST: u64 = 0;
