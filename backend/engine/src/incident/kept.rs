//! The forms in which the fold's state is kept: one piece for what is shared, one per incident.

use plumbline_model::journal::StateEntry;

use super::{Shared, held::Held};
use crate::{RestoreError, context};

const LETTER: u8 = b'i';
const SHARED: &[u8] = &[0];
const INCIDENT: u8 = 1;

/// What a piece turns out to be.
pub(super) enum Piece {
    Shared(Shared),
    /// `None`: the incident is no longer remembered.
    Incident(u32, Option<Box<Held>>),
}

pub(super) fn shared(shared: &Shared) -> StateEntry {
    context::save(LETTER, SHARED, Some(shared))
}

pub(super) fn incident(number: u32, held: Option<&Held>) -> StateEntry {
    let mut key = vec![INCIDENT];
    key.extend(number.to_be_bytes());
    context::save(LETTER, &key, held)
}

/// # Errors
/// When the piece is damaged, or is none of this fold's.
pub(super) fn load(entry: &StateEntry) -> Result<Piece, RestoreError> {
    let unknown = || context::bad(entry, "no piece of the incidents has this key");
    let key = entry.key.strip_prefix(&[LETTER]).ok_or_else(unknown)?;
    if key == SHARED {
        return Ok(Piece::Shared(context::load(entry)?.unwrap_or_default()));
    }
    let number = key.strip_prefix(&[INCIDENT]).and_then(|number| number.try_into().ok()).ok_or_else(unknown)?;
    Ok(Piece::Incident(u32::from_be_bytes(number), context::load(entry)?))
}
