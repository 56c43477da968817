//! Lists of which every element is read by itself: one that cannot be read is told, and costs no other anything.

use serde::{Deserialize, Deserializer, de};
use serde_json::{Value, value::RawValue};

/// The elements of a list, or why they could not be read. Null is an empty list, as in all of protobuf's JSON.
pub(super) struct Each<T>(Vec<Result<T, Unread>>);

/// An element as it was sent, and what was wrong with it.
struct Unread {
    raw: String,
    reason: String,
}

/// An element that could not be read, and where it stands.
#[derive(Debug)]
pub(in crate::otlp) struct Bad {
    pub place: String,
    pub reason: String,
    /// As it was sent.
    pub raw: String,
    /// Spans, log records or points that are lost with it.
    pub lost: u64,
}

/// Names the place of something, when anybody asks.
pub(super) type PlaceOf<'a> = &'a dyn Fn() -> String;

impl<T> Default for Each<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: de::DeserializeOwned> Deserialize<'de> for Each<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let list = <&RawValue>::deserialize(from)?.get();
        // Nearly always all of them can be read.
        if let Ok(all) = serde_json::from_str::<Option<Vec<T>>>(list) {
            return Ok(Self(all.unwrap_or_default().into_iter().map(Ok).collect()));
        }
        let each = serde_json::from_str::<Vec<&RawValue>>(list).map_err(|error| de::Error::custom(reason(&error)))?;
        let read = |raw: &RawValue| {
            serde_json::from_str::<T>(raw.get())
                .map_err(|error| Unread { raw: raw.get().to_owned(), reason: reason(&error) })
        };
        Ok(Self(each.into_iter().map(read).collect()))
    }
}

impl<T> Each<T> {
    /// Turns each into what it is in the binary encoding. In the place of one that could not be read stands a default, so that
    /// those behind it keep their numbers.
    pub fn turn<P: Default>(
        self,
        place: PlaceOf<'_>,
        bad: &mut Vec<Bad>,
        mut turn: impl FnMut(T, PlaceOf<'_>, &mut Vec<Bad>) -> P,
    ) -> Vec<P> {
        let each = self.0.into_iter().enumerate().map(|(index, element)| {
            let place = || format!("{}[{index}]", place());
            match element {
                Ok(element) => turn(element, &place, bad),
                Err(Unread { raw, reason }) => {
                    bad.push(Bad { place: place(), reason, lost: leaves(&raw).max(1), raw });
                    P::default()
                }
            }
        });
        each.collect()
    }
}

/// What the reader says, without the place, which is one in the element.
fn reason(error: &serde_json::Error) -> String {
    let said = error.to_string();
    said.rsplit_once(" at line ").map_or(said.as_str(), |(reason, _)| reason).to_owned()
}

/// Spans, log records and points in an element, however damaged it is.
fn leaves(raw: &str) -> u64 {
    fn count(value: &Value) -> u64 {
        let Value::Object(members) = value else { return 0 };
        let of = |(name, value): (&String, &Value)| match (name.as_str(), value) {
            ("spans" | "logRecords" | "dataPoints", Value::Array(leaves)) => leaves.len() as u64,
            ("scopeSpans" | "scopeLogs" | "scopeMetrics" | "metrics", Value::Array(each)) => {
                each.iter().map(count).sum()
            }
            ("gauge" | "sum" | "histogram" | "exponentialHistogram" | "summary", points) => count(points),
            _ => 0,
        };
        members.iter().map(of).sum()
    }
    serde_json::from_str(raw).as_ref().map_or(0, count)
}
