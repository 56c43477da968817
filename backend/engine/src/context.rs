//! What every checker is given beside its own state, and the letters and forms under which state is kept.

use plumbline_model::{journal::StateEntry, rules::Rules, time::ReceivedTime};
use serde::{Serialize, de::DeserializeOwned};

use crate::{RestoreError, frontier::Frontiers};

/// The world beside a checker's own state. `now` is the last tick: for `opened` times and settling, never for verdicts (ENG-4).
#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub rules: &'a Rules,
    pub frontiers: &'a Frontiers,
    pub now: ReceivedTime,
}

const NOW: &[u8] = b"\0now";

/// Writes a piece of state under `letter` and `key`.
pub(crate) fn save(letter: u8, key: &[u8], value: Option<&impl Serialize>) -> StateEntry {
    let mut full = Vec::with_capacity(key.len() + 1);
    full.push(letter);
    full.extend_from_slice(key);
    // Serialising plain data into memory has no way to fail; an empty value would be refused on reading.
    let value = value.map(|value| postcard::to_stdvec(value).unwrap_or_default());
    StateEntry { key: full, value }
}

/// Reads what `save` wrote.
pub(crate) fn load<T: DeserializeOwned>(entry: &StateEntry) -> Result<Option<T>, RestoreError> {
    match &entry.value {
        None => Ok(None),
        Some(bytes) => postcard::from_bytes(bytes).map(Some).map_err(|error| bad(entry, &error.to_string())),
    }
}

pub(crate) fn bad(entry: &StateEntry, reason: &str) -> RestoreError {
    RestoreError { key: String::from_utf8_lossy(&entry.key).into_owned(), reason: reason.to_owned() }
}

pub(crate) fn save_now(now: ReceivedTime, rules: &Rules) -> StateEntry {
    let value = postcard::to_stdvec(&(now, rules)).unwrap_or_default();
    StateEntry { key: NOW.to_vec(), value: Some(value) }
}

pub(crate) fn load_now(entry: &StateEntry) -> Result<Option<(ReceivedTime, Rules)>, RestoreError> {
    if entry.key == NOW { load(entry) } else { Ok(None) }
}
