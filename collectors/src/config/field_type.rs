//! The declared type of a compared field: it decides which values are equal.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How values of a field are compared. Two replicas agree when their values are equal in this type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// Equal character by character. Numbers and booleans are taken as they are written.
    #[default]
    Text,
    /// Equal as exact decimal numbers: `10`, `10.0` and `1e1` are one value. JSON numbers are read as 64-bit floats or integers,
    /// as most producers write them; longer ones are exact where they are sent as text.
    Number,
    /// `{ decimal: 2 }`: equal after rounding to so many places, half away from zero. Reads numbers, text, and
    /// the base64 form in which Debezium sends `numeric` columns.
    Decimal(#[schemars(range(max = 28))] u8),
    /// `{ timestamp: ms }`: equal as an instant, cut to this precision, whatever the zone. Reads RFC 3339, dates, `2026-11-21 10:00:00`
    /// (as UTC) and numbers since the epoch, whose unit is known by their size or by `unit`.
    Timestamp(Precision),
    /// `true` or `false`; also `1`, `0`, `t`, `f`, `yes`, `no` as stores write them.
    Boolean,
    /// Equal as JSON: the order of keys and the way a number is written do not matter. Text is read as JSON.
    Json,
    /// Equal byte by byte; text is read as base64, or as hexadecimal after `\x`.
    Bytes,
}

/// How fine an instant is compared.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    D,
    S,
    Ms,
    Us,
    Ns,
}
