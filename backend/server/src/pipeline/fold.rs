//! The folds behind the engine's partitions (SEM-14): what spans keys. They see the partitions' changes merged, act at ticks
//! only, and keep state of their own, so that four partitions tell what one tells.

use plumbline_engine::{Engine, RestoreError};
use plumbline_model::{
    Change, FindingId, ReceivedTime, Record,
    incident::IncidentChange,
    journal::{Command, StateEntry},
};
use plumbline_store::Space;

use super::Settings;

/// Hotspots over merged rollups, then incidents over all findings.
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

impl Folds {
    pub fn new(_settings: &Settings) -> Self {
        Self { carried: Vec::new(), commands: Vec::new(), unsaved: Vec::new() }
    }

    /// # Errors
    /// When a piece was written by another version.
    pub fn restore(settings: &Settings, _entries: Vec<StateEntry>) -> Result<Self, RestoreError> {
        Ok(Self::new(settings))
    }

    /// Takes in what a record changed; at a tick, decides.
    pub fn after(&mut self, record: &Record, changes: &[Change], _engines: &[Engine]) -> Behind {
        self.carry(changes);
        match record {
            Record::Command(command) => self.commands.push(command.clone()),
            Record::Tick(tick) => return self.decide(tick.now),
            _ => {}
        }
        Behind::default()
    }

    /// Findings and rollups wait for the next tick.
    pub fn carry(&mut self, changes: &[Change]) {
        self.carried.extend(changes.iter().filter(|change| !matches!(change, Change::Saga(_) | Change::Trace(_))).cloned());
    }

    fn decide(&mut self, _now: ReceivedTime) -> Behind {
        self.carried.clear();
        self.commands.clear();
        Behind::default()
    }

    pub fn open_findings(&self) -> impl Iterator<Item = FindingId> + '_ {
        std::iter::empty()
    }

    pub fn take_dirty(&mut self) -> Vec<StateEntry> {
        Vec::new()
    }
}
