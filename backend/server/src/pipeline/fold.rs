//! The folds behind the engine's partitions (SEM-14): what spans keys. They see the partitions' changes merged, act at ticks
//! only, and keep state of their own, so that four partitions tell what one tells.

use plumbline_engine::{Engine, RestoreError};
use plumbline_model::{
    Change, FindingId, Record,
    incident::IncidentChange,
    journal::{Command, StateEntry},
};
use plumbline_store::Space;

use super::Settings;

/// Hotspots over merged rollups, then incidents over all findings.
#[derive(Default)]
pub struct Folds {
    /// Changes and commands since the last tick. Empty behind a tick, which is why state is kept there.
    carried: Vec<Change>,
    commands: Vec<Command>,
    /// State that could not be written the last time.
    pub(super) unsaved: Vec<(Space, StateEntry)>,
}

/// What the folds told.
#[derive(Default)]
pub struct Behind {
    pub changes: Vec<Change>,
    pub incidents: Vec<IncidentChange>,
}
